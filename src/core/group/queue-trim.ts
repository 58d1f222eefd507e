// Deletes what was consumed: the start of each partition follows the first record that is not finished. Moving it costs a little, so it
// is done for a thousand records together, or once a second; what stays in between was acknowledged and is never handed out again.

import { type Awaitable, isPromise } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import type { SharePartition } from './share-partition.js'

const TRIM_RECORDS = 1024
const TRIM_EVERY_MS = 1000

export class QueueTrim {
  /** When the rest is to be deleted; Infinity when there is none. */
  dueMs = Infinity
  private lastMs = -Infinity
  private readonly busy = new Set<PromiseLike<void>>()

  constructor(
    private readonly shares: readonly SharePartition[],
    private readonly clock: Clock,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Called after the state that says what is finished was written. */
  run(): void {
    const now = this.clock.now()
    const isTime = now - this.lastMs >= TRIM_EVERY_MS
    let left = false
    for (const share of this.shares) {
      const waiting = share.states.advanceStart() - share.partition.startOffset
      if (waiting <= 0) continue
      if (isTime || waiting >= TRIM_RECORDS) this.trim(share, now)
      else left = true
    }
    this.dueMs = left ? this.lastMs + TRIM_EVERY_MS : Infinity
  }

  /** Deletes all that is finished. */
  async close(): Promise<void> {
    for (const share of this.shares) {
      if (share.states.advanceStart() > share.partition.startOffset) this.trim(share, this.clock.now())
    }
    await Promise.allSettled(this.busy)
  }

  private trim(share: SharePartition, now: number): void {
    this.lastMs = now
    try {
      const done: Awaitable<void> = share.partition.truncateBefore(share.states.start)
      if (!isPromise(done)) return
      this.busy.add(done)
      const over = (): void => void this.busy.delete(done)
      done.then(over, (error: unknown) => {
        over()
        this.onError(error)
      })
    } catch (error) {
      this.onError(error)
    }
  }
}
