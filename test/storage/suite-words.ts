// The words of vitest as the storage suite wants them. The suite asserts with node:assert, which vitest does not count: that the
// test's promise resolves is the assertion it sees.

import { describe, expect, it } from 'vitest'
import type { TestFunctions } from '../../src/testing/storage-suite.js'

export const words: TestFunctions = {
  describe,
  it: (name, run) => it(name, async () => expect(await run()).toBeUndefined()),
}
