// Hands out records to those who wait for them, one after the other: which partition is next, how many may go, and that their counts
// are written before anyone sees them.

import { type Awaitable, chain, isPromise } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { nextTurn } from '../../lib/event-loop-slice.js'
import type { AcquiredBatch, QueuePortOptions } from '../queue-port.js'
import type { QueueLog } from './queue-log.js'
import type { OpsWriter } from './queue-ops.js'
import { type Delivery, RateWindow } from './queue-rate.js'
import { OWNERS_MAX } from './queue-session.js'
import { QueueWaiter, type WaiterOptions } from './queue-waiters.js'
import { ACQUIRED } from './record-state.js'
import type { SharePartition, Taking } from './share-partition.js'

/** One in so many deliveries goes to the less urgent levels, so that they do not starve. */
const LOWER_EVERY = 32
const IN_FLIGHT_MAX = 2000

export interface QueueServerOptions {
  readonly clock: Clock
  readonly shares: readonly SharePartition[]
  readonly options: QueuePortOptions
  readonly log: QueueLog
  readonly isPaused: (owner: number) => boolean
  readonly wakeAt: (atMs: number) => void
  /** What has to be done first, if anything. */
  readonly before: () => Promise<void> | null
  readonly report: (error: unknown) => void
  /** What was handed out before a restart. */
  readonly deliveries: readonly Delivery[]
}

export class QueueServer {
  private waiters: QueueWaiter[] = []
  private serving = false
  private again = false
  private closed = false
  private turn = 0
  private taken = 0
  private deliveries = 0
  /** Somebody got less than there was because too many were in flight. */
  private isFull = false
  private readonly rate: RateWindow | null
  /** When the rate lets the next one go. */
  private freeMs = Infinity
  private readonly levels: number

  constructor(private readonly given: QueueServerOptions) {
    const { rateLimit, priorities } = given.options
    this.rate = rateLimit !== undefined && rateLimit.per !== 'key' ? new RateWindow(rateLimit) : null
    for (const { key, atMs, count } of given.deliveries) {
      if (key === undefined) for (let i = 0; i < count; i++) this.rate?.add(atMs)
    }
    this.levels = priorities ?? 1
  }

  /** When the rate lets one go to those who wait; Infinity when it holds nobody up. */
  get dueMs(): number {
    return this.waiters.length > 0 && this.freeMs > this.given.clock.now() ? this.freeMs : Infinity
  }

  get isWaitedFor(): boolean {
    return this.waiters.length > 0
  }

  /** Whether records that were settled make room for others. */
  get hungers(): boolean {
    return this.isFull && this.waiters.length > 0
  }

  wait(options: WaiterOptions): Promise<readonly AcquiredBatch[]> {
    const waiter = new QueueWaiter(options, this.given.clock)
    if (!waiter.isOver) {
      this.waiters.push(waiter)
      this.serve()
    }
    return waiter.promise
  }

  /** Hands out what there is to those who wait. */
  serve(): void {
    if (this.waiters.length === 0 || this.closed) return
    if (this.serving) {
      this.again = true
      return
    }
    this.serving = true
    this.serveAll().then(this.served, (error: unknown) => {
      this.waiters.shift()?.fail(error)
      this.given.report(error)
      this.served()
    })
  }

  private readonly served = (): void => {
    this.serving = false
    if (this.again) this.serve()
  }

  /** Ends the waiting of one session, or of all. */
  dismiss(owner?: number): void {
    if (owner === undefined) this.closed = true
    for (const waiter of this.waiters) if (owner === undefined || waiter.options.owner === owner) waiter.give([])
    this.waiters = this.waiters.filter(({ isOver }) => !isOver)
  }

  private async serveAll(): Promise<void> {
    do {
      this.again = false
      this.waiters = this.waiters.filter((waiter) => !waiter.isOver)
      // Those who want records of some partitions only, of which there are none.
      const starved = new Set<QueueWaiter>()
      while (this.waiters.length > 0 && !this.closed) {
        const waiter = this.waiters.find((one) => !one.isOver && !starved.has(one) && !this.given.isPaused(one.options.owner))
        if (waiter === undefined) {
          this.dismissImpatient()
          break
        }
        const before = this.given.before()
        if (before !== null) await before
        const taking = this.take(waiter.options)
        const taken = isPromise(taking) ? await taking : taking
        if (taken.length === 0) {
          if (waiter.options.maxWaitMs <= 0) waiter.give([])
          else if (waiter.options.partitions === undefined) break
          else {
            starved.add(waiter)
            continue
          }
        }
        const place = this.waiters.indexOf(waiter)
        if (place >= 0) this.waiters.splice(place, 1)
        if (taken.length > 0) this.deliver(waiter, taken)
      }
    } while (this.again)
    for (const waiter of this.waiters) waiter.arm()
  }

  /** A receiver that does not want to wait has its answer also while the queue is paused. */
  private dismissImpatient(): void {
    for (const waiter of this.waiters) if (waiter.options.maxWaitMs <= 0) waiter.give([])
  }

  private take({ max, owner, partitions, maxBytes = Infinity, wholeBatches }: WaiterOptions): Awaitable<readonly AcquiredBatch[]> {
    const now = this.given.clock.now()
    const room = this.room(now)
    const left = Math.min(max, room)
    if (left <= 0) return []
    const beyond = wholeBatches === true ? room - left : 0
    const lockedUntil = now + this.given.options.lockMs
    const lease = this.deliveries++ * OWNERS_MAX + owner
    const taking: Taking = { left, beyond, bytesLeft: maxBytes, partitions: partitions ?? null, now, lease, lockedUntil, taken: [] }
    return chain(this.levels === 1 ? this.takeLevel(0, taking) : this.takeLevels(taking), () => this.took(taking))
  }

  private took({ now, lockedUntil, taken }: Taking): readonly AcquiredBatch[] {
    const count = countOf(taken)
    this.taken += count
    if (count > 0) this.given.wakeAt(lockedUntil)
    if (this.rate !== null && count > 0) {
      for (let i = 0; i < count; i++) this.rate.add(now)
      this.given.log.ops.delivered(now, count, undefined)
    }
    return taken
  }

  /** For a snapshot. */
  write(ops: OpsWriter): void {
    this.rate?.write(ops, undefined, this.given.clock.now())
  }

  /** How many may be handed out now; when there is no room because of the rate, the timer brings the next moment. */
  private room(now: number): number {
    let acquired = 0
    for (const { states } of this.given.shares) acquired += states.acquired
    const free = (this.given.options.maxInFlight ?? IN_FLIGHT_MAX) - acquired
    this.isFull = free <= 0
    if (this.rate === null) return free
    const room = this.rate.room(now)
    this.freeMs = room > 0 ? Infinity : this.rate.freeMs(now)
    this.given.wakeAt(this.freeMs)
    return Math.min(free, room)
  }

  /** The most urgent level first, but for a few that begin with the least urgent one. */
  private async takeLevels(taking: Taking): Promise<void> {
    const { left } = taking
    let lower = Math.floor((this.taken + left) / LOWER_EVERY) - Math.floor(this.taken / LOWER_EVERY)
    for (let level = this.levels - 1; level > 0 && lower > 0; level--) {
      taking.left = lower
      await this.takeLevel(level, taking)
      lower = taking.left
    }
    taking.left = left - countOf(taking.taken)
    for (let level = 0; level < this.levels && taking.left > 0; level++) await this.takeLevel(level, taking)
  }

  /** From the partitions of a level in turns. */
  private takeLevel(level: number, taking: Taking): Awaitable<void> {
    const { shares } = this.given
    const count = shares.length / this.levels
    if (count > 1) return this.takeInTurns(level, count, taking)
    const share = shares[level] as SharePartition
    return taking.partitions?.has(share.id) === false ? undefined : share.take(taking)
  }

  private async takeInTurns(level: number, count: number, taking: Taking): Promise<void> {
    const { shares } = this.given
    const first = this.turn++
    for (let i = 0; i < count && taking.left > 0 && taking.bytesLeft > 0; i++) {
      const share = shares[level * count + ((first + i) % count)] as SharePartition
      if (taking.partitions?.has(share.id) === false) continue
      const took = share.take(taking)
      if (isPromise(took)) await took
    }
  }

  /** The counts are written before the receiver sees the records: a receiver that kills the process has been counted. */
  private deliver(waiter: QueueWaiter, taken: readonly AcquiredBatch[]): void {
    this.given.log.written().then(
      () => {
        // The sync that wrote the counts has answered senders too. They go first: the disk is at work on what they send while handlers run.
        if (this.given.log.isSynced) void nextTurn().then(() => this.give(waiter, taken))
        else this.give(waiter, taken)
      },
      (error: unknown) => {
        this.giveBack(taken)
        waiter.fail(error)
      },
    )
  }

  private give(waiter: QueueWaiter, taken: readonly AcquiredBatch[]): void {
    if (!waiter.give(taken)) this.giveBack(taken)
  }

  private giveBack(taken: readonly AcquiredBatch[]): void {
    for (const { partition, offsets, lease } of taken) {
      const share = this.given.shares[partition] as SharePartition
      for (const offset of offsets) {
        if (share.states.state(offset) !== ACQUIRED || share.states.lease(offset) !== lease) continue
        share.giveBack(offset, share.states.count(offset) - 1, 0)
      }
    }
    this.serve()
  }
}

function countOf(taken: readonly AcquiredBatch[]): number {
  return taken.reduce((sum, { offsets }) => sum + offsets.length, 0)
}
