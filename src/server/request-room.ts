// Memory for large requests while they come and are answered, shared by all connections of a listener. A hundred clients that each send
// the half of a large request would take all the memory there is, so a large request gets its room before it is read, in the order in
// which they came, and those without room are not read meanwhile. Who holds room that others wait for has its time to send the rest.

import type { Clock, Timer } from '../lib/clock.js'

/** Requests up to this need no room of their own: each connection has as much. */
export const SMALL_BYTES = 1_048_576
/** How long a request that others wait for may take to come. Milliseconds. */
const PATIENCE_MS = 30_000

/** A connection as the room sees it. */
export interface RoomHolder {
  /** There is room now. */
  admitted(): void
  /** Others wait for what it holds, and its request has not come for too long. */
  overdue(): void
}

interface Held {
  readonly holder: RoomHolder
  readonly bytes: number
}

export class RequestRoom {
  private taken = 0
  /** Those whose request has not come whole, and since when it may come. Milliseconds. */
  private readonly coming = new Map<RoomHolder, number>()
  private readonly waiting: Held[] = []
  private timer: Timer | null = null

  /** @param limitBytes for all together; a single request may be larger when nothing else is there */
  constructor(
    private readonly clock: Clock,
    private readonly limitBytes: number,
  ) {}

  /** Whether the request may be read now; else `admitted` is called when it may. */
  enter(holder: RoomHolder, bytes: number): boolean {
    if (this.waiting.length === 0 && this.fits(bytes)) {
      this.admit({ holder, bytes })
      return true
    }
    this.waiting.push({ holder, bytes })
    this.watch()
    return false
  }

  /** The request has come whole; its room stays its own until it is answered. */
  arrived(holder: RoomHolder): void {
    this.coming.delete(holder)
  }

  /** A request was answered. */
  leave(bytes: number): void {
    this.taken -= bytes
    for (let next = this.waiting[0]; next !== undefined && this.fits(next.bytes); next = this.waiting[0]) {
      this.waiting.shift()
      this.admit(next)
      next.holder.admitted()
    }
    this.watch()
  }

  /** The connection is gone: what it waited for, and the rest of what was coming, with the bytes that it held. */
  gone(holder: RoomHolder, bytes: number): void {
    const at = this.waiting.findIndex((each) => each.holder === holder)
    if (at >= 0) this.waiting.splice(at, 1)
    this.coming.delete(holder)
    this.leave(bytes)
  }

  private fits(bytes: number): boolean {
    return this.taken === 0 || this.taken + bytes <= this.limitBytes
  }

  private admit({ holder, bytes }: Held): void {
    this.taken += bytes
    this.coming.set(holder, this.clock.now())
  }

  /** While somebody waits, those who have been sending for so long are sent away. */
  private watch(): void {
    if (this.waiting.length === 0) {
      this.timer?.cancel()
      this.timer = null
      return
    }
    this.timer ??= this.clock.setTimer(this.clock.now() + PATIENCE_MS, () => {
      this.timer = null
      const late = this.clock.now() - PATIENCE_MS
      for (const [holder, sinceMs] of [...this.coming]) if (sinceMs <= late && this.waiting.length > 0) holder.overdue()
      this.watch()
    })
  }
}
