// Text to UTF-8 and back, with what Node has and with what every platform has.

import fc from 'fast-check'
import { afterAll, describe, expect, test, vi } from 'vitest'

const inNode = await import('../../src/lib/text.js')
const NodeBuffer = globalThis.Buffer
vi.resetModules()
vi.stubGlobal('Buffer', undefined)
const elsewhere = await import('../../src/lib/text.js')
vi.unstubAllGlobals()
afterAll(() => vi.resetModules())

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)
const encoder = new TextEncoder()
const wellFormed = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

test('memory comes from the Buffer of Node where there is one, and is a plain array elsewhere', () => {
  expect(inNode.allocate(10)).toBeInstanceOf(NodeBuffer)
  expect(elsewhere.allocate(10)).toEqual(new Uint8Array(10))
})

for (const [where, lib] of [
  ['in Node', inNode],
  ['elsewhere', elsewhere],
] as const) {
  describe(`text ${where}`, () => {
    test('is written into the middle of a larger buffer as UTF-8, and nothing around it changes', () => {
      fc.assert(
        fc.property(text, fc.boolean(), (words, plain) => {
          const bytes = encoder.encode(words)
          const buffer = (plain ? new Uint8Array(300) : lib.allocate(300)).fill(0xaa)
          expect(lib.writeUtf8(buffer, words, 50)).toBe(bytes.length)
          expect([...buffer.subarray(50, 50 + bytes.length)]).toEqual([...bytes])
          expect(buffer.subarray(0, 50).every((byte) => byte === 0xaa)).toBe(true)
          expect(buffer.subarray(50 + bytes.length).every((byte) => byte === 0xaa)).toBe(true)
          expect(lib.readUtf8(buffer, 50, 50 + bytes.length)).toBe(wellFormed(bytes))
          expect(lib.utf8Length(words)).toBe(bytes.length)
          expect([...lib.encodeUtf8(words)]).toEqual([...bytes])
          expect(lib.decodeUtf8Strict(bytes)).toBe(wellFormed(bytes))
        }),
      )
    })

    test('keeps a byte order mark', () => {
      const bytes = lib.encodeUtf8('\ufeffk')
      expect(lib.readUtf8(bytes, 0, bytes.length)).toBe('\ufeffk')
      expect(lib.decodeUtf8Strict(bytes)).toBe('\ufeffk')
    })

    test('with half a surrogate pair is written with U+FFFD in its place', () => {
      const buffer = lib.allocate(100)
      expect(lib.readUtf8(buffer, 0, lib.writeUtf8(buffer, 'a\ud800b', 0))).toBe('a\ufffdb')
    })

    test('that is not UTF-8 is mended when read leniently and refused when read strictly', () => {
      const broken = Uint8Array.from([0x61, 0xff, 0x62])
      expect(lib.readUtf8(broken, 0, 3)).toBe('a\ufffdb')
      expect(() => lib.decodeUtf8Strict(broken)).toThrow(TypeError)
      expect(() => lib.decodeUtf8Strict(Uint8Array.from([0xe2, 0x82]))).toThrow(TypeError)
    })

    test('that holds a genuine U+FFFD is read strictly as well', () => {
      expect(lib.decodeUtf8Strict(lib.encodeUtf8('what\ufffd?'))).toBe('what\ufffd?')
    })
  })
}
