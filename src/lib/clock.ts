// The only file that reads the time or sets a timer. Everything else is handed a Clock, so that tests can move time by hand.

/** Where time comes from. `VirtualClock` of `kafkalite/testing` is another one, which stands still until a test moves it. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number
  /** Runs `run` once, not before `atMs`. The timer keeps the process alive only when it `holds`. */
  setTimer(atMs: number, run: () => void, options?: TimerOptions): Timer
}

/** How a timer is set. */
export interface TimerOptions {
  /** Somebody waits for what the timer brings (a retry, an answer after a time-out): the process must not end before. False unless given. */
  readonly holds?: boolean
}

/** A timer that was set and can be taken back. */
export interface Timer {
  /** It does not fire any more. Idempotent. */
  cancel(): void
}

/** The longest wait that the platform's timers take; a later deadline is reached in several waits. */
const WAIT_MS_MAX = 2_147_483_647

/** The machine's own clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  setTimer(atMs: number, run: () => void, options?: TimerOptions): Timer {
    let handle: ReturnType<typeof setTimeout>
    const arm = (): void => {
      const waitMs = Math.max(0, atMs - Date.now())
      handle = setTimeout(waitMs > WAIT_MS_MAX ? arm : run, Math.min(waitMs, WAIT_MS_MAX))
      // In a browser a timer is a number and cannot hold anything open.
      if (options?.holds !== true && typeof handle === 'object' && 'unref' in handle) handle.unref()
    }
    arm()
    return { cancel: () => clearTimeout(handle) }
  }
}
