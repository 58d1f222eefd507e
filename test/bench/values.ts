// The values that are sent: a fresh string each, for a repeated literal would measure how fast a pointer is copied. Flat, as strings
// are that came from a socket, a file or JSON.stringify: one made by `+` is two pointers until somebody reads it, and an array of such
// would keep half of the bytes only.

import { Buffer } from 'node:buffer'
import { mustBe } from './ratio.js'

export const SMALL = 100
export const LARGE = 1024

const ZERO = 48
const NUMBER_CHARS = 7
const sources = new Map([SMALL, LARGE].map((size) => [size, Buffer.alloc(size, 'x')]))

/** `size` characters, another for each number under nine million. */
export function freshValue(size: number, at: number): string {
  const source = sources.get(size)!
  let left = 1_000_000 + (at % 9_000_000)
  for (let place = size - 1; place >= size - NUMBER_CHARS; place--) {
    source[place] = ZERO + (left % 10)
    left = Math.trunc(left / 10)
  }
  return source.toString('latin1')
}

/** Takes what a reader got and knows in the end whether it was all, in order and unharmed; every hundredth value is compared. */
export class Received {
  count = 0
  #characters = 0
  #offsets = 0
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  value(value: string | null): void {
    if (this.count % 100 === 0) mustBe('value', value, freshValue(this.#size, this.count))
    this.#characters += value === null ? 0 : value.length
    this.count += 1
  }

  offset(offset: number): void {
    this.#offsets += offset
    this.count += 1
  }

  check(count: number, what: 'values' | 'offsets'): void {
    mustBe('records', this.count, count)
    if (what === 'values') mustBe('characters', this.#characters, count * this.#size)
    else mustBe('sum of the offsets', this.#offsets, (count * (count - 1)) / 2)
  }
}

/** Knows in the end whether each of the first `count` values was seen once. A bit each, so that it costs next to nothing. */
export class Seen {
  private readonly bits: Uint8Array
  private left: number

  constructor(count: number) {
    this.bits = new Uint8Array((count + 7) >> 3)
    this.left = count
  }

  see(value: string): void {
    mustBe('length of a value', value.length, SMALL)
    const at = Number(value.slice(-7)) - 1_000_000
    const bit = 1 << (at & 7)
    if (((this.bits[at >> 3] ?? 0xff) & bit) !== 0) throw new Error(`${value} came twice, or was never sent`)
    this.bits[at >> 3]! |= bit
    this.left--
  }

  check(): void {
    mustBe('messages that did not come', this.left, 0)
  }
}
