// Chance that can be repeated: the same seed gives the same numbers on every machine. Simulations and the faulty file system draw
// from it, so that a failure is named by its seed.

/**
 * A generator of numbers from 0 up to 1, as `Math.random`, that begins anew with each seed (mulberry32: 32 bits of state, even
 * enough for choosing what a test does next; never for secrets).
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
