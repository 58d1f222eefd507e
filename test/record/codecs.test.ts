// Our own codecs: what they pack comes back, what is cut off, changed or lies about its size is refused, and nothing unpacks for ever.

import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lz4 } from '../../src/record/codecs/lz4.js'
import { snappy } from '../../src/record/codecs/snappy.js'
import { zstd } from '../../src/record/codecs/zstd.js'
import { UNPACKED_BYTES_MAX } from '../../src/record/compression.js'
import { xxhash32 } from '../../src/lib/xxhash32.js'

/** Some kilobytes that repeat themselves near and far, as records do. */
function text(bytes: number): Uint8Array {
  const words: string[] = []
  for (let i = 0, length = 0; length < bytes; i++) {
    const word = `{"order":${i},"customer":"customer-${(i * i) % 97}"}`
    words.push(word)
    length += word.length
  }
  return new TextEncoder().encode(words.join('')).subarray(0, bytes)
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(fc.constantFrom(97, 98, 99), { maxLength: 3000 }).map((list) => Uint8Array.from(list)),
  fc.integer({ min: 0, max: 200_000 }).map(text),
  fc.integer({ min: 0, max: 200_000 }).map((length) => new Uint8Array(length)),
)

describe.each([
  ['snappy', snappy],
  ['lz4', lz4],
] as const)('%s', (_name, codec) => {
  test('whatever is packed comes back', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        expect(Buffer.compare(codec.decompress(codec.compress(given)), given)).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  test('what repeats itself becomes much smaller, what does not hardly larger', () => {
    const given = text(100_000)
    expect(codec.compress(given).length).toBeLessThan(given.length / 2)
    const random = Uint8Array.from({ length: 100_000 }, (_, i) => Math.imul(i ^ 0x5bd1e995, 0x9e3779b1) >>> 24)
    expect(codec.compress(random).length).toBeLessThan(random.length * 1.01)
  })

  test('a block that is cut off anywhere is refused', () => {
    const packed = codec.compress(text(2000))
    for (let length = 0; length < packed.length; length++) expect(() => codec.decompress(packed.subarray(0, length))).toThrow()
  })

  test('changed bytes do no more than give other ones or an error', () => {
    const packed = codec.compress(text(3000))
    for (let at = 0; at < packed.length; at++) {
      const changed = packed.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      expect(unpackedLength(codec.decompress, changed)).toBeLessThanOrEqual(UNPACKED_BYTES_MAX)
    }
  })
})

/** 0 for what is refused. */
function unpackedLength(decompress: (bytes: Uint8Array) => Uint8Array, block: Uint8Array): number {
  try {
    return decompress(block).length
  } catch {
    return 0
  }
}

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'))

/** Frames that zstd 1.5 made: with a checksum, and of text(429) with the two entropy codes. */
const ZSTD_HELLO = '28b52ffd24239500006068656c6c6f202c207a7374640100a94b11e28a859e'
const ZSTD_TEXT =
  '28b52ffd60ad00c50200a2c30c11b03ba76778401fa64ca390a4cc0e531e15319db77597147f527c7cbf60f1eba59d77636a30c9925aaebd93404db284d84a1817a8' +
  '10981bebbf0190171607109604dcc4fb3010b4482eee8e73ab4aa9864c7c5b0a'

describe('zstd', () => {
  test('a frame of the reference implementation is read, and so are two in a row and one that readers pass over', () => {
    const frame = hex(ZSTD_HELLO)
    expect(Buffer.from(zstd.decompress(frame)).toString()).toBe('hello hello hello hello hello, zstd')
    expect(Buffer.compare(zstd.decompress(hex(ZSTD_TEXT)), text(429))).toBe(0)
    expect(zstd.decompress(Buffer.concat([frame, hex('502a4d1803000000010203'), frame])).length).toBe(70)
  })

  test('what Node packs, where it can, is read', () => {
    const { zstdCompressSync: pack } = zlib as { readonly zstdCompressSync?: (given: Uint8Array) => Uint8Array }
    const given = text(300_000)
    // Node 20 has no zstd.
    const unpacked = pack === undefined ? given : zstd.decompress(pack(given))
    expect(Buffer.compare(unpacked, given)).toBe(0)
  })

  test('a frame that is cut off or changed gives an error or other bytes, and always ends', () => {
    const frame = hex(ZSTD_TEXT)
    for (let length = 0; length < frame.length; length++) expect(unpackedLength(zstd.decompress, frame.subarray(0, length))).toBe(0)
    for (let at = 0; at < frame.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = frame.slice()
        changed[at] = (changed[at] as number) ^ (1 << bit)
        expect(unpackedLength(zstd.decompress, changed)).toBeLessThanOrEqual(UNPACKED_BYTES_MAX)
      }
    }
  })

  test('a small frame that unpacks to more than is allowed is refused', () => {
    // Blocks of one byte repeated: four bytes for 128 KiB.
    const blocks = UNPACKED_BYTES_MAX / 131_072 + 1
    const frame = Buffer.concat([hex('28b52ffd0070'), ...new Array<Uint8Array>(blocks).fill(hex('02001000')), hex('010000')])
    expect(() => zstd.decompress(frame)).toThrow(/more than 268435456/)
    expect(zstd.decompress(Buffer.concat([hex('28b52ffd0070'), hex('02001000'), hex('010000')])).length).toBe(131_072)
  })
})

test('a block of snappy that claims more than it can hold is refused before any memory is taken', () => {
  expect(() => snappy.decompress(hex('ffffff7f00'))).toThrow(/cannot unpack/)
})

test('a frame of lz4 whose checksums do not match is refused', () => {
  const packed = lz4.compress(text(100))
  packed[6] = (packed[6] as number) ^ 1
  expect(() => lz4.decompress(packed)).toThrow(/checksum/)
})

test('xxHash32 gives what its reference implementation gives', () => {
  const of = (words: string): string => xxhash32(new TextEncoder().encode(words)).toString(16)
  expect([of(''), of('a'), of('abc'), of('Nobody inspects the spammish repetition')]).toEqual([
    '2cc5d05',
    '550d7456',
    '32d153ff',
    'e2293b2f',
  ])
})
