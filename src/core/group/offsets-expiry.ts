// Forgets committed offsets that nobody uses any more, as Kafka does (offsets.retention.minutes): those of a group without members, and
// those in topics that the members of a group do not read. The time counts from the commit, and from when the group was last seen to
// change; other than in Kafka also from the opening of the broker, for a program that was not running cannot have been reading.
// It looks every ten minutes, and only while there are offsets: an idle broker has no timer.

import type { Clock, Timer } from '../../lib/clock.js'
import type { TopicPartition } from '../topic-partition.js'
import type { CommittedOffsets } from './committed-offsets.js'

const MINUTE_MS = 60_000

export interface OffsetsExpiryOptions {
  readonly clock: Clock
  readonly offsets: CommittedOffsets
  /** offsets.retention.minutes; -1: they never expire. */
  readonly retentionMinutes: number
  /** offsets.retention.check.interval.ms */
  readonly intervalMs: number
  /** Which topics the members of the group read: none when it has no members, 'all' when that is not known. */
  readonly readBy: (group: string) => ReadonlySet<string> | 'all'
  readonly remove: (group: string, partitions: readonly TopicPartition[]) => Promise<void>
  readonly onError: (error: unknown) => void
}

export class OffsetsExpiry {
  private timer: Timer | null = null
  private closed = false
  private readonly openedMs: number
  /** When the members of a group changed last. */
  private readonly changedMs = new Map<string, number>()

  constructor(private readonly options: OffsetsExpiryOptions) {
    this.openedMs = options.clock.now()
    this.arm()
  }

  /** Offsets may have been committed. */
  arm(): void {
    const { clock, offsets, intervalMs, retentionMinutes } = this.options
    if (this.timer !== null || this.closed || retentionMinutes < 0 || !offsets.hasAny) return
    this.timer = clock.setTimer(clock.now() + intervalMs, () => {
      this.check().then(
        () => this.again(),
        (error: unknown) => {
          if (!this.closed) this.options.onError(error)
          this.again()
        },
      )
    })
  }

  /** Members came or went. */
  changed(group: string): void {
    this.changedMs.set(group, this.options.clock.now())
  }

  close(): void {
    this.closed = true
    this.timer?.cancel()
  }

  /** Removes what is to go now. */
  async check(): Promise<void> {
    const { offsets, readBy, remove, clock, retentionMinutes } = this.options
    const latest = clock.now() - retentionMinutes * MINUTE_MS
    if (this.openedMs > latest) return
    for (const group of [...offsets.ids()]) {
      const read = readBy(group)
      const isUsed = read === 'all' || read.size > 0
      if (read === 'all' || (!isUsed && (this.changedMs.get(group) ?? 0) > latest)) continue
      const gone = offsets.committedBefore(group, latest).filter(({ topic }) => !read.has(topic))
      if (this.closed) return
      if (gone.length > 0) await remove(group, gone)
      if (!offsets.has(group)) this.changedMs.delete(group)
    }
  }

  private again(): void {
    this.timer = null
    this.arm()
  }
}
