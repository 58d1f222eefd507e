// Messages on their way into a queue. Those sent in one turn of the event loop share a batch and a promise; a batch that is full goes
// at once. A large message goes alone, so that a message too large fails no other.

import type { Cluster } from '../core/cluster.js'
import { isPromise } from '../lib/awaitable.js'
import { BatchWriter } from '../record/batch-writer.js'
import type { EncodedHeader } from '../record/record.js'
import type { QueueReceipt } from './receipt.js'

const BATCH_BYTES = 512 * 1024
const LARGE_BYTES = 128 * 1024

interface Lane {
  readonly writer: BatchWriter
  receipts: QueueReceipt<unknown>[]
  round: Promise<void> | null
  resolve: (value: void | PromiseLike<void>) => void
}

export class QueueOutbox {
  private readonly lanes = new Map<number, Lane>()
  private flushing = false

  constructor(
    private readonly cluster: Cluster,
    private readonly topic: string,
  ) {}

  /** Adds a message; the promise is shared by all of its batch and settles when the batch is written, the receipts' offsets filled in. */
  add(
    receipt: QueueReceipt<unknown>,
    key: string | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly EncodedHeader[] | null,
  ): Promise<void> {
    const lane = this.lane(receipt.partition)
    const bytes = BatchWriter.recordBytesMax(key, value, headers)
    if (lane.writer.count > 0 && lane.writer.sizeBytes + bytes > (bytes > LARGE_BYTES ? LARGE_BYTES : BATCH_BYTES))
      this.flush(receipt.partition, lane)
    lane.writer.append(key, value, timestamp, headers)
    lane.receipts.push(receipt)
    lane.round ??= new Promise((resolve) => {
      lane.resolve = resolve
    })
    const { round } = lane
    if (bytes > LARGE_BYTES) this.flush(receipt.partition, lane)
    else if (!this.flushing) {
      this.flushing = true
      queueMicrotask(() => this.flushAll())
    }
    return round
  }

  private flushAll(): void {
    this.flushing = false
    for (const [partition, lane] of this.lanes) if (lane.writer.count > 0) this.flush(partition, lane)
  }

  private flush(partition: number, lane: Lane): void {
    const { receipts, resolve } = lane
    lane.receipts = []
    lane.round = null
    resolve(this.produce(partition, lane, receipts))
  }

  private async produce(partition: number, lane: Lane, receipts: readonly QueueReceipt<unknown>[]): Promise<void> {
    const produced = this.cluster.produce(this.topic, partition, lane.writer.finish())
    const { baseOffset } = isPromise(produced) ? await produced : produced
    for (let i = 0; i < receipts.length; i++) (receipts[i] as QueueReceipt<unknown>).offset = baseOffset + i
  }

  private lane(partition: number): Lane {
    let lane = this.lanes.get(partition)
    if (lane === undefined) {
      lane = { writer: new BatchWriter(), receipts: [], round: null, resolve: () => undefined }
      this.lanes.set(partition, lane)
    }
    return lane
  }
}
