// Counts what is under way, so that `idle()` can say when nothing is. What is done at once is never counted.

import { type Awaitable, isPromise } from '../lib/awaitable.js'

export class WorkInProgress {
  private count = 0
  private waiting: (() => void)[] = []

  /** The same answer; counted while it is a promise that has not settled. */
  track<T>(answer: Awaitable<T>): Awaitable<T> {
    if (!isPromise(answer)) return answer
    this.begin()
    answer.then(
      () => this.end(),
      () => this.end(),
    )
    return answer
  }

  begin(): void {
    this.count++
  }

  end(): void {
    this.count--
    if (this.count > 0) return
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves when nothing is counted, at once or later. */
  async idle(): Promise<void> {
    while (this.count > 0) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }
}
