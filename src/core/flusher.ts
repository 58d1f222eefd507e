// Keeps the promise of the flush level after an append: nothing to do at 'os', one timer for all while something is unsynced at
// 'interval', a sync before the answer at 'always'. The storage shares the work of syncs that are asked for at the same time.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { Clock, Timer } from '../lib/clock.js'
import type { Storage } from '../storage/storage.js'
import type { Flush } from './topic-config.js'

export class Flusher {
  private timer: Timer | null = null
  private closed = false

  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly onError: (error: KafkaliteError) => void,
  ) {}

  /** Settles when what was appended before the call is as safe as `level` promises. */
  settle(level: Flush): Awaitable<void> {
    if (level === 'always') return this.storage.sync()
    if (level === 'interval' && this.timer === null && !this.closed) {
      this.timer = this.clock.setTimer(this.clock.now() + this.intervalMs, () => this.syncNow())
    }
    return undefined
  }

  /** No timer is left behind; what is unsynced is synced when the storage is closed. */
  close(): void {
    this.closed = true
    this.timer?.cancel()
    this.timer = null
  }

  private syncNow(): void {
    this.timer = null
    try {
      const done = this.storage.sync()
      if (isPromise(done)) done.then(undefined, (error: unknown) => this.report(error))
    } catch (error) {
      this.report(error)
    }
  }

  private report(error: unknown): void {
    if (this.closed) return
    this.onError(
      error instanceof KafkaliteError ? error : new KafkaliteError('STORAGE_FAILED', 'The background sync failed', { cause: error }),
    )
  }
}
