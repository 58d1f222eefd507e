// The disk of the machine and the one that fails keep the same contract; so the storage on the one that fails passes its own suite too.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { fileSystemSuite } from '../../src/testing/file-system-suite.js'
import { storageSuite } from '../../src/testing/storage-suite.js'
import { words } from './suite-words.js'

fileSystemSuite({
  name: 'NodeFileSystem',
  test: words,
  open: async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-files-'))
    return { fileSystem: new NodeFileSystem(), folder, dispose: () => fs.rmSync(folder, { recursive: true }) }
  },
})

fileSystemSuite({
  name: 'FaultyFileSystem',
  test: words,
  open: async () => {
    const fileSystem = new FaultyFileSystem()
    fileSystem.makeFolder('/data')
    return { fileSystem, folder: '/data', dispose: () => {} }
  },
})

storageSuite({
  name: 'FileStorage on a FaultyFileSystem',
  test: words,
  open: async () => {
    const fileSystem = new FaultyFileSystem()
    const storage = (): FileStorage => new FileStorage('/data', { fileSystem })
    return { storage: storage(), reopen: async () => storage(), dispose: () => {} }
  },
})
