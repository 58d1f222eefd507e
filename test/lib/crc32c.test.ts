// The checksum against known answers, in WebAssembly and in plain JavaScript.

import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { crc32c, crc32cJavaScript, makeCrc32cWasm } from '../../src/lib/crc32c.js'

const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
/** The examples of RFC 3720 (iSCSI), B.4, and the check value of the CRC catalogue. */
const KNOWN: readonly (readonly [string, Uint8Array, number])[] = [
  ['nothing', new Uint8Array(0), 0],
  ['"123456789"', new TextEncoder().encode('123456789'), 0xe306_9283],
  ['32 zeros', new Uint8Array(32), 0x8a91_36aa],
  ['32 bytes of ff', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
  ['00 to 1f', ascending, 0x46dd_794e],
  ['1f to 00', ascending.slice().reverse(), 0x113f_db5c],
]
const wasm = makeCrc32cWasm() as (bytes: Uint8Array, start?: number, end?: number) => number

/** A bit at a time, straight from the definition. */
function byDefinition(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
  }
  return ~crc >>> 0
}

for (const [way, compute] of [
  ['in WebAssembly', wasm],
  ['in JavaScript', crc32cJavaScript],
] as const) {
  describe(`the checksum ${way}`, () => {
    test.each(KNOWN)('of %s is the published one', (_, bytes, crc) => {
      expect(compute(bytes)).toBe(crc)
    })

    test('of any part of any bytes follows the definition', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
          const start = Math.min(a, b, bytes.length)
          const end = Math.min(Math.max(a, b), bytes.length)
          expect(compute(bytes, start, end)).toBe(byDefinition(bytes.subarray(start, end)))
        }),
      )
    })
  })
}

test('bytes that do not fit into the memory of the WebAssembly at once have the same checksum both ways', () => {
  const bytes = Uint8Array.from({ length: 300_001 }, (_, i) => (i * 2_654_435_761) >>> 24)
  expect(wasm(bytes)).toBe(crc32cJavaScript(bytes))
  expect(wasm(bytes, 7, 250_000)).toBe(crc32cJavaScript(bytes, 7, 250_000))
})

test('where WebAssembly is forbidden the JavaScript steps in', () => {
  vi.stubGlobal('WebAssembly', {
    Module: class {
      constructor() {
        throw new Error('content policy')
      }
    },
  })
  expect(makeCrc32cWasm()).toBeUndefined()
  vi.stubGlobal('WebAssembly', undefined)
  expect(makeCrc32cWasm()).toBeUndefined()
  vi.unstubAllGlobals()
  expect(crc32c(new Uint8Array(32))).toBe(0x8a91_36aa)
})
