// The window on the bytes of one batch: its header, its place, its copy.

import { expect, test } from 'vitest'
import { checkBatch } from '../../src/record/batch-check.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { given, packAll, read, type RecordToPack } from './record-arbitrary.js'

const some: RecordToPack[] = [{ key: 'k', value: 'hello', timestamp: 1000, headers: null }]
const isGood = ({ bytes }: PackedBatch): boolean => checkBatch(bytes, 0, bytes.length).ok

test('the worked example of docs/format.md comes out byte by byte', () => {
  const batch = packAll(some, { producerId: 4242, producerEpoch: 0, baseSequence: 0, leaderEpoch: 0 })
  expect(Buffer.from(batch.bytes).toString('hex')).toBe(
    '00000000000000000000003e0000000002d62342d700000000000000000000000003e800000000000003e80000000000001092000000000000000000011800000002' +
      '6b0a68656c6c6f00',
  )
})

test('placing a batch in a log leaves its checksum valid', () => {
  const batch = packAll(some)
  expect(isGood(batch)).toBe(true)
  batch.place(2 ** 45 + 3, 9)
  expect(isGood(batch)).toBe(true)
  expect([batch.baseOffset, batch.lastOffset, batch.leaderEpoch]).toEqual([2 ** 45 + 3, 2 ** 45 + 3, 9])
})

test('the time of the broker is stamped on all records, and the checksum follows', () => {
  const batch = packAll(some)
  expect(isGood(batch)).toBe(true)
  batch.stampLogAppendTime(5000)
  expect([isGood(batch), batch.isLogAppendTime, batch.maxTimestamp, batch.baseTimestamp]).toEqual([true, true, 5000, 1000])
})

test('a copy has memory of its own', () => {
  const batch = packAll(some)
  const copy = batch.copy()
  batch.buffer.fill(0)
  expect(read(copy)).toEqual(given(some))
  expect(isGood(copy)).toBe(true)
})
