// The storage of the example passes the published suite, so that a reader can trust it as a pattern.

import { KeyValueStorage } from '../../examples/own-storage/key-value-storage.js'
import { storageSuite } from '../../src/testing/storage-suite.js'
import { words } from './suite-words.js'

storageSuite({
  name: 'KeyValueStorage of examples/own-storage',
  test: words,
  open: async () => {
    const place = new Map<string, Uint8Array>()
    return { storage: new KeyValueStorage(place), reopen: async () => new KeyValueStorage(place), dispose: () => {} }
  },
})
