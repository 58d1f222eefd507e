// Where records wait for their batch: one buffer per partition, records packed as they come. At most one batch of a partition is
// under way, so that order holds whatever the storage does; the next one fills meanwhile. Where the storage answers at once there
// is no promise and no queue between a full batch and its place in the log.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { Appended } from '../core/cluster.js'
import { BatchWriter, type FinishOptions } from '../record/batch-writer.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { EncodedHeader } from '../record/record.js'
import { type Delivery, Receipt } from './delivery.js'

/** Where the batches of a producer go, and what their headers say: the cluster itself, or a transaction. */
export interface BatchSink {
  finish(topic: string, partition: number, records: number): FinishOptions
  produce(topic: string, partition: number, batch: PackedBatch): Awaitable<Appended>
}

/** What the buffers of one producer share and tell. */
export interface BufferOwner extends BatchSink {
  /** A buffer got its first record and is to be looked at when the tick or the linger ends. */
  opened(buffer: PartitionBuffer): void
  /** `bytes` of packed records are settled, one way or the other. */
  freed(bytes: number): void
  /** Records that nobody waits for were lost. */
  lost(error: KafkaliteError): void
}

/** A batch that is closed and not yet acknowledged. */
interface SealedBatch {
  readonly batch: PackedBatch
  readonly receipts: readonly Receipt[]
  /** Whether it holds records of `write`, whose failure is an event. */
  readonly unheard: boolean
  /** What it counted in the buffer: compression makes the batch smaller, not the account. */
  readonly bytes: number
}

const NO_RECEIPTS: Receipt[] = []

export class PartitionBuffer {
  private readonly writer = new BatchWriter()
  private receipts: Receipt[] = NO_RECEIPTS
  private unheard = false
  /** Whether `opened` was told and the owner still has this buffer on its list. */
  listed = false
  private inFlight = false
  /** The open batch is to go as soon as the one under way is settled. */
  private due = false
  private readonly sealed: SealedBatch[] = []
  private quietWaiters: { readonly afterBatch: number; readonly resolve: () => void }[] = []
  private sealedCount = 0
  private settledCount = 0

  constructor(
    private readonly owner: BufferOwner,
    private readonly topic: string,
    private readonly partition: number,
    private readonly batchBytes: number,
  ) {}

  /** How large the open batch is. */
  get openBytes(): number {
    return this.writer.sizeBytes
  }

  /** Packs a record and returns by how many bytes the open batch grew. A delivery of null: nobody waits. `bytesMax` as `BatchWriter.recordBytesMax`. */
  add(
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly EncodedHeader[] | null,
    delivery: Delivery | null,
    resultIndex: number,
    bytesMax: number,
  ): number {
    const { writer } = this
    const before = writer.sizeBytes
    const index = writer.append(key, value, timestamp, headers, bytesMax)
    if (delivery === null) this.unheard = true
    else this.expect(delivery, index, resultIndex, timestamp)
    if (!this.listed) {
      this.listed = true
      this.owner.opened(this)
    }
    return writer.sizeBytes - before
  }

  /** Sends the open batch if it is large enough. Apart from `add`, so that the owner has counted the bytes before they are freed. */
  sealIfFull(): boolean {
    if (this.writer.sizeBytes < this.batchBytes) return false
    this.seal()
    return true
  }

  /** Forgets the open batch, which holds one record that turned out too large. */
  abandon(): void {
    this.writer.abandon()
    this.receipts = NO_RECEIPTS
    this.unheard = false
  }

  /** The open batch is to go: now, or when the one under way is settled. */
  flush(): void {
    if (this.writer.count === 0) return
    if (this.inFlight) this.due = true
    else this.seal()
  }

  /** Resolves when everything that was added until now is settled; undefined when it is already. */
  settled(): Promise<void> | undefined {
    if (this.writer.count > 0) this.seal()
    const afterBatch = this.sealedCount
    if (this.settledCount >= afterBatch) return undefined
    return new Promise((resolve) => this.quietWaiters.push({ afterBatch, resolve }))
  }

  /** Closes the open batch and hands it to the cluster, or behind the one that is under way. */
  seal(): void {
    const { writer, receipts, unheard, owner } = this
    if (writer.count === 0) return
    const bytes = writer.sizeBytes
    this.receipts = NO_RECEIPTS
    this.unheard = false
    this.due = false
    this.sealedCount++
    let batch: PackedBatch
    try {
      batch = writer.finish(owner.finish(this.topic, this.partition, writer.count))
    } catch (error) {
      writer.abandon()
      this.settle({ receipts, unheard, bytes }, undefined, error)
      return
    }
    const sealed: SealedBatch = { batch, receipts, unheard, bytes }
    if (this.inFlight) this.sealed.push(sealed)
    else this.send(sealed)
  }

  private expect(delivery: Delivery, index: number, resultIndex: number, timestamp: number): void {
    const { receipts } = this
    if (receipts.length === 0) this.receipts = [new Receipt(delivery, index, resultIndex, timestamp)]
    else if (!(receipts[receipts.length - 1] as Receipt).extend(delivery, index, resultIndex, timestamp))
      receipts.push(new Receipt(delivery, index, resultIndex, timestamp))
  }

  /** Sends this batch and those that queued up behind it. A loop, for batches that settle at once must not pile up calls. */
  private send(first: SealedBatch): void {
    for (let next: SealedBatch | undefined = first; next !== undefined; next = this.next()) {
      const sealed: SealedBatch = next
      this.inFlight = true
      try {
        const answer = this.owner.produce(this.topic, this.partition, sealed.batch)
        if (isPromise(answer)) {
          answer.then(
            (appended) => this.goOn(sealed, appended, undefined),
            (error: unknown) => this.goOn(sealed, undefined, error),
          )
          return
        }
        this.settle(sealed, answer, undefined)
      } catch (error) {
        this.settle(sealed, undefined, error)
      }
      this.inFlight = false
    }
  }

  private goOn(sealed: SealedBatch, appended: Appended | undefined, error: unknown): void {
    this.settle(sealed, appended, error)
    this.inFlight = false
    const next = this.next()
    if (next !== undefined) this.send(next)
  }

  private next(): SealedBatch | undefined {
    const next = this.sealed.shift()
    if (next === undefined && this.due) this.seal()
    return next
  }

  private settle(sealed: Omit<SealedBatch, 'batch'>, appended: Appended | undefined, error: unknown): void {
    this.settledCount++
    const { topic, partition, owner } = this
    if (appended !== undefined) {
      const { baseOffset, logAppendTime } = appended
      for (const receipt of sealed.receipts) receipt.acknowledge(topic, partition, baseOffset, logAppendTime)
    } else {
      const reason = asKafkaliteError(error, topic)
      for (const { delivery } of sealed.receipts) delivery.fail(reason)
      if (sealed.unheard) owner.lost(reason)
    }
    owner.freed(sealed.bytes)
    if (this.quietWaiters.length > 0) this.wakeQuietWaiters()
  }

  private wakeQuietWaiters(): void {
    const waiting = this.quietWaiters
    this.quietWaiters = waiting.filter(({ afterBatch }) => afterBatch > this.settledCount)
    for (const { afterBatch, resolve } of waiting) if (afterBatch <= this.settledCount) resolve()
  }
}

function asKafkaliteError(error: unknown, topic: string): KafkaliteError {
  return KafkaliteError.is(error)
    ? error
    : new KafkaliteError('STORAGE_FAILED', `Records for topic ${topic} could not be appended`, { cause: error })
}
