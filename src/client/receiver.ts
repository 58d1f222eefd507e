// The push way of a queue: takes messages ahead, runs the handler on so many at a time, settles each by how its handler ended and
// renews the locks of all it holds. It stops when it is closed: what it did not begin goes back uncounted, what it began is finished.

import type { AcquireToken } from '../core/queue-port.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { Timer } from '../lib/clock.js'
import { KafkaliteError } from '../errors.js'
import { EventLoopSlice } from '../lib/event-loop-slice.js'
import { Intake, type IntakeSource } from './intake.js'
import { noteOf, type QueueMessage } from './message.js'
import { anAbortSignal, checkOptions, wholeNumber } from './options-check.js'
import { UnrecoverableError } from './retry-policy.js'

/** How `process` works on messages. */
export interface ProcessOptions {
  /** How many handlers run at a time. Default 1 */
  concurrency?: number | undefined
  /** How many messages are held ready besides those being worked on. Default: as many as concurrency. */
  prefetch?: number | undefined
  /** A handler that runs longer counts as failed: it is told by `signal`, the message is released, and another takes its place. Milliseconds. Default: no limit */
  maxHandlerMs?: number | undefined
  /** Closes the receiver when it aborts: what runs ends first, and `done` settles. */
  signal?: AbortSignal | undefined
}

/** A handler at work. */
export interface Receiver extends AsyncDisposable {
  /** Settles when the receiver has stopped. Never an unhandled rejection. */
  readonly done: Promise<void>
  /** Takes no more messages; those it holds are worked on. */
  pause(): void
  /** Takes messages again after `pause`. */
  resume(): void
  /** Stops taking, releases what was not begun, waits for the handlers that run. Idempotent. */
  close(): Promise<void>
}

export type MessageHandler<V, R> = (message: QueueMessage<V, R>) => Awaitable<R>

/** The queue that the receiver works for. */
export interface ReceiverHost<V, R> extends IntakeSource<V, R> {
  readonly lockMs: number
  /** Settles as the handler ended; what fails on the way is reported. */
  succeeded(message: QueueMessage<V, R>, result: R): Promise<void>
  failed(message: QueueMessage<V, R>, error: unknown, how: 'release' | 'uncounted' | 'reject'): Promise<void>
  /** Renews the lock; a lock that is lost already is told of elsewhere. */
  keep(message: QueueMessage<V, R>): void
  closed(receiver: Receiver & { lost(token: AcquireToken): QueueMessage<V, R> | undefined }): void
}

export function checkProcessOptions(options: ProcessOptions | undefined): void {
  const rules = { concurrency: wholeNumber(1), prefetch: wholeNumber(0), maxHandlerMs: wholeNumber(1), signal: anAbortSignal }
  checkOptions('process()', options, rules)
}

export class QueueReceiver<V, R> implements Receiver {
  readonly done: Promise<void>
  private readonly concurrency: number
  private readonly holdMax: number
  private readonly maxHandlerMs: number
  private readonly waiting: QueueMessage<V, R>[] = []
  /** With the moment each handler began. */
  private readonly running = new Map<QueueMessage<V, R>, number>()
  /** Settlements under way. */
  private readonly settling = new Set<Promise<void>>()
  /** The one that was last added to them. */
  private tracked: Promise<void> | null = null
  /** The message whose handler was called and has not answered yet. */
  private calling: QueueMessage<V, R> | null = null
  private readonly intake: Intake<V, R>
  private timer: Timer | null = null

  constructor(
    private readonly host: ReceiverHost<V, R>,
    private readonly handler: MessageHandler<V, R>,
    options: ProcessOptions | undefined,
  ) {
    this.concurrency = options?.concurrency ?? 1
    this.holdMax = this.concurrency + (options?.prefetch ?? this.concurrency)
    this.maxHandlerMs = options?.maxHandlerMs ?? Infinity
    this.intake = new Intake(host)
    this.done = this.run()
    this.done.catch(() => undefined)
  }

  pause(): void {
    this.intake.pause()
  }

  resume(): void {
    this.intake.resume()
  }

  async close(): Promise<void> {
    if (this.intake.close()) {
      const closing = new KafkaliteError('CLOSED', 'The receiver is closing')
      for (const message of this.running.keys()) message.abort(closing)
      this.calling?.abort(closing)
    }
    await this.done
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The lock of a delivery ran out: answers the message when a handler works on it here. */
  lost(token: AcquireToken): QueueMessage<V, R> | undefined {
    const isIt = (message: QueueMessage<V, R>): boolean =>
      message.offset === token.offset && message.lease === token.lease && message.partition === token.partition
    const at = this.waiting.findIndex(isIt)
    if (at >= 0) {
      this.waiting.splice(at, 1)
      this.intake.wakeup.wake()
    }
    for (const message of this.running.keys()) if (isIt(message)) return message
    return undefined
  }

  private async run(): Promise<void> {
    const { intake } = this
    const slice = new EventLoopSlice(this.host.clock)
    try {
      while (!intake.isClosing) {
        const free = this.holdMax - this.running.size - this.waiting.length
        if (intake.isPaused || free <= 0) await intake.wakeup.sleep()
        else this.waiting.push(...(await intake.take(free)))
        if (slice.isOver) await slice.giveTurn()
        this.dispatch()
      }
      await this.finish()
    } finally {
      this.timer?.cancel()
      this.timer = null
      this.host.closed(this)
    }
  }

  private dispatch(): void {
    while (this.waiting.length > 0 && this.running.size < this.concurrency && !this.intake.isClosing) {
      this.start(this.waiting.shift() as QueueMessage<V, R>)
    }
    this.renewInTime()
  }

  /** A handler that answers at once takes no place among those that run, and costs a call. */
  private start(message: QueueMessage<V, R>): void {
    this.calling = message
    let result: Awaitable<R>
    try {
      result = this.handler(message)
    } catch (error) {
      return this.failed(message, error)
    } finally {
      this.calling = null
    }
    if (!isPromise(result)) return this.succeeded(message, result)
    this.running.set(message, this.host.clock.now())
    result.then(
      (value) => {
        if (this.ended(message)) this.succeeded(message, value)
        this.dispatch()
      },
      (error: unknown) => {
        if (this.ended(message)) this.failed(message, error)
        this.dispatch()
      },
    )
  }

  private succeeded(message: QueueMessage<V, R>, result: R): void {
    if (!message.isSettled) this.track(this.host.succeeded(message, result))
  }

  private failed(message: QueueMessage<V, R>, error: unknown): void {
    if (message.isSettled) {
      this.host.report(
        new KafkaliteError('INVALID_STATE', `The handler failed after it had settled message ${message.id}`, { cause: error }),
      )
    } else if (error instanceof UnrecoverableError || KafkaliteError.is(error, 'SERDE_FAILED')) {
      this.track(this.host.failed(message, error, 'reject'))
    } else {
      this.track(this.host.failed(message, error, this.intake.isClosing ? 'uncounted' : 'release'))
    }
  }

  /** False when its time was over before: what it does then is nobody's any more. */
  private ended(message: QueueMessage<V, R>): boolean {
    const wasRunning = this.running.delete(message)
    this.intake.wakeup.wake()
    return wasRunning
  }

  private track(work: Promise<void>): void {
    // Those of one turn share a promise.
    if (work === this.tracked) return
    this.tracked = work
    this.settling.add(work)
    const over = (): void => void this.settling.delete(work)
    work.then(over, over)
  }

  /** Half the lock is left when it is renewed: one missed turn of the event loop does no harm. */
  private renewInTime(): void {
    const holds = this.running.size + this.waiting.length > 0
    if (!holds) {
      this.timer?.cancel()
      this.timer = null
    } else if (this.timer === null) {
      const { clock, lockMs } = this.host
      const now = clock.now()
      let atMs = now + lockMs / 2
      // The handler that began first is the first whose time is over.
      for (const since of this.maxHandlerMs === Infinity ? [] : this.running.values()) {
        atMs = Math.min(atMs, since + this.maxHandlerMs)
        break
      }
      this.timer = clock.setTimer(Math.max(atMs, now + 1), () => {
        this.timer = null
        this.renewAll()
        this.dispatch()
      })
    }
  }

  private renewAll(): void {
    const now = this.host.clock.now()
    for (const message of this.waiting) this.host.keep(message)
    for (const [message, since] of [...this.running]) {
      if (now - since < this.maxHandlerMs) {
        if (!message.isSettled) this.host.keep(message)
        continue
      }
      const error = new KafkaliteError('REQUEST_TIMED_OUT', `The handler of message ${message.id} ran longer than ${this.maxHandlerMs} ms`)
      message.abort(error)
      if (this.ended(message)) this.failed(message, error)
    }
  }

  private async finish(): Promise<void> {
    for (const message of this.waiting.splice(0)) this.track(this.host.failed(message, undefined, 'uncounted'))
    while (this.running.size > 0) await this.intake.wakeup.sleep()
    await Promise.all(this.settling)
  }
}

/** How a failed message is settled. */
export function noteFor(error: unknown, how: 'release' | 'uncounted' | 'reject'): ReturnType<typeof noteOf> {
  return noteOf(how === 'reject' ? 'rejected' : 'maxDeliveries', error)
}
