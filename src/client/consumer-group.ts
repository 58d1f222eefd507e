// A consumer group seen from outside: how far it is, who is in it, and moving its place. It waits on what the cluster tells, never
// on a timer, so a test that waits for a group costs no time.

import type { GroupDescription, OffsetToCommit, TopicPartition } from '../core/cluster.js'
import { describe, KafkaliteError } from '../errors.js'
import type { ClientContext } from './client-context.js'
import { checkPartitions, offsetsOf } from './consumer-options.js'
import type { LazyRecord } from './consumer-record.js'
import { FetchedRecords } from './fetched-records.js'
import { hurry } from './group-watch.js'
import { anAbortSignal, checkOptions, invalid, type OptionRule, someText, WAIT_RULES, wholeNumber } from './options-check.js'
import { checkStartPosition, clampOffset, resolveStart, type StartPosition } from './start-position.js'
import { plain } from './serde.js'
import type { WaitOptions } from './topic-types.js'

/** The place of a group in one partition. */
export interface PartitionLag extends TopicPartition {
  /** null when nothing is committed: then the whole partition is the lag. */
  readonly committed: number | null
  /** The offset after the last record. */
  readonly end: number
  /** Records that are left to read. */
  readonly lag: number
}

/** How far a group is behind. */
export interface GroupLag {
  /** Records that are left to read, over all partitions. */
  readonly total: number
  /** Each partition that has a committed offset or a member. */
  readonly partitions: readonly PartitionLag[]
}

/** Where to move a group: a start position, so many offsets forward (or back, below 0), or offsets partition by partition. */
export type ResetTarget =
  | StartPosition
  | {
      /** Records forward, or back when negative, from what is committed. */
      shiftBy: number
    }
  | readonly OffsetToCommit[]

const READY_RULES: Readonly<Record<string, OptionRule>> = { members: wholeNumber(1), signal: anAbortSignal }
const RESET_RULES: Readonly<Record<string, OptionRule>> = {
  topics: { expected: 'a list of topic names', accepts: (value) => Array.isArray(value) && value.every(someText.accepts) },
}

const NO_SERDES = { value: plain, key: plain }
const LOOK = { maxWaitMs: 0, maxBytes: 65_536, maxPartitionBytes: 65_536, isolation: 'read_committed' } as const

/** A consumer group seen from outside: its members, assignment and lag, its committed offsets and how to move them. From `broker.group(id)`. */
export class ConsumerGroup {
  /** @internal Groups are made by `broker.group()`. */
  constructor(
    private readonly context: ClientContext,
    /** group.id. */
    readonly id: string,
  ) {
    if (!someText.accepts(id)) throw new KafkaliteError('INVALID_GROUP_ID', `A group id is a text that is not empty, not ${describe(id)}`)
  }

  /** State and members. `GROUP_ID_NOT_FOUND`. */
  async describe(): Promise<GroupDescription> {
    return this.context.cluster.describeGroup(this.id)
  }

  /** How many records lie between what is committed and the end, for each partition that the group has committed or is reading. */
  async lag(): Promise<GroupLag> {
    const { cluster } = this.context
    const committed = await this.committed()
    const partitions: PartitionLag[] = []
    for (const place of await this.partitions()) {
      const end = await this.endOf(place)
      if (end === null) continue
      const known = committed.get(nameOf(place)) ?? null
      const from = known ?? (await cluster.offset(place, 'earliest'))?.offset ?? 0
      partitions.push({ topic: place.topic, partition: place.partition, committed: known, end, lag: Math.max(0, end - from) })
    }
    return { total: partitions.reduce((sum, { lag }) => sum + lag, 0), partitions }
  }

  /** Resolves when the group is stable with at least `members` members (1). */
  async ready(options?: { members?: number | undefined; signal?: AbortSignal | undefined }): Promise<void> {
    checkOptions('ready()', options, READY_RULES)
    const members = options?.members ?? 1
    await this.until(options?.signal, async () => {
      const group = await this.find()
      return group?.state === 'stable' && group.members.length >= members
    })
  }

  /**
   * Resolves when everything that was in the group's topics at the call is committed. While somebody waits, consumers of this process
   * commit at once instead of at their interval.
   */
  async caughtUp(options?: WaitOptions): Promise<void> {
    checkOptions('caughtUp()', options, WAIT_RULES)
    options?.signal?.throwIfAborted()
    const { cluster } = this.context
    let targets: Map<string, TopicPartition & { end: number }> | null = null
    const relax = hurry(cluster, this.id)
    try {
      await this.until(options?.signal, async () => {
        if (targets === null) {
          const group = await this.find()
          // A group that nobody has ever been in has no topics yet: its first members say what to wait for.
          if (group === undefined || group.state === 'assigning' || group.state === 'reconciling') return false
          targets = await this.ends()
          if (targets.size === 0 && group.members.length === 0) targets = null
        }
        return targets !== null && (await this.hasPassed(targets))
      })
    } finally {
      relax()
    }
  }

  /** Moves the group's place, within the partitions as they are. `NON_EMPTY_GROUP` while it has members, `INVALID_ARGUMENT`. */
  async reset(to: ResetTarget, options?: { topics?: readonly string[] | undefined }): Promise<void> {
    checkOptions('reset()', options, RESET_RULES)
    const { cluster } = this.context
    const offsets = Array.isArray(to)
      ? await this.explicit(to as readonly OffsetToCommit[], options?.topics)
      : await this.moved(to as StartPosition, options?.topics)
    const group = await this.find()
    if (group !== undefined && group.members.length > 0) {
      throw new KafkaliteError('NON_EMPTY_GROUP', `Group "${this.id}" has ${group.members.length} members; close its consumers first`)
    }
    if (offsets.length > 0) await cluster.commitOffsets(this.id, offsets)
  }

  /** Forgets the group and its offsets. `NON_EMPTY_GROUP`, `GROUP_ID_NOT_FOUND`. */
  async delete(): Promise<void> {
    await this.context.cluster.deleteGroup(this.id)
  }

  private async explicit(offsets: readonly OffsetToCommit[], topics: readonly string[] | undefined): Promise<OffsetToCommit[]> {
    checkPartitions(offsets, 'reset()')
    const wanted: OffsetToCommit[] = []
    for (const { topic, partition, offset, metadata } of offsetsOf(offsets)) {
      if (topics !== undefined && !topics.includes(topic)) continue
      wanted.push({
        topic,
        partition,
        offset: await clampOffset(this.context.cluster, { topic, partition }, offset, 'read_uncommitted'),
        metadata,
      })
    }
    return wanted
  }

  private async moved(to: StartPosition | { shiftBy: number }, topics: readonly string[] | undefined): Promise<OffsetToCommit[]> {
    const { cluster } = this.context
    const shiftBy = typeof to === 'object' && to !== null && 'shiftBy' in to ? to.shiftBy : null
    if (shiftBy === null) checkStartPosition(to, 'reset()')
    else if (!Number.isSafeInteger(shiftBy)) throw invalid(`shiftBy of reset() must be a whole number, not ${describe(shiftBy)}`)
    const committed = await this.committed()
    const offsets: OffsetToCommit[] = []
    for (const { topic, partition } of await this.partitions(topics)) {
      const place = { topic, partition }
      if (shiftBy === null) {
        offsets.push({ ...place, offset: await resolveStart(cluster, place, to as StartPosition, 'read_uncommitted') })
        continue
      }
      const known = committed.get(nameOf(place))
      if (known !== undefined) offsets.push({ ...place, offset: await clampOffset(cluster, place, known + shiftBy, 'read_uncommitted') })
    }
    return offsets
  }

  /** The partitions of the topics that were named, else of those the group has committed or is reading. */
  private async partitions(topics?: readonly string[]): Promise<TopicPartition[]> {
    const { cluster } = this.context
    const names = new Set(topics)
    if (topics === undefined) {
      for (const { topic } of await cluster.committedOffsets(this.id)) names.add(topic)
      for (const member of (await this.find())?.members ?? []) for (const { topic } of member.partitions) names.add(topic)
    }
    const partitions: TopicPartition[] = []
    for (const topic of [...names].sort()) {
      const count = await this.partitionsOf(topic, topics !== undefined)
      for (let partition = 0; partition < count; partition++) partitions.push({ topic, partition })
    }
    return partitions
  }

  private async partitionsOf(topic: string, mustExist: boolean): Promise<number> {
    try {
      return (await this.context.cluster.topic(topic)).partitions
    } catch (error) {
      // A topic that was deleted has no partitions left to speak of.
      if (!mustExist && KafkaliteError.is(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return 0
      throw error
    }
  }

  private async ends(): Promise<Map<string, TopicPartition & { end: number }>> {
    const ends = new Map<string, TopicPartition & { end: number }>()
    for (const place of await this.partitions()) {
      const end = await this.endOf(place)
      if (end !== null) ends.set(nameOf(place), { ...place, end })
    }
    return ends
  }

  private async hasPassed(targets: ReadonlyMap<string, TopicPartition & { end: number }>): Promise<boolean> {
    const committed = await this.committed()
    for (const [name, { topic, partition, end }] of targets) {
      const place = { topic, partition }
      const known = committed.get(name) ?? (await this.startOf(place))
      // A partition that has gone, or whose records have, keeps nobody waiting.
      if (known !== null && known < end && (await this.startOf(place)) !== end && (await this.hasRecords(place, known, end))) return false
    }
    return true
  }

  /** Whether a reader of committed records has anything to read there, or will have: what is left may be the ends of transactions. */
  private async hasRecords(place: TopicPartition, from: number, end: number): Promise<boolean> {
    const stable = await this.context.cluster.offset(place, 'latest', 'read_committed')
    if ((stable?.offset ?? 0) < end) return true
    for (let offset = from; offset < end; ) {
      const [fetched] = await this.context.cluster.fetch({ ...LOOK, positions: [{ ...place, offset }] })
      if (fetched === undefined || fetched.error !== undefined) return true
      const records = new FetchedRecords(fetched, offset, NO_SERDES)
      const found: LazyRecord<unknown, unknown>[] = []
      if (records.take(found, 1) > 0) return (found[0] as LazyRecord<unknown, unknown>).offset < end
      if (records.nextOffset <= offset) return true
      offset = records.nextOffset
    }
    return false
  }

  private async endOf(place: TopicPartition): Promise<number | null> {
    return this.offsetOf(place, 'latest')
  }

  private async startOf(place: TopicPartition): Promise<number | null> {
    return this.offsetOf(place, 'earliest')
  }

  private async offsetOf(place: TopicPartition, query: 'earliest' | 'latest'): Promise<number | null> {
    try {
      return (await this.context.cluster.offset(place, query))?.offset ?? null
    } catch (error) {
      if (KafkaliteError.is(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return null
      throw error
    }
  }

  private async committed(): Promise<Map<string, number>> {
    return new Map((await this.context.cluster.committedOffsets(this.id)).map((offset) => [nameOf(offset), offset.offset]))
  }

  private async find(): Promise<GroupDescription | undefined> {
    try {
      return await this.context.cluster.describeGroup(this.id)
    } catch (error) {
      if (KafkaliteError.is(error, 'GROUP_ID_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** Looks again whenever something happens to the group, until `holds` does. Rejects with the reason of the signal, or when the broker closes. */
  private until(signal: AbortSignal | undefined, holds: () => Promise<boolean>): Promise<void> {
    const { context, id } = this
    const { events } = context.cluster
    return new Promise<void>((resolve, reject) => {
      let looking = false
      let again = false
      const end = (): void => {
        events.off('groupChanged', onChange)
        events.off('committed', onChange)
        signal?.removeEventListener('abort', onAbort)
        untrack()
      }
      const onAbort = (): void => {
        end()
        reject(signal?.reason)
      }
      const look = async (): Promise<void> => {
        looking = true
        try {
          do {
            again = false
            if (!(await holds())) continue
            end()
            resolve()
            return
          } while (again)
        } catch (error) {
          end()
          reject(error)
        } finally {
          looking = false
        }
      }
      const onChange = (group: string): void => {
        if (group !== id) return
        again = true
        if (!looking) void look()
      }
      // A wait must not outlive the broker.
      const untrack = context.track({
        close: async () => {
          end()
          reject(new KafkaliteError('CLOSED', `The broker was closed while group "${id}" was waited for`))
        },
      })
      if (signal?.aborted === true) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      events.on('groupChanged', onChange)
      events.on('committed', onChange)
      void look()
    })
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`
