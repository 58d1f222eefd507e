// FileStorage on a disk that is full or fails.

import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { batchAt, fails, readAll, spans } from '../../src/testing/storage-suite/fixture.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { CONFIG, START_MS } from '../../src/testing/storage-suite/fixture.js'
import { crashCopy, newFolder, openLog, openStorage, segmentPath } from './data-folder.js'
import { FailingDisk } from './failing-disk.js'

describe('FileStorage on a full disk', () => {
  it('says DISK_FULL, shows nothing of the append, and takes it when room was made', async () => {
    const [folder, fileSystem] = [newFolder(), new FailingDisk()]
    const { log, storage } = await openLog(folder, {}, { fileSystem })
    await log.append([batchAt(0)])
    const size = log.sizeBytes
    fileSystem.partBytes = 37
    fileSystem.failNext('write', 'ENOSPC')
    const error = await fails('DISK_FULL', () => log.append([batchAt(1), batchAt(2)]))
    expect(error.retriable).toBe(true)
    expect([log.endOffset, log.sizeBytes, fs.statSync(segmentPath(folder, 0)).size]).toEqual([1, size, size])
    expect(spans(await readAll(log))).toEqual([[0, 0]])
    await log.append([batchAt(1), batchAt(2)])
    await storage.sync()
    expect(spans(await readAll(log))).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
  })

  it('takes back the segments that a failed append began', async () => {
    const [folder, fileSystem] = [newFolder(), new FailingDisk()]
    const size = batchAt(0).sizeBytes
    const { log } = await openLog(folder, { segmentBytes: size }, { fileSystem })
    await log.append([batchAt(0)])
    // A roll writes two indexes, so the fifth write is the third batch.
    for (const skip of [0, 3, 6]) {
      fileSystem.failNext('write', 'ENOSPC', skip, 3)
      await fails('DISK_FULL', () => log.append([batchAt(1), batchAt(2), batchAt(3), batchAt(4)]))
      expect([log.endOffset, log.segments().length, log.sizeBytes]).toEqual([1, 1, size])
      fileSystem.failNext('write', 'ENOSPC', 1000)
    }
    await log.append([batchAt(1), batchAt(2)])
    expect(log.segments().map((segment) => segment.baseOffset)).toEqual([0, 1, 2])
    const { log: again } = await openLog(crashCopy(folder))
    expect(spans(await readAll(again))).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
  })

  it('has room to remove a log and to close, and then takes more', async () => {
    const fileSystem = new FaultyFileSystem()
    const storage = await openStorage('/data', { fileSystem })
    const [log, other] = ['orders-0', 'other-0'].map((name) => storage.log(name, CONFIG))
    if (log === undefined || other === undefined) throw new Error('two logs are open')
    await log.append([batchAt(0)])
    for (let offset = 0; offset < 10; offset++) await other.append([batchAt(offset, 1, START_MS, 4000)])
    const fillUp = (): void => {
      fileSystem.capacityBytes = fileSystem.usedBytes
    }
    fillUp()
    await fails('DISK_FULL', () => log.append([batchAt(1, 1, START_MS, 10_000)]))
    await other.close()
    await storage.remove('other-0')
    expect(storage.list()).toEqual(['orders-0'])
    await log.append([batchAt(1, 1, START_MS, 10_000)])
    fillUp()
    await storage.close()
    const again = await openStorage('/data', { fileSystem })
    expect(again.log('orders-0', CONFIG).endOffset).toBe(2)
    expect(again.tornTails).toEqual([])
  })

  it('shows no part of a commit when the last of its logs has no room', async () => {
    const fileSystem = new FailingDisk()
    const { log, storage } = await openLog(newFolder(), {}, { fileSystem })
    const other = storage.log('other-0', CONFIG)
    // The journal comes first: its file, its record, then the logs.
    fileSystem.failNext('write', 'ENOSPC', 3)
    const appends = [
      { log, batches: [batchAt(0)] },
      { log: other, batches: [batchAt(0)] },
    ]
    await fails('DISK_FULL', () => storage.commit(appends))
    expect([log.endOffset, other.endOffset, log.sizeBytes]).toEqual([0, 0, 0])
    await storage.commit(appends)
    expect([log.endOffset, other.endOffset]).toEqual([1, 1])
  })
})

describe('FileStorage on a failing disk', () => {
  it('takes nothing more after a failed write, and still reads', async () => {
    const fileSystem = new FailingDisk()
    const { log, storage } = await openLog(newFolder(), {}, { fileSystem })
    await log.append([batchAt(0)])
    fileSystem.failNext('write', 'EIO')
    const error = await fails('STORAGE_FAILED', () => log.append([batchAt(1)]))
    expect(error.cause).toMatchObject({ code: 'EIO' })
    await fails('STORAGE_FAILED', () => log.append([batchAt(1)]))
    await fails('STORAGE_FAILED', () => storage.sync())
    await fails('STORAGE_FAILED', () => log.truncateBefore(1))
    expect(spans(await readAll(log))).toEqual([[0, 0]])
  })

  it('never tries a failed sync again, and fails everyone who waits for it', async () => {
    const [folder, fileSystem] = [newFolder(), new FailingDisk()]
    const { log, storage } = await openLog(folder, {}, { fileSystem })
    await log.append([batchAt(0)])
    fileSystem.failNext('sync', 'EIO')
    const first = fails('STORAGE_FAILED', () => storage.sync())
    await log.append([batchAt(1)])
    const second = fails('STORAGE_FAILED', () => storage.sync())
    const { calls } = fileSystem
    await Promise.all([first, second])
    const syncs = calls.sync
    await fails('STORAGE_FAILED', () => storage.sync())
    await fails('STORAGE_FAILED', () => log.append([batchAt(2)]))
    expect(calls.sync).toBe(syncs)
    expect(syncs).toBe(1)
    expect((await readAll(log)).length).toBe(2)
    await storage.close()
    expect(fs.existsSync(`${folder}/.kafka_cleanshutdown`)).toBe(false)
    const { log: again } = await openLog(folder)
    expect(again.endOffset).toBe(2)
  })

  it('shares one sync among all who ask while another is at work', async () => {
    const fileSystem = new FailingDisk()
    const { log, storage } = await openLog(newFolder(), {}, { fileSystem })
    await log.append([batchAt(0)])
    await storage.sync()
    const before = fileSystem.calls.sync
    let open = (): void => {}
    fileSystem.gate = new Promise((resolve) => (open = resolve))
    await log.append([batchAt(1)])
    const atWork = fileSystem.nextSync()
    const syncs: unknown[] = [storage.sync()]
    await atWork
    for (let offset = 2; offset <= 20; offset++) {
      await log.append([batchAt(offset)])
      syncs.push(storage.sync())
    }
    open()
    await Promise.all(syncs)
    expect(fileSystem.calls.sync - before).toBe(2)
    await storage.sync()
    expect(fileSystem.calls.sync - before).toBe(2)
  })
})
