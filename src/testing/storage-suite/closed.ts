// The part of the storage suite about the end: after close every operation says CLOSED, and closing again does nothing.

import assert from 'node:assert/strict'
import type { LogStore, Storage } from '../../storage/storage.js'
import { CONFIG, batchAt, fails, suite, testOn } from './fixture.js'

const LOG_OPERATIONS: Readonly<Record<string, (log: LogStore) => unknown>> = {
  append: (log) => log.append([batchAt(log.endOffset)]),
  read: (log) => log.read(0, 1000),
  findByTimestamp: (log) => log.findByTimestamp(0),
  findMaxTimestamp: (log) => log.findMaxTimestamp(),
  truncateBefore: (log) => log.truncateBefore(1),
  truncateAfter: (log) => log.truncateAfter(0),
  roll: (log) => log.roll(),
}

const STORAGE_OPERATIONS: Readonly<Record<string, (storage: Storage) => unknown>> = {
  list: (storage) => storage.list(),
  log: (storage) => storage.log('more-0', CONFIG),
  remove: (storage) => storage.remove('orders-0'),
  commit: (storage) => storage.commit([]),
  sync: (storage) => storage.sync(),
}

export const closedTests = suite((kind) => {
  for (const [name, operation] of Object.entries(LOG_OPERATIONS)) {
    testOn(kind, `${name} on a closed log is refused, also when the storage was closed`, async ({ log, storage }) => {
      const [orders, others] = [await log('orders-0'), await log('others-0')]
      await orders.append([batchAt(0)])
      await others.append([batchAt(0)])
      await orders.close()
      await fails('CLOSED', () => operation(orders))
      await storage.close()
      await fails('CLOSED', () => operation(others))
    })
  }

  for (const [name, operation] of Object.entries(STORAGE_OPERATIONS)) {
    testOn(kind, `${name} on a closed storage is refused`, async ({ log, storage }) => {
      await log()
      await storage.close()
      await fails('CLOSED', () => operation(storage))
    })
  }

  testOn(kind, 'closing again does nothing', async ({ log, storage }) => {
    const orders = await log()
    await orders.append([batchAt(0)])
    await orders.close()
    await orders.close()
    await storage.close()
    await storage.close()
    assert.equal(orders.endOffset, 1)
  })

  testOn(kind, 'a log is opened once until it is closed', async ({ log }) => {
    const first = await log()
    await fails('INVALID_STATE', () => log())
    await first.close()
    assert.equal((await log()).endOffset, 0)
  })
})
