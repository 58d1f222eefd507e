// MemoryStorage against the published suite, and what only it has: a limit on its bytes.

import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { storageSuite } from '../../src/testing/storage-suite.js'
import { CONFIG, batchAt, fails, spans } from '../../src/testing/storage-suite/fixture.js'
import { words } from './suite-words.js'
import { MemoryStorage } from '../../src/storage/memory.js'

storageSuite({
  name: 'MemoryStorage',
  test: words,
  open: async () => {
    const storage = new MemoryStorage()
    return { storage, reopen: async () => storage, dispose: () => {} }
  },
})

describe('MemoryStorage', () => {
  it('gives back the very batches it was given', () => {
    const storage = new MemoryStorage()
    storage.open({ clock: new VirtualClock() })
    const log = storage.log('orders-0', CONFIG)
    const batch = batchAt(0)
    log.append([batch])
    expect((log.read(0, 1) as readonly unknown[])[0]).toBe(batch)
  })

  it('refuses what goes beyond maxBytes and shows nothing of it, until room is made', async () => {
    const size = batchAt(0).sizeBytes
    const storage = new MemoryStorage({ maxBytes: size * 3 })
    storage.open({ clock: new VirtualClock() })
    const orders = storage.log('orders-0', { ...CONFIG, segmentBytes: size })
    const others = storage.log('others-0', CONFIG)
    await orders.append([batchAt(0), batchAt(1)])
    await fails('DISK_FULL', () => orders.append([batchAt(2), batchAt(3)]))
    await fails('DISK_FULL', () =>
      storage.commit([
        { log: orders, batches: [batchAt(2)] },
        { log: others, batches: [batchAt(0)] },
      ]),
    )
    expect([orders.endOffset, others.endOffset, storage.usedBytes]).toEqual([2, 0, size * 2])
    await orders.truncateBefore(1)
    await orders.append([batchAt(2), batchAt(3)])
    expect(spans(await orders.read(1, 10_000))).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
  })

  it('lets go of records before the start inside one segment, so that a queue does not grow', async () => {
    const storage = new MemoryStorage()
    storage.open({ clock: new VirtualClock() })
    const log = storage.log('queue-0', CONFIG)
    for (let offset = 0; offset < 1000; offset++) {
      await log.append([batchAt(offset)])
      await log.truncateBefore(offset + 1)
    }
    expect(storage.usedBytes).toBeLessThan(batchAt(1).sizeBytes * 70)
    expect([log.startOffset, log.endOffset]).toEqual([1000, 1000])
    await storage.remove('absent-0')
  })
})
