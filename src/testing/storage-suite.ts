// The published suite: whoever writes a storage runs it and knows that brokers can live on it. It takes the words of the test
// framework as arguments, so that it works with vitest, node:test, mocha or jest, and needs only node:assert. What a storage
// says it supports is tested; what it says it lacks is not.

import { appendTests } from './storage-suite/append.js'
import { readTests } from './storage-suite/read.js'
import { reopenTests } from './storage-suite/reopen.js'
import { truncateTests } from './storage-suite/truncate.js'
import { compactionTests } from './storage-suite/compaction.js'
import { closedTests } from './storage-suite/closed.js'
import type { StorageSuite } from './storage-suite/fixture.js'

export type { OpenedStorage, StorageSuite, TestFunctions } from './storage-suite/fixture.js'

/**
 * Defines the tests of the storage contract.
 *
 * ```ts
 * import { describe, it } from 'vitest'
 * storageSuite({
 *   name: 'MyStorage',
 *   test: { describe, it },
 *   open: async () => ({ storage: new MyStorage(place), reopen: async () => new MyStorage(place), dispose: () => erase(place) }),
 * })
 * ```
 */
export function storageSuite(suite: StorageSuite): void {
  suite.test.describe(`${suite.name} keeps the storage contract`, () => {
    for (const tests of [appendTests, readTests, truncateTests, reopenTests, compactionTests, closedTests]) tests(suite)
  })
}
