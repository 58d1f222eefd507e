// Point to point: each message goes to one receiver, which settles it; then it is gone. The queue is a topic like any other, and what
// happens to its messages is kept in a log beside it, so nothing here is needed to bring it back after a crash.

import { EventEmitter } from 'eventemitter3'
import {
  type AcquiredBatch,
  type AcquireToken,
  type DeathNote,
  DELIVER_AT_HEADER,
  EXPIRES_AT_HEADER,
  MESSAGE_ID_HEADER,
  type OutgoingMessage,
  type QueueSession,
  type RecordPlace,
  type RecordState,
  type SentMessage,
  type Settlement,
} from '../core/queue-port.js'
import { describe, KafkaliteError } from '../errors.js'
import { encodeUtf8 } from '../lib/text.js'
import { RecordCursor } from '../record/batch-reader.js'
import type { PackedBatch } from '../record/packed-batch.js'
import { type EncodedHeader, encodeHeaders, Headers } from '../record/record.js'
import { abortable } from './abort.js'
import { BatchReceiver, type BatchOptions, checkBatchOptions, type MessagesHandler } from './batch-receiver.js'
import type { ClientContext } from './client-context.js'
import { LazyRecord, RecordOrigin } from './consumer-record.js'
import { reportError } from './error-report.js'
import { json } from './json.js'
import { type Message, type MessageHost, QueueMessage } from './message.js'
import { aFunction, anAbortSignal, checkOptions, oneOf, type OptionRule, WAIT_RULES, wholeNumber } from './options-check.js'
import type { QueueEvents } from './queue-events.js'
import { checkNewMessage, type NewMessage, type QueueOptions, type ResolvedQueueOptions, resolveQueueOptions } from './queue-options.js'
import { QueueRepeats } from './queue-repeats.js'
import type { RepeatSchedule } from './queue-schedule.js'
import { QueueSettlements } from './queue-settlements.js'
import { QueueReceipt, type Receipt } from './receipt.js'
import { checkProcessOptions, noteFor, type ProcessOptions, QueueReceiver, type Receiver, type ReceiverHost } from './receiver.js'
import { backoffMs } from './retry-policy.js'
import { decodeContent, encodeContent, type Serde, type SerdeContext, string } from './serde.js'
import type { WaitOptions } from './topic-types.js'
import { setDoor } from './transaction-sends.js'

const RESULTS: Serde<unknown> = json()
const BROWSE_STATES = ['available', 'delayed', 'acquired', 'dead'] as const
const BROWSE_RULES: Readonly<Record<string, OptionRule>> = { state: oneOf(...BROWSE_STATES), limit: wholeNumber(0) }
const REDRIVE_RULES: Readonly<Record<string, OptionRule>> = {
  filter: aFunction,
  max: wholeNumber(0),
  id: { expected: 'a string', accepts: (value) => typeof value === 'string' },
}

/** What is known of a message. */
export interface MessageStatus<R> {
  /** In the words of share groups (KIP-932). */
  readonly state: RecordState | 'unknown'
  /** How often it was handed to a receiver. */
  readonly deliveryCount: number
  /** What the handler answered, once acknowledged; kept for as long as the queue remembers it. */
  readonly result?: R
}

/** Point to point over a log: each message goes to one receiver, stays until it is acknowledged, and the sender is told. From `broker.queue(name)`. */
export class Queue<V = unknown, R = unknown>
  extends EventEmitter<QueueEvents<V, R>>
  implements AsyncIterable<Message<V, R>>, AsyncDisposable
{
  /** The name of the queue and of its topic. */
  readonly name: string
  private readonly receivers = new Set<{ close(): Promise<void>; lost(token: AcquireToken): QueueMessage<V, R> | undefined }>()
  /** Messages that want to know when their lock is lost. */
  private readonly watched = new Map<string, QueueMessage<V, R>>()
  private readonly settlements: QueueSettlements<V, R>
  private readonly host: Host<V, R>
  private readonly repeating: QueueRepeats
  private readonly untrack: () => void
  private closing: Promise<void> | null = null
  /** What serdes are told of a message without headers. */
  private readonly bare: SerdeContext
  /** Stands in the batch that messages were last taken out of. */
  private readonly cursor = new RecordCursor()
  private unpacking: PackedBatch | null = null
  private origin: RecordOrigin<V, string> | null = null
  private readonly ask = (partition: number, offset: number): Promise<R> => this.resultOf({ partition, offset }, `${partition}-${offset}`)

  private constructor(
    private readonly context: ClientContext,
    name: string,
    private readonly options: ResolvedQueueOptions<V>,
    private readonly session: QueueSession,
  ) {
    super()
    this.name = name
    this.bare = { topic: name, headers: Headers.of(NO_HEADERS) }
    const { clock, work } = context
    this.settlements = new QueueSettlements<V, R>({
      session,
      clock,
      work,
      settled: (message, settlement, error) => this.settled(message, settlement, error),
      report: (error) => this.onError(error),
      isClosing: () => this.closing !== null,
    })
    this.host = this.makeHost()
    this.repeating = new QueueRepeats({
      clock,
      session,
      cron: options.cron,
      send: (message) => this.send(message as NewMessage<V>),
      isUnfinished: async (id) => ['available', 'delayed', 'acquired'].includes((await this.status(id)).state),
      report: (error) => this.onError(error),
    })
    setDoor(this, {
      name,
      cluster: context.cluster,
      session,
      prepare: (message) => {
        this.checkOpen()
        return this.prepare(message as NewMessage<V>, clock.now())
      },
      ask: this.ask,
    })
    session.events.on('lockLost', this.onLockLost)
    session.events.on('deadLettered', this.onDeadLettered)
    session.events.on('error', this.onError)
    this.untrack = context.track(this)
  }

  /** For the Broker. INVALID_ARGUMENT, TOPIC_EXISTS_DIFFERENT, INVALID_STATE when it is open with other options. */
  static async open<V, R>(context: ClientContext, name: string, options?: QueueOptions<V>): Promise<Queue<V, R>> {
    const resolved = resolveQueueOptions(name, options)
    const port = await context.cluster.queue(name, resolved.port)
    return new Queue<V, R>(context, name, resolved, port.session(resolved.port))
  }

  /**
   * Resolves when the message is in the queue, as the flush level promises; a list is there as a whole or not at all. SERDE_FAILED,
   * MESSAGE_TOO_LARGE, QUEUE_FULL (`overflow: 'reject'`), DISK_FULL.
   */
  send(message: NewMessage<V>, options?: WaitOptions): Promise<Receipt<R>>
  send(messages: readonly NewMessage<V>[], options?: WaitOptions): Promise<Receipt<R>[]>
  async send(given: NewMessage<V> | readonly NewMessage<V>[], options?: WaitOptions): Promise<Receipt<R> | Receipt<R>[]> {
    this.checkOpen()
    checkOptions('send()', options, WAIT_RULES)
    options?.signal?.throwIfAborted()
    const { work, clock } = this.context
    const now = clock.now()
    // All are encoded before the first goes, so that a value that cannot be encoded sends none.
    const outgoing = isList(given) ? given.map((message) => this.prepare(message, now)) : [this.prepare(given, now)]
    work.begin()
    try {
      const sent = await this.session.send(outgoing, options?.signal)
      const receipts = sent.map(
        ({ partition, offset, duplicate }: SentMessage, i) =>
          new QueueReceipt<R>(partition, offset, duplicate, (outgoing[i] as OutgoingMessage).id, this.ask),
      )
      return isList(given) ? receipts : (receipts[0] as Receipt<R>)
    } finally {
      work.end()
    }
  }

  /** Pull: up to `max` (1) messages, each locked. Waits up to timeoutMs (1000; Infinity: until there is one); empty when nothing came. */
  async receive(options?: {
    max?: number | undefined
    timeoutMs?: number | undefined
    signal?: AbortSignal | undefined
  }): Promise<Message<V, R>[]> {
    this.checkOpen()
    checkOptions('receive()', options, {
      max: wholeNumber(1),
      signal: anAbortSignal,
      timeoutMs: { expected: 'milliseconds from 0, or Infinity', accepts: (value) => typeof value === 'number' && value >= 0 },
    })
    const { max = 1, timeoutMs = 1000, signal } = options ?? {}
    signal?.throwIfAborted()
    const batches = await this.session.acquire({ max, maxWaitMs: timeoutMs, signal })
    if (batches.length === 0) signal?.throwIfAborted()
    return this.unpack(batches)
  }

  /** Iteration: one message at a time; acknowledges nothing by itself. Ends when the queue is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Message<V, R>, void, undefined> {
    return this.messages()
  }

  /** The same with a signal: when it aborts, the loop throws its reason. */
  async *messages(options?: WaitOptions): AsyncGenerator<Message<V, R>, void, undefined> {
    checkOptions('messages()', options, WAIT_RULES)
    const { signal } = options ?? {}
    while (this.closing === null) {
      signal?.throwIfAborted()
      for (const message of this.unpack(await this.session.acquire({ max: 1, maxWaitMs: Infinity, signal }))) yield message
    }
  }

  /**
   * Push. A handler that resolves acknowledges with its result, one that throws releases with backoff (UnrecoverableError: rejects); one that settled
   * the message itself is left alone. Locks are renewed while it runs. Resolves when the receiver takes messages.
   */
  async process(handler: (message: Message<V, R>) => R | Promise<R>, options?: ProcessOptions): Promise<Receiver> {
    this.checkOpen()
    checkProcessOptions(options)
    if (typeof handler !== 'function') throw new KafkaliteError('INVALID_ARGUMENT', 'process() takes a function')
    options?.signal?.throwIfAborted()
    return this.begin(new QueueReceiver<V, R>(this.host, handler, options), options?.signal)
  }

  /**
   * Push, several at a time: the handler gets up to `max` (100) messages that are there. When it resolves, those that it did not settle are
   * acknowledged; when it throws, they are released with backoff (UnrecoverableError: rejected). Locks are renewed while it runs.
   */
  async processBatch(handler: MessagesHandler<V, R>, options?: BatchOptions): Promise<Receiver> {
    this.checkOpen()
    checkBatchOptions(options)
    if (typeof handler !== 'function') throw new KafkaliteError('INVALID_ARGUMENT', 'processBatch() takes a function')
    options?.signal?.throwIfAborted()
    return this.begin(new BatchReceiver<V, R>(this.host, handler, options), options?.signal)
  }

  /** Waits for one message, from anywhere, also after a restart: its result. DEAD_LETTERED, MESSAGE_NOT_FOUND, CLOSED. */
  async acknowledged(id: string, options?: WaitOptions): Promise<R> {
    this.checkOpen()
    checkOptions('acknowledged()', options, WAIT_RULES)
    const place = await this.find(id)
    if (place === null) throw notFound(this.name, id)
    return this.resultOf(place, id, options?.signal)
  }

  /** What is known of a message, by the id in its receipt; null when the queue does not know it (any more). */
  async status(id: string): Promise<MessageStatus<R>> {
    this.checkOpen()
    const place = await this.find(id)
    const outcome = place === null ? null : await this.session.outcome(place)
    if (outcome === null) return { state: 'unknown', deliveryCount: 0 }
    const { state, deliveryCount, result } = outcome
    return result === undefined ? { state, deliveryCount } : { state, deliveryCount, result: this.decodeResult(result) }
  }

  /** How many messages there are in each state; `dead`: in the dead-letter topic. */
  async counts(): Promise<{ available: number; delayed: number; acquired: number; dead: number }> {
    return this.session.counts()
  }

  /** Looks at messages of one state ('available') in the order of sending, without taking them: what is read here cannot be settled (LOCK_LOST). */
  async *browse(options?: {
    state?: 'available' | 'delayed' | 'acquired' | 'dead' | undefined
    limit?: number | undefined
  }): AsyncGenerator<Message<V, R>, void, undefined> {
    this.checkOpen()
    checkOptions('browse()', options, BROWSE_RULES)
    let left = options?.limit ?? Infinity
    if (left === 0) return
    for await (const batch of this.session.browse(options?.state ?? 'available')) {
      for (const message of this.unpack([batch])) {
        yield message
        if (--left <= 0) return
      }
    }
  }

  /** The first `max` (1) available messages, without taking them. */
  async peek(max = 1): Promise<Message<V, R>[]> {
    const messages: Message<V, R>[] = []
    for await (const message of this.browse({ limit: max })) messages.push(message)
    return messages
  }

  /** Sends dead letters back to the queue, their counts anew: all, those that `filter` picks, the one with that `id`, at most `max`. Answers how many. */
  async redrive(options?: {
    filter?: ((message: Message<V, R>) => boolean) | undefined
    id?: string | undefined
    max?: number | undefined
  }): Promise<number> {
    this.checkOpen()
    checkOptions('redrive()', options, REDRIVE_RULES)
    const { filter, id, max = Infinity } = options ?? {}
    const wanted =
      filter === undefined && id === undefined
        ? null
        : (batch: AcquiredBatch): boolean => {
            const [message] = this.unpack([batch])
            return message !== undefined && (id === undefined || message.id === id) && (filter === undefined || filter(message))
          }
    return this.session.redrive(wanted, max)
  }

  /** Drops a message that nobody holds. False when it is held, finished or not known. */
  async remove(id: string): Promise<boolean> {
    this.checkOpen()
    const place = await this.find(id)
    return place !== null && this.session.remove(place)
  }

  /** Drops all messages that nobody holds, and answers how many that were. Whoever waits for one of them hears DEAD_LETTERED. */
  async purge(): Promise<number> {
    return this.session.purge()
  }

  /**
   * Sends the message again and again, as the schedule says: at every multiple of `everyMs`, or by a cron expression. It is kept with the queue
   * and goes on whenever the queue is open; moments that were missed are made up for by one message, and none is sent while the one before is
   * not finished. The value is kept as JSON. Again with the same id: takes the place of the first. INVALID_ARGUMENT, NOT_SUPPORTED.
   */
  async repeat(id: string, schedule: RepeatSchedule, message: Omit<NewMessage<V>, 'id'>): Promise<void> {
    this.checkOpen()
    if (typeof id !== 'string' || id === '') throw new KafkaliteError('INVALID_ARGUMENT', 'repeat() takes an id that is not empty')
    checkNewMessage(this.name, message, this.options.port.priorities ?? 1)
    await this.repeating.add(id, schedule, message)
  }

  /** What is repeated, and when it is sent next. */
  async repeats(): Promise<{ id: string; next: number }[]> {
    this.checkOpen()
    return this.repeating.list()
  }

  /** False when nothing is repeated under the id. */
  async stopRepeat(id: string): Promise<boolean> {
    this.checkOpen()
    return this.repeating.stop(id)
  }

  /** Resolves when nothing is available, delayed or acquired. */
  async drained(options?: WaitOptions): Promise<void> {
    checkOptions('drained()', options, WAIT_RULES)
    return this.session.drained(options?.signal)
  }

  /** Hands out nothing through this Queue until resume(). */
  async pause(): Promise<void> {
    this.checkOpen()
    this.session.pause()
  }

  /** Hands messages out again after `pause`. */
  async resume(): Promise<void> {
    this.checkOpen()
    this.session.resume()
  }

  /** Stops its receivers (their handlers end first) and gives back what was received and not settled, uncounted. Idempotent. */
  async close(options?: WaitOptions): Promise<void> {
    checkOptions('close()', options, WAIT_RULES)
    this.closing ??= this.shut()
    await abortable(this.closing, options?.signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async shut(): Promise<void> {
    await Promise.all([...this.receivers].map((receiver) => receiver.close()))
    await this.repeating.close()
    this.session.events.off('lockLost', this.onLockLost)
    this.session.events.off('deadLettered', this.onDeadLettered)
    this.session.events.off('error', this.onError)
    for (const message of this.watched.values()) message.abort(closed(this.name))
    this.watched.clear()
    this.untrack()
    await this.session.close()
  }

  private prepare(message: NewMessage<V>, now: number): OutgoingMessage {
    checkNewMessage(this.name, message, this.options.port.priorities ?? 1)
    const { key = null, id, priority = 0, unique, ttlMs = this.options.ttlMs } = message
    const expiresAt = ttlMs === undefined ? 0 : Math.ceil(now + ttlMs)
    const headers = this.headersOf(message, now, expiresAt)
    const value =
      message.value === null
        ? null
        : encodeContent(
            this.options.value,
            message.value,
            headers === NO_HEADERS ? this.bare : { topic: this.name, headers: Headers.of(headers) },
            'value',
          )
    return { key, value, headers: headers.length === 0 ? null : headers, priority, expiresAt, id, untilDone: unique === 'untilDone' }
  }

  private headersOf(message: NewMessage<V>, now: number, expiresAt: number): readonly EncodedHeader[] {
    const { headers, id, delayMs, at } = message
    if (headers === undefined && id === undefined && delayMs === undefined && at === undefined && expiresAt === 0) return NO_HEADERS
    const encoded: EncodedHeader[] = headers === undefined ? [] : [...encodeHeaders(headers)]
    if (id !== undefined) encoded.push([MESSAGE_ID_HEADER, id])
    const deliverAt = at?.getTime() ?? (delayMs === undefined ? 0 : Math.ceil(now + delayMs))
    if (deliverAt > now) encoded.push([DELIVER_AT_HEADER, String(deliverAt)])
    if (expiresAt > 0) encoded.push([EXPIRES_AT_HEADER, String(expiresAt)])
    return encoded
  }

  private unpack(batches: readonly AcquiredBatch[]): QueueMessage<V, R>[] {
    const messages: QueueMessage<V, R>[] = []
    const { cursor } = this
    for (const { batch, partition, offsets, deliveryCounts, lease } of batches) {
      const first = offsets[0] as number
      // Whoever receives one at a time goes on where the last one stood: a large batch is walked over once, not once for each.
      if (this.unpacking !== batch || this.origin?.partition !== partition || cursor.offset >= first) {
        this.unpacking = null
        cursor.open(batch)
        this.origin = RecordOrigin.of<V, string>(this.name, partition, { value: this.options.value, key: string }, cursor)
        this.unpacking = batch
      }
      let next = 0
      while (next < offsets.length && cursor.next()) {
        if (cursor.offset !== offsets[next]) continue
        const record = new LazyRecord(this.origin, cursor)
        messages.push(new QueueMessage<V, R>(this.host, record, lease, deliveryCounts[next] as number, cursor.headerCount > 0))
        next++
      }
    }
    return messages
  }

  private begin(receiver: QueueReceiver<V, R> | BatchReceiver<V, R>, signal: AbortSignal | undefined): Receiver {
    this.receivers.add(receiver)
    const close = (): void => void receiver.close()
    signal?.addEventListener('abort', close, { once: true })
    const over = (): void => signal?.removeEventListener('abort', close)
    receiver.done.then(over, over)
    return receiver
  }

  private async find(id: string): Promise<RecordPlace | null> {
    if (typeof id !== 'string') throw new KafkaliteError('INVALID_ARGUMENT', `The id of a message is a string, not ${describe(id)}`)
    const parts = /^(\d{1,9})-(\d{1,15})$/.exec(id)
    return parts === null ? this.session.find(id) : { partition: Number(parts[1]), offset: Number(parts[2]) }
  }

  private async resultOf(place: RecordPlace, id: string, signal?: AbortSignal): Promise<R> {
    const outcome = await this.session.settled(place, signal)
    if (outcome === null) throw notFound(this.name, id)
    if (outcome.state === 'archived') {
      throw new KafkaliteError(
        'DEAD_LETTERED',
        `Message ${id} of queue ${this.name} was given up after ${outcome.deliveryCount} deliveries: ${outcome.reason ?? 'no reason given'}`,
      )
    }
    return outcome.result === undefined ? (undefined as R) : this.decodeResult(outcome.result)
  }

  private decodeResult(result: Uint8Array): R {
    return decodeContent(RESULTS, result, this.bare, 'result') as R
  }

  private makeHost(): Host<V, R> {
    const { cluster } = this.context
    const committed = (message: unknown, settlement: Settlement): void => this.settled(message as QueueMessage<V, R>, settlement, undefined)
    return {
      home: { cluster, acknowledger: this.session.acknowledger, committed },
      clock: this.context.clock,
      lockMs: this.options.port.lockMs,
      receive: async (max, signal) => this.unpack(await this.session.acquire({ max, maxWaitMs: Infinity, signal })),
      settle: (message, settlement) => this.settlements.settle(message, settlement),
      succeeded: (message, result) => this.succeeded(message, result),
      failed: (message, error, how) => this.failed(message, error, how),
      encodeResult: (result) => asBytes(encodeContent(RESULTS, result, this.bare, 'result')),
      renew: (message, ms) => void this.session.renew(message, ms),
      keep: (message) => this.keep(message),
      watch: (message) => this.watch(message),
      progress: (message, value) => void this.emit('progress', message, value),
      report: (error) => this.onError(error),
      closed: (receiver) => void this.receivers.delete(receiver),
    }
  }

  private succeeded(message: QueueMessage<V, R>, result: R): Promise<void> {
    let settlement: Settlement
    try {
      settlement = message.acknowledgement(result)
    } catch (error) {
      // A result that cannot be encoded will not be better the next time.
      this.onError(error)
      return this.failed(message, error, 'reject')
    }
    return this.settlements.finish(message, settlement)
  }

  private failed(message: QueueMessage<V, R>, error: unknown, how: 'release' | 'uncounted' | 'reject'): Promise<void> {
    if (how === 'uncounted') return this.settlements.finish(message, { kind: 'release', uncounted: true }, error)
    const note = noteFor(error, how)
    if (how === 'reject') return this.settlements.finish(message, { kind: 'reject', note }, error)
    let delayMs = 0
    try {
      delayMs = backoffMs(this.options.backoff, message.deliveryCount, error, this.context.random)
    } catch (failure) {
      // A backoff function that fails must not keep the message.
      this.onError(failure)
    }
    return this.settlements.finish(message, { kind: 'release', delayMs, note }, error)
  }

  /** The end of a delivery is written. */
  private settled(message: QueueMessage<V, R>, settlement: Settlement, error: unknown): void {
    if (this.watched.size > 0) this.watched.delete(keyOf(message))
    if (settlement.kind === 'acknowledge') {
      if (this.listenerCount('acknowledged') > 0) this.tell(() => this.emit('acknowledged', message))
      return
    }
    // The last delivery is not released but dies; the queue itself tells of dead letters.
    const comesAgain =
      settlement.kind === 'release' && (settlement.uncounted === true || message.deliveryCount < this.options.port.maxDeliveries)
    if (comesAgain && this.listenerCount('released') > 0) this.tell(() => this.emit('released', message, error))
  }

  /** A listener that throws must not keep others from hearing, or messages from being settled. */
  private tell(emit: () => void): void {
    try {
      emit()
    } catch (error) {
      this.onError(new KafkaliteError('INVALID_STATE', `A listener of queue ${this.name} threw`, { cause: error }))
    }
  }

  private keep(message: QueueMessage<V, R>): void {
    try {
      this.session.renew(message)
    } catch (error) {
      message.abort(error)
    }
  }

  /** Whoever first asks for the signal after the lock was lost finds it aborted. */
  private watch(message: QueueMessage<V, R>): void {
    if (message.lease < 0) return
    if (this.session.isHeld(message)) this.watched.set(keyOf(message), message)
    else if (!message.isSettled) message.abort(new KafkaliteError('LOCK_LOST', `The lock on message ${message.id} ran out`))
  }

  private readonly onLockLost = (token: AcquireToken): void => {
    const message = this.watched.get(keyOf(token))
    if (message !== undefined && message.lease === token.lease) {
      this.watched.delete(keyOf(token))
      message.abort(new KafkaliteError('LOCK_LOST', `The lock on message ${message.id} ran out`))
    }
    for (const receiver of this.receivers) {
      const stalled = receiver.lost(token)
      if (stalled !== undefined) this.tell(() => this.emit('stalled', stalled))
    }
  }

  private readonly onDeadLettered = (record: AcquiredBatch, note: DeathNote): void => {
    if (this.listenerCount('deadLettered') === 0) return
    const error = new KafkaliteError('DEAD_LETTERED', note.errorMessage ?? note.reason)
    for (const message of this.unpack([record])) this.tell(() => this.emit('deadLettered', message, error))
  }

  private readonly onError = (error: unknown): void => {
    reportError(
      this,
      error instanceof KafkaliteError
        ? error
        : new KafkaliteError('STORAGE_FAILED', `Queue ${this.name} failed in the background`, { cause: error }),
    )
  }

  private checkOpen(): void {
    if (this.closing !== null) throw closed(this.name)
  }
}

type Host<V, R> = MessageHost<V, R> & ReceiverHost<V, R>

const NO_HEADERS: readonly EncodedHeader[] = []

function isList<V>(given: NewMessage<V> | readonly NewMessage<V>[]): given is readonly NewMessage<V>[] {
  return Array.isArray(given)
}

function keyOf({ partition, offset }: RecordPlace): string {
  return `${partition}-${offset}`
}

function asBytes(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? encodeUtf8(content) : content
}

function closed(queue: string): KafkaliteError {
  return new KafkaliteError('CLOSED', `Queue ${queue} was closed`)
}

function notFound(queue: string, id: string): KafkaliteError {
  return new KafkaliteError('MESSAGE_NOT_FOUND', `Queue ${queue} knows no message "${id}": there was none, or its outcome was forgotten`)
}
