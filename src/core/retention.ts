// Removes old segments, by time and by size, as Kafka does: whole segments, oldest first, stopping at the first that must stay.
// It looks every five minutes unless told otherwise, but only while some partition holds anything that could grow old: an idle broker has no timer.

import { KafkaliteError } from '../errors.js'
import type { Clock, Timer } from '../lib/clock.js'
import type { SegmentInfo } from '../storage/storage.js'
import type { Partition } from './partition.js'
import { isDeleted, type ResolvedTopicConfig } from './topic-config.js'
import type { TopicRegistry } from './topic-registry.js'

/** log.initial.task.delay.ms */
const FIRST_CHECK_MS = 30_000
/** log.retention.check.interval.ms */
const CHECK_INTERVAL_MS = 300_000

export class Retention {
  private timer: Timer | null = null
  private checked = false
  private closed = false

  constructor(
    private readonly registry: TopicRegistry,
    private readonly clock: Clock,
    private readonly onError: (error: KafkaliteError) => void,
    private readonly track: (work: Promise<void>) => void,
    private readonly intervalMs: number = CHECK_INTERVAL_MS,
  ) {}

  /** Something was appended or a config changed: there may be something to retain from now on. */
  arm(config: ResolvedTopicConfig): void {
    if (this.timer !== null || this.closed || !removes(config)) return
    this.setTimer(this.checked ? this.intervalMs : Math.min(this.intervalMs, FIRST_CHECK_MS))
  }

  close(): void {
    this.closed = true
    this.timer?.cancel()
    this.timer = null
  }

  /** Removes what may go now. */
  async check(): Promise<void> {
    for (const topic of this.registry.all()) {
      if (!removes(topic.config)) continue
      for (const partition of topic.partitions) {
        if (this.closed) return
        await this.trim(partition, topic.config)
      }
    }
  }

  private setTimer(delayMs: number): void {
    this.timer = this.clock.setTimer(this.clock.now() + delayMs, () => this.track(this.onTimer()))
  }

  private async onTimer(): Promise<void> {
    this.checked = true
    await this.check()
    this.timer = null
    if (!this.closed && this.hasWork()) this.setTimer(this.intervalMs)
  }

  private hasWork(): boolean {
    for (const topic of this.registry.all()) {
      if (removes(topic.config) && topic.partitions.some((partition) => partition.log.sizeBytes > 0)) return true
    }
    return false
  }

  private async trim(partition: Partition, config: ResolvedTopicConfig): Promise<void> {
    try {
      await this.apply(partition, config)
    } catch (error) {
      if (this.closed || partition.isClosed) return
      this.onError(
        KafkaliteError.is(error) ? error : new KafkaliteError('STORAGE_FAILED', `Retention of ${partition.name} failed`, { cause: error }),
      )
    }
  }

  /** Removes what may go of a partition now. */
  async apply(partition: Partition, config: ResolvedTopicConfig): Promise<void> {
    const segments = partition.log.segments()
    const gone = segmentsToRemove(segments, config, this.clock.now(), partition.endOffset)
    if (gone === 0) return
    // The segment being written cannot go: it makes way for an empty one first.
    if (gone === segments.length) await partition.roll()
    await partition.truncateBefore((segments[gone - 1] as SegmentInfo).endOffset)
  }
}

function removes(config: ResolvedTopicConfig): boolean {
  return isDeleted(config) && (config.retentionMs >= 0 || config.retentionBytes >= 0)
}

/** How many of the segments, from the oldest on, may go now: by size first, then by time. */
export function segmentsToRemove(segments: readonly SegmentInfo[], config: ResolvedTopicConfig, now: number, endOffset: number): number {
  // The last one goes only when it holds something, and none of which a record is still to be seen.
  let removable = 0
  for (const [at, segment] of segments.entries()) {
    if (segment.endOffset > endOffset || (at === segments.length - 1 && segment.sizeBytes === 0)) break
    removable++
  }
  let gone = 0
  if (config.retentionBytes >= 0) {
    let excess = -config.retentionBytes
    for (const segment of segments) excess += segment.sizeBytes
    for (; gone < removable; gone++) {
      excess -= (segments[gone] as SegmentInfo).sizeBytes
      if (excess < 0) break
    }
  }
  if (config.retentionMs >= 0) {
    for (; gone < removable; gone++) {
      const { maxTimestamp, modifiedMs } = segments[gone] as SegmentInfo
      // Records that carry no time are as old as their segment is.
      const time = maxTimestamp >= 0 ? maxTimestamp : modifiedMs
      if (time === undefined || now - time <= config.retentionMs) break
    }
  }
  return gone
}
