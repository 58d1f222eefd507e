// Headers: their order, repeated names, and what is refused.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KafkaliteError } from '../../src/errors.js'
import { records } from '../../src/record/batch-reader.js'
import { EMPTY_HEADERS, encodeHeaders, Headers, type EncodedHeader, type RecordHeadersInit } from '../../src/record/record.js'
import { contents, packAll } from './record-arbitrary.js'

/** The headers as they are after a way through a batch. */
function packedAndRead(encoded: readonly EncodedHeader[]): Headers {
  const [record] = records(packAll([{ key: null, value: null, timestamp: 0, headers: encoded }]))
  return record?.headers as Headers
}

for (const [whence, make] of [
  ['read from a batch', packedAndRead],
  ['made of what is to be sent', (e: readonly EncodedHeader[]) => Headers.of(e)],
] as const) {
  describe(`headers ${whence}`, () => {
    const headers = make([
      ['a', '1'],
      ['b', null],
      ['a', Uint8Array.from([0x32])],
      ['', ''],
      ['ü', '世界'],
    ])

    test('keep their order, with names that repeat', () => {
      expect([...headers].map(([name]) => name)).toEqual(['a', 'b', 'a', '', 'ü'])
      expect(headers.size).toBe(5)
    })

    test('are found by name, the last one first', () => {
      expect(headers.text('a')).toBe('2')
      expect(headers.all('a').map((value) => value && [...value])).toEqual([[0x31], [0x32]])
      expect(headers.text('ü')).toBe('世界')
      expect(headers.get('')).toHaveLength(0)
    })

    test('tell a null value from a header that is not there', () => {
      expect([headers.get('b'), headers.text('b'), headers.all('b')]).toEqual([null, undefined, [null]])
      expect([headers.get('c'), headers.text('c'), headers.all('c')]).toEqual([undefined, undefined, []])
    })

    test('are copied with all they hold', () => {
      expect([...headers.copy()].map(([name, value]) => [name, value && [...value]])).toEqual(
        [...headers].map(([name, value]) => [name, value && [...value]]),
      )
    })

    test('can be sent on as they are', () => {
      expect([...packedAndRead(encodeHeaders(headers))].map(([name, value]) => [name, value && [...value]])).toEqual(
        [...headers].map(([name, value]) => [name, value && [...value]]),
      )
    })
  })
}

test('a record without headers has the empty ones, which cost nothing', () => {
  expect(packedAndRead([])).toBe(EMPTY_HEADERS)
  expect(Headers.of([])).toBe(EMPTY_HEADERS)
  expect(EMPTY_HEADERS.copy()).toBe(EMPTY_HEADERS)
  expect([...EMPTY_HEADERS]).toEqual([])
})

test('a copy of headers does not change with the batch they came from', () => {
  const batch = packAll([{ key: null, value: null, timestamp: 0, headers: [['h', 'x']] }])
  const copy = records(batch)[0]?.headers.copy()
  batch.buffer.fill(0)
  expect(copy?.text('h')).toBe('x')
})

describe('headers are given', () => {
  test('as an object, where a list repeats the name and undefined is left out', () => {
    expect(encodeHeaders({ a: '1', b: ['2', null], c: undefined, d: null, e: [] })).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['b', null],
      ['d', null],
    ])
  })

  test('as pairs, in any iterable', () => {
    const pairs: [string, string][] = [
      ['b', '2'],
      ['a', '1'],
      ['b', '3'],
    ]
    expect(encodeHeaders(pairs)).toEqual(pairs)
    expect(encodeHeaders(new Map([['b', '2']]))).toEqual([['b', '2']])
  })

  test.each<[string, unknown]>([
    ['text', 'a=b'],
    ['null', null],
    ['bytes', new Uint8Array(3)],
    ['a number as a value', { a: 5 }],
    ['an object as a value', { a: {} }],
    ['a number in a list of values', { a: ['1', 2] }],
    ['undefined in a list of values', { a: [undefined] }],
    ['a list that holds no pairs', ['ab', 'cd']],
    ['pairs of three', [['a', 'b', 'c']]],
    ['a name that is no text', [[1, 'b']]],
  ])('and refused with INVALID_ARGUMENT when they are wrong: %s', (_, wrong) => {
    let caught: unknown
    try {
      encodeHeaders(wrong as RecordHeadersInit)
    } catch (error) {
      caught = error
    }
    expect(KafkaliteError.is(caught, 'INVALID_ARGUMENT')).toBe(true)
  })
})

test('any headers come back from a batch as they were given', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), contents), { maxLength: 10 }), (encoded) => {
      const plain = (headers: Headers) => [...headers].map(([name, value]) => [name, value && [...value]])
      expect(plain(packedAndRead(encoded))).toEqual(plain(Headers.of(encoded)))
    }),
  )
})
