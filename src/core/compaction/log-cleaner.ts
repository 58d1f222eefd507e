// Cleans compacted topics in the background, Kafka's LogCleaner: every fifteen seconds, while there is something that may become
// dirty, it looks at all of them and cleans those that are dirty enough, the filthiest first, one after the other. An idle broker has
// no timer. What goes wrong is reported; a partition that cannot be cleaned is left alone until somebody asks for it by name.

import { KafkaliteError } from '../../errors.js'
import { assert } from '../../lib/assert.js'
import type { Clock, Timer } from '../../lib/clock.js'
import { isPromise } from '../../lib/awaitable.js'
import { SerialQueue } from '../../lib/serial-queue.js'
import type { PartitionCleaned } from '../cluster.js'
import type { Partition } from '../partition.js'
import { isCompacted, type ResolvedTopicConfig } from '../topic-config.js'
import type { TopicRegistry } from '../topic-registry.js'
import { STOPPED } from './batch-scan.js'
import { type CleanPlan, dirtyRatio, planCleaning } from './clean-plan.js'
import { CleanRound } from './clean-round.js'
import type { TransactionsOfPartition } from './transaction-state.js'

export interface LogCleanerOptions {
  readonly registry: TopicRegistry
  readonly clock: Clock
  readonly random: () => number
  readonly backoffMs: number
  readonly dedupeBufferBytes: number
  /** What a partition says of its transactions; null when it has none. */
  readonly transactionsOf: (partition: Partition) => TransactionsOfPartition | null
  readonly onError: (error: KafkaliteError) => void
  readonly onCleaned: (cleaned: PartitionCleaned) => void
  /** Called when a slice of work is over and others get a turn. */
  readonly onSlice?: () => void
  /** Counts work that is under way. */
  readonly track: (work: Promise<void>) => void
}

interface Candidate {
  readonly partition: Partition
  readonly config: ResolvedTopicConfig
  readonly plan: CleanPlan
}

export class LogCleaner {
  private timer: Timer | null = null
  private closed = false
  /** Partitions whose cleaning failed in a way that trying again does not mend. */
  private readonly uncleanable = new Set<Partition>()
  /** One partition is cleaned at a time. */
  private readonly rounds = new SerialQueue()

  constructor(private readonly options: LogCleanerOptions) {}

  /** Something was appended or a config changed: there may be something to clean from now on. */
  arm(config: ResolvedTopicConfig): void {
    if (this.timer !== null || this.closed || !isCompacted(config)) return
    const { clock, backoffMs } = this.options
    this.timer = clock.setTimer(clock.now() + backoffMs, () => this.options.track(this.onTimer()))
  }

  /** Work under way stops at the end of its slice and leaves its log as it was. */
  close(): void {
    this.closed = true
    this.timer?.cancel()
    this.timer = null
  }

  /** Cleans the partition now, whatever its dirty ratio, as far as its topic's min.compaction.lag.ms allows. */
  async clean(partition: Partition, config: ResolvedTopicConfig): Promise<void> {
    if (partition.log.compaction === undefined)
      throw new KafkaliteError('NOT_SUPPORTED', `The storage of ${partition.name} does not support compaction`)
    this.uncleanable.delete(partition)
    let plan = this.planOf(partition, config)
    if (plan.firstUncleanable <= partition.startOffset) return
    // Once in any case: a tombstone may have become old since the last round.
    while (await this.round({ partition, config, plan })) {
      plan = this.planOf(partition, config)
      if (plan.firstDirty >= plan.firstUncleanable) return
    }
  }

  /** Cleans what is dirty enough. */
  async check(): Promise<void> {
    while (!this.closed) {
      const candidates = (await this.candidates()).filter((candidate) => candidate.isDue)
      if (candidates.length === 0) return
      candidates.sort((a, b) => dirtyRatio(b.plan) - dirtyRatio(a.plan))
      let progress = false
      for (const candidate of candidates) {
        if (this.closed) return
        progress = (await this.attempt(candidate)) || progress
      }
      if (!progress) return
    }
  }

  private async onTimer(): Promise<void> {
    try {
      await this.check()
    } finally {
      this.timer = null
    }
    if (this.closed) return
    for (const { config, plan, partition } of await this.candidates())
      if (this.mayBecomeDue(partition, config, plan)) return this.arm(config)
  }

  /** Whether time alone, without another append, can bring the partition to be cleaned. */
  private mayBecomeDue(partition: Partition, config: ResolvedTopicConfig, plan: CleanPlan): boolean {
    if (this.uncleanable.has(partition)) return false
    const segments = partition.log.segments()
    const closedEnd = segments[segments.length - 1]?.baseOffset ?? 0
    if (plan.firstUncleanable < closedEnd) return true
    if (plan.firstDirty >= closedEnd) return false
    return config.maxCompactionLagMs < Number.MAX_SAFE_INTEGER || dirtyRatio(plan) > config.minCleanableDirtyRatio
  }

  private async attempt(candidate: Candidate): Promise<boolean> {
    try {
      return await this.round(candidate)
    } catch (error) {
      this.report(candidate.partition, error)
      return false
    }
  }

  /** Whether the log is cleaner than before. */
  private async round({ partition, config, plan }: Candidate): Promise<boolean> {
    return this.rounds.run(async () => {
      const { log } = partition
      const { compaction } = log
      assert(compaction !== undefined, 'a compacted topic is kept by a storage that supports compaction')
      const { clock, random, dedupeBufferBytes, onSlice, onCleaned } = this.options
      const isStopped = (): boolean => this.closed || partition.isClosed
      if (isStopped()) return false
      const transactions = this.options.transactionsOf(partition)
      const bytesBefore = log.sizeBytes
      const options = { log, compaction, config, plan, transactions, clock, random, dedupeBufferBytes, isStopped }
      try {
        const cleanedTo = await new CleanRound({ ...options, onSlice: onSlice ?? ignore }).run()
        if (cleanedTo === null) return false
        onCleaned({ topic: partition.topic, partition: partition.partition, cleanedTo, bytesBefore, bytesAfter: log.sizeBytes })
        return cleanedTo > plan.firstDirty
      } catch (error) {
        if (error === STOPPED || isStopped()) return false
        throw error
      }
    })
  }

  private async candidates(): Promise<(Candidate & { readonly isDue: boolean })[]> {
    const found: (Candidate & { readonly isDue: boolean })[] = []
    for (const { config, partitions } of this.options.registry.all()) {
      if (!isCompacted(config)) continue
      for (const partition of partitions) {
        if (partition.isClosed || partition.log.compaction === undefined || this.uncleanable.has(partition)) continue
        try {
          const plan = this.planOf(partition, config)
          const isDue = dirtyRatio(plan) > config.minCleanableDirtyRatio || (await this.isOverdue(partition, config, plan))
          found.push({ partition, config, plan, isDue })
        } catch (error) {
          this.report(partition, error)
        }
      }
    }
    return found
  }

  private planOf(partition: Partition, config: ResolvedTopicConfig): CleanPlan {
    const { log, startOffset, endOffset } = partition
    const stable = this.options.transactionsOf(partition)?.lastStableOffset ?? endOffset
    const stableOffset = Math.min(stable, endOffset)
    const cleanedOffset = log.compaction?.cleanedOffset ?? 0
    const cleanable = { segments: log.segments(), startOffset, endOffset: log.endOffset, cleanedOffset, stableOffset }
    return planCleaning(cleanable, config, this.options.clock.now())
  }

  /** max.compaction.lag.ms: the first batch of a dirty segment is older than a record may stay uncompacted. */
  private async isOverdue(partition: Partition, config: ResolvedTopicConfig, plan: CleanPlan): Promise<boolean> {
    if (config.maxCompactionLagMs === Number.MAX_SAFE_INTEGER || plan.dirtyBytes === 0) return false
    const { log } = partition
    const latest = this.options.clock.now() - config.maxCompactionLagMs
    for (const segment of log.segments().slice(0, -1)) {
      if (segment.endOffset <= plan.firstDirty || segment.baseOffset >= plan.firstUncleanable) continue
      const read = log.read(Math.max(segment.baseOffset, log.startOffset), 1)
      const first = (isPromise(read) ? await read : read)[0]
      if (first !== undefined && first.maxTimestamp > 0 && first.maxTimestamp < latest) return true
    }
    return false
  }

  private report(partition: Partition, error: unknown): void {
    if (this.closed || partition.isClosed) return
    const reported = KafkaliteError.is(error)
      ? error
      : new KafkaliteError('STORAGE_FAILED', `Cleaning of ${partition.name} failed`, { cause: error })
    if (!reported.retriable) this.uncleanable.add(partition)
    this.options.onError(reported)
  }
}

function ignore(): void {
  // Nobody counts the slices.
}
