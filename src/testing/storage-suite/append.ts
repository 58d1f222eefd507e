// The part of the storage suite about appending: to one log, to several at once, and where segments begin.

import assert from 'node:assert/strict'
import { START_MS, batchAt, fails, hex, readAll, spans, suite, testOn } from './fixture.js'

export const appendTests = suite((kind) => {
  testOn(kind, 'a new log is empty and begins at 0', async ({ log, storage }) => {
    const orders = await log()
    assert.deepEqual([orders.name, orders.startOffset, orders.endOffset, orders.sizeBytes, orders.maxTimestamp], ['orders-0', 0, 0, 0, -1])
    assert.deepEqual(await orders.read(0, 1000), [])
    assert.equal(await orders.findByTimestamp(0), null)
    assert.equal(await orders.findMaxTimestamp(), null)
    assert.equal(orders.segments().length, 1)
    assert.deepEqual(await storage.list(), ['orders-0'])
  })

  testOn(kind, 'an append moves the end, the size and the largest timestamp', async ({ log }) => {
    const orders = await log()
    const batches = [batchAt(0, 3, START_MS + 5), batchAt(3, 2, START_MS + 2)]
    await orders.append(batches)
    assert.equal(orders.endOffset, 5)
    assert.equal(
      orders.sizeBytes,
      batches.reduce((sum, batch) => sum + batch.sizeBytes, 0),
    )
    assert.equal(orders.maxTimestamp, START_MS + 5)
  })

  testOn(kind, 'an append of nothing changes nothing', async ({ log }) => {
    const orders = await log()
    await orders.append([])
    assert.deepEqual([orders.endOffset, orders.sizeBytes], [0, 0])
  })

  testOn(kind, 'holes between batches are kept', async ({ log }) => {
    const orders = await log()
    await orders.append([batchAt(10, 2)])
    await orders.append([batchAt(100, 1)])
    assert.deepEqual([orders.startOffset, orders.endOffset], [0, 101])
    assert.deepEqual(spans(await orders.read(0, 10_000)), [
      [10, 11],
      [100, 100],
    ])
    assert.deepEqual(spans(await orders.read(50, 10_000)), [[100, 100]])
  })

  testOn(kind, 'the bytes come back as they were given', async ({ log }) => {
    const orders = await log()
    const given = [batchAt(0, 5), batchAt(5, 1, START_MS, 0), batchAt(6, 2, START_MS, 70_000), batchAt(8, 1, START_MS, 700_000)]
    await orders.append(given)
    assert.deepEqual((await readAll(orders)).map(hex), given.map(hex))
  })

  testOn(kind, 'logs written in turns do not mix', async ({ log }) => {
    const logs = await Promise.all(['a-0', 'a-1', 'a.b_c-10'].map((name) => log(name)))
    for (let round = 0; round < 20; round++) {
      for (const [at, one] of logs.entries()) await one.append([batchAt(round, 1, START_MS + at)])
    }
    for (const [at, one] of logs.entries()) {
      const batches = await readAll(one, 200)
      assert.deepEqual(
        batches.map((batch) => batch.baseOffset),
        Array.from({ length: 20 }, (_, n) => n),
      )
      assert.ok(batches.every((batch) => batch.maxTimestamp === START_MS + at))
    }
  })

  testOn(kind, 'a commit reaches all its logs, in order', async ({ log, storage }) => {
    const [orders, offsets] = [await log('orders-0'), await log('offsets-0')]
    await storage.commit([
      { log: orders, batches: [batchAt(0, 2), batchAt(2, 1)] },
      { log: offsets, batches: [batchAt(0, 1)] },
    ])
    assert.deepEqual(spans(await readAll(orders)), [
      [0, 1],
      [2, 2],
    ])
    assert.deepEqual(spans(await readAll(offsets)), [[0, 0]])
  })

  testOn(kind, 'of a commit to several logs a reader sees all or nothing, at every moment', async ({ log, storage }) => {
    const [orders, offsets] = [await log('orders-0'), await log('offsets-0')]
    for (let round = 0; round < 5; round++) {
      const done = storage.commit([
        { log: orders, batches: [batchAt(round * 2), batchAt(round * 2 + 1)] },
        { log: offsets, batches: [batchAt(round)] },
      ])
      const state = { settled: false }
      const settled = Promise.resolve(done).then(() => {
        state.settled = true
      })
      while (!state.settled) {
        assert.equal(orders.endOffset, offsets.endOffset * 2)
        await null
        // Lets whatever the commit waits for come about.
        await storage.sync()
      }
      await settled
      assert.deepEqual([orders.endOffset, offsets.endOffset], [round * 2 + 2, round + 1])
    }
  })

  testOn(kind, 'commits that come together all arrive', async ({ log, storage }) => {
    const pairs = await Promise.all([0, 1, 2, 3].map(async (n) => [await log(`a-${n}`), await log(`b-${n}`)] as const))
    await Promise.all(
      pairs.map(([a, b]) =>
        storage.commit([
          { log: a, batches: [batchAt(0, 2)] },
          { log: b, batches: [batchAt(0)] },
        ]),
      ),
    )
    for (const [a, b] of pairs) assert.deepEqual([a.endOffset, b.endOffset], [2, 1])
  })

  testOn(kind, 'a commit of nothing changes nothing', async ({ log, storage }) => {
    const orders = await log()
    await storage.commit([])
    await storage.commit([{ log: orders, batches: [] }])
    assert.equal(orders.endOffset, 0)
  })

  testOn(kind, 'a commit in which one log is closed reaches none', async ({ log, storage }) => {
    const [orders, offsets] = [await log('orders-0'), await log('offsets-0')]
    await offsets.close()
    await fails('CLOSED', () =>
      storage.commit([
        { log: orders, batches: [batchAt(0)] },
        { log: offsets, batches: [batchAt(0)] },
      ]),
    )
    assert.equal(orders.endOffset, 0)
    assert.deepEqual(await orders.read(0, 1000), [])
  })

  testOn(kind, 'many batches are all found again', async ({ log }) => {
    const orders = await log('orders-0', { segmentBytes: 30_000 })
    for (let offset = 0; offset < 3000; offset += 30) await orders.append(Array.from({ length: 10 }, (_, n) => batchAt(offset + n * 3, 3)))
    assert.equal(orders.endOffset, 3000)
    assert.equal((await readAll(orders, 5000)).length, 1000)
    for (let offset = 0; offset < 3000; offset += 7) assert.equal((await orders.read(offset, 1))[0]?.baseOffset, offset - (offset % 3))
  })

  testOn(kind, 'pieces join: each begins where the one before ended, and sizes add up', async ({ log }) => {
    const orders = await log('orders-0', { segmentBytes: 500 })
    for (let offset = 0; offset < 20; offset++) await orders.append([batchAt(offset, 1, START_MS + offset)])
    const pieces = orders.segments()
    assert.ok(pieces.length >= 1)
    assert.equal(pieces.at(-1)?.endOffset, orders.endOffset)
    assert.equal(
      pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0),
      orders.sizeBytes,
    )
    for (let at = 1; at < pieces.length; at++) assert.equal(pieces[at]?.baseOffset, pieces[at - 1]?.endOffset)
  })

  testOn(kind, 'a roll loses nothing and a second one changes nothing', async ({ log }) => {
    const orders = await log()
    await orders.append([batchAt(0, 2)])
    await orders.roll()
    const { length } = orders.segments()
    await orders.roll()
    assert.equal(orders.segments().length, length)
    await orders.append([batchAt(2, 2)])
    assert.deepEqual(spans(await readAll(orders)), [
      [0, 1],
      [2, 3],
    ])
  })
})
