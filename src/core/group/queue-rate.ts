// At most so many deliveries within any span of so many milliseconds, for the queue or for each key of it. The moments of the last
// deliveries stand in a ring, so no span, wherever it begins, holds more. They are
// in the state log too, so a restart in the middle of a span changes nothing.

import type { OpsWriter } from './queue-ops.js'

export interface RateLimit {
  readonly max: number
  readonly perMs: number
  /** For the whole queue, or for each key by itself. 'queue' */
  readonly per?: 'queue' | 'key' | undefined
}

/** What the state log says of deliveries; without a key: of the queue. */
export interface Delivery {
  readonly key: string | undefined
  readonly atMs: number
  readonly count: number
}

/** The moments of the last `max` deliveries. */
export class RateWindow {
  private readonly moments: number[] = []
  private next = 0

  constructor(private readonly limit: RateLimit) {}

  /** Says for a snapshot what was handed out within the last span. */
  write(ops: OpsWriter, key: string | undefined, now: number): void {
    const { moments } = this
    for (let i = 0; i < moments.length; ) {
      const atMs = moments[(this.next + i) % moments.length] as number
      let count = 1
      while (i + count < moments.length && moments[(this.next + i + count) % moments.length] === atMs) count++
      if (now - atMs < this.limit.perMs) ops.delivered(atMs, count, key)
      i += count
    }
  }

  /** How many may be delivered now. */
  room(now: number): number {
    const { max } = this.limit
    let room = max - this.moments.length
    for (let i = 0; i < this.moments.length; i++) {
      if (now - (this.moments[(this.next + i) % max] as number) < this.limit.perMs) break
      room++
    }
    return room
  }

  /** When there is room for one; `now` when there is already. */
  freeMs(now: number): number {
    if (this.moments.length < this.limit.max) return now
    return Math.max(now, (this.moments[this.next] as number) + this.limit.perMs)
  }

  add(now: number): void {
    if (this.moments.length < this.limit.max) this.moments.push(now)
    else {
      this.moments[this.next] = now
      this.next = (this.next + 1) % this.limit.max
    }
  }
}

/** A window for each key that was delivered lately. */
export class KeyRates {
  private readonly windows = new Map<string, RateWindow>()
  private sweepAt = 1024

  constructor(
    private readonly limit: RateLimit,
    deliveries: readonly Delivery[],
    now: number,
  ) {
    for (const { key, atMs, count } of deliveries) {
      if (key !== undefined && now - atMs < limit.perMs) for (let i = 0; i < count; i++) this.add(key, atMs)
    }
  }

  write(ops: OpsWriter, now: number): void {
    for (const [key, window] of this.windows) window.write(ops, key, now)
  }

  /** When a record of the key may be delivered; `now`: at once. */
  freeMs(key: string, now: number): number {
    return this.windows.get(key)?.freeMs(now) ?? now
  }

  add(key: string, now: number): void {
    let window = this.windows.get(key)
    if (window === undefined) {
      this.sweep(now)
      window = new RateWindow(this.limit)
      this.windows.set(key, window)
    }
    window.add(now)
  }

  /** Keys whose deliveries are all long ago need no window. */
  private sweep(now: number): void {
    if (this.windows.size < this.sweepAt) return
    for (const [key, window] of this.windows) if (window.room(now) === this.limit.max) this.windows.delete(key)
    this.sweepAt = Math.max(1024, this.windows.size * 2)
  }
}
