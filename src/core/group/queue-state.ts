// A queue in process: partitions with their records' states, receivers that wait, locks that run out, and the state log that makes it
// outlive the process. Every change is made in memory and put into the log's words in the same turn; who is told of it, receiver or
// sender, is told after it was written. One timer serves the next deadline; an idle queue has none.

import { EventEmitter } from 'eventemitter3'
import { describe, KafkaliteError } from '../../errors.js'
import { type Awaitable, isPromise } from '../../lib/awaitable.js'
import type { Timer } from '../../lib/clock.js'
import type { QueueContext } from '../queue-context.js'
import type {
  AcquiredBatch,
  AcquireToken,
  DeathNote,
  Outcome,
  QueuePort,
  QueuePortEvents,
  QueuePortOptions,
  QueueSession,
  RecordPlace,
  Settlement,
} from '../queue-port.js'
import type { TopicDescription } from '../cluster.js'
import { writeDeadLetter } from './dead-letter.js'
import { QueueIds } from './queue-ids.js'
import { QueueLog } from './queue-log.js'
import type { OpsWriter, OutcomeEntry } from './queue-ops.js'
import type { QueueOutcomes } from './queue-outcomes.js'
import { QueueRecovery } from './queue-recovery.js'
import { type OpenQueue, OWNERS_MAX, QueueClientSession } from './queue-session.js'
import { SettledWatch } from './queue-settled.js'
import { QueueTrim } from './queue-trim.js'
import { QueueWaiter, type WaiterOptions } from './queue-waiters.js'
import { ACKNOWLEDGED, ACQUIRED, ARCHIVED, AVAILABLE, DELAYED, DYING, type RecordStates, type State, UNTOUCHED } from './record-state.js'
import { SharePartition, type Taking } from './share-partition.js'

/** A dead letter that could not be written is tried again after this. Milliseconds. */
const RETRY_MS = 1000
const RESULT_BYTES_MAX = 1024 * 1024
/** A queue's segments are smaller than a topic's, for only a whole one can be freed. Bytes. */
const SEGMENT_BYTES = 16 * 1024 * 1024
const LOCK_RAN_OUT: DeathNote = { reason: 'maxDeliveries' }

/** Opens the queue on the topic of that name, which is created when it is not there. TOPIC_EXISTS_DIFFERENT. */
export function openQueue(context: QueueContext, name: string, options: QueuePortOptions): Promise<QueuePort> {
  return QueueState.open(context, name, options)
}

export class QueueState implements QueuePort, OpenQueue {
  readonly events = new EventEmitter<QueuePortEvents>()
  readonly settledWatch: SettledWatch
  private isClosed = false
  private closing: Promise<void> | null = null
  private readonly shares: readonly SharePartition[]
  private readonly outcomes: QueueOutcomes
  private readonly log: QueueLog
  private readonly ids: QueueIds
  private readonly trim: QueueTrim
  private readonly sessions = new Map<number, QueueClientSession>()
  private waiters: QueueWaiter[] = []
  private drainWaiters: (() => void)[] = []
  private readonly unsubscribe: (() => void)[] = []
  private timer: Timer | null = null
  private timerAtMs = Infinity
  private serving = false
  private serveAgain = false
  private nextPartition = 0
  private deliveries = 0
  /** Why records are dying whose dead letter is still to be written. */
  private readonly notes = new Map<string, DeathNote>()
  private readonly dying = new Set<Promise<void>>()

  private constructor(
    private readonly context: QueueContext,
    readonly topic: TopicDescription,
    readonly options: QueuePortOptions,
    log: QueueLog,
    recovery: QueueRecovery,
  ) {
    this.log = log
    this.outcomes = recovery.outcomes
    this.shares = recovery.states.map((states, id) => new SharePartition(id, context.partition(topic.name, id), states, () => log.ops))
    this.ids = new QueueIds(this.shares, this.outcomes)
    this.settledWatch = new SettledWatch(() => log.written())
    this.trim = new QueueTrim(this.shares, context.clock, (error) => this.report(error))
  }

  static async open(context: QueueContext, name: string, options: QueuePortOptions): Promise<QueueState> {
    const topic = await context.ensureTopic(name, {
      partitions: options.partitions ?? -1,
      config: { retentionMs: -1, segmentBytes: SEGMENT_BYTES, flush: options.flush },
    })
    if (options.partitions !== undefined && options.partitions !== topic.partitions) {
      throw new KafkaliteError('TOPIC_EXISTS_DIFFERENT', `Queue ${name} has ${topic.partitions} partitions, not ${options.partitions}`)
    }
    const ends = Array.from({ length: topic.partitions }, (_, id) => context.partition(name, id))
    const recovery = new QueueRecovery(ends)
    let state: QueueState | null = null
    const log = new QueueLog({
      log: await context.openStateLog(name),
      level: options.flush ?? context.flush,
      now: () => context.clock.now(),
      snapshot: (ops) => state?.writeSnapshot(ops),
      onWritten: () => state?.onWritten(),
      onError: (error) => state?.report(error),
    })
    try {
      await log.replay(recovery)
      if (recovery.topicId !== topic.id) recovery.discard()
      const dropped = recovery.finish()
      state = new QueueState(context, topic, options, log, recovery)
      if (dropped || recovery.topicId !== topic.id) await log.snapshot()
    } catch (error) {
      await log.close()
      throw error
    }
    state.start()
    return state
  }

  session(options: QueuePortOptions): QueueSession {
    if (this.isClosed) throw new KafkaliteError('CLOSED', `Queue ${this.topic.name} was closed`)
    for (const key of ['lockMs', 'maxDeliveries', 'deadLetter'] as const) {
      if (options[key] === this.options[key]) continue
      throw new KafkaliteError(
        'INVALID_STATE',
        `Queue ${this.topic.name} is open with ${key} ${describe(this.options[key])}, not ${describe(options[key])}`,
      )
    }
    let owner = 0
    while (this.sessions.has(owner)) owner++
    if (owner >= OWNERS_MAX)
      throw new KafkaliteError('INVALID_STATE', `Queue ${this.topic.name} is open ${owner} times; close some of them`)
    const session = new QueueClientSession(this, owner)
    this.sessions.set(owner, session)
    return session
  }

  /** A session ends: what was handed out in it goes to others, uncounted. */
  async detach(owner: number): Promise<void> {
    this.sessions.delete(owner)
    for (const waiter of this.waiters) if (waiter.options.owner === owner) waiter.give([])
    for (const share of this.shares) {
      for (const offset of acquiredBy(share.states, owner)) share.giveBack(offset, share.states.count(offset) - 1, 0)
    }
    this.serve()
    await this.log.written()
  }

  acquire(options: WaiterOptions): Promise<readonly AcquiredBatch[]> {
    const waiter = new QueueWaiter(options, this.context.clock)
    if (!waiter.isOver) {
      this.waiters.push(waiter)
      if (this.waiters.length === 1) this.holdTimer()
      this.serve()
    }
    return waiter.promise
  }

  settle(token: AcquireToken, settlement: Settlement): Awaitable<void> {
    const share = this.held(token)
    const { offset } = token
    const { states } = share
    const count = states.count(offset)
    if (settlement.kind === 'acknowledge') return this.acknowledge(share, offset, count, settlement.result, settlement.id)
    if (settlement.kind === 'reject') return this.die(share, offset, count, settlement.note ?? { reason: 'rejected' })
    if (settlement.uncounted !== true && count >= this.options.maxDeliveries)
      return this.die(share, offset, count, settlement.note ?? LOCK_RAN_OUT)
    const delayMs = settlement.delayMs ?? 0
    const notBefore = delayMs > 0 ? this.context.clock.now() + delayMs : 0
    share.giveBack(offset, settlement.uncounted === true ? count - 1 : count, notBefore)
    if (notBefore > 0) this.wakeAt(notBefore)
    else this.serve()
    return this.log.written()
  }

  renew(token: AcquireToken, ms: number): number {
    const share = this.held(token)
    const until = this.context.clock.now() + ms
    share.states.renew(token.offset, until)
    this.wakeAt(until)
    return until
  }

  async outcome(place: RecordPlace): Promise<Outcome | null> {
    const share = this.shares[place.partition]
    const { offset } = place
    if (share === undefined || offset < 0 || offset >= share.partition.endOffset) return null
    if (share.states.state(offset) === UNTOUCHED) await share.lookAhead(this.context.clock.now(), null)
    return this.peek(place)
  }

  written(): Promise<void> {
    return this.log.written()
  }

  /** The outcome as far as it is known without looking at records. */
  peek(place: RecordPlace): Outcome | null {
    const share = this.shares[place.partition]
    const { offset } = place
    if (share === undefined || offset < 0 || offset >= share.partition.endOffset) return null
    const { states } = share
    const state = states.state(offset)
    if (state !== ACKNOWLEDGED && state !== ARCHIVED) return { state: nameOf(state), deliveryCount: states.count(offset) }
    const entry = this.outcomes.at(place.partition, offset)
    if (entry !== undefined)
      return { state: nameOf(entry.state), deliveryCount: entry.deliveryCount, result: entry.result, reason: entry.reason }
    return this.outcomes.isForgotten(place.partition, offset) ? null : { state: 'acknowledged', deliveryCount: 1 }
  }

  find(id: string): Awaitable<RecordPlace | null> {
    return this.ids.find(id, this.context.clock.now())
  }

  async counts(): Promise<{ available: number; delayed: number; acquired: number; dead: number }> {
    for (const share of this.shares) await share.lookAhead(this.context.clock.now(), null)
    this.wakeAt(this.nextMs())
    const counts = { available: 0, delayed: 0, acquired: 0, dead: this.deadCount() }
    for (const { states, available } of this.shares) {
      counts.available += available
      counts.delayed += states.delayed
      counts.acquired += states.acquired + states.dying
    }
    return counts
  }

  get isDrained(): boolean {
    return this.shares.every((share) => share.isDrained)
  }

  /** Calls `run` once when nothing is left, at once when that is so. Answers how to stop waiting. */
  whenDrained(run: () => void): () => void {
    this.drainWaiters.push(run)
    this.tellDrained()
    return () => {
      this.drainWaiters = this.drainWaiters.filter((other) => other !== run)
    }
  }

  /** Hands out what there is to those who wait. */
  serve(): void {
    if (this.waiters.length === 0 || this.isClosed) return
    if (this.serving) {
      this.serveAgain = true
      return
    }
    this.serving = true
    this.serveAll()
      .catch((error: unknown) => {
        this.waiters.shift()?.fail(error)
        this.report(error)
      })
      .finally(() => {
        this.serving = false
        if (this.serveAgain) this.serve()
      })
  }

  report(error: unknown): void {
    const failure =
      error instanceof KafkaliteError
        ? error
        : new KafkaliteError('STORAGE_FAILED', `Queue ${this.topic.name} failed in the background`, { cause: error })
    if (this.events.listenerCount('error') > 0) this.events.emit('error', failure)
    else this.context.report(failure)
  }

  private start(): void {
    const now = this.context.clock.now()
    for (const share of this.shares) {
      this.unsubscribe.push(
        share.partition.onAppend(() => {
          this.serve()
          this.tellDrained()
        }),
      )
      share.states.runs((first, length, state, count) => {
        if (state !== AVAILABLE) return
        for (let offset = first; offset < first + length; offset++) {
          // A process that dies with every delivery must not do so for ever.
          if (count >= this.options.maxDeliveries) this.inBackground(this.die(share, offset, count, LOCK_RAN_OUT))
          else share.ready.add(offset)
        }
      })
    }
    this.unsubscribe.push(this.context.onTopicDeletion(this.topic.name, () => this.close()))
    this.onDue(now)
  }

  private async serveAll(): Promise<void> {
    do {
      this.serveAgain = false
      this.waiters = this.waiters.filter((waiter) => !waiter.isOver)
      while (this.waiters.length > 0 && !this.isClosed) {
        const at = this.waiters.findIndex(({ isOver, options }) => !isOver && !this.isPaused(options.owner))
        const waiter = this.waiters[at]
        if (waiter === undefined) break
        const taken = await this.take(waiter.options)
        if (taken.length === 0) {
          if (waiter.options.maxWaitMs <= 0) waiter.give([])
          else break
        }
        this.waiters.splice(this.waiters.indexOf(waiter), 1)
        if (taken.length > 0) this.deliver(waiter, taken)
      }
    } while (this.serveAgain)
  }

  private isPaused(owner: number): boolean {
    return this.sessions.get(owner)?.isPaused ?? true
  }

  private async take(options: WaiterOptions): Promise<readonly AcquiredBatch[]> {
    const now = this.context.clock.now()
    const lockedUntil = now + this.options.lockMs
    const lease = this.deliveries++ * OWNERS_MAX + options.owner
    const taking: Taking = { left: options.max, now, lease, lockedUntil, taken: [] }
    const first = this.nextPartition++
    for (let i = 0; i < this.shares.length && taking.left > 0; i++) {
      const took = (this.shares[(first + i) % this.shares.length] as SharePartition).take(taking)
      if (isPromise(took)) await took
    }
    if (taking.taken.length > 0) this.wakeAt(lockedUntil)
    if (this.shares.some(({ states }) => states.delayed > 0)) this.wakeAt(this.nextMs())
    return taking.taken
  }

  /** The counts are written before the receiver sees the records: a receiver that kills the process has been counted. */
  private deliver(waiter: QueueWaiter, taken: readonly AcquiredBatch[]): void {
    this.log.written().then(
      () => {
        if (!waiter.give(taken)) this.giveBackAll(taken)
      },
      (error: unknown) => {
        this.giveBackAll(taken)
        waiter.fail(error)
      },
    )
  }

  private giveBackAll(taken: readonly AcquiredBatch[]): void {
    for (const { partition, offsets, lease } of taken) {
      const share = this.shares[partition] as SharePartition
      for (const offset of offsets) {
        if (share.states.state(offset) !== ACQUIRED || share.states.lease(offset) !== lease) continue
        share.giveBack(offset, share.states.count(offset) - 1, 0)
      }
    }
    this.serve()
  }

  private held(token: AcquireToken): SharePartition {
    const share = this.shares[token.partition]
    if (
      !this.isClosed &&
      share !== undefined &&
      share.states.state(token.offset) === ACQUIRED &&
      share.states.lease(token.offset) === token.lease
    )
      return share
    throw new KafkaliteError(
      'LOCK_LOST',
      `The message ${token.partition}-${token.offset} of queue ${this.topic.name} is not held under this delivery any more`,
    )
  }

  private acknowledge(
    share: SharePartition,
    offset: number,
    count: number,
    result: Uint8Array | undefined,
    id: string | undefined,
  ): Awaitable<void> {
    if (result !== undefined && result.length > RESULT_BYTES_MAX) {
      throw new KafkaliteError('MESSAGE_TOO_LARGE', `A result has at most ${RESULT_BYTES_MAX} bytes, not ${result.length}`)
    }
    share.states.move(offset, ACKNOWLEDGED, count)
    if (count === 1 && result === undefined && id === undefined) this.log.ops.acknowledged(share.id, offset)
    else this.remember({ partition: share.id, offset, state: ACKNOWLEDGED, deliveryCount: count, id, result, reason: undefined })
    if (this.settledWatch.size > 0) this.settledWatch.settled(share.id, offset, { state: 'acknowledged', deliveryCount: count, result })
    return this.log.written()
  }

  private remember(entry: OutcomeEntry): void {
    this.outcomes.add(entry)
    this.log.ops.outcome(entry)
  }

  /** Copies the record to the dead letters, then archives it. */
  private die(share: SharePartition, offset: number, count: number, note: DeathNote): Promise<void> {
    share.states.move(offset, DYING, count, Infinity)
    const death = this.bury(share, offset, count, note)
    this.dying.add(death)
    const gone = (): void => void this.dying.delete(death)
    death.then(gone, gone)
    return death
  }

  private async bury(share: SharePartition, offset: number, count: number, note: DeathNote): Promise<void> {
    const key = `${share.id}-${offset}`
    try {
      const batch = await share.batchAt(offset)
      const { deadLetter } = this.options
      if (deadLetter !== false && batch !== null) {
        await writeDeadLetter(this.context, deadLetter, {
          topic: this.topic.name,
          partition: share.id,
          offset,
          batch,
          deliveryCount: count,
          note,
        })
      }
      share.states.move(offset, ARCHIVED, count)
      const id = batch === null ? undefined : this.ids.idIn(batch, offset)
      this.remember({ partition: share.id, offset, state: ARCHIVED, deliveryCount: count, id, result: undefined, reason: note.reason })
      this.notes.delete(key)
      this.settledWatch.settled(share.id, offset, { state: 'archived', deliveryCount: count, reason: note.errorMessage ?? note.reason })
      await this.log.written()
      if (batch !== null)
        this.events.emit(
          'deadLettered',
          { partition: share.id, batch, offsets: [offset], deliveryCounts: [count], lease: -1, lockedUntil: 0 },
          note,
        )
    } catch (error) {
      if (share.states.state(offset) === DYING) {
        this.notes.set(key, note)
        const retryMs = this.context.clock.now() + RETRY_MS
        share.states.renew(offset, retryMs)
        this.wakeAt(retryMs)
      }
      throw error
    }
  }

  private inBackground(work: Awaitable<void>): void {
    if (isPromise(work)) work.then(undefined, (error: unknown) => this.isClosed || this.report(error))
  }

  private onWritten(): void {
    this.trim.run()
    this.tellDrained()
    if (this.shares.every(({ states }) => states.isQuiet)) this.dropTimer()
    if (this.trim.dueMs !== Infinity) this.wakeAt(this.trim.dueMs)
  }

  private tellDrained(): void {
    if (this.drainWaiters.length === 0 || !this.isDrained) return
    const waiting = this.drainWaiters
    this.drainWaiters = []
    for (const tell of waiting) tell()
  }

  private nextMs(): number {
    return Math.min(this.trim.dueMs, ...this.shares.map(({ states }) => states.nextMs()))
  }

  private wakeAt(atMs: number): void {
    if (atMs >= this.timerAtMs || atMs === Infinity || this.isClosed) return
    this.timer?.cancel()
    this.timerAtMs = atMs
    this.timer = this.context.clock.setTimer(
      atMs,
      () => {
        this.timer = null
        this.timerAtMs = Infinity
        this.onDue(this.context.clock.now())
      },
      { holds: this.waiters.length > 0 },
    )
  }

  /** A delayed message or a lock that runs out is for whoever waits now: the process must not end before. */
  private holdTimer(): void {
    if (this.timer === null) return
    const atMs = this.timerAtMs
    this.dropTimer()
    this.wakeAt(atMs)
  }

  private dropTimer(): void {
    this.timer?.cancel()
    this.timer = null
    this.timerAtMs = Infinity
  }

  private onDue(now: number): void {
    for (const share of this.shares) share.states.due(now, (offset, state) => this.recordDue(share, offset, state))
    if (this.trim.dueMs <= now) this.trim.run()
    this.wakeAt(this.nextMs())
    this.serve()
    if (!this.log.ops.isEmpty) this.inBackground(this.log.written())
  }

  private recordDue(share: SharePartition, offset: number, state: State): void {
    const { states } = share
    const count = states.count(offset)
    if (state === DELAYED) {
      states.move(offset, AVAILABLE, count)
      share.ready.add(offset)
      return
    }
    if (state === DYING) {
      const note = this.notes.get(`${share.id}-${offset}`) ?? LOCK_RAN_OUT
      states.renew(offset, Infinity)
      const death = this.bury(share, offset, count, note)
      this.dying.add(death)
      this.inBackground(death.finally(() => this.dying.delete(death)))
      return
    }
    const token: AcquireToken = { partition: share.id, offset, lease: states.lease(offset) }
    if (count >= this.options.maxDeliveries) this.inBackground(this.die(share, offset, count, LOCK_RAN_OUT))
    else share.giveBack(offset, count, 0)
    this.events.emit('lockLost', token, count)
  }

  private deadCount(): number {
    const { deadLetter } = this.options
    if (deadLetter === false || this.context.topic(deadLetter) === undefined) return 0
    const { startOffset, endOffset } = this.context.partition(deadLetter, 0)
    return endOffset - startOffset
  }

  private writeSnapshot(ops: OpsWriter): void {
    ops.topic(this.topic.id)
    for (const { id, states } of this.shares) {
      ops.place(id, states.advanceStart(), states.cursor)
      states.runs((first, length, state, count, until) => {
        if (state === ACKNOWLEDGED || state === ARCHIVED) ops.acknowledged(id, first, length)
        else ops.available(id, first, length, count, state === DELAYED ? until : 0)
      })
    }
    this.outcomes.write(ops)
  }

  close(): Promise<void> {
    this.closing ??= this.shut()
    return this.closing
  }

  private async shut(): Promise<void> {
    for (const share of this.shares)
      for (const offset of acquiredBy(share.states, -1)) share.giveBack(offset, share.states.count(offset) - 1, 0)
    this.isClosed = true
    this.dropTimer()
    for (const stop of this.unsubscribe) stop()
    for (const waiter of this.waiters) waiter.give([])
    this.waiters = []
    for (const session of this.sessions.values()) session.abandon()
    this.drainWaiters = []
    try {
      await Promise.allSettled(this.dying)
      await this.log.written()
      await this.trim.close()
    } finally {
      await this.log.close()
    }
  }
}

/** The offsets that the owner holds; -1: that anyone holds. */
function acquiredBy(states: RecordStates, owner: number): number[] {
  const offsets: number[] = []
  if (states.acquired === 0) return offsets
  states.runs((first, length, state) => {
    if (state !== ACQUIRED) return
    for (let offset = first; offset < first + length; offset++) {
      if (owner < 0 || states.lease(offset) % OWNERS_MAX === owner) offsets.push(offset)
    }
  })
  return offsets
}

function nameOf(state: State): Outcome['state'] {
  if (state === ACKNOWLEDGED) return 'acknowledged'
  if (state === ARCHIVED) return 'archived'
  if (state === DELAYED) return 'delayed'
  return state === ACQUIRED || state === DYING ? 'acquired' : 'available'
}
