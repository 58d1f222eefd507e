// A queue in process: partitions with their records' states, receivers that wait, locks that run out, and the state log that makes it
// outlive the process. What a receiver says about a record is put into the log's words and takes effect when they are written; should
// the write fail, the receiver hears of it and still holds the record. One timer serves the next deadline; an idle queue has none.

import { EventEmitter } from 'eventemitter3'
import { KafkaliteError } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import type { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { TopicDescription } from '../cluster.js'
import type { QueueContext } from '../queue-context.js'
import {
  type AcquiredBatch,
  type AcquireToken,
  MESSAGE_ID_HEADER,
  type Outcome,
  type OutgoingMessage,
  type QueuePlace,
  type QueuePort,
  type QueuePortEvents,
  type QueuePortOptions,
  type QueueSession,
  type RecordPlace,
  type SentMessage,
  type Settlement,
  type TransactionalAcknowledger,
  type TransactionalSends,
} from '../queue-port.js'
import { QueueBurial } from './queue-burial.js'
import { damageOf } from './damaged-batch.js'
import { acquiredBy, browseShares, countShares, looseShare, outcomeAt, purgeShares } from './queue-contents.js'
import { DeadTopic } from './queue-dead-topic.js'
import { QueueDrain } from './queue-drain.js'
import { QueueEnds } from './queue-ends.js'
import { QueueExpiry } from './queue-expiry.js'
import { idOf, QueueIds } from './queue-ids.js'
import { type QueueLog, SETTLEMENT_NUMBERS, type Settlements } from './queue-log.js'
import type { DeathEntry, OpsWriter } from './queue-ops.js'
import type { QueueOutcomes } from './queue-outcomes.js'
import type { QueueParking } from './queue-parking.js'
import { type Delivery, KeyRates } from './queue-rate.js'
import { type BeginAt, openParts, partitionOf, type QueueParts } from './queue-opening.js'
import { QueueSender } from './queue-sender.js'
import { writeSnapshot } from './queue-snapshot.js'
import { QueueServer } from './queue-server.js'
import { LOCK_RAN_OUT, QueueSettling } from './queue-settling.js'
import { type OpenQueue, OWNERS_MAX, QueueClientSession } from './queue-session.js'
import { SettledWatch } from './queue-settled.js'
import { QueueTimer } from './queue-timer.js'
import { QueueTrim } from './queue-trim.js'
import type { WaiterOptions } from './queue-waiters.js'
import { checkSameOptions } from './queue-options-check.js'
import { ACKNOWLEDGED, ACQUIRED, AVAILABLE, DELAYED, DYING, RecordStates, SETTLING, type State, UNTOUCHED } from './record-state.js'
import { SharePartition, type ShareHost } from './share-partition.js'

/** Opens the queue of that name; its topic is created when it is not there. TOPIC_EXISTS_DIFFERENT. */
export async function openQueue(context: QueueContext, name: string, options: QueuePortOptions, beginAt?: BeginAt): Promise<QueuePort> {
  let state: QueueState | null = null
  const parts = await openParts(context, name, options, beginAt, {
    snapshot: (ops) => state?.writeSnapshot(ops),
    onWritten: (settled) => state?.onWritten(settled),
    onFailed: (settled) => state?.onFailed(settled),
    onError: (error) => state?.report(error),
  })
  try {
    state = new QueueState(context, name, options, parts)
    if (parts.isStale) await parts.log.snapshot()
    await state.start()
    return state
  } catch (error) {
    state?.letGo()
    await parts.parking.close()
    await parts.log.close()
    throw error
  }
}

export class QueueState implements QueuePort, OpenQueue, ShareHost {
  readonly events = new EventEmitter<QueuePortEvents>()
  readonly settledWatch: SettledWatch
  readonly topic: TopicDescription
  readonly shares: SharePartition[] = []
  readonly keyRates: KeyRates | null
  readonly dead: DeadTopic
  readonly clock: Clock
  private readonly outcomes: QueueOutcomes
  private readonly log: QueueLog
  private readonly ids: QueueIds
  private readonly trim: QueueTrim
  private readonly parking: QueueParking
  private readonly burial: QueueBurial
  private readonly sender: QueueSender
  private readonly ends: QueueEnds
  private readonly expiry: QueueExpiry
  private readonly server: QueueServer
  private readonly settling: QueueSettling
  private readonly timer: QueueTimer
  private readonly repeatContents: Map<string, Uint8Array>
  private readonly sessions = new Map<number, QueueClientSession>()
  private readonly drain: QueueDrain
  private readonly unsubscribe: (() => void)[] = []
  isClosed = false
  private closing: Promise<void> | null = null

  constructor(
    private readonly context: QueueContext,
    readonly name: string,
    readonly options: QueuePortOptions,
    { topic, stateName, log, recovery, parking }: QueueParts,
  ) {
    const { clock } = context
    this.clock = clock
    this.topic = topic
    this.log = log
    this.parking = parking
    this.outcomes = recovery.outcomes
    this.repeatContents = recovery.repeats
    this.keyRates = options.rateLimit?.per === 'key' ? new KeyRates(options.rateLimit, recovery.deliveries, clock.now()) : null
    this.timer = new QueueTimer(
      clock,
      (now) => this.onDue(now),
      () => this.server.isWaitedFor,
    )
    recovery.states.forEach((states, id) =>
      this.addShare(id, states, recovery.places[id] as Map<number, number>, recovery.lookedTo[id] ?? 0),
    )
    this.drain = new QueueDrain(this.shares, () => this.inBackground(this.lookAhead().finally(() => this.drain.looked())))
    this.ids = new QueueIds(this.shares, this.outcomes, options.dedupWindowMs ?? 120_000, recovery.sentEntries, clock.now())
    this.settledWatch = new SettledWatch(() => log.written())
    this.dead = new DeadTopic(context, name, options.deadLetter, recovery.gone, { shares: this.shares, log, announced: recovery.returns })
    this.expiry = new QueueExpiry({
      clock,
      shares: this.shares,
      moments: recovery.expiries,
      noted: () => this.inBackground(log.written()),
      ops: () => log.ops,
      expired: (share, cursor) => this.expired(share, cursor),
      wakeAt: (atMs) => this.timer.wakeAt(atMs),
    })
    this.trim = this.makeTrim()
    this.burial = this.makeBurial(recovery.deaths.values())
    this.server = this.makeServer(recovery.deliveries)
    this.sender = this.makeSender()
    this.ends = new QueueEnds({ clock, log, outcomes: this.outcomes, ids: this.ids, watch: this.settledWatch, sender: this.sender })
    this.settling = this.makeSettling(stateName)
  }

  get ops(): OpsWriter {
    return this.log.ops
  }

  wakeAt(atMs: number): void {
    this.timer.wakeAt(atMs)
  }

  expired(share: SharePartition, cursor: RecordCursor): void {
    this.ends.giveUp(share, cursor.offset, 'expired', cursor.headers.text(MESSAGE_ID_HEADER), cursor.timestamp)
  }

  damaged(share: SharePartition, error: unknown, first: number, end: number): void {
    this.report(damageOf(this.name, share.id, first, end, error))
  }

  get isUsed(): boolean {
    return this.sessions.size > 0
  }

  places(): readonly QueuePlace[] {
    return this.shares.map(({ id, states, length }) => ({ partition: id, startOffset: states.advanceStart(), lag: length }))
  }

  session(options?: QueuePortOptions): QueueSession {
    if (this.isClosed) throw this.closedError()
    if (options !== undefined) checkSameOptions(this.name, this.options, options, this.topic.partitions)
    let owner = 0
    while (this.sessions.has(owner)) owner++
    if (owner >= OWNERS_MAX) throw new KafkaliteError('INVALID_STATE', `Queue ${this.name} is open ${owner} times; close some of them`)
    const session = new QueueClientSession(this, owner)
    this.sessions.set(owner, session)
    return session
  }

  /** A session ends: what was handed out in it goes to others, uncounted. */
  async detach(owner: number): Promise<void> {
    this.sessions.delete(owner)
    this.server.dismiss(owner)
    this.giveBackAll(owner)
    this.server.serve()
    await this.log.written()
  }

  send(messages: readonly OutgoingMessage[], signals: readonly AbortSignal[]): Promise<readonly SentMessage[]> {
    this.requireOwnTopic()
    return this.sender.send(messages, signals)
  }

  transaction(): TransactionalSends {
    this.requireOwnTopic()
    return this.sender.transaction()
  }

  private requireOwnTopic(): void {
    if (this.options.source === undefined) return
    throw new KafkaliteError('INVALID_STATE', `Queue ${this.name} hands out the records of topic ${this.topic.name}: send them there`)
  }

  acquire(options: WaiterOptions): Promise<readonly AcquiredBatch[]> {
    const promise = this.server.wait(options)
    this.timer.hold()
    return promise
  }

  settle(token: AcquireToken, settlement: Settlement): Awaitable<void> {
    return this.settling.settle(token, settlement)
  }

  get acknowledger(): TransactionalAcknowledger {
    return this.settling
  }

  renew(token: AcquireToken, ms: number): number {
    const share = this.settling.held(token)
    const until = this.context.clock.now() + ms
    share.states.renew(token.offset, until)
    this.timer.wakeAt(until)
    return until
  }

  async outcome(place: RecordPlace): Promise<Outcome | null> {
    const share = this.shares[place.partition]
    const { offset } = place
    if (share === undefined || offset < 0 || offset >= share.partition.endOffset) return null
    if (share.states.state(offset) === UNTOUCHED) await this.lookAhead()
    await this.expireAt(share, offset)
    return this.peek(place)
  }

  written(): Promise<void> {
    return this.log.written()
  }

  /** The outcome as far as it is known without looking at records. */
  peek(place: RecordPlace): Outcome | null {
    return outcomeAt(this.shares, this.outcomes, place)
  }

  find(id: string): Awaitable<RecordPlace | null> {
    return this.ids.find(id, this.context.clock.now())
  }

  async counts(): Promise<{ available: number; delayed: number; acquired: number; dead: number }> {
    await this.lookAhead()
    return { ...countShares(this.shares), dead: this.dead.count() }
  }

  /** Finds the delays of messages that nobody has asked for yet. */
  async lookAhead(): Promise<void> {
    for (const share of this.shares) await share.lookAhead(this.context.clock.now(), null)
  }

  async *browse(state: 'available' | 'delayed' | 'acquired' | 'dead'): AsyncGenerator<AcquiredBatch, void, undefined> {
    if (state === 'dead') return yield* this.dead.browse()
    await this.lookAhead()
    yield* browseShares(this.shares, state)
  }

  async remove(place: RecordPlace): Promise<boolean> {
    const share = looseShare(this.shares, place)
    const batch = share === null ? null : await share.batchAt(place.offset)
    if (share === null || batch === null || !share.states.isLoose(place.offset)) return false
    const { id, sentMs } = idOf(batch, place.offset)
    this.ends.giveUp(share, place.offset, 'removed', id, sentMs)
    await this.log.written()
    return true
  }

  async purge(): Promise<number> {
    if (this.shares.some(({ mayHide }) => mayHide)) await this.lookAhead()
    const { shares, log, ends, outcomes, settledWatch } = this
    const count = purgeShares(shares, { ops: log.ops, ends, outcomes, watch: settledWatch, peek: (place) => this.peek(place) })
    await log.written()
    return count
  }

  redrive(wanted: ((batch: AcquiredBatch) => boolean) | null, max: number): Promise<number> {
    return this.dead.redrive(wanted, max, (messages, before) => this.sender.send(messages, [], before))
  }

  get repeats(): ReadonlyMap<string, Uint8Array> {
    return this.repeatContents
  }

  async setRepeat(id: string, content: Uint8Array | undefined): Promise<void> {
    this.log.ops.repeat(id, content)
    if (content === undefined) this.repeatContents.delete(id)
    else this.repeatContents.set(id, content)
    await this.log.written()
  }

  /** Calls `run` once when nothing is left, at once when that is so. Answers how to stop waiting. */
  whenDrained(run: () => void): () => void {
    return this.drain.wait(run)
  }

  serve(): void {
    this.server.serve()
  }

  report(error: unknown): void {
    if (this.isClosed) return
    const failure =
      error instanceof KafkaliteError
        ? error
        : new KafkaliteError('STORAGE_FAILED', `Queue ${this.name} failed in the background`, { cause: error })
    if (this.events.listenerCount('error') > 0) this.events.emit('error', failure)
    else this.context.report(failure)
  }

  /** Before the first session: goes on with what a restart left over. */
  async start(): Promise<void> {
    const now = this.context.clock.now()
    // What cannot be found out now is when dead letters go back next.
    if (await this.dead.recover().catch((error: unknown) => this.report(error))) await this.log.snapshot()
    for (const share of this.shares) {
      share.passFinished()
      await share.holdKeys()
      const worn: number[] = []
      share.states.runs((first, length, state, count) => {
        for (let offset = first; offset < first + length; offset++) {
          // A process that dies with every delivery must not do so for ever.
          if (state === DYING || (state === AVAILABLE && count >= this.options.maxDeliveries)) worn.push(offset)
          else if (state === AVAILABLE) share.ready.add(offset)
        }
      })
      for (const offset of worn) this.inBackground(this.burialOf(share, offset))
    }
    this.unsubscribe.push(this.context.onTopicDeletion(this.topic.name, () => this.close().then(() => this.parking.remove())))
    // The partitions of its own topic are where its keys and levels are; those of another's are only read.
    if (this.options.source !== undefined) {
      this.unsubscribe.push(this.context.onTopicChange((name) => name === this.topic.name && this.grow()))
      this.grow()
    }
    this.onDue(now)
  }

  /** Its source has more partitions than it had. */
  private grow(): void {
    const total = this.context.topic(this.topic.name)?.partitions ?? 0
    for (let id = this.shares.length; id < total; id++) {
      this.addShare(id, new RecordStates(this.context.partition(this.topic.name, id).startOffset), new Map(), 0)
    }
    this.server.serve()
  }

  private addShare(id: number, states: RecordStates, places: Map<number, number>, lookedTo: number): void {
    const { topic, context, options } = this
    const partition = context.partition(topic.name, id)
    const parked = this.parking.partition(id, places)
    const { order, isolation = 'read_committed' } = options
    const keyed = order === 'key'
    this.shares.push(new SharePartition({ id, partition, states, parked, keyed, isolation, lookedTo, host: this }))
    this.unsubscribe.push(partition.onAppend(() => this.onAppend()))
  }

  private makeTrim(): QueueTrim {
    const { shares, parking, log, topic, options } = this
    return new QueueTrim({
      shares,
      clock: this.context.clock,
      parking,
      state: log,
      segmentBytes: topic.config.segmentBytes,
      heldFrom: (partition) => this.dead.heldFrom(partition),
      keeps: options.source !== undefined,
      onError: (error) => this.report(error),
    })
  }

  private makeBurial(resumed: Iterable<DeathEntry>): QueueBurial {
    const { context, name, options, topic, log } = this
    return new QueueBurial(
      {
        context,
        topic: name,
        deadLetter: options.deadLetter,
        partitions: topic.partitions,
        log,
        buried: (share, entry, batch) => this.buried(share, entry, batch),
        wakeAt: (atMs) => this.timer.wakeAt(atMs),
      },
      resumed,
    )
  }

  private makeSettling(stateName: string): QueueSettling {
    const { name, topic, options, clock, shares, log, ends, burial } = this
    const isClosed = (): boolean => this.isClosed
    const wakeAt = (atMs: number): void => this.timer.wakeAt(atMs)
    const onWritten = (settled: Settlements): void => this.onWritten(settled)
    const what = { queue: name, stateName, topic: topic.name, topicId: topic.id, options }
    return new QueueSettling({ ...what, clock, shares, log, ends, burial, isClosed, wakeAt, onWritten })
  }

  private makeServer(deliveries: readonly Delivery[]): QueueServer {
    const { shares, options, log } = this
    return new QueueServer({
      clock: this.context.clock,
      shares,
      options,
      log,
      isPaused: (owner) => this.sessions.get(owner)?.isPaused ?? true,
      wakeAt: (atMs) => this.timer.wakeAt(atMs),
      before: () => this.trim.parkingNow,
      report: (error) => this.report(error),
      deliveries,
    })
  }

  private makeSender(): QueueSender {
    const { name, shares, ids, options, topic } = this
    return new QueueSender({
      queue: name,
      storage: this.context.storage,
      clock: this.context.clock,
      shares,
      ids,
      options,
      maxMessageBytes: topic.config.maxMessageBytes,
      partitionOf,
      expires: (place, expiresAt) => this.expiry.note(place, expiresAt),
      length: () => shares.reduce((sum, share) => sum + share.length, 0),
      lookAhead: () => this.lookAhead(),
      report: (error) => this.report(error),
    })
  }

  private burialOf(share: SharePartition, offset: number): Promise<void> {
    const { states } = share
    if (states.state(offset) === DYING) return this.burial.retry(share, offset)
    return this.burial.die(share, offset, states.count(offset), LOCK_RAN_OUT)
  }

  private onAppend(): void {
    this.server.serve()
    this.drain.tell()
  }

  isHeld({ partition, offset, lease }: AcquireToken): boolean {
    const { states } = this.shares[partition] as SharePartition
    const state = states.state(offset)
    return !this.isClosed && (state === ACQUIRED || state === SETTLING) && states.lease(offset) === lease
  }

  onWritten(settled: Settlements): void {
    let served = this.server.hungers
    let finished = 0
    for (let i = 0; i < settled.length; i += SETTLEMENT_NUMBERS) {
      const share = this.shares[settled[i] as number] as SharePartition
      const offset = settled[i + 1] as number
      const state = settled[i + 2] as State
      const count = settled[i + 3] as number
      const until = settled[i + 4] as number
      if (state === ACKNOWLEDGED) {
        finished++
        share.states.move(offset, ACKNOWLEDGED, count)
        this.ends.acknowledged(share, offset, count)
      } else if (state === DYING) share.states.move(offset, DYING, count, until)
      else {
        served = true
        share.comeBack(offset, count, until)
        this.timer.wakeAt(until > 0 ? until : Infinity)
      }
    }
    this.trim.run(finished)
    this.drain.tell()
    if (this.shares.every(({ states }) => states.isQuiet)) this.timer.drop()
    this.timer.wakeAt(Math.min(this.trim.dueMs, this.expiry.dueMs, this.server.dueMs))
    if (served || this.options.order === 'key') this.server.serve()
  }

  onFailed(settled: Settlements): void {
    this.settling.onFailed(settled)
  }

  private buried(share: SharePartition, entry: DeathEntry, batch: PackedBatch | null): void {
    const { offset, deliveryCount, note } = entry
    const { id, sentMs } = batch === null ? { id: undefined, sentMs: 0 } : idOf(batch, offset)
    this.ends.giveUp(share, offset, note.reason, id, sentMs, note.errorMessage ?? note.reason)
    // The words that it dies are written already: should these not be, a restart says them again.
    this.inBackground(this.log.written())
    if (batch === null) return
    const record = { partition: share.id, batch, offsets: [offset], deliveryCounts: [deliveryCount], lease: -1, lockedUntil: 0 }
    this.events.emit('deadLettered', record, note)
  }

  /** Somebody waits for the record's end: it may be past its time already, or will be. */
  private async expireAt(share: SharePartition, offset: number): Promise<void> {
    const now = this.context.clock.now()
    const atMs = await share.watchExpiry(offset)
    if (atMs > now) return this.timer.wakeAt(atMs)
    await share.expireWatched(now)
    if (!this.log.ops.isEmpty) this.inBackground(this.log.written())
  }

  private async dropExpired(now: number): Promise<void> {
    if (!(await this.expiry.run(now)) || this.isClosed) return
    await this.log.written()
    this.trim.run(0)
    this.timer.wakeAt(this.trim.dueMs)
    this.server.serve()
  }

  private inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.report(error))
  }

  private nextMs(): number {
    return Math.min(this.trim.dueMs, this.expiry.dueMs, this.server.dueMs, ...this.shares.map((share) => share.nextMs()))
  }

  private onDue(now: number): void {
    for (const share of this.shares) {
      share.states.due(now, (offset, state) => this.recordDue(share, offset, state))
      this.inBackground(share.expireWatched(now))
    }
    if (this.trim.dueMs <= now) this.trim.run(0)
    if (this.expiry.dueMs <= now) this.inBackground(this.dropExpired(now))
    this.timer.wakeAt(this.nextMs())
    this.server.serve()
    if (!this.log.ops.isEmpty) this.inBackground(this.log.written())
  }

  private recordDue(share: SharePartition, offset: number, state: State): void {
    const { states } = share
    const count = states.count(offset)
    if (state === DELAYED) {
      share.delayIsOver(offset)
    } else if (state === DYING) {
      this.inBackground(this.burial.retry(share, offset))
    } else {
      const token: AcquireToken = { partition: share.id, offset, lease: states.lease(offset) }
      if (count >= this.options.maxDeliveries) this.inBackground(this.burial.die(share, offset, count, LOCK_RAN_OUT))
      else share.giveBack(offset, count, 0)
      this.events.emit('lockLost', token, count)
    }
  }

  writeSnapshot(ops: OpsWriter): void {
    const { topic, shares, outcomes, ids, burial, repeats, dead, expiry, keyRates, server } = this
    const now = this.context.clock.now()
    writeSnapshot(ops, { topicId: topic.id, now, shares, outcomes, ids, burial, repeats, dead, expiry, keyRates, server })
    this.settling.write(ops)
  }

  close(): Promise<void> {
    this.closing ??= this.shut()
    return this.closing
  }

  /** Leaves no listener and no timer behind; also of a queue that could not be started. */
  letGo(): void {
    this.isClosed = true
    this.timer.close()
    for (const stop of this.unsubscribe) stop()
  }

  private async shut(): Promise<void> {
    this.giveBackAll()
    this.letGo()
    this.server.dismiss()
    this.sender.close(this.closedError())
    for (const session of this.sessions.values()) session.abandon()
    this.drain.clear()
    try {
      await this.burial.settled()
      for (const share of this.shares) share.tellLooked()
      await this.log.written()
      await this.trim.close()
      await this.parking.close()
    } finally {
      await this.log.close()
    }
  }

  /** Gives back uncounted what the owner holds, or anyone. */
  private giveBackAll(owner?: number): void {
    for (const share of this.shares) {
      for (const offset of acquiredBy(share.states, owner)) share.giveBack(offset, share.states.count(offset) - 1, 0)
    }
  }

  private closedError(): KafkaliteError {
    return new KafkaliteError('CLOSED', `Queue ${this.name} was closed`)
  }
}
