// Makes appends durable, many callers at a time. While one sync is at work the next gathers: all who ask meanwhile share it. Only what
// was written since the last sync is synced. After a failure nothing is tried again, because the kernel may have dropped the
// pages that it could not write and would answer the second sync with a lie.

import type { Awaitable } from '../../lib/awaitable.js'

/** One piece of durable work of a log. */
export interface SyncWork {
  run(): Promise<void>
}

/** What one log has to make durable, and what it does when that is done. */
export interface SyncJob {
  readonly work: readonly SyncWork[]
  done(): void
}

/** A log as the group sync sees it. */
export interface SyncLog {
  /** Takes what has to be synced: everything, or only segments that are not written any more. */
  takeSyncJob(all: boolean): SyncJob
}

/** How many syncs may occupy the thread pool at once; its four threads also serve everybody else in the process. */
const LANES = 2

export class GroupSync {
  private readonly dirty = new Set<SyncLog>()
  private readonly rolled = new Set<SyncLog>()
  private running: Promise<void> | null = null
  private next: Promise<void> | null = null

  /**
   * @param fail called once with what went wrong; later syncs are refused by the caller
   * @param before what must be durable with everything, e.g. the names of new folders
   */
  constructor(
    private readonly fail: (error: unknown) => Error,
    private readonly before: () => Promise<void>,
  ) {}

  /** Notes that the log has something to sync. */
  note(log: SyncLog): void {
    this.dirty.add(log)
  }

  /** Syncs the finished segments of a log in the background. */
  noteRoll(log: SyncLog): void {
    this.rolled.add(log)
    if (this.running === null) this.start(false).catch(ignore)
  }

  forget(log: SyncLog): void {
    this.dirty.delete(log)
    this.rolled.delete(log)
  }

  /** Settles when all that was noted before the call is durable. */
  sync(): Awaitable<void> {
    if (this.running === null) return this.dirty.size === 0 ? undefined : this.start(true)
    if (this.next === null && this.dirty.size === 0) return this.running
    const again = (): Promise<void> => {
      this.next = null
      return this.start(true)
    }
    // A failure of the running one fails the next as well: it is remembered by `fail`.
    this.next ??= this.running.then(again)
    return this.next
  }

  /** Settles when nothing is at work, whatever came of it. */
  async idle(): Promise<void> {
    while (this.running !== null) await (this.next ?? this.running).catch(ignore)
  }

  private start(all: boolean): Promise<void> {
    const logs = all ? [...this.dirty] : [...this.rolled]
    if (all) this.dirty.clear()
    this.rolled.clear()
    const running = this.run(logs, all).finally(() => {
      if (this.running === running) this.running = null
      if (this.running === null && this.next === null && this.rolled.size > 0) this.start(false).catch(ignore)
    })
    this.running = running
    return running
  }

  private async run(logs: readonly SyncLog[], all: boolean): Promise<void> {
    try {
      await this.before()
      const jobs = logs.map((log) => log.takeSyncJob(all))
      const queue = jobs.flatMap((job) => job.work)
      const lane = async (): Promise<void> => {
        for (let work = queue.shift(); work !== undefined; work = queue.shift()) await work.run()
      }
      await Promise.all(Array.from({ length: Math.min(LANES, queue.length) }, lane))
      for (const job of jobs) job.done()
    } catch (error) {
      throw this.fail(error)
    }
  }
}

function ignore(): void {
  // Whoever waits for the sync hears of it; the storage has taken note.
}
