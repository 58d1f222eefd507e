// The part of the storage suite about what stays: over closing a log, closing the storage, removing, and who may own the place.

import assert from 'node:assert/strict'
import type { LogStore, Storage } from '../../storage/storage.js'
import { CONFIG, START_MS, batchAt, fails, hex, readAll, spans, suite, testOn } from './fixture.js'
import type { Fixture, StorageSuite } from './fixture.js'

/** Closes the storage, opens another at the same place, and closes that one when `run` is done. */
async function onceMore({ storage, reopen, clock }: Fixture, run: (again: Storage) => Promise<void>): Promise<void> {
  await storage.close()
  const again = await reopen()
  await again.open({ clock })
  try {
    await run(again)
  } finally {
    await again.close()
  }
}

async function filled({ log }: Fixture): Promise<LogStore> {
  const orders = await log('orders-0', { segmentBytes: 400 })
  for (let offset = 0; offset < 30; offset += 3) await orders.append([batchAt(offset, 3, START_MS + offset)])
  return orders
}

function persistentTests(kind: StorageSuite): void {
  testOn(kind, 'what was appended is there after close and open, if the storage is persistent', async (fixture) => {
    const orders = await filled(fixture)
    const before = (await readAll(orders)).map(hex)
    if (!fixture.storage.supports.persistent) return assert.equal(before.length, 10)
    const pieces = orders.segments()
    await onceMore(fixture, async (again) => {
      assert.deepEqual(await again.list(), ['orders-0'])
      const log = await again.log('orders-0', CONFIG)
      assert.deepEqual([log.startOffset, log.endOffset, log.maxTimestamp], [0, 30, START_MS + 27])
      assert.deepEqual(log.segments(), pieces)
      assert.deepEqual((await readAll(log)).map(hex), before)
      await log.append([batchAt(30)])
      assert.equal((await log.read(30, 1))[0]?.baseOffset, 30)
    })
  })

  testOn(kind, 'both ends stay where they were cut, if the storage is persistent', async (fixture) => {
    const orders = await filled(fixture)
    await orders.truncateBefore(7)
    await orders.truncateAfter(16)
    assert.deepEqual([orders.startOffset, orders.endOffset], [7, 16])
    if (!fixture.storage.supports.persistent) return
    await onceMore(fixture, async (again) => {
      const log = await again.log('orders-0', CONFIG)
      assert.deepEqual([log.startOffset, log.endOffset], [7, 16])
      assert.deepEqual(spans(await readAll(log)), [
        [6, 8],
        [9, 11],
        [12, 14],
      ])
    })
  })

  testOn(kind, 'a log that was emptied keeps its place, if the storage is persistent', async (fixture) => {
    const orders = await filled(fixture)
    await orders.truncateBefore(30)
    assert.equal(orders.startOffset, 30)
    if (!fixture.storage.supports.persistent) return
    await onceMore(fixture, async (again) => {
      const log = await again.log('orders-0', CONFIG)
      assert.deepEqual([log.startOffset, log.endOffset, (await readAll(log)).length], [30, 30, 0])
    })
  })
}

export const reopenTests = suite((kind) => {
  persistentTests(kind)

  testOn(kind, 'a log that was closed can be opened again', async (fixture) => {
    const orders = await filled(fixture)
    await orders.close()
    const again = await fixture.log()
    assert.equal(again.endOffset, 30)
    await again.append([batchAt(30)])
    assert.equal((await readAll(again)).length, 11)
  })

  testOn(kind, 'a log that is removed is gone; under its name a new one begins', async (fixture) => {
    const orders = await filled(fixture)
    await fixture.log('other-0')
    await orders.close()
    await fixture.storage.remove('orders-0')
    assert.deepEqual(await fixture.storage.list(), ['other-0'])
    const anew = await fixture.log()
    assert.deepEqual([anew.startOffset, anew.endOffset, anew.sizeBytes], [0, 0, 0])
  })

  testOn(kind, 'removing what is not there does nothing', async ({ storage }) => {
    await storage.remove('nothing-0')
    assert.deepEqual(await storage.list(), [])
  })

  testOn(kind, 'a removed log stays away after open, if the storage is persistent', async (fixture) => {
    const orders = await filled(fixture)
    await orders.truncateBefore(9)
    await orders.close()
    await fixture.storage.remove('orders-0')
    assert.deepEqual(await fixture.storage.list(), [])
    if (!fixture.storage.supports.persistent) return
    await onceMore(fixture, async (again) => {
      assert.deepEqual(await again.list(), [])
      assert.equal((await again.log('orders-0', CONFIG)).startOffset, 0)
    })
  })

  testOn(
    kind,
    'a place in use is refused to a second owner, if the storage says it is exclusive',
    async ({ storage, reopen, clock, log }) => {
      await log()
      if (storage.supports.exclusive !== true) return assert.notEqual(storage.supports.exclusive, true)
      const second = await reopen()
      await fails('STORAGE_LOCKED', () => second.open({ clock }))
      const orders = await log('more-0')
      await orders.append([batchAt(0)])
      assert.equal(orders.endOffset, 1)
    },
  )

  testOn(kind, 'a commit to several logs is there after close and open, if the storage is persistent', async (fixture) => {
    const [orders, offsets] = [await fixture.log('orders-0'), await fixture.log('offsets-0')]
    await fixture.storage.commit([
      { log: orders, batches: [batchAt(0, 2)] },
      { log: offsets, batches: [batchAt(0)] },
    ])
    await orders.append([batchAt(2)])
    if (!fixture.storage.supports.persistent) return assert.deepEqual([orders.endOffset, offsets.endOffset], [3, 1])
    await onceMore(fixture, async (again) => {
      assert.deepEqual(spans(await readAll(await again.log('orders-0', CONFIG))), [
        [0, 1],
        [2, 2],
      ])
      assert.deepEqual(spans(await readAll(await again.log('offsets-0', CONFIG))), [[0, 0]])
    })
  })

  testOn(kind, 'sync of one log settles, whether it has anything to sync, is new, or was closed', async ({ storage, log }) => {
    const [orders, other] = [await log(), await log('other-0', { flush: 'always' })]
    await storage.sync(orders)
    for (let offset = 0; offset < 5; offset++) {
      await other.append([batchAt(offset)])
      await orders.append([batchAt(offset)])
      await Promise.all([storage.sync(other), storage.sync(orders), storage.sync(other)])
    }
    await other.append([batchAt(5)])
    await other.close()
    await storage.sync(other)
    assert.equal((await log('other-0')).endOffset, 6)
  })

  testOn(kind, 'sync settles with and without anything to do', async ({ storage, log }) => {
    await storage.sync()
    const orders = await log()
    await orders.append([batchAt(0)])
    await Promise.all([storage.sync(), storage.sync(), storage.sync()])
    await storage.sync()
    assert.equal(orders.endOffset, 1)
  })
})
