// The records of one fetched partition, handed out in portions. It leaves out what a reader must not see: control batches, records
// before the asked offset, and records of aborted transactions. The place to go on from moves over those too, so that a partition
// that ends in them is not read again and again.

import type { FetchedPartition } from '../core/cluster.js'
import { RecordCursor } from '../record/batch-reader.js'
import type { PackedBatch } from '../record/packed-batch.js'
import { readMarker } from '../record/control-batch.js'
import { LazyRecord, RecordOrigin } from './consumer-record.js'
import type { SerdePair } from './serde.js'

export class FetchedRecords<V = unknown, K = unknown> {
  /** Where reading goes on: behind the last record that was taken and what is left out behind it. */
  nextOffset: number
  private readonly cursor = new RecordCursor()
  private batchIndex = 0
  /** The batch under the cursor; undefined between batches. */
  private origin: RecordOrigin<V, K> | undefined
  /** Producers with an aborted transaction under way at this place, and those that are still to come by first offset. */
  private readonly aborting = new Set<number>()
  private readonly aborted: { readonly producerId: number; readonly firstOffset: number }[]

  /** @param fromOffset the position that was asked for: the first batch may begin before it */
  constructor(
    private readonly fetched: FetchedPartition,
    fromOffset: number,
    private readonly serdes: SerdePair<V, K>,
  ) {
    this.nextOffset = fromOffset
    this.aborted = fetched.aborted.length === 0 ? [] : [...fetched.aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  get topic(): string {
    return this.fetched.topic
  }

  get partition(): number {
    return this.fetched.partition
  }

  /** Whether everything was taken. */
  get done(): boolean {
    return this.origin === undefined && this.batchIndex >= this.fetched.batches.length
  }

  /**
   * Adds up to `max` records to `into` and returns how many. 0 means that nothing is left. `CORRUPT_MESSAGE` when a batch does
   * not add up: what came before it was taken, and `nextOffset` is at the damage.
   */
  take(into: LazyRecord<V, K>[], max: number): number {
    const { cursor } = this
    let taken = 0
    for (;;) {
      const origin = this.origin ?? this.openNext()
      if (origin === undefined) return taken
      const from = this.nextOffset
      for (;;) {
        // Asked for before `next`, which cannot be taken back.
        if (taken === max) return taken
        if (!cursor.next()) break
        if (cursor.offset < from) continue
        into.push(new LazyRecord(origin, cursor))
        this.nextOffset = cursor.offset + 1
        taken++
      }
      this.leaveBatch()
    }
  }

  /** Puts the cursor before the first record of the next batch that is to be seen. */
  private openNext(): RecordOrigin<V, K> | undefined {
    const { batches, topic, partition } = this.fetched
    for (; this.batchIndex < batches.length; this.batchIndex++) {
      const batch = batches[this.batchIndex] as PackedBatch
      if (batch.lastOffset < this.nextOffset) continue
      if (this.isHidden(batch)) {
        this.nextOffset = batch.lastOffset + 1
        continue
      }
      this.cursor.open(batch)
      this.origin = RecordOrigin.of(topic, partition, this.serdes, this.cursor)
      return this.origin
    }
    return undefined
  }

  private leaveBatch(): void {
    // Compaction may have removed the last records of the batch.
    this.nextOffset = Math.max(this.nextOffset, (this.fetched.batches[this.batchIndex] as PackedBatch).lastOffset + 1)
    this.batchIndex++
    this.origin = undefined
  }

  /** Whether the batch is a marker or belongs to an aborted transaction, as Kafka's consumer decides it. */
  private isHidden(batch: PackedBatch): boolean {
    const { aborted, aborting } = this
    if (aborted.length > 0) {
      const { lastOffset } = batch
      for (let next = aborted[0]; next !== undefined && next.firstOffset <= lastOffset; next = aborted[0]) {
        aborting.add(next.producerId)
        aborted.shift()
      }
    }
    if (batch.isControl) {
      // One that compaction emptied has ended a transaction too.
      if (aborting.has(batch.producerId) && (batch.count === 0 || readMarker(batch)?.kind === 'abort')) aborting.delete(batch.producerId)
      return true
    }
    return aborting.size > 0 && batch.isTransactional && aborting.has(batch.producerId)
  }
}
