// Who waits for records, in the order in which they asked. A waiter leaves when it is served, when its time is over or when its signal
// aborts; after that nothing of it stays, no timer and no listener.

import type { Clock, Timer } from '../../lib/clock.js'
import type { AcquiredBatch, AcquireOptions } from '../queue-port.js'

const NOTHING: readonly AcquiredBatch[] = []

export interface WaiterOptions extends AcquireOptions {
  /** Whose records these will be. */
  readonly owner: number
}

export class QueueWaiter {
  readonly promise: Promise<readonly AcquiredBatch[]>
  /** Served, or no longer waiting. */
  isOver = false
  private resolve: (batches: readonly AcquiredBatch[]) => void = () => undefined
  private reject: (error: unknown) => void = () => undefined
  private timer: Timer | null = null
  private untilMs = Infinity
  private readonly abort = (): void => void this.give(NOTHING)

  constructor(
    readonly options: WaiterOptions,
    private readonly clock: Clock,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    const { maxWaitMs, signal } = options
    if (signal?.aborted === true) this.give(NOTHING)
    else {
      signal?.addEventListener('abort', this.abort)
      if (maxWaitMs !== Infinity) this.untilMs = clock.now() + maxWaitMs
    }
  }

  /** There is nothing for it now: from here on its time runs. Most are served before, and cost no timer. */
  arm(): void {
    if (this.timer === null && this.untilMs !== Infinity && !this.isOver) {
      this.timer = this.clock.setTimer(this.untilMs, this.abort, { holds: true })
    }
  }

  /** Answers the waiter; false when it no longer waits. */
  give(batches: readonly AcquiredBatch[]): boolean {
    if (this.isOver) return false
    this.end()
    this.resolve(batches)
    return true
  }

  fail(error: unknown): void {
    if (this.isOver) return
    this.end()
    this.reject(error)
  }

  private end(): void {
    this.isOver = true
    this.timer?.cancel()
    this.options.signal?.removeEventListener('abort', this.abort)
  }
}
