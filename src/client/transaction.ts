// Transactions of a producer: everything sent and committed in one becomes visible together, or nothing of it does. The records go
// through a producer of their own, which packs them under the transaction's identity; the cluster keeps them from readers of committed
// records until the end. Whatever goes wrong in between, whoever noticed it, ends in an abort.

import type { ProducerIdentity, TransactionPort } from '../core/transaction-port.js'
import { describe, KafkaliteError } from '../errors.js'
import type { Awaitable } from '../lib/awaitable.js'
import type { FinishOptions } from '../record/batch-writer.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { Appended } from '../core/cluster.js'
import { type ClientContext, homeOf } from './client-context.js'
import type { TransactionalConsumer, TransactionOffsetsOf } from './consumer.js'
import type { Done } from './consumer-options.js'
import type { Queue } from './queue.js'
import type { NewMessage } from './queue-options.js'
import type { Receipt } from './receipt.js'
import { invalid } from './options-check.js'
import type { BatchSink } from './accumulator.js'
import type { Message } from './message.js'
import type { ProducerRecord } from './producer-record.js'
import { TransactionAcknowledgements } from './transaction-acknowledgements.js'
import { doorOf, TransactionSends } from './transaction-sends.js'
import type { TypedTopic } from './topic-types.js'

/** What a transaction can do. It is over when the function it was given to has ended. */
export interface Transaction {
  /**
   * Sends a message, or a list of them, to a queue, with all that `queue.send` takes: they are handed out when the transaction commits. An
   * id that was sent before, in this transaction or outside, is not sent again, and its receipt is a `duplicate`. What receivers do is heard
   * from `receipt.acknowledged` after the commit; after an abort it rejects with MESSAGE_NOT_FOUND. Delays and `ttlMs` count from this call.
   * A queue with `maxLength` is waited for, or QUEUE_FULL. CONCURRENT_TRANSACTIONS: another open transaction sends the id. INVALID_STATE: the
   * queue hands out another topic. What is refused aborts the transaction.
   */
  send<V, R>(queue: Queue<V, R>, message: NewMessage<NoInfer<V>>): Promise<Receipt<R>>
  /** Sends a list of messages to a queue, as above: all of them are handed out when the transaction commits, or none. */
  send<V, R>(queue: Queue<V, R>, messages: readonly NewMessage<NoInfer<V>>[]): Promise<Receipt<R>[]>
  /**
   * Sends one record or a list of them. Resolves when they are in the log, where readers of committed records do not see them yet. A
   * failure rejects and aborts the transaction, also when nobody waits for it.
   */
  send<V = unknown, K = string | Uint8Array>(
    topic: string | TypedTopic<V, K>,
    record: ProducerRecord<NoInfer<V>, NoInfer<K>> | readonly ProducerRecord<NoInfer<V>, NoInfer<K>>[],
  ): Promise<void>
  /**
   * Commits the consumer's offsets with the transaction: Kafka's sendOffsetsToTransaction. Without `done` its positions as they are now;
   * under run() name the record. The consumer has a group and `autoCommit: false`. The commit fails with FENCED_MEMBER_EPOCH or
   * UNKNOWN_MEMBER_ID when the partitions belong to another member by then.
   */
  commitOffsets(consumer: TransactionalConsumer, done?: Done): void
  /**
   * Acknowledges a message of a queue with the transaction: it is done, and its sender hears `result`, when the transaction commits. If it
   * aborts, the message is still held, to be settled or to come again when its lock runs out. LOCK_LOST (also from the commit: the lock
   * ran out, or the message was settled before), INVALID_ARGUMENT (no message, or one of another broker), SERDE_FAILED,
   * MESSAGE_TOO_LARGE (a result of more than 1 MiB): each aborts the transaction.
   */
  acknowledge<R>(message: Message<unknown, R>, result?: NoInfer<R>): void
}

/** The producer that packs the records of transactions. */
export interface Lane {
  send(topic: string | TypedTopic<unknown, unknown>, given: unknown): Promise<unknown>
  flush(): Promise<void>
  close(): Promise<void>
}

export interface TransactionSettings {
  readonly transactionalId: string | undefined
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly compression: FinishOptions['compression']
}

/** The transactions of one producer, one at a time. */
export class Transactions implements BatchSink {
  private identity: ProducerIdentity | null = null
  private current: OpenTransaction | null = null
  private lane: Lane | null = null
  /** An abort could not be written: it is tried again before the next transaction. */
  private unfinished = false
  private closed = false

  constructor(
    private readonly context: ClientContext,
    private readonly settings: TransactionSettings,
    private readonly makeLane: (sink: BatchSink) => Lane,
  ) {}

  get isOpen(): boolean {
    return this.current !== null
  }

  async run<T>(work: (tx: Transaction) => Promise<T> | T, signal: AbortSignal | undefined): Promise<T> {
    if (typeof work !== 'function') throw invalid(`transaction() takes a function, not ${describe(work)}`)
    if (this.closed) throw new KafkaliteError('CLOSED', 'The producer is closed')
    if (this.current !== null)
      throw new KafkaliteError(
        'INVALID_TXN_STATE',
        'A transaction of this producer is open already; one at a time, and never one in another',
      )
    signal?.throwIfAborted()
    const transaction = new OpenTransaction(this.context, this.settings.maxBytes, (topic, given) => this.laneOf().send(topic, given))
    this.current = transaction
    const abort = (): void => transaction.fail(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await this.runIn(transaction, work)
    } finally {
      signal?.removeEventListener('abort', abort)
      this.current = null
      transaction.ended()
    }
  }

  /** Aborts the transaction that is open. */
  async close(): Promise<void> {
    this.closed = true
    const { current } = this
    if (current !== null) {
      current.fail(new KafkaliteError('CLOSED', 'The producer was closed while its transaction was open; it was aborted'))
      await current.end
    }
    await this.lane?.close()
  }

  // ---- what the lane asks

  finish(topic: string, partition: number, records: number): FinishOptions {
    const { producerId, producerEpoch } = this.identity as ProducerIdentity
    const baseSequence = this.current?.takeSequences(`${topic}-${partition}`, records) ?? 0
    return { compression: this.settings.compression, transactional: true, producerId, producerEpoch, baseSequence }
  }

  produce(topic: string, partition: number, batch: PackedBatch): Awaitable<Appended> {
    const { current } = this
    if (current === null) throw over()
    current.count(batch.sizeBytes)
    return this.context.cluster.produce(topic, partition, batch, IN_TRANSACTION)
  }

  // ---- inside

  private async runIn<T>(transaction: OpenTransaction, work: (tx: Transaction) => Promise<T> | T): Promise<T> {
    const port = this.context.cluster.transactions
    await this.begin(port, transaction)
    try {
      const result = await transaction.until(() => work(transaction))
      transaction.isOver = true
      await transaction.sends.settled()
      await this.laneFlushed()
      transaction.check()
      await transaction.commitGroups(port, this.producer())
      await this.commit(port, transaction)
      return result
    } catch (error) {
      transaction.isOver = true
      transaction.fail(error)
      await transaction.sends.settled()
      await this.abort(port)
      throw error
    }
  }

  private async commit(port: TransactionPort, transaction: OpenTransaction): Promise<void> {
    const acknowledgements = transaction.acknowledgements.take()
    try {
      this.identity = await port.end({ ...this.producer(), commit: true, version: 2, acknowledgements })
    } catch (error) {
      transaction.acknowledgements.giveBack()
      throw error
    }
    transaction.committed()
  }

  private async begin(port: TransactionPort, transaction: OpenTransaction): Promise<void> {
    const { transactionalId, timeoutMs } = this.settings
    if (this.unfinished) await this.abort(port)
    this.identity ??= await port.initProducerId({ transactionalId: transactionalId ?? null, timeoutMs, inProcess: true })
    const onTimeout = (error: KafkaliteError): void => transaction.fail(error)
    this.identity = await port.begin(this.producer(), { timeoutMs, onTimeout })
  }

  /** What cannot be aborted now is aborted by the coordinator, or when the broker is opened again. */
  private async abort(port: TransactionPort): Promise<void> {
    this.unfinished = true
    try {
      await this.laneFlushed()
      this.identity = await port.end({ ...this.producer(), commit: false, version: 2 })
      this.unfinished = false
    } catch (error) {
      // Somebody else has ended it.
      if (KafkaliteError.is(error, 'PRODUCER_FENCED', 'INVALID_TXN_STATE', 'INVALID_PRODUCER_ID_MAPPING', 'CLOSED')) this.unfinished = false
    }
  }

  /** Nothing of the transaction is under way any more. Failures are the transaction's and known to it. */
  private async laneFlushed(): Promise<void> {
    await this.lane?.flush().catch(() => undefined)
  }

  private laneOf(): Lane {
    this.lane ??= this.makeLane(this)
    return this.lane
  }

  private producer(): ProducerIdentity & { transactionalId: string | null } {
    const { producerId, producerEpoch } = this.identity as ProducerIdentity
    return { transactionalId: this.settings.transactionalId ?? null, producerId, producerEpoch }
  }
}

const IN_TRANSACTION = { addToTransaction: true, unsettled: true } as const

class OpenTransaction implements Transaction {
  /** The function has ended: nothing more may be added. */
  isOver = false
  /** Settles when the transaction is committed or aborted. */
  readonly end: Promise<void>
  readonly acknowledgements: TransactionAcknowledgements
  readonly sends: TransactionSends
  private resolveEnd: () => void = () => undefined
  private readonly sequences = new Map<string, number>()
  private readonly offsets: TransactionOffsetsOf[] = []
  private bytes = 0
  private failure: { readonly error: unknown } | null = null
  private rejectWork: ((error: unknown) => void) | null = null

  constructor(
    private readonly context: ClientContext,
    private readonly maxBytes: number,
    private readonly sendOn: (topic: string | TypedTopic<unknown, unknown>, given: unknown) => Promise<unknown>,
  ) {
    this.acknowledgements = new TransactionAcknowledgements(context.cluster)
    this.sends = new TransactionSends(context.cluster, sendOn)
    this.end = new Promise((resolve) => {
      this.resolveEnd = resolve
    })
  }

  send<V, R>(queue: Queue<V, R>, message: NewMessage<NoInfer<V>>): Promise<Receipt<R>>
  /** Sends a list of messages to a queue, as above: all of them are handed out when the transaction commits, or none. */
  send<V, R>(queue: Queue<V, R>, messages: readonly NewMessage<NoInfer<V>>[]): Promise<Receipt<R>[]>
  send<V = unknown, K = string | Uint8Array>(
    topic: string | TypedTopic<V, K>,
    record: ProducerRecord<NoInfer<V>, NoInfer<K>> | readonly ProducerRecord<NoInfer<V>, NoInfer<K>>[],
  ): Promise<void>
  send(to: object | string, given: unknown): Promise<unknown> {
    const sent = this.sendChecked(to as string | TypedTopic<unknown, unknown>, given)
    // Whoever does not wait for it hears of it from the transaction.
    sent.catch((error: unknown) => this.fail(error))
    return sent
  }

  commitOffsets(consumer: TransactionalConsumer, done?: Done): void {
    this.orFail(() => this.addOffsets(consumer, done))
  }

  private addOffsets(consumer: TransactionalConsumer, done: Done | undefined): void {
    this.requireOpen()
    const given = consumer as Partial<TransactionalConsumer> | null | undefined
    if (typeof given !== 'object' || typeof given?.transactionOffsets !== 'function')
      throw invalid(`commitOffsets() takes a consumer, not ${describe(consumer)}`)
    this.offsets.push(consumer.transactionOffsets(this.context.cluster, done))
  }

  acknowledge<R>(message: Message<unknown, R>, result?: NoInfer<R>): void {
    this.orFail(() => {
      this.requireOpen()
      this.acknowledgements.add(message, result)
    })
  }

  /** The first failure decides. */
  fail(error: unknown): void {
    this.failure ??= { error }
    this.sends.stop(error)
    this.rejectWork?.(error)
  }

  check(): void {
    if (this.failure !== null) throw this.failure.error
  }

  /** What `work` answers, or the failure if that comes first. */
  until<T>(work: () => Promise<T> | T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.rejectWork = reject
      this.check()
      const answer = work()
      Promise.resolve(answer).then(resolve, reject)
    })
  }

  takeSequences(partition: string, records: number): number {
    const first = this.sequences.get(partition) ?? 0
    this.sequences.set(partition, first + records)
    return first
  }

  count(bytes: number): void {
    this.bytes += bytes
    if (this.bytes <= this.maxBytes) return
    throw new KafkaliteError(
      'TRANSACTION_TOO_LARGE',
      `The records of the transaction take ${this.bytes} bytes or more; transactionMaxBytes is ${this.maxBytes}`,
    )
  }

  async commitGroups(port: TransactionPort, producer: ProducerIdentity & { transactionalId: string | null }): Promise<void> {
    for (const { groupId, member, offsets } of this.offsets) await port.commitOffsets(producer, { groupId, member: member(), offsets })
  }

  /** The consumers learn what is committed. */
  committed(): void {
    for (const { sent } of this.offsets) sent()
    this.sends.committed()
    this.acknowledgements.committed()
  }

  ended(): void {
    this.isOver = true
    this.sends.ended()
    this.resolveEnd()
  }

  private async sendChecked(topic: string | TypedTopic<unknown, unknown>, given: unknown): Promise<unknown> {
    this.requireOpen()
    const queue = typeof topic === 'object' && topic !== null ? doorOf(topic) : undefined
    if (queue !== undefined) return this.sends.send(queue, given)
    const home = typeof topic === 'object' && topic !== null ? homeOf(topic) : undefined
    if (home !== undefined && home !== this.context.cluster)
      throw invalid(
        `Topic ${topic === null ? '' : (topic as { name: string }).name} belongs to another broker; a transaction is of one broker alone`,
      )
    await this.sendOn(topic, given)
    return undefined
  }

  /** What was refused is missing, so the rest must not be committed either. */
  private orFail(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  private requireOpen(): void {
    if (this.isOver) throw over()
    this.check()
  }
}

function over(): KafkaliteError {
  return new KafkaliteError('INVALID_TXN_STATE', 'The transaction is over; what belongs to it is sent before its function ends')
}
