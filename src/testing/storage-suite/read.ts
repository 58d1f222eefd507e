// The part of the storage suite about reading: whole batches, limits, and searching by time.

import assert from 'node:assert/strict'
import type { LogStore } from '../../storage/storage.js'
import { batchAt, fails, spans, suite, testOn } from './fixture.js'

/** Kafka's example: the first timestamp at or above, in log order, not the smallest. */
async function stamped(log: LogStore): Promise<LogStore> {
  for (const [offset, timestamp] of [1000, 3000, 2000, 3000, 5000].entries()) await log.append([batchAt(offset, 1, timestamp)])
  return log
}

export const readTests = suite((kind) => {
  testOn(kind, 'a read begins with the batch that holds the offset', async ({ log }) => {
    const orders = await log()
    await orders.append([batchAt(0, 5), batchAt(5, 5)])
    assert.deepEqual(spans(await orders.read(3, 10_000)), [
      [0, 4],
      [5, 9],
    ])
    assert.deepEqual(spans(await orders.read(5, 10_000)), [[5, 9]])
    assert.deepEqual(spans(await orders.read(9, 10_000)), [[5, 9]])
  })

  testOn(kind, 'a read at the end is empty', async ({ log }) => {
    const orders = await log()
    await orders.append([batchAt(0, 5)])
    assert.deepEqual(await orders.read(5, 10_000), [])
  })

  testOn(kind, 'a read gives at least one batch, however small the limit', async ({ log }) => {
    const orders = await log()
    await orders.append([batchAt(0, 1, 1000, 50_000), batchAt(1)])
    assert.deepEqual(spans(await orders.read(0, 1)), [[0, 0]])
    assert.deepEqual(spans(await orders.read(0, 0)), [[0, 0]])
  })

  testOn(kind, 'a read gives as many batches as fit, across pieces too', async ({ log }) => {
    const orders = await log('orders-0', { segmentBytes: 250 })
    const size = batchAt(0).sizeBytes
    for (let offset = 0; offset < 10; offset++) await orders.append([batchAt(offset)])
    assert.equal((await orders.read(0, size * 7)).length, 7)
    assert.equal((await orders.read(0, size * 7 - 1)).length, 6)
    assert.equal((await orders.read(4, size * 100)).length, 6)
  })

  testOn(kind, 'offsets outside the log are refused', async ({ log }) => {
    const orders = await log()
    await orders.append([batchAt(0, 5)])
    await fails('OFFSET_OUT_OF_RANGE', () => orders.read(6, 1000))
    await fails('OFFSET_OUT_OF_RANGE', () => orders.read(-1, 1000))
    await orders.truncateBefore(3)
    await fails('OFFSET_OUT_OF_RANGE', () => orders.read(2, 1000))
  })

  testOn(kind, 'a search by time finds the first batch in log order that reaches it', async ({ log }) => {
    const orders = await stamped(await log())
    const found: (number | undefined)[] = []
    for (const timestamp of [0, 1000, 1001, 2500, 3000, 3001, 5000]) found.push((await orders.findByTimestamp(timestamp))?.baseOffset)
    assert.deepEqual(found, [0, 0, 1, 1, 1, 4, 4])
    assert.equal(await orders.findByTimestamp(5001), null)
  })

  testOn(kind, 'a search by time works over many batches and pieces', async ({ log }) => {
    const orders = await log('orders-0', { segmentBytes: 20_000 })
    for (let offset = 0; offset < 1000; offset++) await orders.append([batchAt(offset, 1, 10_000 + offset * 10)])
    for (const offset of [0, 1, 57, 199, 200, 500, 998, 999]) {
      assert.equal((await orders.findByTimestamp(10_000 + offset * 10))?.baseOffset, offset)
      assert.equal((await orders.findByTimestamp(10_000 + offset * 10 - 5))?.baseOffset, offset)
    }
  })

  testOn(kind, 'the largest timestamp is found at its first batch', async ({ log }) => {
    const orders = await log('orders-0', { segmentBytes: 250 })
    for (const [offset, timestamp] of [1000, 7000, 2000, 7000, 5000].entries()) await orders.append([batchAt(offset, 1, timestamp)])
    assert.equal((await orders.findMaxTimestamp())?.baseOffset, 1)
    assert.equal(orders.maxTimestamp, 7000)
  })

  testOn(kind, 'what lies before the start is not found by time', async ({ log }) => {
    const orders = await stamped(await log())
    await orders.truncateBefore(2)
    assert.equal((await orders.findByTimestamp(0))?.baseOffset, 2)
    assert.equal((await orders.findByTimestamp(2500))?.baseOffset, 3)
    await orders.truncateAfter(4)
    assert.equal((await orders.findMaxTimestamp())?.baseOffset, 3)
  })

  testOn(kind, 'batches that were read stay as they are while the log goes on', async ({ log }) => {
    const orders = await log()
    await orders.append([batchAt(0, 3)])
    const [first] = await orders.read(0, 1000)
    const before = Array.from(first?.bytes ?? [])
    await orders.append([batchAt(3, 3)])
    await orders.read(3, 1000)
    await orders.truncateAfter(0)
    await orders.append([batchAt(0, 1, 5)])
    assert.ok(before.length > 0)
    assert.deepEqual(Array.from(first?.bytes ?? []), before)
  })
})
