// What the cleaner must know of transactions, and Kafka's rules for them: aborted data goes at once, a marker stays until no data of
// its transaction is left and then until a delete horizon has passed. The cleaner meets the batches of the range in the order of
// their offsets and asks about each.

import type { Awaitable } from '../../lib/awaitable.js'
import { readMarker } from '../../record/control-batch.js'
import type { PackedBatch } from '../../record/packed-batch.js'

/** An aborted transaction of a partition. */
export interface AbortedRange {
  readonly producerId: number
  /** The first offset of its data. */
  readonly firstOffset: number
  /** The offset of its abort marker. */
  readonly lastOffset: number
}

/** The last that a live producer wrote. */
export interface LastOfProducer {
  readonly producerEpoch: number
  /** The last offset of its last data batch, null when it has written markers only. */
  readonly lastDataOffset: number | null
}

/** What a partition says of its transactions and producers. A partition without them has none to say. */
export interface TransactionsOfPartition {
  /** No transaction is open below it; never above the high watermark. */
  readonly lastStableOffset: number
  /** The aborted transactions that have data or their marker in the range, by first offset. */
  aborted(fromOffset: number, toOffset: number): readonly AbortedRange[]
  /** The producers that may write on: what tells their next sequence must stay. */
  lastOfProducers(): ReadonlyMap<number, LastOfProducer>
  /** Settles when all that is known of producers survives without the log: a round may take away markers that said it. */
  keep(): Awaitable<void>
  /** The data of these is gone, and their markers may go once this has settled: a range without its marker would hide what the producer
   *  commits later. */
  forgetAborted(gone: readonly AbortedRange[]): Awaitable<void>
}

interface Ongoing {
  readonly range: AbortedRange
  hasData: boolean
}

export class TransactionState {
  /** Aborted transactions of which nothing was met before their marker. */
  readonly gone: AbortedRange[] = []
  private next = 0
  private readonly aborted: readonly AbortedRange[]
  private readonly ongoingAborted = new Map<number, Ongoing>()
  private readonly ongoingCommitted = new Set<number>()

  constructor(aborted: readonly AbortedRange[]) {
    this.aborted = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether the batch counts for nothing any more: data that was aborted, or a marker without data. */
  meet(batch: PackedBatch): boolean {
    this.takeAbortedUpTo(batch.lastOffset)
    return batch.isControl ? this.meetMarker(batch) : this.meetData(batch)
  }

  private meetData(batch: PackedBatch): boolean {
    if (!batch.isTransactional) return false
    const ongoing = this.ongoingAborted.get(batch.producerId)
    if (ongoing === undefined) {
      this.ongoingCommitted.add(batch.producerId)
      return false
    }
    ongoing.hasData = true
    return true
  }

  private meetMarker(batch: PackedBatch): boolean {
    // Emptied by an earlier round: what it marked was gone then.
    if (batch.count === 0) return true
    const marker = readMarker(batch)
    if (marker === undefined) return false
    if (marker.kind === 'commit') return !this.ongoingCommitted.delete(batch.producerId)
    const ongoing = this.ongoingAborted.get(batch.producerId)
    this.ongoingAborted.delete(batch.producerId)
    if (ongoing?.hasData === true) return false
    if (ongoing !== undefined) this.gone.push(ongoing.range)
    return true
  }

  private takeAbortedUpTo(offset: number): void {
    for (; this.next < this.aborted.length; this.next++) {
      const range = this.aborted[this.next] as AbortedRange
      if (range.firstOffset > offset) return
      if (!this.ongoingAborted.has(range.producerId)) this.ongoingAborted.set(range.producerId, { range, hasData: false })
    }
  }
}
