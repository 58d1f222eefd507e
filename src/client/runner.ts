// run() and runBatch(): hands records to a handler. A handler that answers at once costs a call, no more: its records are walked in
// a plain loop. One that answers later holds one of `concurrency` slots. A record that failed waits for its retry without a slot
// and holds up only the records of its key (or its partition, in strict order). Nothing that is not finished is ever committed past.

import { KafkaliteError } from '../errors.js'
import { isPromise } from '../lib/awaitable.js'
import type { Timer } from '../lib/clock.js'
import type { ConsumerEngine } from './consumer-engine.js'
import type { ConsumerRecord, LazyRecord } from './consumer-record.js'
import type { DeadLetters } from './dead-letters.js'
import type { HandlerContext } from './handler-context.js'
import { KeyLanes, laneOf } from './key-lanes.js'
import { Attempt, type PartitionPlace } from './partition-place.js'
import { backoffMs, type RetryPolicy } from './retry-policy.js'

/** Records that wait for a retry or behind one; with more, nothing new is begun. */
const PARKED_MAX = 1000
/** Records taken out of a fetched partition in one go. */
const PORTION = 1024
/** How often the walk looks at the time. A power of two. */
const LOOK_EVERY = 256
/** Between tries to append a dead letter when the append itself fails. */
const DEAD_LETTER_BACKOFF = { type: 'exponential', delayMs: 100, maxMs: 10_000 } as const

export interface RunnerOptions<V, K> {
  readonly engine: ConsumerEngine<V, K>
  /** One record a call, or up to `batchRecords` of one partition. */
  readonly handler: Handler<V, K>
  readonly concurrency: number
  readonly policy: RetryPolicy<ConsumerRecord<V, K>>
  readonly deadLetters: DeadLetters
  readonly random: () => number
}

export type Handler<V, K> =
  | { readonly kind: 'record'; readonly call: (record: ConsumerRecord<V, K>, context: HandlerContext) => unknown }
  | {
      readonly kind: 'batch'
      readonly records: number
      readonly call: (records: readonly ConsumerRecord<V, K>[], context: HandlerContext) => unknown
    }

/** A record, or a batch, that was begun and not finished at once. */
interface Job<V, K> {
  readonly place: PartitionPlace<V, K>
  readonly generation: number
  readonly records: readonly LazyRecord<V, K>[]
  /** The lane of its key; null without one. */
  lane: string | null
  attempts: number
  /** It holds up its partition. */
  holds: boolean
}

export class Runner<V, K> {
  /** Records whose handlers run. */
  private inFlight = 0
  /** Records that wait: for a retry, behind another of their key, or for a slot. */
  private parked = 0
  /** Those among them that may go on as soon as there is a slot. */
  private due: Job<V, K>[] = []
  private readonly lanes = new Map<PartitionPlace<V, K>, { readonly generation: number; readonly lanes: KeyLanes<Job<V, K>> }>()
  private readonly retries = new Map<Timer, Job<V, K>>()
  private portion: LazyRecord<V, K>[] = []
  private at = 0
  private place: PartitionPlace<V, K> | null = null
  private portionGeneration = 0
  private counted = false
  private stopped = false
  private stopError: { readonly error: unknown } | null = null
  /** A handler is on the stack right now. */
  private calling = false

  constructor(private readonly options: RunnerOptions<V, K>) {}

  /** Whether the code that asks runs inside a handler, before its first wait. */
  get isCalling(): boolean {
    return this.calling
  }

  /** Runs until the consumer closes or a record stops it; rejects with the error of that record. Handlers have ended then. */
  async run(): Promise<void> {
    const { engine } = this.options
    try {
      while (!this.hasEnded) {
        const ready = engine.joining()
        if (ready !== null) {
          // After a removal from the group: handlers that run on lost partitions end before the consumer joins again.
          if (this.inFlight > 0) await engine.sleep(false)
          else await ready()
          continue
        }
        if (this.lanes.size > 0) this.sweepLanes()
        if (this.startDue() || this.walk()) {
          if (engine.slice.isOver) await engine.slice.giveTurn()
          continue
        }
        if (this.hasEnded) break
        if (this.hasRoom && (await this.fetch())) continue
        this.countWork(this.inFlight > 0)
        await engine.sleep(this.inFlight === 0)
      }
    } catch (error) {
      this.stopError ??= { error }
    }
    this.stopped = true
    this.cancelRetries()
    while (this.inFlight > 0) await engine.wakeup.sleep()
    this.countWork(false)
    if (this.stopError !== null) throw this.stopError.error
  }

  /** The loop no longer waits for handlers: what they do from now on counts no more. */
  abandon(): void {
    this.stopped = true
    this.inFlight = 0
    this.options.engine.wake()
  }

  private get hasEnded(): boolean {
    const { closing, fatal } = this.options.engine
    if (fatal !== undefined) this.stopError ??= { error: fatal }
    return closing || this.stopError !== null
  }

  private get hasRoom(): boolean {
    return this.inFlight < this.options.concurrency && this.parked < PARKED_MAX
  }

  /** Asks for records. False when there are none now: then a request is left open. */
  private async fetch(): Promise<boolean> {
    const { engine } = this.options
    const fetched = engine.fetchNow()
    if (isPromise(fetched) ? await fetched : fetched) return true
    this.reportFailure()
    engine.listen(this.inFlight === 0 && this.parked === 0)
    return false
  }

  private reportFailure(): void {
    for (const place of this.options.engine.assignment) {
      if (place.failure === null || place.failureTold) continue
      place.failureTold = true
      this.options.engine.news.error(place.failure)
    }
  }

  /** While anything is in work the broker is not idle. */
  private countWork(busy: boolean): void {
    if (busy === this.counted) return
    this.counted = busy
    const { work } = this.options.engine.context
    if (busy) work.begin()
    else work.end()
  }

  // ---- walking over what was fetched

  /** Hands out what is there, as far as slots permit. False when there was nothing to hand out. */
  private walk(): boolean {
    if (!this.hasRoom) return false
    if (!this.hasPortion() && !this.nextPortion()) return false
    this.countWork(true)
    const { engine, handler } = this.options
    engine.handedOut()
    engine.subscription?.polled()
    const place = this.place as PartitionPlace<V, K>
    if (handler.kind === 'batch') this.beginBatch(place)
    else this.walkRecords(place, handler.call)
    engine.committer.progressed()
    return true
  }

  private hasPortion(): boolean {
    const { place } = this
    if (place === null) return false
    if (place.gone || place.revoking || place.generation !== this.portionGeneration) {
      this.place = null
      return false
    }
    if (place.isOpen) return true
    // The partition was paused or is held up: what is left of the portion is read again when it goes on.
    this.putBack(place)
    return false
  }

  private putBack(place: PartitionPlace<V, K>): void {
    place.fetched = null
    this.place = null
  }

  private nextPortion(): boolean {
    const { engine, handler } = this.options
    for (;;) {
      const place = engine.fetcher.next()
      if (place === undefined) return false
      const { fetched } = place
      this.portion = []
      this.at = 0
      place.take(this.portion, handler.kind === 'batch' ? handler.records : PORTION)
      if (this.portion.length > 0) {
        this.place = place
        this.portionGeneration = place.generation
        return true
      }
      // What is left was markers and aborted records: nothing to hand out, but a place to go on from.
      if (fetched !== null) this.moveOver(place, fetched.nextOffset)
    }
  }

  private moveOver(place: PartitionPlace<V, K>, offset: number): void {
    place.position = offset
    place.settled = offset
  }

  private walkRecords(place: PartitionPlace<V, K>, call: (record: ConsumerRecord<V, K>, context: HandlerContext) => unknown): void {
    const { portion } = this
    const { generation, firstAttempt: context } = place
    const laned = this.options.concurrency > 1
    const lanes = this.lanes.get(place)?.lanes
    let { at } = this
    while (at < portion.length) {
      const record = portion[at] as LazyRecord<V, K>
      this.at = ++at
      if (lanes !== undefined && lanes.size > 0 && this.waitsInLane(place, lanes, record)) {
        if (!this.hasRoom || !place.isOpen) return
        continue
      }
      let result: unknown
      this.calling = true
      try {
        result = call(record, context)
      } catch (error) {
        this.calling = false
        if (place.generation !== generation) return
        const job = this.begin(place, [record], laned)
        this.retryOrGiveUp(job, error)
        // The lanes may be new, so the loop is entered anew.
        return
      }
      this.calling = false
      if (place.generation !== generation) return
      if (isPromise(result)) {
        const job = this.begin(place, [record], laned)
        this.follow(job, result)
        return
      }
      place.position = record.offset + 1
      place.settled = record.offset + 1
      if (!place.isOpen || this.hasEnded) return
      if ((at & (LOOK_EVERY - 1)) === 0 && this.options.engine.slice.isOver) return
    }
    this.portionDone(place)
  }

  /** The place moves over what is left out behind the last record, too. */
  private portionDone(place: PartitionPlace<V, K>): void {
    this.place = null
    if (place.fetched !== null && place.generation === this.portionGeneration) this.moveOver(place, place.fetched.nextOffset)
  }

  /** Queues the record up when another of its key is in work. */
  private waitsInLane(place: PartitionPlace<V, K>, lanes: KeyLanes<Job<V, K>>, record: LazyRecord<V, K>): boolean {
    const lane = laneOf(record.keyBytes)
    if (lane === null || !lanes.isBusy(lane)) return false
    this.open(place, [record])
    lanes.wait(lane, { place, generation: place.generation, records: [record], lane, attempts: 0, holds: false })
    this.parked++
    return true
  }

  private beginBatch(place: PartitionPlace<V, K>): void {
    const { portion } = this
    this.portionDone(place)
    const job: Job<V, K> = { place, generation: place.generation, records: portion, lane: null, attempts: 0, holds: true }
    this.open(place, portion)
    // Batches of one partition come one after the other: their records may share keys.
    place.holds++
    this.start(job)
  }

  // ---- records that are not finished at once

  /** From now on the record is not finished, and its key is busy. */
  private begin(place: PartitionPlace<V, K>, records: readonly LazyRecord<V, K>[], laned: boolean): Job<V, K> {
    this.open(place, records)
    const job: Job<V, K> = { place, generation: place.generation, records, lane: null, attempts: 1, holds: false }
    if (laned) this.enterLane(job)
    return job
  }

  private enterLane(job: Job<V, K>): void {
    if (job.lane !== null || this.options.handler.kind === 'batch') return
    job.lane = laneOf((job.records[0] as LazyRecord<V, K>).keyBytes)
    if (job.lane !== null) this.lanesOf(job.place).enter(job.lane)
  }

  private open(place: PartitionPlace<V, K>, records: readonly LazyRecord<V, K>[]): void {
    for (const { offset } of records) place.unfinished.begin(offset)
    const last = records[records.length - 1] as LazyRecord<V, K>
    place.position = Math.max(place.position, last.offset + 1)
    place.settled = place.position
  }

  private lanesOf(place: PartitionPlace<V, K>): KeyLanes<Job<V, K>> {
    let entry = this.lanes.get(place)
    if (entry?.generation !== place.generation) {
      if (entry !== undefined) this.parked -= entry.lanes.clear().length
      entry = { generation: place.generation, lanes: new KeyLanes() }
      this.lanes.set(place, entry)
    }
    return entry.lanes
  }

  /** What waits in the lanes of partitions that have gone, or that were moved by a seek, waits for nothing. */
  private sweepLanes(): void {
    for (const [place, { generation, lanes }] of this.lanes) {
      if (!place.gone && place.generation === generation) continue
      this.parked -= lanes.clear().length
      this.lanes.delete(place)
    }
  }

  /** Starts jobs that wait for a slot. False when there were none, or no slot. */
  private startDue(): boolean {
    if (this.due.length === 0 || this.inFlight >= this.options.concurrency) return false
    while (this.due.length > 0 && this.inFlight < this.options.concurrency && !this.hasEnded) {
      const job = this.due.shift() as Job<V, K>
      this.parked--
      if (this.isCurrent(job) && !job.place.revoking) this.start(job)
    }
    this.options.engine.committer.progressed()
    return true
  }

  private start(job: Job<V, K>): void {
    const { handler } = this.options
    job.attempts++
    const context = job.attempts === 1 ? job.place.firstAttempt : new Attempt(job.place, job.attempts)
    let result: unknown
    this.calling = true
    try {
      result = handler.kind === 'batch' ? handler.call(job.records, context) : handler.call(job.records[0] as LazyRecord<V, K>, context)
    } catch (error) {
      this.calling = false
      this.retryOrGiveUp(job, error)
      return
    }
    this.calling = false
    if (isPromise(result)) this.follow(job, result)
    else this.finish(job)
  }

  private follow(job: Job<V, K>, result: PromiseLike<unknown>): void {
    this.inFlight++
    job.place.inWork++
    result.then(
      () => this.ended(job, () => this.finish(job)),
      (error: unknown) => this.ended(job, () => this.retryOrGiveUp(job, error)),
    )
  }

  private ended(job: Job<V, K>, settle: () => void): void {
    this.inFlight = Math.max(0, this.inFlight - 1)
    if (!this.options.engine.closing) this.options.engine.subscription?.polled()
    try {
      settle()
    } finally {
      job.place.workEnded()
      this.options.engine.committer.progressed()
      this.options.engine.wake()
    }
  }

  /** Whether what becomes of the job still counts: not after a seek, nor when the partition has gone. */
  private isCurrent(job: Job<V, K>): boolean {
    return !job.place.gone && job.place.generation === job.generation
  }

  private finish(job: Job<V, K>): void {
    if (!this.isCurrent(job)) return
    for (const { offset } of job.records) job.place.unfinished.finish(offset)
    this.letGo(job)
  }

  /** What waited for the job may go on. */
  private letGo(job: Job<V, K>): void {
    if (job.holds) {
      job.holds = false
      job.place.holds--
    }
    if (job.lane === null) return
    const next = this.lanesOf(job.place).leave(job.lane)
    // The next of the key is counted as parked already.
    if (next !== undefined) this.due.push(next)
  }

  private retryOrGiveUp(job: Job<V, K>, error: unknown): void {
    const { engine, policy } = this.options
    if (!this.isCurrent(job)) return
    // A handler that gave up because it was told to has not failed; its record comes again.
    if (this.stopped || engine.closing || job.place.revoking) return
    const record = job.records[0] as LazyRecord<V, K>
    try {
      const waitMs = policy.retryInMs(job.attempts, error)
      if (waitMs === null) {
        this.giveUp(job, error)
        return
      }
      engine.news.retry(error, record)
      if (policy.strictOrder) this.hold(job)
      // With one handler at a time nothing of its key can have begun since, so its lane is needed only now.
      this.enterLane(job)
      this.later(job, waitMs, () => {
        this.due.push(job)
      })
    } catch (mistake) {
      // A backoff or a decision of the user's own that throws: going on would swallow the record.
      this.stop(mistake)
    }
  }

  private hold(job: Job<V, K>): void {
    if (job.holds) return
    job.holds = true
    job.place.holds++
  }

  private later(job: Job<V, K>, waitMs: number, then: () => void): void {
    const { clock, wakeup } = this.options.engine
    this.parked++
    const timer = clock.setTimer(
      clock.now() + waitMs,
      () => {
        this.retries.delete(timer)
        if (this.isCurrent(job)) then()
        else this.parked--
        wakeup.wake()
      },
      { holds: true },
    )
    this.retries.set(timer, job)
  }

  private giveUp(job: Job<V, K>, error: unknown): void {
    const dead: LazyRecord<V, K>[] = []
    for (const record of job.records) {
      const outcome = this.options.policy.outcome(error, record)
      if (outcome === 'stop') {
        this.stop(error)
        return
      }
      if (outcome === 'deadLetter') dead.push(record)
    }
    if (dead.length === 0) this.finish(job)
    else this.bury(job, dead, error, 1)
  }

  /** Appends dead letters; the job is finished when they are acknowledged. It counts as in work, so that its partition waits for it. */
  private bury(job: Job<V, K>, dead: LazyRecord<V, K>[], error: unknown, attempt: number): void {
    const { engine } = this.options
    if (this.options.policy.strictOrder) this.hold(job)
    this.inFlight++
    job.place.inWork++
    const burying = this.buryAll(job, dead, error)
    burying.then(
      () => this.ended(job, () => this.finish(job)),
      (failure: unknown) =>
        this.ended(job, () => {
          engine.news.error(failure)
          if (!this.isCurrent(job) || this.stopped || engine.closing) return
          this.later(job, backoffMs(DEAD_LETTER_BACKOFF, attempt, failure, this.options.random), () => {
            this.parked--
            this.bury(job, dead, error, attempt + 1)
          })
        }),
    )
  }

  private async buryAll(job: Job<V, K>, dead: LazyRecord<V, K>[], error: unknown): Promise<void> {
    for (let record = dead[0]; record !== undefined; record = dead[0]) {
      await this.options.deadLetters.append(record as ConsumerRecord<unknown, unknown>, error, job.attempts)
      dead.shift()
      this.options.engine.news.deadLettered(error, record)
    }
  }

  private stop(error: unknown): void {
    this.stopError ??= { error }
    this.options.engine.wake()
  }

  private cancelRetries(): void {
    for (const timer of this.retries.keys()) timer.cancel()
    this.retries.clear()
  }
}

/** Says why a second way of reading is refused. */
export function secondWay(first: string, second: string): KafkaliteError {
  return new KafkaliteError(
    'INVALID_STATE',
    `A consumer is read in one way: this one uses ${first}, so ${second} is refused; make another consumer for it`,
  )
}
