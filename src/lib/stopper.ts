// Ends a wait from outside, as an AbortController does, at a small part of its cost: an AbortSignal is an event target of the platform
// and takes microseconds to make and to listen to, which a consumer would pay each time it waits for the next record.

/** What a wait needs to know of its end: the part of an AbortSignal that works everywhere. */
export interface StopSignal {
  /** The wait is over. */
  readonly aborted: boolean
  /** Calls the listener once, when the wait is to end. */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  /** Does nothing when it does not listen. */
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Is its own signal. */
export class Stopper implements StopSignal {
  aborted = false
  private listeners: (() => void)[] = []

  /** Idempotent. */
  abort(): void {
    if (this.aborted) return
    this.aborted = true
    const { listeners } = this
    this.listeners = []
    for (const listener of listeners) listener()
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.listeners.indexOf(listener)
    if (at >= 0) this.listeners.splice(at, 1)
  }
}
