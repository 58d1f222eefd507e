// A result that may be there already. Storage in memory answers at once, storage elsewhere with a promise;
// the append path pays for a promise only when there is something to wait for.

/** A value, or the promise of one: what can be had at once costs no turn of the event loop. */
export type Awaitable<T> = T | PromiseLike<T>

export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** `then` runs when what runs now has ended, as queueMicrotask does at several times the cost. What it runs must not throw. */
export const afterThis: Promise<void> = Promise.resolve()

/** Goes on with `next` at once when the value is there, else when it arrives. */
export function chain<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return isPromise(value) ? value.then(next) : next(value)
}
