// The part of the storage suite about cutting: old records from the front, records that shall not stand from the back.

import assert from 'node:assert/strict'
import type { LogStore } from '../../storage/storage.js'
import { START_MS, batchAt, fails, readAll, spans, suite, testOn } from './fixture.js'
import type { Fixture } from './fixture.js'

async function threeEach({ log }: Fixture, segmentBytes = 400): Promise<LogStore> {
  const orders = await log('orders-0', { segmentBytes })
  for (let offset = 0; offset < 30; offset += 3) await orders.append([batchAt(offset, 3, START_MS + offset)])
  return orders
}

export const truncateTests = suite((kind) => {
  testOn(kind, 'the start moves forward, never back', async (fixture) => {
    const orders = await threeEach(fixture)
    await orders.truncateBefore(7)
    assert.equal(orders.startOffset, 7)
    await orders.truncateBefore(2)
    assert.equal(orders.startOffset, 7)
    assert.deepEqual(spans(await orders.read(7, 1)), [[6, 8]])
    assert.equal(orders.endOffset, 30)
  })

  testOn(kind, 'the start cannot move above the end', async (fixture) => {
    const orders = await threeEach(fixture)
    await fails('OFFSET_OUT_OF_RANGE', () => orders.truncateBefore(31))
    assert.equal(orders.startOffset, 0)
  })

  testOn(kind, 'a log cut up to its end is empty and goes on at the same offset', async (fixture) => {
    const orders = await threeEach(fixture)
    await orders.truncateBefore(30)
    assert.deepEqual([orders.startOffset, orders.endOffset], [30, 30])
    assert.deepEqual(await orders.read(30, 1000), [])
    assert.equal(await orders.findByTimestamp(0), null)
    assert.equal(await orders.findMaxTimestamp(), null)
    await orders.append([batchAt(30, 2)])
    assert.deepEqual(spans(await readAll(orders)), [[30, 31]])
  })

  testOn(kind, 'a piece whose records are all before the start can be freed', async (fixture) => {
    const orders = await threeEach(fixture)
    await orders.roll()
    await orders.truncateBefore(30)
    assert.ok(orders.segments().every((piece) => piece.endOffset > 30 || piece === orders.segments().at(-1) || piece.baseOffset >= 0))
    assert.equal(
      orders.sizeBytes,
      orders.segments().reduce((sum, piece) => sum + piece.sizeBytes, 0),
    )
    assert.deepEqual([orders.startOffset, orders.endOffset], [30, 30])
  })

  for (const segmentBytes of [400, 1_000_000]) {
    testOn(kind, `the end is cut at a border of batches (segments of ${segmentBytes} bytes)`, async (fixture) => {
      const orders = await threeEach(fixture, segmentBytes)
      await orders.truncateAfter(15)
      assert.equal(orders.endOffset, 15)
      assert.deepEqual(spans(await orders.read(12, 100_000)), [[12, 14]])
      assert.equal(orders.maxTimestamp, START_MS + 12)
      await orders.append([batchAt(15, 1)])
      assert.deepEqual(spans(await orders.read(14, 100_000)), [
        [12, 14],
        [15, 15],
      ])
    })

    testOn(kind, `a batch that reaches over the cut goes as a whole (segments of ${segmentBytes} bytes)`, async (fixture) => {
      const orders = await threeEach(fixture, segmentBytes)
      await orders.truncateAfter(16)
      assert.equal(orders.endOffset, 16)
      assert.deepEqual(spans(await orders.read(12, 100_000)), [[12, 14]])
      assert.deepEqual(await orders.read(15, 100_000), [])
      await orders.append([batchAt(16, 1)])
      assert.deepEqual(spans(await orders.read(15, 100_000)), [[16, 16]])
    })
  }

  testOn(kind, 'a cut at or above the end changes nothing', async (fixture) => {
    const orders = await threeEach(fixture)
    const size = orders.sizeBytes
    await orders.truncateAfter(30)
    await orders.truncateAfter(99)
    assert.deepEqual([orders.endOffset, orders.sizeBytes], [30, size])
  })

  testOn(kind, 'a log cut to nothing starts anew at the cut', async (fixture) => {
    const orders = await threeEach(fixture)
    await orders.truncateBefore(9)
    await orders.truncateAfter(9)
    assert.deepEqual([orders.startOffset, orders.endOffset, (await readAll(orders)).length], [9, 9, 0])
    await orders.append([batchAt(9, 4)])
    assert.deepEqual(spans(await readAll(orders)), [[9, 12]])
  })
})
