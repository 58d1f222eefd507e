// Large files leave without holding the event loop: they lose their name at once, and their blocks go in a thread of the pool.

import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import { batchAt, spans, readAll } from '../../src/testing/storage-suite/fixture.js'
import { newFolder, openLog, openStorage } from './data-folder.js'

/** Notes what is removed how; the process dies before the pool has come to it when told. */
class Removals extends NodeFileSystem {
  readonly held: string[] = []
  readonly aside: string[] = []
  isDying = false

  override remove(path: string): void {
    if (fs.existsSync(path)) this.held.push(path)
    super.remove(path)
  }
  override removeAside(path: string): Promise<void> {
    this.aside.push(path)
    return this.isDying ? Promise.reject(new Error('The process died')) : super.removeAside(path)
  }
}

/** Six segments of five megabytes. */
async function fill(folder: string, fileSystem: NodeFileSystem) {
  const opened = await openLog(folder, { segmentBytes: 5_000_000 }, { fileSystem })
  for (let offset = 0; offset < 30; offset++) await opened.log.append([batchAt(offset, 1, 1_700_000_000_000, 990_000)])
  return opened
}

const logFiles = (folder: string): string[] => fs.readdirSync(join(folder, 'orders-0')).filter((name) => name.includes('.log'))

it('Large segments before a start that moves go aside, and are gone when the move has settled', async () => {
  const [folder, fileSystem] = [newFolder(), new Removals()]
  const { log } = await fill(folder, fileSystem)
  const before = logFiles(folder).length
  await log.truncateBefore(20)
  expect(fileSystem.held.filter((path) => path.includes('.log'))).toEqual([])
  expect(fileSystem.aside).toHaveLength(before - logFiles(folder).length)
  expect(fileSystem.aside.length).toBeGreaterThan(2)
  expect(logFiles(folder).filter((name) => name.endsWith('.deleted'))).toEqual([])
})

it('A process that dies before they are gone leaves names that count for nothing, and the next opening clears them away', async () => {
  const [folder, fileSystem] = [newFolder(), new Removals()]
  const { log, storage } = await fill(folder, fileSystem)
  fileSystem.isDying = true
  await log.truncateBefore(20)
  await storage.close()
  expect(logFiles(folder).filter((name) => name.endsWith('.deleted')).length).toBeGreaterThan(2)
  const { log: again } = await openLog(folder)
  expect(logFiles(folder).filter((name) => name.endsWith('.deleted'))).toEqual([])
  expect(spans(await readAll(again))[0]).toEqual([20, 20])
})

it('Small segments go at once', async () => {
  const [folder, fileSystem] = [newFolder(), new Removals()]
  const { log } = await openLog(folder, { segmentBytes: 2000 }, { fileSystem })
  for (let offset = 0; offset < 10; offset++) await log.append([batchAt(offset, 1, 1_700_000_000_000, 990)])
  await log.truncateBefore(9)
  expect(fileSystem.aside).toEqual([])
  expect(fileSystem.held.filter((path) => path.endsWith('.log')).length).toBeGreaterThan(2)
})

it('The folder of a log that is removed goes aside', async () => {
  const [folder, fileSystem] = [newFolder(), new Removals()]
  const { log, storage } = await fill(folder, fileSystem)
  await log.close()
  await storage.remove('orders-0')
  expect(fileSystem.aside).toEqual([expect.stringMatching(/orders-0\.1-delete$/)])
  expect(fs.readdirSync(folder).filter((name) => name.includes('orders-0'))).toEqual([])
  expect((await openStorage(newFolder())).list()).toEqual([])
})
