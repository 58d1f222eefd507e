// One timer for all that a queue has to do at a later moment: the earliest is set, and an idle queue has none.

import type { Clock, Timer } from '../../lib/clock.js'

export class QueueTimer {
  private timer: Timer | null = null
  private atMs = Infinity
  private closed = false
  private isHolding = false

  constructor(
    private readonly clock: Clock,
    private readonly run: (now: number) => void,
    /** Whether somebody waits for what the timer brings: the process must not end before. */
    private readonly holds: () => boolean,
  ) {}

  /** Runs at that moment at the latest. */
  wakeAt(atMs: number): void {
    if (atMs >= this.atMs || atMs === Infinity || this.closed) return
    this.timer?.cancel()
    this.atMs = atMs
    this.isHolding = this.holds()
    this.timer = this.clock.setTimer(
      atMs,
      () => {
        this.timer = null
        this.atMs = Infinity
        this.run(this.clock.now())
      },
      { holds: this.isHolding },
    )
  }

  /** Asks anew whether the timer has to keep the process alive. */
  hold(): void {
    const { atMs } = this
    if (this.timer === null || this.isHolding || !this.holds()) return
    this.drop()
    this.wakeAt(atMs)
  }

  drop(): void {
    this.timer?.cancel()
    this.timer = null
    this.atMs = Infinity
  }

  close(): void {
    this.closed = true
    this.drop()
  }
}
