// Waiting that can be called off. An aborted wait rejects with `signal.reason` and leaves no listener behind.

import type { StopSignal } from '../lib/stopper.js'

/** The promise, or a rejection with the signal's reason if that comes first. What was waited for goes its way. */
export function abortable<T>(promise: Promise<T>, signal: (StopSignal & { readonly reason?: unknown }) | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) {
      promise.catch(() => undefined)
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
