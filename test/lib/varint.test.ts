// Variable-length integers, also those that are cut off or too long.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MALFORMED, readVarint, readVarlong, varintLength, varlongLength, writeVarint, writeVarlong } from '../../src/lib/varint.js'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

interface Kind {
  readonly length: (n: number) => number
  readonly write: (buffer: Uint8Array, at: number, n: number) => number
  readonly read: typeof readVarint
  readonly values: fc.Arbitrary<number>
}
const KINDS: Record<string, Kind> = {
  varint: {
    length: varintLength,
    write: writeVarint,
    read: readVarint,
    values: fc.oneof(fc.integer(), fc.integer({ min: -9000, max: 9000 })),
  },
  varlong: {
    length: varlongLength,
    write: writeVarlong,
    read: readVarlong,
    values: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -9000, max: 9000 })),
  },
}

/** Zig-zag by its definition, on integers without a limit. */
function byDefinition(n: number): number[] {
  let zigzag = n < 0 ? -2n * BigInt(n) - 1n : 2n * BigInt(n)
  const out: number[] = []
  for (; zigzag >= 128n; zigzag >>= 7n) out.push(Number(zigzag & 127n) | 128)
  return [...out, Number(zigzag)]
}

for (const [name, { length, write, read, values }] of Object.entries(KINDS)) {
  describe(`a ${name}`, () => {
    test('is written as zig-zag says, in as many bytes as announced, and read back', () => {
      fc.assert(
        fc.property(values, fc.nat(5), (n, at) => {
          const buffer = new Uint8Array(20)
          const end = write(buffer, at, n)
          expect([...buffer.subarray(at, end)]).toEqual(byDefinition(n))
          expect(length(n)).toBe(end - at)
          const cursor = { at }
          // `+ 0` because zig-zag knows no negative zero.
          expect(read(buffer, cursor, end)).toBe(n + 0)
          expect(cursor.at).toBe(end)
        }),
      )
    })

    test('that is cut off anywhere is malformed', () => {
      fc.assert(
        fc.property(values, (n) => {
          const buffer = new Uint8Array(20)
          const end = write(buffer, 0, n)
          for (let cut = 0; cut < end; cut++) {
            const cursor = { at: 0 }
            read(buffer, cursor, cut)
            expect(cursor.at).toBe(MALFORMED)
          }
        }),
      )
    })

    test('is not read from a cursor that is malformed or past the end', () => {
      for (const at of [MALFORMED, 9]) {
        const cursor = { at }
        expect(read(new Uint8Array(20), cursor, 5)).toBe(0)
        expect(cursor.at).toBe(MALFORMED)
      }
    })

    test('whose bytes never end is malformed', () => {
      const cursor = { at: 0 }
      read(new Uint8Array(100).fill(0xff), cursor, 100)
      expect(cursor.at).toBe(MALFORMED)
    })
  })
}

test('the limits of 32 bits are five bytes, and what does not fit into them is malformed', () => {
  for (const [hex, value] of [
    ['feffffff0f', 2_147_483_647],
    ['ffffffff0f', -2_147_483_648],
  ] as const) {
    expect(readVarint(bytes(hex), { at: 0 }, 5)).toBe(value)
  }
  const cursor = { at: 0 }
  readVarint(bytes('ffffffff1f'), cursor, 5)
  expect(cursor.at).toBe(MALFORMED)
})

test('a varlong beyond 2^53 is malformed, since a number does not hold it', () => {
  const largest = new Uint8Array(10)
  const end = writeVarlong(largest, 0, -Number.MAX_SAFE_INTEGER)
  expect(readVarlong(largest, { at: 0 }, end)).toBe(-Number.MAX_SAFE_INTEGER)
  const cursor = { at: 0 }
  readVarlong(bytes('feffffffffffffffff01'), cursor, 10)
  expect(cursor.at).toBe(MALFORMED)
})
