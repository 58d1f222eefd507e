// The offsets that groups have committed. A commit of many partitions is one batch of the offsets log: all or nothing. Offsets
// go with their topic, with their group when it is deleted, and when nobody has used them for long (OffsetsExpiry).

import { describe, KafkaliteError } from '../../errors.js'
import { type Awaitable, chain } from '../../lib/awaitable.js'
import type { OffsetToCommit, TopicPartition } from '../cluster.js'
import type { CommitPart } from '../joint-commit.js'
import type { Change, KeyedLog } from '../keyed-log.js'
import type { Flush } from '../topic-config.js'

/** offset.metadata.max.bytes, which Kafka counts in characters. */
const METADATA_CHARS_MAX = 4096
/** The least that Kafka's clients commit. */
const EARLIEST = -2

/** A committed offset as the log keeps it; the key is the group, the topic and the partition in JSON. */
export interface OffsetRecord {
  readonly offset: number
  readonly metadata?: string | undefined
  readonly leaderEpoch?: number | undefined
  readonly committedMs: number
}

type GroupOffsets = Map<string, OffsetToCommit>

export class CommittedOffsets {
  /** By group, then by the key in the log. */
  private readonly groups = new Map<string, GroupOffsets>()

  constructor(
    private readonly log: KeyedLog<OffsetRecord>,
    private readonly flush: Flush,
    private readonly now: () => number,
  ) {
    for (const [key, { offset, metadata, leaderEpoch }] of log.entries()) {
      const [group, topic, partition] = JSON.parse(key) as [string, string, number]
      this.groupOf(group).set(key, { topic, partition, offset, metadata, leaderEpoch })
    }
  }

  has(group: string): boolean {
    return this.groups.has(group)
  }

  /** Whether any group has committed anything. */
  get hasAny(): boolean {
    return this.groups.size > 0
  }

  /** Where the group has not committed since that time, or exactly then. */
  committedBefore(group: string, latestMs: number): readonly TopicPartition[] {
    const old: TopicPartition[] = []
    for (const [key, { topic, partition }] of this.groups.get(group) ?? [])
      if ((this.log.get(key)?.committedMs ?? 0) <= latestMs) old.push({ topic, partition })
    return old
  }

  ids(): Iterable<string> {
    return this.groups.keys()
  }

  /** Of the given partitions or of all; those without a commit are left out. */
  of(group: string, partitions?: readonly TopicPartition[]): readonly OffsetToCommit[] {
    const offsets = this.groups.get(group)
    if (offsets === undefined) return []
    if (partitions === undefined) return [...offsets.values()]
    const found: OffsetToCommit[] = []
    for (const { topic, partition } of partitions) {
      const offset = offsets.get(keyOf(group, topic, partition))
      if (offset !== undefined) found.push(offset)
    }
    return found
  }

  /** OFFSET_METADATA_TOO_LARGE, INVALID_ARGUMENT: nothing is committed then. */
  commit(group: string, offsets: readonly OffsetToCommit[]): Awaitable<void> {
    const changes = this.changes(group, offsets)
    // The offsets are copied: what the caller does with its objects while the storage writes must not reach them.
    const copies = copiesOf(offsets)
    return chain(this.log.write(changes, this.flush), () => this.take(group, copies))
  }

  /** The offsets of a transaction, of several groups, as a part of its commit. OFFSET_METADATA_TOO_LARGE, INVALID_ARGUMENT. */
  part(groups: ReadonlyMap<string, readonly OffsetToCommit[]>): CommitPart {
    const changes: Change<OffsetRecord>[] = []
    for (const [group, offsets] of groups) changes.push(...this.changes(group, offsets))
    const part = this.log.part(changes)
    return {
      ...part,
      written: () => {
        part.written()
        for (const [group, offsets] of groups) this.take(group, copiesOf(offsets))
      },
    }
  }

  private changes(group: string, offsets: readonly OffsetToCommit[]): Change<OffsetRecord>[] {
    const committedMs = this.now()
    return offsets.map(({ topic, partition, offset, metadata, leaderEpoch }): Change<OffsetRecord> => {
      checkOffset(topic, partition, offset, metadata)
      // What is undefined is left out of the JSON.
      return [keyOf(group, topic, partition), { offset, metadata, leaderEpoch, committedMs }]
    })
  }

  private take(group: string, offsets: readonly OffsetToCommit[]): void {
    const there = this.groupOf(group)
    for (const offset of offsets) there.set(keyOf(group, offset.topic, offset.partition), offset)
  }

  /** Removes all offsets of the group. */
  remove(group: string): Awaitable<void> {
    const offsets = this.groups.get(group)
    if (offsets === undefined) return undefined
    return chain(
      this.log.write(
        [...offsets.keys()].map((key): Change<OffsetRecord> => [key, null]),
        this.flush,
      ),
      () => {
        this.groups.delete(group)
      },
    )
  }

  /** Removes the offsets of the group in these partitions. */
  removePartitions(group: string, partitions: readonly TopicPartition[]): Awaitable<void> {
    const offsets = this.groups.get(group)
    const keys = partitions.map(({ topic, partition }) => keyOf(group, topic, partition)).filter((key) => offsets?.has(key) === true)
    if (offsets === undefined || keys.length === 0) return undefined
    const written = this.log.write(
      keys.map((key): Change<OffsetRecord> => [key, null]),
      this.flush,
    )
    return chain(written, () => {
      for (const key of keys) offsets.delete(key)
    })
  }

  /** Removes the offsets of all groups in a topic that goes; answers the groups that had some. */
  async removeTopic(topic: string): Promise<readonly string[]> {
    const changed: string[] = []
    for (const [group, offsets] of [...this.groups]) {
      const keys = [...offsets].filter(([, offset]) => offset.topic === topic).map(([key]) => key)
      if (keys.length === 0) continue
      await this.log.write(
        keys.map((key): Change<OffsetRecord> => [key, null]),
        // The topic may be created again at once, and that is durable: so must this be.
        'always',
      )
      for (const key of keys) offsets.delete(key)
      changed.push(group)
    }
    return changed
  }

  private groupOf(group: string): GroupOffsets {
    let offsets = this.groups.get(group)
    if (offsets === undefined) {
      offsets = new Map()
      this.groups.set(group, offsets)
    }
    return offsets
  }
}

function copiesOf(offsets: readonly OffsetToCommit[]): OffsetToCommit[] {
  return offsets.map(({ topic, partition, offset, metadata, leaderEpoch }) => ({ topic, partition, offset, metadata, leaderEpoch }))
}

function keyOf(group: string, topic: string, partition: number): string {
  return JSON.stringify([group, topic, partition])
}

/** INVALID_ARGUMENT, OFFSET_METADATA_TOO_LARGE. */
export function checkOffset(topic: string, partition: number, offset: number, metadata: string | undefined): void {
  // Kafka's own clients write -1 and -2 for "from the end" and "from the start"; nobody reads from there, so it counts as no place.
  if (!Number.isSafeInteger(offset) || offset < EARLIEST) {
    throw new KafkaliteError(
      'INVALID_ARGUMENT',
      `The offset to commit for ${topic}-${partition} is a whole number from 0, not ${describe(offset)}`,
    )
  }
  if (metadata !== undefined && metadata.length > METADATA_CHARS_MAX) {
    throw new KafkaliteError(
      'OFFSET_METADATA_TOO_LARGE',
      `The metadata for ${topic}-${partition} has ${metadata.length} characters, at most ${METADATA_CHARS_MAX} are allowed`,
    )
  }
}
