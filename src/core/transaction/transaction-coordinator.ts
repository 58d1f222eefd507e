// Kafka's transaction coordinator in one process: who is the producer of a transactional id, what its open transaction has touched, and
// its end. Producers of this process and remote ones go the same way; what differs is that a transaction of this process ends with it,
// so that its beginning need not be written.

import { describe, KafkaliteError } from '../../errors.js'
import { type Awaitable, chain, isPromise } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { SerialQueue } from '../../lib/serial-queue.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { TopicPartition } from '../cluster.js'
import type { Partition } from '../partition.js'
import type {
  BeginOptions,
  EndTransactionRequest,
  InitProducerIdRequest,
  ProducerDescription,
  ProducerIdentity,
  TransactionalProducer,
  TransactionDescription,
  TransactionOffsets,
  TransactionPort,
} from '../transaction-port.js'
import type { BrokerSettings } from '../broker-settings.js'
import type { SettlementPart } from './settlement-part.js'
import { type EndParts, TransactionEnds } from './transaction-end.js'
import { EPOCH_MAX, TransactionEntry } from './transaction-entry.js'

/** transaction.timeout.ms */
const DEFAULT_TIMEOUT_MS = 60_000
/** An abort that could not be written is tried again after this. Milliseconds. */
const RETRY_MS = 1000
/** transactional.id.expiration.ms: an id that is not used for that long is forgotten. Milliseconds. */
const ID_EXPIRATION_MS = 604_800_000

export interface CoordinatorOptions extends EndParts {
  readonly clock: Clock
  readonly settings: Pick<BrokerSettings, 'transactionMaxTimeoutMs'>
  /** Counts a write that is under way. */
  readonly track: <T>(answer: Awaitable<T>) => Awaitable<T>
  readonly onError: (error: unknown) => void
}

export class TransactionCoordinator implements TransactionPort {
  private readonly byId = new Map<string, TransactionEntry>()
  private readonly byProducer = new Map<number, TransactionEntry>()
  private readonly ends: TransactionEnds
  /** Identities are given out one at a time. */
  private readonly inits = new SerialQueue()
  private closed = false

  constructor(private readonly options: CoordinatorOptions) {
    this.ends = new TransactionEnds(options)
  }

  // ---------------------------------------------------------------- opening and closing

  /** Takes up what the log says: ends what was decided, aborts what nobody can go on with, waits for remote producers. */
  async open(): Promise<void> {
    const now = this.options.now()
    for (const [key, record] of this.options.log.transactions()) {
      const entry = TransactionEntry.restore(key.startsWith('=') ? key.slice(1) : null, record)
      const isIdle = !entry.isOpen && !entry.isDecided
      if (isIdle && now - entry.updatedMs >= ID_EXPIRATION_MS) await this.options.log.writeTransaction(key, null, 'os')
      else this.add(entry)
    }
    this.catchUp()
    for (const entry of [...this.byProducer.values()]) {
      if (entry.isDecided) await this.resume(entry)
      else if (entry.isOpen && entry.inProcess) await this.abandon(entry)
      else if (entry.isOpen) this.watch(entry)
    }
    await this.abortHangingOnes()
    this.catchUp()
  }

  /** Stops all timers. What is open is aborted when the broker is opened again, or goes on if its producer is remote. */
  close(): void {
    this.closed = true
    for (const entry of this.byProducer.values()) {
      entry.timer?.cancel()
      entry.timer = null
    }
  }

  /** The topic's partitions go: transactions and offsets in them go with it. */
  topicDeleted(topic: string): void {
    for (const entry of this.byProducer.values()) {
      for (const [key, place] of entry.partitions) if (place.topic === topic) entry.partitions.delete(key)
      for (const offsets of entry.groups.values()) {
        for (const [key, offset] of offsets) if (offset.topic === topic) offsets.delete(key)
      }
    }
  }

  // ---------------------------------------------------------------- producers

  initProducerId(request: InitProducerIdRequest): Awaitable<ProducerIdentity> {
    const { transactionalId, timeoutMs } = request
    if (transactionalId === null) return chain(this.options.log.newProducerId(), (producerId) => ({ producerId, producerEpoch: 0 }))
    if (typeof transactionalId !== 'string' || transactionalId === '')
      throw new KafkaliteError('INVALID_REQUEST', `A transactional id is a text that is not empty, not ${describe(transactionalId)}`)
    const { transactionMaxTimeoutMs } = this.options.settings
    if (!(timeoutMs > 0 && timeoutMs <= transactionMaxTimeoutMs)) {
      throw new KafkaliteError(
        'INVALID_TRANSACTION_TIMEOUT',
        `The timeout of transactions is 1 to ${transactionMaxTimeoutMs} milliseconds, not ${describe(timeoutMs)}`,
      )
    }
    return this.options.track(this.inits.run(() => this.initNamed(transactionalId, request)))
  }

  /** Whether a transactional batch may be appended; `add` takes the partition into the transaction if it is not in yet. */
  admit(batch: PackedBatch, topic: string, partition: number, add: boolean): Awaitable<void> {
    const { producerId, producerEpoch } = batch
    const entry = this.byProducer.get(producerId)
    if (entry === undefined)
      throw new KafkaliteError('INVALID_TXN_STATE', `No transaction of producer ${producerId} is known; its batch for ${topic} is refused`)
    if (producerEpoch !== entry.producerEpoch) throw fenced('INVALID_PRODUCER_EPOCH', entry, producerEpoch)
    if (entry.ending !== null) throw beingEnded(entry)
    if (entry.isOpen && entry.hasPartition(topic, partition)) return undefined
    if (!add || (entry.inProcess && !entry.isOpen)) {
      throw new KafkaliteError('TRANSACTION_ABORTABLE', `Partition ${topic}-${partition} is not in the transaction of ${entry.who}`)
    }
    return this.addPartitions({ transactionalId: entry.transactionalId, producerId, producerEpoch }, [{ topic, partition }])
  }

  // ---------------------------------------------------------------- the transaction

  begin(producer: TransactionalProducer, options: BeginOptions = {}): Awaitable<ProducerIdentity> {
    const entry = this.entryToBegin(producer, options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    if (entry.ending !== null) throw beingEnded(entry)
    if (entry.isOpen) throw new KafkaliteError('INVALID_TXN_STATE', `A transaction of ${entry.who} is open already`)
    this.start(entry)
    entry.onTimeout = options.onTimeout
    return { producerId: entry.producerId, producerEpoch: entry.producerEpoch }
  }

  addPartitions(producer: TransactionalProducer, partitions: readonly TopicPartition[]): Awaitable<void> {
    const entry = this.requireEntry(producer)
    for (const { topic, partition } of partitions) this.options.registry.get(topic).partition(partition)
    const fresh = partitions.filter(({ topic, partition }) => !entry.isOpen || !entry.hasPartition(topic, partition))
    if (fresh.length === 0) return undefined
    if (!entry.isOpen) this.start(entry)
    for (const place of fresh) entry.addPartition(place)
    return this.save(entry)
  }

  addGroup(producer: TransactionalProducer, groupId: string): Awaitable<void> {
    const entry = this.requireEntry(producer)
    this.options.groups.checkTransaction({ groupId, offsets: [] })
    if (entry.isOpen && entry.groups.has(groupId)) return undefined
    if (!entry.isOpen) this.start(entry)
    entry.groups.set(groupId, new Map())
    return this.save(entry)
  }

  commitOffsets(producer: TransactionalProducer, given: TransactionOffsets): Awaitable<void> {
    const entry = this.requireEntry(producer)
    this.options.groups.checkTransaction(given)
    if (!entry.isOpen) this.start(entry)
    if (entry.inProcess && given.member !== undefined) entry.members.set(given.groupId, given.member.memberId)
    if (!entry.groups.has(given.groupId)) entry.groups.set(given.groupId, new Map())
    for (const offset of given.offsets) entry.addOffset(given.groupId, offset)
    return this.save(entry)
  }

  end(request: EndTransactionRequest): Awaitable<ProducerIdentity> {
    const repeated = this.repeatedEnd(request)
    if (repeated !== null) return repeated
    const entry = this.requireEntry(request)
    const { commit, version, acknowledgements } = request
    if (!entry.isOpen && (commit || version === 1))
      throw new KafkaliteError(
        'INVALID_TXN_STATE',
        `No transaction of ${entry.who} is open that could be ${commit ? 'committed' : 'aborted'}`,
      )
    if (commit) this.checkMembers(entry)
    const settles = commit && acknowledgements !== undefined && acknowledgements.size > 0
    if (entry.isOpen && entry.isEmpty && entry.inProcess && !settles) return this.endEmpty(entry)
    return this.options.track(this.finish(entry, commit, version === 2, settles ? takeSettlements(acknowledgements) : []))
  }

  hasPendingOffset(groupId: string, { topic, partition }: TopicPartition): boolean {
    for (const entry of this.byProducer.values()) {
      if (entry.groups.get(groupId)?.has(`${topic}-${partition}`) === true) return true
    }
    return false
  }

  // ---------------------------------------------------------------- views

  list(): readonly TransactionDescription[] {
    const now = this.options.now()
    const all: TransactionDescription[] = []
    for (const entry of this.byProducer.values()) {
      if (entry.transactionalId !== null || entry.isOpen || entry.isDecided) all.push(entry.describe(now))
    }
    return all
  }

  describe(transactionalId: string): TransactionDescription {
    const entry = this.byId.get(transactionalId)
    if (entry === undefined)
      throw new KafkaliteError('TRANSACTIONAL_ID_NOT_FOUND', `There is no transactional id ${describe(transactionalId)}`)
    return entry.describe(this.options.now())
  }

  producers({ topic, partition }: TopicPartition): readonly ProducerDescription[] {
    const { producers } = this.options.registry.get(topic).partition(partition)
    return [...producers.all].map(({ producerId, producerEpoch, coordinatorEpoch, batches, lastMs, openSince }) => {
      const last = batches[batches.length - 1]
      return {
        producerId,
        producerEpoch,
        coordinatorEpoch,
        lastSequence: last?.lastSequence ?? -1,
        lastTimestamp: last?.timestamp ?? lastMs,
        transactionStartOffset: openSince,
      }
    })
  }

  abortHanging({ topic, partition }: TopicPartition, { producerId, producerEpoch }: ProducerIdentity): Awaitable<void> {
    const place = this.options.registry.get(topic).partition(partition)
    const state = place.producers.get(producerId)
    if (state === undefined || state.openSince < 0)
      throw new KafkaliteError('INVALID_TXN_STATE', `Producer ${producerId} has no transaction open in ${place.name}`)
    if (producerEpoch < state.producerEpoch)
      throw new KafkaliteError(
        'INVALID_PRODUCER_EPOCH',
        `Producer ${producerId} has epoch ${state.producerEpoch} in ${place.name}, not ${producerEpoch}`,
      )
    return this.options.track(this.ends.abortAll([{ partition: place, producerId, producerEpoch }]))
  }

  // ---------------------------------------------------------------- inside

  private async initNamed(transactionalId: string, request: InitProducerIdRequest): Promise<ProducerIdentity> {
    const { log, level, now } = this.options
    const { timeoutMs, current, inProcess = false } = request
    let entry = this.byId.get(transactionalId)
    if (entry === undefined) {
      entry = new TransactionEntry(transactionalId, await log.newProducerId(), timeoutMs, inProcess)
      await log.writeTransaction(entry.key, entry.record('empty', 0, now()), level)
      entry.updatedMs = now()
      this.add(entry)
      return { producerId: entry.producerId, producerEpoch: 0 }
    }
    while (entry.ending !== null) await settledEitherWay(entry.ending)
    const isOwn = current === undefined || (current.producerId === entry.producerId && this.isEpochOf(entry, current.producerEpoch))
    if (!isOwn) throw fenced('PRODUCER_FENCED', entry, current.producerEpoch)
    if (entry.isOpen) await this.abandon(entry)
    const isSpent = entry.producerEpoch >= EPOCH_MAX
    const producerId = isSpent ? await log.newProducerId() : entry.producerId
    const producerEpoch = isSpent ? 0 : entry.producerEpoch + 1
    const writing = log.writeTransaction(entry.key, { ...entry.record('empty', producerEpoch, now()), producerId, timeoutMs }, level)
    if (isPromise(writing)) {
      // Until the new identity is written nobody may go on under the old one.
      entry.ending = writing
      try {
        await writing
      } finally {
        entry.ending = null
      }
    }
    this.become(entry, producerId, producerEpoch)
    entry.timedOutEpoch = -1
    entry.lastEnd = null
    entry.timeoutMs = timeoutMs
    entry.inProcess = inProcess
    if (entry.state !== 'empty') entry.moveTo('empty', now())
    return { producerId, producerEpoch }
  }

  private entryToBegin(producer: TransactionalProducer, timeoutMs: number): TransactionEntry {
    const { transactionalId, producerId, producerEpoch } = producer
    const known = transactionalId === null ? this.byProducer.get(producerId) : this.byId.get(transactionalId)
    if (known !== undefined) {
      // The coordinator took the epoch away because the transaction took too long; the producer goes on under the next.
      const isBack = known.producerId === producerId && producerEpoch === known.timedOutEpoch
      return isBack ? known : this.requireEntry(producer)
    }
    if (transactionalId !== null) throw unknownId(transactionalId)
    const entry = new TransactionEntry(null, producerId, timeoutMs, true)
    entry.producerEpoch = producerEpoch
    this.add(entry)
    return entry
  }

  private start(entry: TransactionEntry): void {
    const now = this.options.now()
    entry.clear()
    entry.moveTo('ongoing', now)
    entry.startMs = now
    entry.timedOutEpoch = -1
    this.watch(entry)
  }

  /** Sets the timer that aborts the transaction when it takes too long. */
  private watch(entry: TransactionEntry, atMs = entry.startMs + entry.timeoutMs): void {
    if (this.closed) return
    entry.timer = this.options.clock.setTimer(atMs, () => {
      entry.timer = null
      if (!entry.isOpen || entry.ending !== null || this.closed) return
      entry.timedOutEpoch = entry.producerEpoch
      const retry = (error: unknown): void => {
        this.options.onError(error)
        entry.timedOutEpoch = -1
        this.watch(entry, this.options.now() + RETRY_MS)
      }
      try {
        const { producerEpoch, onTimeout } = entry
        const tell = (): void => onTimeout?.(fenced('PRODUCER_FENCED', entry, producerEpoch))
        const done = this.options.track(this.finish(entry, false, true))
        if (isPromise(done)) done.then(tell, retry)
        else tell()
      } catch (error) {
        retry(error)
      }
    })
  }

  /** Aborts a transaction whose producer does not: its epoch is spent. */
  private abandon(entry: TransactionEntry): Awaitable<ProducerIdentity> {
    return this.finish(entry, false, true)
  }

  /** A transaction that was decided before a crash. */
  private resume(entry: TransactionEntry): Awaitable<void> {
    const commit = entry.state === 'prepareCommit'
    const { producerId, producerEpoch } = entry
    // Partitions whose marker was written have nothing open any more.
    for (const [key, { topic, partition }] of entry.partitions) {
      const place = this.options.registry.find(topic)?.partitions[partition]
      if ((place?.producers.get(producerId)?.openSince ?? -1) < 0) entry.partitions.delete(key)
    }
    const end = (): Awaitable<void> => this.ends.end(entry, { commit, markerEpoch: producerEpoch, producerId, producerEpoch }, [])
    return chain(chain(commit ? this.ends.settleAgain(entry) : undefined, end), () => {
      entry.clear()
      entry.moveTo(commit ? 'completeCommit' : 'completeAbort', this.options.now())
      if (entry.transactionalId === null) this.byProducer.delete(producerId)
    })
  }

  /** Partitions may flush more than we do: after a power cut they know of epochs that are lost here, and take nothing below them. */
  private catchUp(): void {
    for (const { partitions } of this.options.registry.all()) {
      for (const { producers } of partitions) {
        for (const { producerId, producerEpoch } of producers.all) {
          const entry = this.byProducer.get(producerId)
          if (entry !== undefined && entry.producerEpoch < producerEpoch) entry.producerEpoch = producerEpoch
        }
      }
    }
  }

  private async abortHangingOnes(): Promise<void> {
    const hanging: { partition: Partition; producerId: number; producerEpoch: number }[] = []
    for (const topic of this.options.registry.all()) {
      for (const partition of topic.partitions) {
        for (const producerId of partition.producers.openTransactions.keys()) {
          const entry = this.byProducer.get(producerId)
          if (entry?.isOpen === true && entry.hasPartition(topic.name, partition.partition)) continue
          const producerEpoch = (partition.producers.get(producerId)?.producerEpoch ?? 0) + 1
          hanging.push({ partition, producerId, producerEpoch })
        }
      }
    }
    if (hanging.length > 0) await this.ends.abortAll(hanging)
  }

  private finish(
    entry: TransactionEntry,
    commit: boolean,
    bump: boolean,
    settlements: readonly SettlementPart[] = [],
  ): Awaitable<ProducerIdentity> {
    entry.settlements = settlements
    const isSpent = bump && entry.producerEpoch >= EPOCH_MAX
    const next = isSpent ? this.options.log.newProducerId() : entry.producerId
    const markerEpoch = bump ? entry.producerEpoch + 1 : entry.producerEpoch
    const { state, producerEpoch: before } = entry
    entry.moveTo(commit ? 'prepareCommit' : 'prepareAbort', this.options.now())
    const done = (producerId: number): ProducerIdentity => {
      entry.ending = null
      entry.clear()
      entry.moveTo(commit ? 'completeCommit' : 'completeAbort', this.options.now())
      entry.lastEnd = { epoch: before, commit }
      this.become(entry, producerId, isSpent ? 0 : markerEpoch)
      // A producer without an id begins each transaction anew, unless it has still to learn that this one took too long.
      if (entry.transactionalId === null && entry.timedOutEpoch < 0) this.byProducer.delete(producerId)
      return { producerId, producerEpoch: entry.producerEpoch }
    }
    const fail = (error: unknown): never => {
      entry.ending = null
      entry.settlements = []
      entry.takeBack(state)
      for (const { failed } of settlements) failed?.()
      throw error
    }
    try {
      const written = chain(next, (producerId) =>
        chain(
          this.ends.end(entry, { commit, markerEpoch, producerId, producerEpoch: isSpent ? 0 : markerEpoch }, settlements),
          () => producerId,
        ),
      )
      if (!isPromise(written)) return done(written)
      const ended = written.then(done, fail)
      entry.ending = ended
      return ended
    } catch (error) {
      return fail(error)
    }
  }

  /** Nothing was sent and nothing is to be committed: nothing is written. */
  private endEmpty(entry: TransactionEntry): ProducerIdentity {
    entry.clear()
    entry.moveTo('empty', this.options.now())
    const { transactionalId, producerId, producerEpoch } = entry
    if (transactionalId === null) this.byProducer.delete(producerId)
    return { producerId, producerEpoch }
  }

  /** Who asks for the same end again gets the same answer. */
  private repeatedEnd({ transactionalId, producerId, producerEpoch, commit, version }: EndTransactionRequest): ProducerIdentity | null {
    const entry = transactionalId === null ? undefined : this.byId.get(transactionalId)
    if (entry === undefined || entry.producerId !== producerId || entry.ending !== null || entry.isOpen) return null
    if (entry.lastEnd?.epoch !== producerEpoch || entry.lastEnd.commit !== commit) return null
    if (version === 2 ? entry.producerEpoch !== producerEpoch + 1 : entry.producerEpoch !== producerEpoch) return null
    return { producerId, producerEpoch: entry.producerEpoch }
  }

  /** In this process who holds the partitions is looked at once more when the transaction is committed. */
  private checkMembers(entry: TransactionEntry): void {
    for (const [groupId, memberId] of entry.members) {
      const offsets = [...(entry.groups.get(groupId)?.values() ?? [])]
      this.options.groups.checkTransaction({ groupId, member: { memberId }, offsets })
    }
  }

  private requireEntry({ transactionalId, producerId, producerEpoch }: TransactionalProducer): TransactionEntry {
    const entry = transactionalId === null ? this.byProducer.get(producerId) : this.byId.get(transactionalId)
    if (entry === undefined) throw unknownId(transactionalId ?? producerId)
    if (entry.producerId !== producerId) {
      // A new id was given out because the epochs of the old one were spent, or the id was never this one's.
      throw new KafkaliteError('INVALID_PRODUCER_ID_MAPPING', `${entry.who} has producer id ${entry.producerId}, not ${producerId}`)
    }
    if (entry.producerEpoch !== producerEpoch) throw fenced('PRODUCER_FENCED', entry, producerEpoch)
    if (entry.ending !== null) throw beingEnded(entry)
    return entry
  }

  /** The beginning of a remote transaction is written, so that it can go on after a restart. */
  private save(entry: TransactionEntry): Awaitable<void> {
    if (entry.inProcess) return undefined
    const { log, level, now } = this.options
    return this.options.track(log.writeTransaction(entry.key, entry.record(entry.state, entry.producerEpoch, now()), level))
  }

  private isEpochOf(entry: TransactionEntry, epoch: number): boolean {
    return epoch === entry.producerEpoch || epoch === entry.timedOutEpoch
  }

  private add(entry: TransactionEntry): void {
    if (entry.transactionalId !== null) this.byId.set(entry.transactionalId, entry)
    this.byProducer.set(entry.producerId, entry)
  }

  private become(entry: TransactionEntry, producerId: number, producerEpoch: number): void {
    this.byProducer.delete(entry.producerId)
    entry.producerId = producerId
    entry.producerEpoch = producerEpoch
    this.byProducer.set(producerId, entry)
  }
}

/** From here on nobody else can settle the messages. LOCK_LOST: then all are as they were. */
function takeSettlements(given: NonNullable<EndTransactionRequest['acknowledgements']>): readonly SettlementPart[] {
  const taken: SettlementPart[] = []
  try {
    for (const [acknowledger, list] of given) taken.push(acknowledger.part(list))
    return taken
  } catch (error) {
    for (const { failed } of taken) failed?.()
    throw error
  }
}

async function settledEitherWay(work: PromiseLike<unknown>): Promise<void> {
  try {
    await work
  } catch {
    // Whoever began it hears of it.
  }
}

function unknownId(id: string | number): KafkaliteError {
  return new KafkaliteError('INVALID_PRODUCER_ID_MAPPING', `No producer of ${describe(id)} is known: ask for a producer id first`)
}

function beingEnded(entry: TransactionEntry): KafkaliteError {
  return new KafkaliteError('CONCURRENT_TRANSACTIONS', `The transaction of ${entry.who} is being ended`)
}

function fenced(code: 'PRODUCER_FENCED' | 'INVALID_PRODUCER_EPOCH', entry: TransactionEntry, epoch: number): KafkaliteError {
  const why =
    epoch === entry.timedOutEpoch
      ? `its transaction took longer than ${entry.timeoutMs} ms and was aborted`
      : 'a newer producer has taken over'
  return new KafkaliteError(code, `Epoch ${epoch} of ${entry.who} is over, now it is ${entry.producerEpoch}: ${why}`)
}
