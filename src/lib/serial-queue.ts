// Runs tasks one at a time, in the order in which they came. A task that has its answer at once is run and answered at once when
// nothing is under way, so that a synchronous storage pays for no promise; everything else waits for its turn.

import { type Awaitable, isPromise } from './awaitable.js'

export class SerialQueue {
  private busy = false
  private readonly waiting: (() => void)[] = []

  /** Whether a task is running. The next one would have to wait. */
  get isBusy(): boolean {
    return this.busy
  }

  /** Runs `task` now when nothing is under way, else after all that came before it. */
  run<T>(task: () => Awaitable<T>): Awaitable<T> {
    if (!this.busy) return this.start(task)
    return new Promise<T>((resolve, reject) => {
      this.waiting.push(() => {
        try {
          resolve(this.start(task))
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  private start<T>(task: () => Awaitable<T>): Awaitable<T> {
    this.busy = true
    let result: Awaitable<T>
    try {
      result = task()
    } catch (error) {
      this.next()
      throw error
    }
    if (!isPromise(result)) {
      this.next()
      return result
    }
    return result.then(
      (value) => {
        this.next()
        return value
      },
      (error: unknown) => {
        this.next()
        throw error
      },
    )
  }

  private next(): void {
    this.busy = false
    this.waiting.shift()?.()
  }
}
