// The parts of a record that people touch: its headers, as they are given, as they are packed and as they are read.
// Headers stay bytes until someone asks for them: most records have none, and most readers look at none.

import { describe, KafkaliteError } from '../errors.js'
import { encodeUtf8, readUtf8 } from '../lib/text.js'
import { readVarint, type VarintCursor } from '../lib/varint.js'

/** What a header may hold. A string is sent as UTF-8. */
export type HeaderValue = Uint8Array | string | null

/** The headers of a record, in the order in which they were sent; a name may repeat. */
export interface RecordHeaders extends Iterable<readonly [name: string, value: Uint8Array | null]> {
  /** The value of the last header of that name, as Kafka's `lastHeader`; undefined when there is none. */
  get(name: string): Uint8Array | null | undefined
  /** The same as text; undefined when there is none or it is null. */
  text(name: string): string | undefined
  /** The values of all headers of that name, in order. */
  all(name: string): (Uint8Array | null)[]
}

/** What headers can be made from: an object (a list of values repeats the name; undefined is left out), pairs, or other headers. */
export type RecordHeadersInit = Record<string, HeaderValue | readonly HeaderValue[] | undefined> | Iterable<readonly [string, HeaderValue]>

/** One header on its way into a batch. */
export type EncodedHeader = readonly [name: string, value: HeaderValue]

type ReadHeader = readonly [name: string, value: Uint8Array | null]

/** The headers of one record, read from its batch when first asked for. */
export class Headers implements RecordHeaders {
  private entries: readonly ReadHeader[] | undefined

  /** `start` to `end` hold `count` headers; whoever makes this has checked that they do. The values are views on `buffer`. */
  constructor(
    private readonly buffer: Uint8Array,
    private readonly start: number,
    private readonly end: number,
    private readonly count: number,
  ) {}

  /** Headers that come from no batch, for instance those of a record that is still to be sent. */
  static of(encoded: readonly EncodedHeader[]): Headers {
    if (encoded.length === 0) return EMPTY_HEADERS
    const headers = new Headers(NO_BYTES, 0, 0, encoded.length)
    headers.entries = encoded.map(([name, value]) => [name, typeof value === 'string' ? encodeUtf8(value) : value])
    return headers
  }

  /** How many there are. */
  get size(): number {
    return this.count
  }

  get(name: string): Uint8Array | null | undefined {
    const entries = this.read()
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i] as ReadHeader
      if (entry[0] === name) return entry[1]
    }
    return undefined
  }

  text(name: string): string | undefined {
    const value = this.get(name)
    return value === null || value === undefined ? undefined : readUtf8(value, 0, value.length)
  }

  all(name: string): (Uint8Array | null)[] {
    const values: (Uint8Array | null)[] = []
    for (const entry of this.read()) if (entry[0] === name) values.push(entry[1])
    return values
  }

  [Symbol.iterator](): Iterator<ReadHeader> {
    return this.read()[Symbol.iterator]()
  }

  /** The same in memory of its own, so that the batch can be let go. */
  copy(): Headers {
    if (this.count === 0) return EMPTY_HEADERS
    // Not slice(): that of a Buffer, which slabs are in Node, is a view.
    if (this.start !== this.end)
      return new Headers(new Uint8Array(this.buffer.subarray(this.start, this.end)), 0, this.end - this.start, this.count)
    return Headers.of(this.read().map(([name, value]) => [name, value === null ? null : new Uint8Array(value)]))
  }

  private read(): readonly ReadHeader[] {
    this.entries ??= readHeaders(this.buffer, this.start, this.end, this.count)
    return this.entries
  }
}

const NO_BYTES = new Uint8Array(0)

/** What a record without headers has. */
export const EMPTY_HEADERS: Headers = new Headers(NO_BYTES, 0, 0, 0)

function readHeaders(buffer: Uint8Array, start: number, end: number, count: number): readonly ReadHeader[] {
  const entries: ReadHeader[] = []
  const cursor: VarintCursor = { at: start }
  for (let i = 0; i < count; i++) {
    const nameLength = readVarint(buffer, cursor, end)
    const name = readUtf8(buffer, cursor.at, cursor.at + nameLength)
    cursor.at += nameLength
    const valueLength = readVarint(buffer, cursor, end)
    if (valueLength < 0) {
      entries.push([name, null])
    } else {
      entries.push([name, buffer.subarray(cursor.at, cursor.at + valueLength)])
      cursor.at += valueLength
    }
  }
  return entries
}

/** Checks what a user gave as headers and brings it into one form. `INVALID_ARGUMENT` says which header is wrong. */
export function encodeHeaders(init: RecordHeadersInit): readonly EncodedHeader[] {
  if (typeof init !== 'object' || init === null || init instanceof Uint8Array) {
    throw new KafkaliteError('INVALID_ARGUMENT', `Headers are an object or pairs of name and value; got ${describe(init)}.`)
  }
  const encoded: EncodedHeader[] = []
  if (Symbol.iterator in init) {
    for (const pair of init as Iterable<readonly [string, HeaderValue]>) {
      if (!Array.isArray(pair) || pair.length !== 2) {
        throw new KafkaliteError('INVALID_ARGUMENT', `Headers in a list are pairs [name, value]; got ${describe(pair)}.`)
      }
      addHeader(encoded, pair[0], pair[1])
    }
    return encoded
  }
  for (const name of Object.keys(init)) {
    const value = init[name]
    if (value === undefined) continue
    if (Array.isArray(value)) for (const one of value) addHeader(encoded, name, one)
    else addHeader(encoded, name, value as HeaderValue)
  }
  return encoded
}

function addHeader(encoded: EncodedHeader[], name: string, value: HeaderValue): void {
  if (typeof name !== 'string') throw new KafkaliteError('INVALID_ARGUMENT', `The name of a header is text; got ${describe(name)}.`)
  if (typeof value !== 'string' && value !== null && !(value instanceof Uint8Array)) {
    throw new KafkaliteError('INVALID_ARGUMENT', `The header ${describe(name)} must be bytes, text or null; got ${describe(value)}.`)
  }
  encoded.push([name, value])
}
