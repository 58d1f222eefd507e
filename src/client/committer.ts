// Commits what is done: at the latest after autoCommitIntervalMs, when partitions go, and at the end. There is a timer only while
// there is something to commit, and one commit at a time, so that a later one is never overtaken by an earlier one.

import type { OffsetToCommit } from '../core/cluster.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { Clock, Timer } from '../lib/clock.js'

export interface CommitterHost {
  readonly clock: Clock
  readonly intervalMs: number
  /** Whether to commit by itself at all. */
  readonly auto: boolean
  /** What is done and not committed. */
  uncommitted(): OffsetToCommit[]
  /** Takes the commit to the cluster. */
  send(offsets: readonly OffsetToCommit[]): Awaitable<void>
  /** The cluster has taken it. */
  sent(offsets: readonly OffsetToCommit[]): void
  /** A commit that nobody waits for failed. */
  failed(error: unknown): void
}

export class Committer {
  /** While somebody waits for the group to catch up, commits are not put off. */
  eager = false
  private timer: Timer | null = null
  /** The last commit under way. */
  private last: Promise<void> | null = null
  private closed = false

  constructor(private readonly host: CommitterHost) {}

  /** Something was done. Cheap: it is called for every portion of records. */
  progressed(): void {
    if (this.timer !== null || !this.host.auto || this.closed) return
    if (this.eager) {
      this.commitSoon()
      return
    }
    this.timer = this.host.clock.setTimer(
      this.host.clock.now() + this.host.intervalMs,
      () => {
        this.timer = null
        this.commitSoon()
      },
      { holds: true },
    )
  }

  /** While `eager`, what is done is committed at once instead of after the interval. */
  hurry(eager: boolean): void {
    this.eager = eager
    if (eager && this.host.auto && !this.closed) this.commitSoon()
  }

  /** Commits what is done, now; a failure is reported, and tried again after the interval. */
  commitSoon(): void {
    void this.commitDone().catch((error: unknown) => {
      this.host.failed(error)
      if (this.timer === null && !this.closed && this.host.uncommitted().length > 0) this.commitLater()
    })
  }

  private commitLater(): void {
    this.timer = this.host.clock.setTimer(this.host.clock.now() + this.host.intervalMs, () => {
      this.timer = null
      this.commitSoon()
    })
  }

  /** Commits what is done and waits for it. */
  async commitDone(): Promise<void> {
    this.stopTimer()
    while (this.last !== null) await this.last.catch(() => {})
    const offsets = this.host.uncommitted()
    if (offsets.length > 0) await this.commit(offsets)
  }

  /** Commits these offsets, after the commits before. */
  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    while (this.last !== null) await this.last.catch(() => {})
    const sending = this.host.send(offsets)
    if (isPromise(sending)) {
      const promise = Promise.resolve(sending).finally(() => {
        this.last = null
      })
      this.last = promise
      await promise
    }
    this.host.sent(offsets)
  }

  /** Resolves when no commit is under way. */
  async settled(): Promise<void> {
    while (this.last !== null) await this.last.catch(() => {})
  }

  close(): void {
    this.closed = true
    this.stopTimer()
  }

  private stopTimer(): void {
    this.timer?.cancel()
    this.timer = null
  }
}
