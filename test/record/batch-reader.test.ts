// Walking the records of a batch, and what damaged records lead to.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import '../../src/record/node-gzip.js'
import { KafkaliteError } from '../../src/errors.js'
import { RecordCursor, records } from '../../src/record/batch-reader.js'
import { ATTRIBUTES, BASE_TIMESTAMP, HEADER_BYTES, LAST_OFFSET_DELTA, RECORDS_COUNT } from '../../src/record/format.js'
import { PackedBatch } from '../../src/record/packed-batch.js'
import { writeInt32, writeInt64 } from '../../src/lib/bytes.js'
import { packAll, recordsToPack, type RecordToPack } from './record-arbitrary.js'

const some: RecordToPack[] = [
  { key: 'a', value: 'one', timestamp: 1000, headers: null },
  {
    key: null,
    value: null,
    timestamp: 1005,
    headers: [
      ['h', 'x'],
      ['n', null],
    ],
  },
  { key: 'c', value: '', timestamp: 990, headers: null },
]

/** A batch of `count` records with the given bytes for them. */
function batchOf(recordBytes: readonly number[] | Uint8Array, count: number, attributes = 0): PackedBatch {
  const bytes = new Uint8Array(HEADER_BYTES + recordBytes.length)
  bytes[ATTRIBUTES + 1] = attributes
  writeInt32(bytes, LAST_OFFSET_DELTA, count - 1)
  writeInt32(bytes, RECORDS_COUNT, count)
  bytes.set(recordBytes, HEADER_BYTES)
  return new PackedBatch(bytes, 0, bytes.length, false)
}

function codeOf(batch: PackedBatch): string {
  try {
    records(batch)
    return 'read'
  } catch (error) {
    if (!KafkaliteError.is(error)) throw error
    return error.code
  }
}

describe('the cursor', () => {
  test('says where the parts of each record lie, -1 for what is null', () => {
    const cursor = new RecordCursor()
    cursor.open(packAll(some))
    expect(cursor.next()).toBe(true)
    expect(Buffer.from(cursor.buffer.subarray(cursor.valueStart, cursor.valueEnd)).toString()).toBe('one')
    expect(cursor.next()).toBe(true)
    expect([cursor.keyStart, cursor.keyEnd, cursor.valueStart, cursor.valueEnd, cursor.headerCount]).toEqual([-1, -1, -1, -1, 2])
    expect(cursor.next()).toBe(true)
    expect(cursor.valueEnd - cursor.valueStart).toBe(0)
    expect([cursor.next(), cursor.next()]).toEqual([false, false])
  })

  test('is used again for the next batch', () => {
    const cursor = new RecordCursor()
    for (let i = 0; i < 3; i++) {
      cursor.open(packAll(some.slice(i)))
      let count = 0
      while (cursor.next()) count++
      expect(count).toBe(3 - i)
    }
  })

  test('counts offsets from where the batch was placed', () => {
    const batch = packAll(some)
    batch.place(2 ** 40, 5)
    expect(records(batch).map(({ offset }) => offset - 2 ** 40)).toEqual([0, 1, 2])
  })

  test('reports the time of the broker for all records when that is the type of the batch', () => {
    const batch = packAll(some)
    batch.stampLogAppendTime(7777)
    expect(records(batch).map(({ timestamp }) => timestamp)).toEqual([7777, 7777, 7777])
  })

  test('reads a batch in which compaction left holes, and one that it emptied', () => {
    // Two records at offset deltas 3 and 8 of 10; every number is doubled by zig-zag.
    const holes = batchOf([12, 0, 0, 6, 1, 1, 0, 12, 0, 0, 16, 1, 1, 0], 2)
    writeInt32(holes.buffer, LAST_OFFSET_DELTA, 9)
    expect(records(holes).map(({ offset }) => offset)).toEqual([3, 8])
    expect(records(batchOf([], 0))).toEqual([])
    expect(records(batchOf([], 0, 1))).toEqual([])
  })

  test('adds the deltas to the delete horizon that stands in for the base timestamp', () => {
    const batch = packAll(some)
    batch.buffer[batch.start + ATTRIBUTES + 1] = 0x40
    writeInt64(batch.buffer, batch.start + BASE_TIMESTAMP, 5000)
    expect(records(batch).map(({ timestamp }) => timestamp)).toEqual([5000, 5005, 4990])
  })
})

describe('a batch that does not add up is CORRUPT_MESSAGE:', () => {
  const fine = [12, 0, 0, 0, 1, 1, 0]
  test.each([
    ['fewer records than announced', fine, 2],
    ['bytes behind the last record', [...fine, 0], 1],
    ['a negative number of records', [], -1],
    ['a record longer than the batch', [14, 0, 0, 0, 1, 1, 0], 1],
    ['a record of negative length', [11, 0, 0, 0, 1, 1, 0], 1],
    ['a record of no length', [0, 0, 0, 0, 1, 1, 0], 1],
    ['parts that do not fill the record', [14, 0, 0, 0, 1, 1, 0, 0], 1],
    ['a key longer than its record', [12, 0, 0, 0, 20, 1, 0], 1],
    ['a value longer than its record', [12, 0, 0, 0, 1, 20, 0], 1],
    ['a negative number of headers', [12, 0, 0, 0, 1, 1, 1], 1],
    ['more headers than bytes', [20, 0, 0, 0, 1, 1, 254, 255, 255, 255, 15], 1],
    ['a header without a name', [16, 0, 0, 0, 1, 1, 2, 1, 1], 1],
    ['a header longer than its record', [16, 0, 0, 0, 1, 1, 2, 0, 20], 1],
    ['an offset behind the last one of the batch', [12, 0, 0, 2, 1, 1, 0], 1],
    ['an offset that comes twice', [...fine, ...fine], 2],
    ['a number that never ends', new Array<number>(30).fill(255), 1],
  ])('%s', (_, bytes, count) => {
    expect(codeOf(batchOf(fine, 1))).toBe('read')
    expect(codeOf(batchOf(bytes, count))).toBe('CORRUPT_MESSAGE')
  })

  test('a window too small for a header', () => {
    expect(codeOf(new PackedBatch(new Uint8Array(60), 0, 60, false))).toBe('CORRUPT_MESSAGE')
  })

  test('and stays so for who goes on reading', () => {
    const cursor = new RecordCursor()
    cursor.open(batchOf([...fine, ...fine], 2))
    expect(cursor.next()).toBe(true)
    for (let i = 0; i < 3; i++) expect(() => cursor.next()).toThrow(KafkaliteError)
  })

  test('a compressed block that does not unpack', () => {
    expect(codeOf(batchOf([1, 2, 3], 1, 1))).toBe('CORRUPT_MESSAGE')
    const packed = gzipSync(Uint8Array.from(fine))
    expect(codeOf(batchOf(packed, 1, 1))).toBe('read')
    expect(codeOf(batchOf(packed.subarray(0, packed.length - 3), 1, 1))).toBe('CORRUPT_MESSAGE')
  })
})

test('a codec that is not there is UNSUPPORTED_COMPRESSION_TYPE, also when its number has no name', () => {
  expect(codeOf(batchOf([0], 1, 4))).toBe('UNSUPPORTED_COMPRESSION_TYPE')
  expect(codeOf(batchOf([0], 1, 7))).toBe('UNSUPPORTED_COMPRESSION_TYPE')
})

test('garbage in place of the records never leads to anything but an error with a code', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: -2, max: 50 }),
      fc.constantFrom(0, 0, 0, 1, 7, 8),
      (bytes, count, attributes) => {
        expect(['read', 'CORRUPT_MESSAGE', 'UNSUPPORTED_COMPRESSION_TYPE']).toContain(codeOf(batchOf(bytes, count, attributes)))
      },
    ),
    { numRuns: 2000 },
  )
})

test('a batch with some of its bytes changed never leads to anything but records or an error with a code', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(recordsToPack, changes, (all, changed) => {
      const { bytes } = packAll(all)
      for (const [at, byte] of changed) bytes[at % bytes.length] = byte
      const batch = new PackedBatch(bytes, 0, bytes.length, false)
      expect(['read', 'CORRUPT_MESSAGE', 'UNSUPPORTED_COMPRESSION_TYPE']).toContain(codeOf(batch))
      // What was read stays inside the batch, headers included.
      if (codeOf(batch) === 'read') for (const { headers } of records(batch)) expect([...headers].length).toBe(headers.size)
    }),
    { numRuns: 1000 },
  )
})
