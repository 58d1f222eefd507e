// A consumer's place in one partition: what was fetched and not yet handed out, up to where records were handed out, up to where
// they are done, and why none may be handed out now. It is made when the partition is assigned and ends when it goes.

import type { TopicPartition } from '../core/cluster.js'
import type { KafkaliteError } from '../errors.js'
import type { LazyRecord } from './consumer-record.js'
import type { FetchedRecords } from './fetched-records.js'
import type { HandlerContext } from './handler-context.js'
import { UnfinishedOffsets } from './unfinished-offsets.js'

/** How far handlers may run ahead of the first record that is not finished. */
const AHEAD_MAX = 10_000

export class PartitionPlace<V = unknown, K = string> implements TopicPartition {
  /** What was fetched; null when all of it was handed out. */
  fetched: FetchedRecords<V, K> | null = null
  /** The next to hand out; -1 until the start is fixed. */
  position = -1
  /** Where reading began, or began anew after a seek. */
  start = -1
  /** Up to here everything that was handed out is done, but for the unfinished ones. */
  settled = -1
  /** What the group has committed; -1 for nothing. */
  committed = -1
  /** Records whose handlers run, wait for a retry, or for another record of their key. */
  readonly unfinished = new UnfinishedOffsets()
  /** Changes with every answer that was taken: an answer to an older request says what is known already. */
  answers = 0
  /** Changes with every seek: what was begun before it counts no more. */
  generation = 0
  paused = false
  /** Records in retry that hold up the partition, and batches in work. */
  holds = 0
  /** The partition is to be given back: nothing more is handed out. */
  revoking = false
  gone = false
  /** Why the partition cannot be read any further, until a seek. */
  failure: KafkaliteError | null = null
  /** Whether the failure was told as an event. */
  failureTold = false
  /** Handlers that run on records of this partition. */
  inWork = 0
  private controller: AbortController | undefined
  private quietWaiters: (() => void)[] = []
  /** What a handler gets at its first attempt. */
  readonly firstAttempt: HandlerContext

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {
    this.firstAttempt = new Attempt(this, 1)
  }

  /** Whether records may be handed out. */
  get isOpen(): boolean {
    return !(this.paused || this.holds > 0 || this.revoking || this.gone) && this.unfinished.size < AHEAD_MAX
  }

  /** Whether the partition should be fetched from. */
  get wantsRecords(): boolean {
    return this.fetched === null && this.position >= 0 && this.failure === null && this.isOpen
  }

  get isFixed(): boolean {
    return this.position >= 0
  }

  /** The offset to commit; -1 as long as the start is not fixed. */
  get committable(): number {
    return this.unfinished.first ?? this.settled
  }

  get isQuiet(): boolean {
    return this.inWork === 0 && this.settled >= this.position
  }

  /** Of the handlers that work on records of this partition. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    return this.controller.signal
  }

  abort(reason: unknown): void {
    this.controller ??= new AbortController()
    this.controller.abort(reason)
  }

  /** Hands out from `offset` next. What was fetched, begun or found wrong before counts no more. */
  moveTo(offset: number): void {
    this.generation++
    this.fetched = null
    this.failure = null
    this.failureTold = false
    this.holds = 0
    this.unfinished.clear()
    this.start = offset
    this.position = offset
    this.settled = offset
    this.wakeIfQuiet()
  }

  /** The partition belongs to others. */
  leave(): void {
    this.gone = true
    this.generation++
    this.fetched = null
    this.unfinished.clear()
    this.settled = this.position
    this.wakeIfQuiet()
  }

  /** What was handed out is done. */
  settle(): void {
    this.settled = this.position
    this.wakeIfQuiet()
  }

  /** A handler has ended. */
  workEnded(): void {
    this.inWork--
    this.wakeIfQuiet()
  }

  /** Adds up to `max` records to `into`. What cannot be decoded any further becomes the place's failure, with what came before taken. */
  take(into: LazyRecord<V, K>[], max: number): number {
    const { fetched } = this
    if (fetched === null) return 0
    const before = into.length
    try {
      fetched.take(into, max)
      if (fetched.done) this.fetched = null
    } catch (error) {
      this.failure = error as KafkaliteError
      this.fetched = null
    }
    return into.length - before
  }

  /** Resolves when no handler runs on the partition and everything that was handed out is settled. */
  quiet(): Promise<void> {
    return this.isQuiet ? Promise.resolve() : new Promise((resolve) => this.quietWaiters.push(resolve))
  }

  private wakeIfQuiet(): void {
    if (this.quietWaiters.length === 0 || !this.isQuiet) return
    const waiters = this.quietWaiters
    this.quietWaiters = []
    for (const resolve of waiters) resolve()
  }
}

/** One try at a record. The signal is made only for handlers that look at it. */
export class Attempt implements HandlerContext {
  constructor(
    private readonly place: { readonly signal: AbortSignal },
    readonly attempt: number,
  ) {}

  get signal(): AbortSignal {
    return this.place.signal
  }
}
