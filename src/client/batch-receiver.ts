// The push way of a queue for handlers that take several messages at a time: one call after the other, each with what is there. What
// the handler did not settle itself is settled by how it ended; the locks of all are renewed while it runs.

import type { AcquireToken } from '../core/queue-port.js'
import { KafkaliteError } from '../errors.js'
import type { Timer } from '../lib/clock.js'
import { EventLoopSlice } from '../lib/event-loop-slice.js'
import { Intake } from './intake.js'
import type { Message, QueueMessage } from './message.js'
import { anAbortSignal, checkOptions, wholeNumber } from './options-check.js'
import type { Receiver, ReceiverHost } from './receiver.js'
import { UnrecoverableError } from './retry-policy.js'

/** How `processBatch` calls its handler. */
export interface BatchOptions {
  /** How many messages a call gets at most. Default 100 */
  max?: number | undefined
  /** A call that runs longer counts as failed, and its messages are released. Milliseconds. Default: no limit */
  maxHandlerMs?: number | undefined
  /** Closes the receiver when it aborts: the call that runs ends first, and `done` settles. */
  signal?: AbortSignal | undefined
}

/** Gets messages that were received together, and a signal that aborts when its time is over or the receiver closes. */
export type MessagesHandler<V, R> = (messages: readonly Message<V, R>[], context: { readonly signal: AbortSignal }) => unknown

export function checkBatchOptions(options: BatchOptions | undefined): void {
  checkOptions('processBatch()', options, { max: wholeNumber(1), maxHandlerMs: wholeNumber(1), signal: anAbortSignal })
}

export class BatchReceiver<V, R> implements Receiver {
  readonly done: Promise<void>
  private readonly max: number
  private readonly maxHandlerMs: number
  private readonly intake: Intake<V, R>
  private held: readonly QueueMessage<V, R>[] = []
  private readonly closingSignal = new AbortController()

  constructor(
    private readonly host: ReceiverHost<V, R>,
    private readonly handler: MessagesHandler<V, R>,
    options: BatchOptions | undefined,
  ) {
    this.max = options?.max ?? 100
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
    if (this.intake.close()) this.closingSignal.abort(new KafkaliteError('CLOSED', 'The receiver is closing'))
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
    const { intake } = this
    const slice = new EventLoopSlice(this.host.clock)
    try {
      while (!intake.isClosing) {
        if (intake.isPaused) await intake.wakeup.sleep()
        else await this.once()
        if (slice.isOver) await slice.giveTurn()
      }
    } finally {
      this.host.closed(this)
    }
  }

  private async once(): Promise<void> {
    this.held = await this.intake.take(this.max)
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
      const how = error instanceof UnrecoverableError ? 'reject' : this.intake.isClosing ? 'uncounted' : 'release'
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
}
