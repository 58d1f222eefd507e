// The push way of a queue for handlers that take several messages at a time: one call after the other, each with what is there. What
// the handler did not settle itself is settled by how it ended; the locks of all are renewed while it runs.

import type { AcquireToken } from '../core/queue-port.js'
import { KafkaliteError } from '../errors.js'
import type { Timer } from '../lib/clock.js'
import { EventLoopSlice } from '../lib/event-loop-slice.js'
import { Stopper } from '../lib/stopper.js'
import type { Message, QueueMessage } from './message.js'
import { checkOptions, wholeNumber } from './options-check.js'
import type { Receiver, ReceiverHost } from './receiver.js'
import { UnrecoverableError } from './retry-policy.js'
import { Wakeup } from './wakeup.js'

/** How `processBatch` calls its handler. */
export interface BatchOptions {
  /** How many messages a call gets at most. Default 100 */
  max?: number | undefined
  /** A call that runs longer counts as failed, and its messages are released. Milliseconds. Default: no limit */
  maxHandlerMs?: number | undefined
}

/** Gets messages that were received together, and a signal that aborts when its time is over or the receiver closes. */
export type MessagesHandler<V, R> = (messages: readonly Message<V, R>[], context: { readonly signal: AbortSignal }) => unknown

export function checkBatchOptions(options: BatchOptions | undefined): void {
  checkOptions('processBatch()', options, { max: wholeNumber(1), maxHandlerMs: wholeNumber(1) })
}

export class BatchReceiver<V, R> implements Receiver {
  readonly done: Promise<void>
  private readonly max: number
  private readonly maxHandlerMs: number
  private readonly wakeup = new Wakeup()
  private stopTaking = new Stopper()
  private held: readonly QueueMessage<V, R>[] = []
  private isPaused = false
  private isClosing = false
  private readonly closingSignal = new AbortController()

  constructor(
    private readonly host: ReceiverHost<V, R>,
    private readonly handler: MessagesHandler<V, R>,
    options: BatchOptions | undefined,
  ) {
    this.max = options?.max ?? 100
    this.maxHandlerMs = options?.maxHandlerMs ?? Infinity
    this.done = this.run()
    this.done.catch(() => undefined)
  }

  pause(): void {
    this.isPaused = true
    this.stopTaking.abort()
  }

  resume(): void {
    if (!this.isPaused || this.isClosing) return
    this.isPaused = false
    this.stopTaking = new Stopper()
    this.wakeup.wake()
  }

  async close(): Promise<void> {
    if (!this.isClosing) {
      this.isClosing = true
      this.stopTaking.abort()
      this.closingSignal.abort(new KafkaliteError('CLOSED', 'The receiver is closing'))
      this.wakeup.wake()
    }
    await this.done
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  lost(token: AcquireToken): QueueMessage<V, R> | undefined {
    return this.held.find(
      ({ offset, lease, partition }) => offset === token.offset && lease === token.lease && partition === token.partition,
    )
  }

  private async run(): Promise<void> {
    const slice = new EventLoopSlice(this.host.clock)
    try {
      while (!this.isClosing) {
        if (this.isPaused) await this.wakeup.sleep()
        else await this.once()
        if (slice.isOver) await slice.giveTurn()
      }
    } finally {
      this.host.closed(this)
    }
  }

  private async once(): Promise<void> {
    try {
      this.held = await this.host.receive(this.max, this.stopTaking)
    } catch (error) {
      if (KafkaliteError.is(error, 'CLOSED')) this.isClosing = true
      else await this.afterFailure(error)
      return
    }
    if (this.held.length > 0) await this.handle(this.held)
    this.held = []
  }

  private async handle(messages: readonly QueueMessage<V, R>[]): Promise<void> {
    const limit = new AbortController()
    const signal = AbortSignal.any([limit.signal, this.closingSignal.signal])
    const renewal = this.renewWhile(messages)
    try {
      const work = Promise.resolve(this.handler(messages, { signal }))
      await (this.maxHandlerMs === Infinity ? work : this.within(work, limit))
      await Promise.all(messages.map((message) => (message.isSettled ? undefined : this.host.succeeded(message, undefined as R))))
    } catch (error) {
      const how = error instanceof UnrecoverableError ? 'reject' : this.isClosing ? 'uncounted' : 'release'
      await Promise.all(messages.map((message) => (message.isSettled ? undefined : this.host.failed(message, error, how))))
    } finally {
      renewal.cancel()
    }
  }

  /** The handler's end, or its time is over. */
  private async within(work: Promise<unknown>, limit: AbortController): Promise<void> {
    const { clock } = this.host
    let timer: Timer | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = clock.setTimer(clock.now() + this.maxHandlerMs, () => {
        const error = new KafkaliteError('REQUEST_TIMED_OUT', `The handler ran longer than ${this.maxHandlerMs} ms`)
        limit.abort(error)
        reject(error)
      })
    })
    // What it does after its time is nobody's any more.
    work.catch(() => undefined)
    try {
      await Promise.race([work, late])
    } finally {
      timer?.cancel()
    }
  }

  private renewWhile(messages: readonly QueueMessage<V, R>[]): Timer {
    const { clock, lockMs } = this.host
    let timer: Timer
    const arm = (): void => {
      timer = clock.setTimer(clock.now() + lockMs / 2, () => {
        for (const message of messages) if (!message.isSettled) this.host.keep(message)
        arm()
      })
    }
    arm()
    return { cancel: () => timer.cancel() }
  }

  private async afterFailure(error: unknown): Promise<void> {
    const { clock } = this.host
    this.host.report(error)
    const timer = clock.setTimer(clock.now() + 1000, () => this.wakeup.wake())
    await this.wakeup.sleep()
    timer.cancel()
  }
}
