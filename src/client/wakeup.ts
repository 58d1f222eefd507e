// Lets one loop sleep until something happened. A wake-up that comes while nobody sleeps is kept for the next sleep, so none is lost.

export class Wakeup {
  private resolve: (() => void) | undefined
  private pending = false

  /** Ends the sleep, or the next one. */
  wake(): void {
    const { resolve } = this
    if (resolve === undefined) {
      this.pending = true
      return
    }
    this.resolve = undefined
    resolve()
  }

  /** Resolves at the next wake-up; at once when one came since the last sleep. */
  sleep(): Promise<void> {
    if (this.pending) {
      this.pending = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.resolve = resolve
    })
  }
}
