// Keeps the promise of the flush level after an append: nothing to do at 'os', one timer for all while something is unsynced at
// 'interval', a sync before the answer at 'always'. The storage shares the work of syncs that are asked for at the same time.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { Clock, Timer } from '../lib/clock.js'
import type { LogStore, Storage } from '../storage/storage.js'
import type { Flush } from './topic-config.js'

export class Flusher {
  private timer: Timer | null = null
  /** Logs that the timer syncs; nobody asked for others. */
  private readonly due = new Set<LogStore>()
  private allDue = false
  private closed = false

  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly onError: (error: KafkaliteError) => void,
  ) {}

  /** Settles when what was appended to `log` before the call, or to any log when none is given, is as safe as `level` promises. */
  settle(level: Flush, log?: LogStore): Awaitable<void> {
    if (level === 'always') return this.storage.sync(log)
    if (level === 'interval' && !this.closed) {
      if (log === undefined) this.allDue = true
      else this.due.add(log)
      this.timer ??= this.clock.setTimer(this.clock.now() + this.intervalMs, () => this.syncNow())
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
    const logs: readonly (LogStore | undefined)[] = this.allDue ? [undefined] : [...this.due]
    this.due.clear()
    this.allDue = false
    let told = false
    const tell = (error: unknown): void => {
      if (!told) this.report(error)
      told = true
    }
    try {
      for (const log of logs) {
        const done = this.storage.sync(log)
        if (isPromise(done)) done.then(undefined, tell)
      }
    } catch (error) {
      tell(error)
    }
  }

  private report(error: unknown): void {
    if (this.closed) return
    this.onError(
      error instanceof KafkaliteError ? error : new KafkaliteError('STORAGE_FAILED', 'The background sync failed', { cause: error }),
    )
  }
}
