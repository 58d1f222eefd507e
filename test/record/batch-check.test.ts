// The parser of untrusted bytes: every damage is found, none is a crash.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { writeInt32, writeInt64 } from '../../src/lib/bytes.js'
import { checkBatch, splitBatches, type BadBatchReason } from '../../src/record/batch-check.js'
import {
  BASE_OFFSET,
  BASE_TIMESTAMP,
  BATCH_LENGTH,
  CRC,
  LAST_OFFSET_DELTA,
  MAGIC,
  PRODUCER_ID,
  RECORDS_COUNT,
} from '../../src/record/format.js'
import { PackedBatch } from '../../src/record/packed-batch.js'
import { given, packAll, read, recordsToPack, type RecordToPack } from './record-arbitrary.js'

const some: RecordToPack[] = [
  { key: 'a', value: 'one', timestamp: 1000, headers: [['h', 'x']] },
  { key: 'b', value: 'two', timestamp: 1001, headers: null },
]

function reasonOf(bytes: Uint8Array): BadBatchReason | 'ok' {
  const verdict = checkBatch(bytes, 0, bytes.length)
  return verdict.ok ? 'ok' : verdict.reason
}

/** The bytes of a batch with a change of its header and a checksum that fits the change. */
function altered(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = packAll(some).bytes
  change(bytes)
  new PackedBatch(bytes, 0, bytes.length, false).fillCrc()
  return bytes
}

test('every truncation of a batch is found', () => {
  fc.assert(
    fc.property(recordsToPack, (all) => {
      const { bytes } = packAll(all)
      for (let length = 0; length < bytes.length; length++) {
        expect(checkBatch(bytes, 0, length)).toMatchObject({ ok: false, reason: 'truncated' })
        expect(reasonOf(bytes.subarray(0, length))).toBe('truncated')
      }
    }),
    { numRuns: 20 },
  )
})

test('every changed byte is found, but for the base offset and the leader epoch, which lie outside of the checksum', () => {
  const outside = (at: number): boolean => at < BATCH_LENGTH || (at >= BATCH_LENGTH + 4 && at < MAGIC)
  fc.assert(
    fc.property(recordsToPack, fc.integer({ min: 1, max: 255 }), (all, change) => {
      const bytes = packAll(all).bytes
      for (let at = 0; at < bytes.length; at++) {
        const before = bytes[at] as number
        bytes[at] = before ^ change
        if (!outside(at)) expect([at, reasonOf(bytes)]).not.toEqual([at, 'ok'])
        bytes[at] = before
      }
      expect(reasonOf(bytes)).toBe('ok')
    }),
    { numRuns: 20 },
  )
})

test('garbage is judged, never thrown at, and never read past its end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(250), fc.nat(300), (bytes, start, available) => {
      expect(checkBatch(bytes, start, available).ok).toBe(false)
    }),
  )
})

describe('what is no batch is told apart:', () => {
  const at = (position: number, value: number) => altered((bytes) => writeInt32(bytes, position, value))
  test.each<[string, Uint8Array, BadBatchReason]>([
    ['zeros, as file systems leave them', new Uint8Array(500), 'truncated'],
    ['a length shorter than the header', at(BATCH_LENGTH, 48), 'length'],
    ['a negative length', at(BATCH_LENGTH, -1), 'length'],
    ['a length beyond the bytes', at(BATCH_LENGTH, 10_000), 'truncated'],
    [
      'the format before this one',
      altered((bytes) => {
        bytes[MAGIC] = 1
      }),
      'magic',
    ],
    [
      'a format after this one',
      altered((bytes) => {
        bytes[MAGIC] = 3
      }),
      'magic',
    ],
    ['more records than offsets', at(RECORDS_COUNT, 3), 'count'],
    ['a negative number of records', at(RECORDS_COUNT, -1), 'count'],
    ['a negative last offset', at(LAST_OFFSET_DELTA, -1), 'count'],
    [
      'more records than bytes',
      altered((bytes) => {
        writeInt32(bytes, LAST_OFFSET_DELTA, 999)
        writeInt32(bytes, RECORDS_COUNT, 1000)
      }),
      'count',
    ],
    ['an offset beyond 2^53', altered((bytes) => writeInt64(bytes, BASE_OFFSET, 2 ** 60)), 'range'],
    ['a negative offset', altered((bytes) => writeInt64(bytes, BASE_OFFSET, -1)), 'range'],
    ['a timestamp beyond 2^53', altered((bytes) => writeInt64(bytes, BASE_TIMESTAMP, 2 ** 60)), 'range'],
    ['a producer id beyond 2^53', altered((bytes) => writeInt64(bytes, PRODUCER_ID, -(2 ** 60))), 'range'],
  ])('%s', (_, bytes, reason) => {
    expect(reasonOf(bytes)).toBe(reason)
  })

  test('a wrong checksum is named with the right one', () => {
    const bytes = packAll(some).bytes
    writeInt32(bytes, CRC, 0x1234)
    expect(checkBatch(bytes, 0, bytes.length)).toMatchObject({ reason: 'crc', message: expect.stringContaining('00001234') })
  })
})

test('a batch in the middle of other bytes is found where it lies', () => {
  const { bytes } = packAll(some)
  const around = new Uint8Array(bytes.length + 20)
  around.set(bytes, 7)
  const verdict = checkBatch(around, 7, bytes.length)
  if (!verdict.ok) throw new Error(verdict.message)
  expect(verdict.end).toBe(7 + bytes.length)
  expect(read(verdict.batch)).toEqual(given(some))
})

describe('splitting', () => {
  const two = Buffer.concat([packAll(some).bytes, packAll(some.slice(1)).bytes])

  test('finds batches that lie one behind the other', () => {
    const { batches, end, stopped } = splitBatches(two)
    expect(batches.map(read)).toEqual([given(some), given(some.slice(1))])
    expect([end, stopped]).toEqual([two.length, undefined])
  })

  test('stops where a batch is torn, and says where the last good one ends', () => {
    const { batches, end, stopped } = splitBatches(two.subarray(0, two.length - 1))
    expect(batches).toHaveLength(1)
    expect(end).toBe(packAll(some).sizeBytes)
    expect(stopped?.reason).toBe('truncated')
  })

  test('of nothing is nothing', () => {
    expect(splitBatches(new Uint8Array(0))).toEqual({ batches: [], end: 0, stopped: undefined })
  })
})
