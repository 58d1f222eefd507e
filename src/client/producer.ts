// Sends records. A record is checked and encoded at once, packed straight into the open batch of its partition, and appended when
// the batch is full, when the tick ends, or when the linger is over. `write` does nothing else: no promise, no object per record.
// `send` adds its promise. Memory is bounded by `bufferBytes`: when it is used up, sends wait their turn and `write` says so.

import { EventEmitter } from 'eventemitter3'
import type { TopicDescription } from '../core/cluster.js'
import { describe, KafkaliteError } from '../errors.js'
import { assert } from '../lib/assert.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { Timer } from '../lib/clock.js'
import { EventLoopSlice } from '../lib/event-loop-slice.js'
import { BatchWriter, type FinishOptions } from '../record/batch-writer.js'
import { type EncodedHeader, encodeHeaders } from '../record/record.js'
import { abortable } from './abort.js'
import { type BatchSink, type BufferOwner, PartitionBuffer } from './accumulator.js'
import { asyncDispose } from './async-dispose.js'
import type { ClientContext } from './client-context.js'
import { Delivery, type RecordMetadata } from './delivery.js'
import { reportError } from './error-report.js'
import { checkOptions, invalid, WAIT_RULES } from './options-check.js'
import { type OutgoingRecord, OutgoingTopic } from './outgoing-topic.js'
import { PartitionChoice } from './partitioner.js'
import { type ProducerOptions, type ResolvedProducerOptions, resolveProducerOptions } from './producer-options.js'
import { checkRecord, encodePart, type ProducerRecord, timestampOf } from './producer-record.js'
import type { TypedTopic, WaitOptions } from './topic-types.js'
import { type Transaction, Transactions } from './transaction.js'

const RESOLVED = Promise.resolve()

/** Sends records to topics: packs those of one moment into a batch, waits when its buffer is full, and tells where each went. From `broker.producer()`. */
export class Producer extends EventEmitter<{ error: [error: KafkaliteError] }> implements AsyncDisposable {
  private readonly options: ResolvedProducerOptions
  private readonly topics = new Map<string, OutgoingTopic>()
  private readonly owner: BufferOwner
  /** What the last record was for: most often the next one is for the same. */
  private recent: OutgoingTopic | undefined
  private recentTopic: string | TypedTopic<unknown, unknown> | undefined
  /** Buffers with an open batch that the end of the tick or of the linger sends. */
  private open: PartitionBuffer[] = []
  /** Bytes that are taken and not yet settled, and the sends that wait for room, in order. */
  private usedBytes = 0
  private blocked: OutgoingRecord[] = []
  private blockedIn = 0
  private blockedOut = 0
  private roomWaiters: { readonly after: number; readonly resolve: () => void }[] = []
  private admitting = false
  private tick = 0
  private tickScheduled = false
  /** Who sends in a loop, in memory, would never let the event loop turn. */
  private readonly slice: EventLoopSlice
  /** The time of this tick; -1 when it has to be read. */
  private now = -1
  private lingerTimer: Timer | undefined
  private lost: KafkaliteError | undefined
  private closing: Promise<void> | undefined
  private busy = false
  private readonly forget: () => void
  private transactions: Transactions | undefined

  /** @internal Made by `broker.producer()`; with a sink, by the transactions of a producer. */
  constructor(
    private readonly context: ClientContext,
    private readonly given?: ProducerOptions,
    private readonly sink?: BatchSink,
  ) {
    super()
    this.options = resolveProducerOptions(given)
    const finish: FinishOptions = { compression: this.options.compression }
    const { cluster } = context
    this.slice = new EventLoopSlice(context.clock)
    this.owner = {
      finish: sink === undefined ? () => finish : (topic, partition, records) => sink.finish(topic, partition, records),
      produce: (topic, partition, batch) => (sink ?? cluster).produce(topic, partition, batch),
      opened: (buffer) => this.opened(buffer),
      freed: (bytes) => this.freed(bytes),
      lost: (error) => this.reportLost(error),
    }
    this.forget = context.track(this)
  }

  /**
   * Sends one record or a list of them. Resolves when they are appended as the topic's flush level promises. The topic alone gives
   * the types; a name means the serdes of the Topic last opened here under it, else strings and bytes as they are.
   * Rejects with INVALID_ARGUMENT, SERDE_FAILED, MESSAGE_TOO_LARGE, UNKNOWN_TOPIC_OR_PARTITION, INVALID_RECORD, INVALID_TIMESTAMP,
   * BUFFER_FULL, REQUEST_TIMED_OUT (no room in the buffer for `deliveryTimeoutMs`), CLOSED, STORAGE_FAILED, DISK_FULL. Of a list
   * the first failure counts; the other records are sent all the same, except after INVALID_ARGUMENT, when none is.
   * The signal ends the wait for room; what is in a batch already is sent.
   */
  send<V = unknown, K = string | Uint8Array>(
    topic: string | TypedTopic<V, K>,
    record: ProducerRecord<NoInfer<V>, NoInfer<K>>,
    options?: WaitOptions,
  ): Promise<RecordMetadata>
  send<V = unknown, K = string | Uint8Array>(
    topic: string | TypedTopic<V, K>,
    records: readonly ProducerRecord<NoInfer<V>, NoInfer<K>>[],
    options?: WaitOptions,
  ): Promise<RecordMetadata[]>
  send(
    topic: string | TypedTopic<unknown, unknown>,
    given: ProducerRecord<unknown, unknown> | readonly ProducerRecord<unknown, unknown>[],
    options?: WaitOptions,
  ): Promise<RecordMetadata | RecordMetadata[]> {
    return new Promise((resolve, reject) => {
      // What is thrown here rejects the promise.
      const signal = options === undefined ? undefined : signalOf('send()', options)
      if (!Array.isArray(given)) {
        const record = given as ProducerRecord<unknown, unknown>
        checkRecord(record)
        this.take(this.outgoing(topic), topic, record, new Delivery(1, false, resolve, reject), 0, signal)
        return
      }
      for (const record of given) checkRecord(record)
      const outgoing = this.outgoing(topic)
      const delivery = new Delivery(given.length, true, resolve, reject)
      if (given.length === 0) resolve([])
      for (let i = 0; i < given.length; i++)
        this.takeOfMany(outgoing, topic, given[i] as ProducerRecord<unknown, unknown>, delivery, i, signal)
    })
  }

  /**
   * The hot path, and fire and forget: no promise, no metadata. The record is taken in any case; false says that the buffer is full:
   * await flush() before the next. A failure is an 'error' event and rejects the next flush(). What is no record at all throws
   * INVALID_ARGUMENT, and CLOSED after close().
   */
  write<V = unknown, K = string | Uint8Array>(topic: string | TypedTopic<V, K>, record: ProducerRecord<NoInfer<V>, NoInfer<K>>): boolean {
    try {
      checkRecord(record)
      this.take(this.outgoing(topic), topic, record, null, 0, undefined)
    } catch (error) {
      if (!KafkaliteError.is(error) || KafkaliteError.is(error, 'INVALID_ARGUMENT', 'CLOSED', 'INVALID_TXN_STATE')) throw error
      this.reportLost(error)
    }
    return this.usedBytes < this.options.bufferBytes
  }

  /** Sends what waits and resolves when everything given until now is acknowledged or failed. Rejects with the first failure of a `write` since the last flush. */
  async flush(options?: WaitOptions): Promise<void> {
    const signal = signalOf('flush()', options)
    if (signal?.aborted) throw signal.reason
    await abortable(this.settled(), signal)
    if (this.slice.isOver) await this.slice.giveTurn()
    const { lost } = this
    this.lost = undefined
    if (lost !== undefined) throw lost
  }

  /**
   * Runs `work` in a transaction: commits when it resolves and answers what it answered, aborts when it throws and rejects with that.
   * All of its records and offsets become visible together or not at all, to readers with `isolation: 'read_committed'`; one sync covers
   * it. One transaction at a time. Rejects with INVALID_TXN_STATE (nested), PRODUCER_FENCED and INVALID_PRODUCER_EPOCH (another producer
   * took over the transactionalId, or it took longer than transactionTimeoutMs), TRANSACTION_TOO_LARGE, FENCED_MEMBER_EPOCH and
   * UNKNOWN_MEMBER_ID (of `commitOffsets`), and with all that a send rejects with. The signal aborts it.
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T> | T, options?: WaitOptions): Promise<T> {
    const signal = signalOf('transaction()', options)
    if (this.closing !== undefined) throw new KafkaliteError('CLOSED', 'The producer is closed')
    const { transactionalId, transactionTimeoutMs, transactionMaxBytes, compression } = this.options
    this.transactions ??= new Transactions(
      this.context,
      { transactionalId, timeoutMs: transactionTimeoutMs, maxBytes: transactionMaxBytes, compression },
      (sink) => new Producer(this.context, this.given, sink),
    )
    return this.transactions.run(work, signal)
  }

  /** Sends what is left, then takes no more. Idempotent. Failures of that are 'error' events, not rejections. */
  async close(options?: WaitOptions): Promise<void> {
    const signal = signalOf('close()', options)
    this.closing ??= this.settledAll().then(() => {
      this.lingerTimer?.cancel()
      this.lingerTimer = undefined
      this.forget()
    })
    await abortable(this.closing, signal)
  }

  [asyncDispose](): Promise<void> {
    return this.close()
  }

  // ---------------------------------------------------------------- taking records

  /** What is known here of the topic, looked up once a tick at most. */
  private outgoing(topic: string | TypedTopic<unknown, unknown>): OutgoingTopic {
    if (this.closing !== undefined) throw new KafkaliteError('CLOSED', 'The producer is closed')
    if (this.transactions !== undefined || this.options.transactionalId !== undefined) this.refuseOutside()
    const { recent } = this
    if (recent !== undefined && recent.freshIn === this.tick && topic === this.recentTopic) return recent
    const name = typeof topic === 'string' ? topic : topic?.name
    const known = this.topics.get(name)
    if (known !== undefined) {
      if (known.freshIn !== this.tick) this.refresh(known)
      this.recent = known
      this.recentTopic = topic
      return known
    }
    if (typeof name !== 'string') throw invalid(`send() and write() take a Topic or the name of one, not ${describe(topic)}`)
    const { batchBytes, partitioner } = this.options
    const outgoing = new OutgoingTopic(
      name,
      this.context.serdes.forProducer(name),
      new PartitionChoice(name, batchBytes, this.context.random, partitioner),
    )
    this.topics.set(name, outgoing)
    this.refresh(outgoing)
    return outgoing
  }

  /** While a transaction is open, and with a transactionalId ever, records are sent in transactions alone. */
  private refuseOutside(): void {
    const isOpen = this.transactions?.isOpen === true
    if (this.sink !== undefined || (!isOpen && this.options.transactionalId === undefined)) return
    const why = isOpen ? 'a transaction of this producer is open' : 'a producer with a transactionalId sends in transactions alone'
    throw new KafkaliteError('INVALID_TXN_STATE', `send() and write() were called outside of a transaction, and ${why}: use tx.send()`)
  }

  private async settledAll(): Promise<void> {
    await this.transactions?.close()
    await this.settled()
  }

  private refresh(outgoing: OutgoingTopic): void {
    this.scheduleTick()
    outgoing.freshIn = this.tick
    outgoing.serdes = this.context.serdes.forProducer(outgoing.name)
    if (outgoing.opening !== undefined) return
    let found: Awaitable<TopicDescription>
    try {
      found = this.context.cluster.topic(outgoing.name, { create: true })
    } catch (error) {
      this.drop(outgoing)
      throw error
    }
    if (!isPromise(found)) {
      outgoing.adopt(found)
      return
    }
    outgoing.description = undefined
    outgoing.opening = Promise.resolve(found).then(
      (description) => this.release(outgoing, description, undefined),
      (error: unknown) => this.release(outgoing, undefined, error),
    )
  }

  private drop(outgoing: OutgoingTopic): void {
    this.topics.delete(outgoing.name)
    this.recent = undefined
  }

  /** The topic is known, or cannot be had: what waited for that goes on. */
  private release(outgoing: OutgoingTopic, description: TopicDescription | undefined, error: unknown): void {
    const { waiting } = outgoing
    outgoing.waiting = []
    outgoing.opening = undefined
    if (description === undefined) this.drop(outgoing)
    else outgoing.adopt(description)
    let bytes = 0
    for (const record of waiting) {
      bytes += record.bytes
      if (description === undefined) this.failed(record, error)
      else this.packWaiting(record)
    }
    this.freed(bytes)
  }

  private takeOfMany(
    outgoing: OutgoingTopic,
    topic: string | TypedTopic<unknown, unknown>,
    record: ProducerRecord<unknown, unknown>,
    delivery: Delivery,
    index: number,
    signal: AbortSignal | undefined,
  ): void {
    try {
      this.take(outgoing, topic, record, delivery, index, signal)
    } catch (error) {
      delivery.fail(error)
    }
  }

  /** Encodes a record and packs it, or puts it where it waits for its topic or for room. */
  private take(
    outgoing: OutgoingTopic,
    topic: string | TypedTopic<unknown, unknown>,
    record: ProducerRecord<unknown, unknown>,
    delivery: Delivery | null,
    resultIndex: number,
    signal: AbortSignal | undefined,
  ): void {
    if (signal?.aborted) throw signal.reason
    const serdes = typeof topic === 'string' ? outgoing.serdes : topic.serdes
    if (serdes === undefined) throw invalid(`send() and write() take a Topic or the name of one, not ${describe(topic)}`)
    const { name } = outgoing
    const headers = record.headers === undefined ? null : encodeHeaders(record.headers)
    const key = encodePart(serdes.key, record.key, name, headers, 'key')
    const value = encodePart(serdes.value, record.value, name, headers, 'value')
    const timestamp = record.timestamp === undefined ? undefined : timestampOf(record.timestamp)
    const bytes = BatchWriter.recordBytesMax(key, value, headers)
    const { partition } = record
    if (outgoing.description !== undefined && this.hasRoom(delivery)) {
      this.pack(outgoing, key, value, headers, partition, timestamp, delivery, resultIndex, bytes)
      return
    }
    this.wait({ topic: outgoing, key, value, headers, partition, timestamp, delivery, resultIndex, bytes }, signal)
  }

  /** Whether a record may be packed now. When the buffer is full, what lies in it goes off first: it may be room enough. */
  private hasRoom(delivery: Delivery | null): boolean {
    // A `write` is taken in any case, but never past sends that were there before it.
    if (this.blocked.length === 0 && (delivery === null || this.usedBytes < this.options.bufferBytes)) return true
    this.sendOpen()
    return this.usedBytes < this.options.bufferBytes && this.blocked.length === 0
  }

  private wait(record: OutgoingRecord, signal: AbortSignal | undefined): void {
    const { topic, delivery } = record
    if (delivery !== null && signal !== undefined && !delivery.waits) {
      const abort = (): void => delivery.fail(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      delivery.whenOver(() => signal.removeEventListener('abort', abort))
    }
    if (topic.description === undefined) {
      topic.waiting.push(record)
      this.usedBytes += record.bytes
    } else {
      this.blocked.push(record)
      this.blockedIn++
      if (delivery !== null && !delivery.waits) this.limitWait(delivery)
    }
    if (delivery !== null) delivery.waits = true
    this.workBegins()
  }

  private limitWait(delivery: Delivery): void {
    const { deliveryTimeoutMs, bufferBytes } = this.options
    const { clock } = this.context
    const timer = clock.setTimer(clock.now() + deliveryTimeoutMs, () => {
      delivery.fail(new KafkaliteError('REQUEST_TIMED_OUT', `The buffer of ${bufferBytes} bytes had no room for ${deliveryTimeoutMs} ms`))
    })
    delivery.whenOver(() => timer.cancel())
  }

  /** A record that waited is packed unless its send is over by now. */
  private packWaiting(record: OutgoingRecord): void {
    const { topic, key, value, headers, partition, timestamp, delivery, resultIndex, bytes } = record
    if (delivery?.done === true) return
    try {
      this.pack(topic, key, value, headers, partition, timestamp, delivery, resultIndex, bytes)
    } catch (error) {
      this.failed(record, error)
    }
  }

  private failed({ delivery, topic }: OutgoingRecord, error: unknown): void {
    if (delivery !== null) delivery.fail(error)
    else
      this.reportLost(
        KafkaliteError.is(error)
          ? error
          : new KafkaliteError('STORAGE_FAILED', `Topic ${topic.name} could not be opened`, { cause: error }),
      )
  }

  // ---------------------------------------------------------------- packing and sending

  private pack(
    topic: OutgoingTopic,
    key: Content,
    value: Content,
    headers: readonly EncodedHeader[] | null,
    partition: number | undefined,
    timestamp: number | undefined,
    delivery: Delivery | null,
    resultIndex: number,
    bytesAtMost: number,
  ): void {
    if (this.now < 0) this.now = this.context.clock.now()
    if (key === null || timestamp !== undefined) topic.check(key, timestamp, this.now)
    const { partitions, config } = topic.description as TopicDescription
    const chosen = partition ?? topic.choice.choose(key, value, partitions)
    if (chosen >= partitions)
      throw new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${topic.name} has partitions 0 to ${partitions - 1}, not ${chosen}`)
    const buffer = topic.buffers[chosen] ?? this.addBuffer(topic, chosen)
    const stamp = timestamp ?? this.now
    let grown: number
    if (buffer.openBytes + bytesAtMost > config.maxMessageBytes || bytesAtMost > this.options.bufferBytes) {
      grown = this.addLarge(buffer, topic, key, value, headers, stamp, delivery, resultIndex)
    } else {
      grown = buffer.add(key, value, stamp, headers, delivery, resultIndex, bytesAtMost)
    }
    this.usedBytes += grown
    if (key === null) topic.choice.used(grown)
    // A loop that never lets a tick end still gets a new time with every batch.
    if (buffer.sealIfFull()) this.now = -1
  }

  /** A record that may be too large goes into a batch of its own, so that it fails alone. */
  private addLarge(
    buffer: PartitionBuffer,
    topic: OutgoingTopic,
    key: Content,
    value: Content,
    headers: readonly EncodedHeader[] | null,
    timestamp: number,
    delivery: Delivery | null,
    resultIndex: number,
  ): number {
    buffer.seal()
    const grown = buffer.add(key, value, timestamp, headers, delivery, resultIndex, BatchWriter.recordBytesMax(key, value, headers))
    const { bufferBytes, compression } = this.options
    const { maxMessageBytes } = (topic.description as TopicDescription).config
    // Compressed it may fit; then the cluster decides.
    if (compression === 'none' && grown > maxMessageBytes) {
      buffer.abandon()
      this.quietIfDone()
      throw new KafkaliteError(
        'MESSAGE_TOO_LARGE',
        `A record takes ${grown} bytes; topic ${topic.name} takes at most ${maxMessageBytes} (maxMessageBytes)`,
      )
    }
    if (grown > bufferBytes) {
      buffer.abandon()
      this.quietIfDone()
      throw new KafkaliteError(
        'BUFFER_FULL',
        `A record takes ${grown} bytes and the buffer of the producer has ${bufferBytes} (bufferBytes)`,
      )
    }
    return grown
  }

  private addBuffer(topic: OutgoingTopic, partition: number): PartitionBuffer {
    const buffer = new PartitionBuffer(this.owner, topic.name, partition, this.options.batchBytes)
    topic.buffers[partition] = buffer
    return buffer
  }

  private opened(buffer: PartitionBuffer): void {
    this.open.push(buffer)
    this.workBegins()
    this.scheduleTick()
  }

  private scheduleTick(): void {
    if (this.tickScheduled) return
    this.tickScheduled = true
    if (this.slice.isOver) void this.slice.giveTurn().then(this.endTick)
    else RESOLVED.then(this.endTick)
  }

  private readonly endTick = (): void => {
    this.tickScheduled = false
    this.tick++
    this.now = -1
    const { lingerMs } = this.options
    if (lingerMs === 0 || this.blocked.length > 0) {
      this.sendOpen()
      return
    }
    if (this.open.length === 0 || this.lingerTimer !== undefined) return
    const { clock } = this.context
    this.lingerTimer = clock.setTimer(clock.now() + lingerMs, () => this.sendOpen(), { holds: true })
  }

  /** Sends every open batch whose partition has none under way; the others follow theirs. */
  private sendOpen(): void {
    this.lingerTimer?.cancel()
    this.lingerTimer = undefined
    const { open } = this
    if (open.length === 0) return
    this.open = []
    for (const buffer of open) {
      buffer.listed = false
      buffer.flush()
    }
  }

  private freed(bytes: number): void {
    this.usedBytes -= bytes
    assert(this.usedBytes >= 0, 'bytes that are freed were used')
    if (this.blocked.length > 0) this.admit()
    this.quietIfDone()
  }

  /** Room again: the sends that wait for it are packed in their order, as far as it goes. */
  private admit(): void {
    // Packing may fill and settle a batch at once, which frees bytes and comes back here.
    if (this.admitting) return
    this.admitting = true
    let next = 0
    const { blocked } = this
    for (; next < blocked.length && this.usedBytes < this.options.bufferBytes; next++) {
      const record = blocked[next] as OutgoingRecord
      if (record.topic.description === undefined) {
        // The topic went while the record waited for room: now it waits for the topic.
        record.topic.waiting.push(record)
        this.usedBytes += record.bytes
      } else {
        this.packWaiting(record)
      }
    }
    blocked.splice(0, next)
    this.blockedOut += next
    this.admitting = false
    if (this.roomWaiters.length === 0) return
    const waiting = this.roomWaiters
    this.roomWaiters = waiting.filter(({ after }) => after > this.blockedOut)
    for (const { after, resolve } of waiting) if (after <= this.blockedOut) resolve()
  }

  // ---------------------------------------------------------------- quiet

  /** Resolves when everything that was given until now is acknowledged or failed. Never rejects. */
  private async settled(): Promise<void> {
    await this.topicsKnown()
    if (this.blocked.length > 0) {
      const after = this.blockedIn
      this.sendOpen()
      await new Promise<void>((resolve) => {
        if (this.blockedOut >= after) resolve()
        else this.roomWaiters.push({ after, resolve })
      })
      await this.topicsKnown()
    }
    const underWay: Promise<void>[] = []
    for (const { buffers } of this.topics.values()) {
      for (const buffer of buffers) {
        const settled = buffer?.settled()
        if (settled !== undefined) underWay.push(settled)
      }
    }
    if (underWay.length > 0) await Promise.all(underWay)
  }

  private async topicsKnown(): Promise<void> {
    const openings: Promise<void>[] = []
    for (const { opening } of this.topics.values()) if (opening !== undefined) openings.push(opening)
    if (openings.length > 0) await Promise.all(openings)
  }

  private workBegins(): void {
    if (this.busy) return
    this.busy = true
    this.context.work.begin()
  }

  private quietIfDone(): void {
    if (!this.busy || this.usedBytes > 0 || this.blocked.length > 0) return
    this.busy = false
    this.context.work.end()
  }

  private reportLost(error: KafkaliteError): void {
    this.lost ??= error
    reportError(this, error)
  }
}

type Content = Uint8Array | string | null

function signalOf(call: string, options: WaitOptions | undefined): AbortSignal | undefined {
  checkOptions(call, options, WAIT_RULES)
  return options?.signal
}
