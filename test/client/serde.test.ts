// Serdes: what they refuse, and that what they refuse becomes SERDE_FAILED with the cause.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { json } from '../../src/client/json.js'
import { bytes, decodeContent, encodeContent, plain, type Serde, string } from '../../src/client/serde.js'
import type { StandardSchema } from '../../src/client/standard-schema.js'
import { EMPTY_HEADERS } from '../../src/record/record.js'

const context = { topic: 't', headers: EMPTY_HEADERS }
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const failed = expect.objectContaining({ code: 'SERDE_FAILED', cause: expect.any(Error) })

describe('string and bytes', () => {
  test('text that is not UTF-8 is a bad record, and U+FFFD that was sent is not', () => {
    expect(() => decodeContent(string, new Uint8Array([0x61, 0xff]), context, 'value')).toThrow(failed)
    expect(decodeContent(string, utf8('a\ufffd'), context, 'value')).toBe('a\ufffd')
  })

  test.each([
    [string, 5],
    [string, utf8('a')],
    [bytes, 'text'],
    [plain, { a: 1 }],
  ] as [Serde<unknown>, unknown][])('%o does not take %o', (serde, value) => {
    expect(() => encodeContent(serde, value, context, 'value')).toThrow(failed)
  })

  test('a serde that returns neither bytes nor text is refused', () => {
    const serde = { encode: () => 5 as unknown as string, decode: () => 5 }
    expect(() => encodeContent(serde, 1, context, 'key')).toThrow(
      expect.objectContaining({ code: 'SERDE_FAILED', message: expect.stringContaining('key') }),
    )
  })

  test('the message names the place', () => {
    expect(() => decodeContent(json(), utf8('{'), context, 'value', { partition: 3, offset: 17 })).toThrow(/value of t-3 at offset 17/)
  })
})

describe('json', () => {
  test('values go through text and back', () => {
    const serde = json<{ a: number }>()
    expect(serde.encode({ a: 1 }, context)).toBe('{"a":1}')
    expect(serde.decode(utf8('{"a":1}'), context)).toEqual({ a: 1 })
  })

  test('what JSON has no form for is refused, and so is text that is no JSON', () => {
    expect(() => encodeContent(json(), () => 1, context, 'value')).toThrow(failed)
    expect(() => encodeContent(json(), 1n, context, 'value')).toThrow(failed)
    expect(() => decodeContent(json(), utf8('{'), context, 'value')).toThrow(failed)
  })

  test('a schema checks both ways and says where it does not fit', () => {
    const serde = json(z.object({ order: z.object({ total: z.number() }) }))
    expect(serde.encode({ order: { total: 1 } }, context)).toBe('{"order":{"total":1}}')
    expect(() => serde.encode({ order: { total: 'x' as unknown as number } }, context)).toThrow(/order\.total/)
    expect(() => serde.decode(utf8('{"order":{}}'), context)).toThrow(/order\.total/)
  })

  test('an asynchronous schema is refused when it is used', () => {
    const slow: StandardSchema<string> = { '~standard': { version: 1, vendor: 'slow', validate: () => Promise.resolve({ value: 'a' }) } }
    expect(() => json(slow).encode('a', context)).toThrow(/asynchronous/)
  })

  test('what is no schema is refused at once', () => {
    expect(() => json({} as unknown as StandardSchema<string>)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
