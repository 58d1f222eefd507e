// Time that stands still until a test moves it. Seven days of retention, a lock that runs out or a backoff pass in one call,
// and the order of events is the same in every run. Between two timers the event loop gets turns, so that what a timer started
// (promises, file operations, further timers) has happened before the next moment comes.

import type { Clock, Timer } from '../lib/clock.js'
import { KafkaliteError, describe } from '../errors.js'

/** Where a virtual clock begins when nothing is said: 2025-01-01T00:00:00Z. */
const START_MS = 1_735_689_600_000
/** Turns of the event loop given to what a timer started, before time goes on. */
const TURNS = 4

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1000,
  second: 1000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  week: 604_800_000,
}

interface Entry {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** A `Clock` that tests move by hand. */
export class VirtualClock implements Clock {
  private nowMs: number
  private made = 0
  /** By moment, then by the order in which they were set. */
  private readonly entries: Entry[] = []

  /** @param start the first moment: milliseconds since 1970 or a Date; 2025-01-01T00:00:00Z when left out */
  constructor(start: number | Date = START_MS) {
    this.nowMs = typeof start === 'number' ? start : start.getTime()
    if (!Number.isFinite(this.nowMs)) throw new KafkaliteError('INVALID_ARGUMENT', `start must be a moment, got ${describe(start)}`)
  }

  now(): number {
    return this.nowMs
  }

  /** How many timers are set: 0 after a close that left nothing behind. */
  get pending(): number {
    return this.entries.length
  }

  setTimer(atMs: number, run: () => void): Timer {
    const entry: Entry = { atMs, order: this.made++, run }
    this.entries.splice(this.placeOf(entry), 0, entry)
    return {
      cancel: () => {
        const at = this.entries.indexOf(entry)
        if (at >= 0) this.entries.splice(at, 1)
      },
    }
  }

  /**
   * Moves time forward and runs what becomes due, in order, each at its own moment. Timers set on the way run too when they fall
   * due in the span. Resolves when the span has passed and the last timer's work has had its turns.
   * @param by milliseconds, or words: '7 days', '30 seconds', '1 hour', '250 ms'
   * @throws KafkaliteError `INVALID_ARGUMENT` when `by` is negative or not understood
   */
  async advance(by: number | string): Promise<void> {
    const target = this.nowMs + spanMs(by)
    // What the test began just before this call may set a timer only after a turn.
    await this.settle()
    for (;;) {
      const next = this.entries[0]
      if (next === undefined || next.atMs > target) break
      this.entries.shift()
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.run()
      await this.settle()
    }
    this.nowMs = Math.max(this.nowMs, target)
  }

  /** Gives the event loop a few turns without moving time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  }

  private placeOf(entry: Entry): number {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.entries[middle] as Entry).atMs <= entry.atMs) low = middle + 1
      else high = middle
    }
    return low
  }
}

function spanMs(by: number | string): number {
  if (typeof by === 'number') {
    if (by >= 0 && Number.isFinite(by)) return by
    throw new KafkaliteError('INVALID_ARGUMENT', `time moves forward: by must be 0 or more milliseconds, got ${describe(by)}`)
  }
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+?)\s*$/i.exec(by)
  const word = match?.[2]?.toLowerCase() ?? ''
  const unit = UNIT_MS[word] ?? UNIT_MS[word.replace(/s$/, '')]
  if (match === null || unit === undefined) {
    throw new KafkaliteError('INVALID_ARGUMENT', `by must be a number and a unit, as '7 days' or '250 ms', got ${describe(by)}`)
  }
  return Number(match[1]) * unit
}
