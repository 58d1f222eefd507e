// Finds what a piece of data repeats of itself, for the two codecs that pack by saying "again": a table of where each four bytes were
// seen last, as both formats' own packers have it. Fast rather than thorough; where nothing repeats it looks ever less often.

const HASH_BITS = 14
const HASH_FACTOR = 0x9e37_79b1
const MATCH_MIN = 4
/** After so many misses in a row the step grows by one. */
const MISSES_PER_STEP = 32

/** Literals are mostly a few bytes, for which a window on them costs more than their copy. */
const WINDOW_FROM = 32

/** Copies the bytes from `start` to `end` and answers the place behind the copy. */
export function copyLiterals(bytes: Uint8Array, start: number, end: number, packed: Uint8Array, to: number): number {
  if (end - start >= WINDOW_FROM) packed.set(bytes.subarray(start, end), to)
  else for (let at = start, into = to; at < end; at++) packed[into++] = bytes[at]!
  return to + end - start
}

/** Hears of the data in order: the bytes from `literals` to `at` as they are, then `length` bytes again from `distance` before. */
export type OnMatch = (literals: number, at: number, distance: number, length: number) => void

/** The most recent place of each hash, plus one; cleared for each piece. */
const table = new Int32Array(1 << HASH_BITS)

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/**
 * Walks over the bytes from `start` to `end`, which are at most 65536. A match begins before `lastStart` and ends by `lastEnd`.
 * Answers from where on nothing was told of: the literals at the end.
 */
export function findMatches(bytes: Uint8Array, start: number, lastStart: number, lastEnd: number, onMatch: OnMatch): number {
  table.fill(0)
  let literals = start
  let at = start
  let misses = 0
  while (at < lastStart && at + MATCH_MIN <= lastEnd) {
    const here = word(bytes, at)
    const slot = Math.imul(here, HASH_FACTOR) >>> (32 - HASH_BITS)
    const candidate = table[slot]! - 1
    table[slot] = at + 1
    if (candidate < start || word(bytes, candidate) !== here) {
      at += 1 + Math.floor(misses++ / MISSES_PER_STEP)
      continue
    }
    let length = MATCH_MIN
    while (at + length < lastEnd && bytes[candidate + length] === bytes[at + length]) length++
    onMatch(literals, at, at - candidate, length)
    at += length
    literals = at
    misses = 0
  }
  return literals
}
