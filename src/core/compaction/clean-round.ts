// One round of the cleaner over one partition, Kafka's Cleaner: first the keys of the dirty part and their last offsets, then every
// segment from the start up to there is rewritten without what these replace, group by group. What a crash leaves is each group as
// it was or as it is to be; groups go from the oldest to the newest, so a tombstone never goes before what it deletes.

import { type Awaitable, chain } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { LogCompaction, LogStore, SegmentInfo, SegmentRewrite } from '../../storage/storage.js'
import type { ResolvedTopicConfig } from '../topic-config.js'
import { BatchFilter, enterKeys } from './batch-filter.js'
import { BatchScan } from './batch-scan.js'
import { type CleanPlan, groupSegments } from './clean-plan.js'
import { OffsetMap } from './offset-map.js'
import { type TransactionsOfPartition, TransactionState } from './transaction-state.js'

/** Handed to the storage at a time. Bytes. */
const WRITE_BYTES = 262_144

export interface CleanRoundOptions {
  readonly log: LogStore
  readonly compaction: LogCompaction
  readonly config: ResolvedTopicConfig
  readonly plan: CleanPlan
  readonly transactions: TransactionsOfPartition | null
  readonly clock: Clock
  readonly random: () => number
  /** log.cleaner.dedupe.buffer.size */
  readonly dedupeBufferBytes: number
  readonly isStopped: () => boolean
  readonly onSlice: () => void
}

export class CleanRound {
  private readonly cursor = new RecordCursor()
  private readonly scan: BatchScan
  private readonly map: OffsetMap
  /** The offset behind the last batch below `firstUncleanable`. */
  private roundEnd = -1

  constructor(private readonly options: CleanRoundOptions) {
    const { clock, isStopped, onSlice, dedupeBufferBytes, random } = options
    this.scan = new BatchScan(clock, isStopped, onSlice)
    this.map = new OffsetMap(dedupeBufferBytes, Math.floor(random() * 0xffff_ffff))
  }

  /** Answers the offset up to which the log is clean now; null when the log was cut under the round, which then has to begin again. */
  async run(): Promise<number | null> {
    const { log, compaction, config, transactions, clock } = this.options
    const now = clock.now()
    await transactions?.keep()
    await this.buildMap()
    const cleanedTo = this.map.latestOffset + 1
    const aborted = new TransactionState(transactions?.aborted(0, this.options.plan.firstUncleanable) ?? [])
    const { map, roundEnd } = this
    const segments = log
      .segments()
      .slice(0, -1)
      .filter(({ baseOffset }) => baseOffset < cleanedTo)
    for (const group of groupSegments(segments, config)) {
      const lastOfProducers = transactions?.lastOfProducers() ?? new Map()
      const { deleteRetentionMs } = config
      const filter = new BatchFilter({ map, transactions: aborted, lastOfProducers, roundEnd, now, deleteRetentionMs })
      const forget = (): Awaitable<void> => (aborted.gone.length > 0 ? transactions?.forgetAborted(aborted.gone.splice(0)) : undefined)
      if (!(await this.rewrite(group, filter, forget))) return null
    }
    await compaction.keepCleanedOffset(cleanedTo)
    return cleanedTo
  }

  private async buildMap(): Promise<void> {
    const { map, cursor } = this
    const { log, transactions, plan } = this.options
    const { firstDirty, firstUncleanable } = plan
    const aborted = new TransactionState(transactions?.aborted(firstDirty, firstUncleanable) ?? [])
    let full = false
    await this.scan.run(log, firstDirty, firstUncleanable, (batch) => {
      const worthless = aborted.meet(batch)
      if (!batch.isControl && !worthless) full = !enterKeys(batch, cursor, map, firstDirty)
      if (full) return false
      map.latestOffset = batch.lastOffset
      this.roundEnd = batch.lastOffset + 1
      return true
    })
    // What lies behind a map that was full is there still and says itself where the log ends.
    if (full) this.roundEnd = -1
    // Where the last batches are gone for good, the range is still clean up to its end.
    else map.latestOffset = firstUncleanable - 1
    if (!full && this.roundEnd < 0) await this.findRoundEnd()
  }

  /** Nothing was dirty, so the last batch is one that was cleaned before. */
  private async findRoundEnd(): Promise<void> {
    const { log, plan } = this.options
    const last = log.segments().findLast(({ baseOffset, sizeBytes }) => baseOffset < plan.firstUncleanable && sizeBytes > 0)
    await this.scan.run(log, last?.baseOffset ?? plan.firstUncleanable, plan.firstUncleanable, (batch) => {
      this.roundEnd = batch.lastOffset + 1
      return true
    })
  }

  /** False when the log was cut and the segments are not there any more. `forget` comes before anything is gone for good. */
  private async rewrite(group: readonly SegmentInfo[], filter: BatchFilter, forget: () => Awaitable<void>): Promise<boolean> {
    const { log, compaction } = this.options
    const from = (group[0] as SegmentInfo).baseOffset
    const to = (group[group.length - 1] as SegmentInfo).endOffset
    const output = new GroupOutput(log, compaction, from, to)
    try {
      // A segment of which everything stays is not written at all; several become one in any case.
      let isGoing = group.length === 1 || (await output.begin())
      await this.scan.run(log, from, to, (batch) => {
        const kept = filter.retain(batch)
        if (!isGoing) return false
        if (output.isBegun) return output.take(kept)
        if (kept === batch) return true
        return this.beginAt(output, from, batch.baseOffset).then((begun) => {
          isGoing = begun
          return begun && output.take(kept)
        })
      })
      await forget()
      return isGoing && (await output.finish())
    } finally {
      await output.abandon()
    }
  }

  /** What was passed over before the first batch that changed stays as it is, and is copied first. */
  private async beginAt(output: GroupOutput, from: number, to: number): Promise<boolean> {
    if (!(await output.begin())) return false
    await this.scan.run(this.options.log, from, to, (batch) => output.take(batch))
    return true
  }
}

/** Gathers what is left of a group and hands it on in pieces. */
class GroupOutput {
  private rewriting: SegmentRewrite | null = null
  private pending: PackedBatch[] = []
  private pendingBytes = 0

  constructor(
    private readonly log: LogStore,
    private readonly compaction: LogCompaction,
    private readonly from: number,
    private readonly to: number,
  ) {}

  get isBegun(): boolean {
    return this.rewriting !== null
  }

  /** False when the segments are not there any more. */
  async begin(): Promise<boolean> {
    const pieces = this.log.segments()
    if (!pieces.some(({ baseOffset }) => baseOffset === this.from) || !pieces.some(({ endOffset }) => endOffset === this.to)) return false
    this.rewriting = await this.compaction.rewrite(this.from, this.to)
    return true
  }

  /** Takes what is left of a batch, and is ready for the next one when it answers true. */
  take(kept: PackedBatch | null): Awaitable<true> {
    if (kept === null) return true
    this.pending.push(kept)
    this.pendingBytes += kept.sizeBytes
    return this.pendingBytes < WRITE_BYTES ? true : chain(this.flush(), () => true as const)
  }

  /** False when the segments are not there any more. */
  async finish(): Promise<boolean> {
    if (this.rewriting === null) return true
    await this.flush()
    return this.rewriting.finish()
  }

  abandon(): Awaitable<void> {
    return this.rewriting?.abandon()
  }

  private flush(): Awaitable<void> {
    const { pending, rewriting } = this
    if (pending.length === 0 || rewriting === null) return undefined
    this.pending = []
    this.pendingBytes = 0
    return rewriting.append(pending)
  }
}
