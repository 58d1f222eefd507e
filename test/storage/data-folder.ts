// Folders for tests of FileStorage: made fresh, copied as a crash would leave them, and cleared away afterwards.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import type { FileStorageOptions } from '../../src/storage/file/file-storage-options.js'
import type { LogStore, Storage } from '../../src/storage/storage.js'
import { CONFIG, START_MS } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const made: string[] = []
const opened: Storage[] = []

export function newFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-storage-'))
  made.push(folder)
  return folder
}

/** What kill -9 leaves: the files as they are, and nobody who holds the lock. */
export function crashCopy(folder: string): string {
  const copy = newFolder()
  fs.cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('LOCK') })
  return copy
}

export async function openStorage(
  folder: string,
  options: FileStorageOptions = {},
  clock = new VirtualClock(START_MS),
): Promise<FileStorage> {
  const storage = new FileStorage(folder, options)
  await storage.open({ clock })
  opened.push(storage)
  return storage
}

/** Opens the storage and one log in it. */
export async function openLog(
  folder: string,
  config = {},
  options: FileStorageOptions = {},
): Promise<{ storage: FileStorage; log: LogStore }> {
  const storage = await openStorage(folder, options)
  return { storage, log: storage.log('orders-0', { ...CONFIG, ...config }) }
}

/** The path of a file of log orders-0. */
export function segmentPath(folder: string, base: number, ending = 'log'): string {
  return join(folder, 'orders-0', `${String(base).padStart(20, '0')}.${ending}`)
}

afterEach(async () => {
  for (const storage of opened.splice(0)) {
    try {
      await storage.close()
    } catch {
      // A storage that was made to fail says so once more when it is closed.
    }
  }
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})
