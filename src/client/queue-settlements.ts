// How deliveries are ended, by hand or by a handler's end. All that end in one turn of the event loop share one write of the state
// log, and here one promise: a message costs no promise of its own. What could not be written because there was no room is said again
// until it can be, as long as the lock holds.

import type { QueueSession, Settlement } from '../core/queue-port.js'
import { KafkaliteError } from '../errors.js'
import { isPromise } from '../lib/awaitable.js'
import type { Clock } from '../lib/clock.js'
import type { WorkCount } from './client-context.js'
import type { QueueMessage } from './message.js'

/** The wait before a settlement that could not be written is tried again. Milliseconds. */
const RETRY_MS = 1000

export interface SettlementsHost<V, R> {
  readonly session: QueueSession
  readonly clock: Clock
  readonly work: WorkCount
  /** What is settled is written. `error`: what a handler threw. */
  settled(message: QueueMessage<V, R>, settlement: Settlement, error: unknown): void
  report(error: unknown): void
  /** The queue is closing: nothing is tried again. */
  isClosing(): boolean
}

interface Ending<V, R> {
  readonly message: QueueMessage<V, R>
  readonly settlement: Settlement
  readonly error: unknown
}

/** Those that share a write. */
interface Group<V, R> {
  readonly written: PromiseLike<void>
  readonly endings: Ending<V, R>[]
  readonly done: Promise<void>
}

export class QueueSettlements<V, R> {
  private group: Group<V, R> | null = null

  constructor(private readonly host: SettlementsHost<V, R>) {}

  /** As the receiver asked: rejects with what went wrong, and then the message is still to be settled. */
  async settle(message: QueueMessage<V, R>, settlement: Settlement): Promise<void> {
    const written = this.host.session.settle(message, settlement)
    message.isSettled = true
    try {
      if (isPromise(written)) await written
    } catch (error) {
      if (KafkaliteError.is(error, 'DISK_FULL')) message.isSettled = false
      throw error
    }
    this.host.settled(message, settlement, undefined)
  }

  /** As a handler's end says. Never rejects: what fails is tried again or reported. Many share the promise. */
  finish(message: QueueMessage<V, R>, settlement: Settlement, error?: unknown): Promise<void> {
    let written: PromiseLike<void> | void
    try {
      written = this.host.session.settle(message, settlement)
    } catch (failure) {
      // A lock that was lost has been told of already.
      if (!KafkaliteError.is(failure, 'LOCK_LOST')) this.host.report(failure)
      message.isSettled = true
      return DONE
    }
    message.isSettled = true
    if (!isPromise(written)) {
      this.host.settled(message, settlement, error)
      return DONE
    }
    let { group } = this
    if (group === null || group.written !== written) this.group = group = this.begin(written)
    group.endings.push({ message, settlement, error })
    return group.done
  }

  private begin(written: PromiseLike<void>): Group<V, R> {
    const { work } = this.host
    const endings: Ending<V, R>[] = []
    work.begin()
    const over = (): void => {
      work.end()
      if (this.group?.written === written) this.group = null
    }
    const done = Promise.resolve(
      written.then(
        () => {
          try {
            for (const { message, settlement, error } of endings) this.host.settled(message, settlement, error)
          } finally {
            over()
          }
        },
        (failure: unknown) => this.failed(endings, failure).finally(over),
      ),
    )
    return { written, endings, done }
  }

  private async failed(endings: readonly Ending<V, R>[], failure: unknown): Promise<void> {
    if (KafkaliteError.is(failure, 'CLOSED', 'LOCK_LOST') || this.host.isClosing()) return
    this.host.report(failure)
    if (!KafkaliteError.is(failure) || !failure.retriable) return
    const { clock } = this.host
    await new Promise<void>((resolve) => clock.setTimer(clock.now() + RETRY_MS, resolve, { holds: true }))
    if (this.host.isClosing()) return
    await Promise.all(endings.map(({ message, settlement, error }) => this.again(message, settlement, error)))
  }

  private again(message: QueueMessage<V, R>, settlement: Settlement, error: unknown): Promise<void> {
    try {
      this.host.session.renew(message)
    } catch {
      // The lock ran out meanwhile: the message is another's.
      return DONE
    }
    return this.finish(message, settlement, error)
  }
}

const DONE = Promise.resolve()
