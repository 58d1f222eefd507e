// Leader epochs of logs on files: Kafka's file beside the segments, and a new epoch after each opening that no clean stop vouches for.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LogStore } from '../../src/storage/storage.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { CONFIG, batchAt } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { crashCopy, newFolder, openLog, openStorage } from './data-folder.js'

/** Appends one batch at the end, in the current epoch, as a partition does. */
function add(log: LogStore, count = 1): void {
  for (let n = 0; n < count; n++) {
    const batch = batchAt(log.endOffset)
    batch.place(log.endOffset, log.epochs?.current ?? 0)
    void log.append([batch])
  }
}

const fileOf = (folder: string): string => join(folder, 'orders-0', 'leader-epoch-checkpoint')
const told = (folder: string): string => fs.readFileSync(fileOf(folder), 'utf8')

/** A folder with the epochs 0, 1 and 2, of two records each; the last process was killed. */
async function killedTwice(config = {}): Promise<string> {
  let folder = newFolder()
  for (let life = 0; life < 3; life++) {
    const { storage, log } = await openLog(folder, config)
    await storage.sync()
    add(log, 2)
    folder = crashCopy(folder)
  }
  return folder
}

describe('The file of leader epochs', () => {
  it('stands beside a new log as Kafka writes it, and says the same after a clean close', async () => {
    const folder = newFolder()
    const { storage, log } = await openLog(folder)
    expect(told(folder)).toBe('0\n1\n0 0\n')
    add(log, 3)
    await storage.close()
    const again = await openLog(folder)
    expect(again.log.epochs?.current).toBe(0)
    expect(await again.log.epochs?.starts()).toEqual([{ epoch: 0, startOffset: 0 }])
    expect(told(folder)).toBe('0\n1\n0 0\n')
  })

  it('gets an epoch at the end of the log with each opening after a crash, and keeps it over a clean close', async () => {
    const folder = await killedTwice()
    const { storage, log } = await openLog(folder)
    expect(told(folder)).toBe('0\n4\n0 0\n1 2\n2 4\n3 6\n')
    expect(log.epochs?.current).toBe(3)
    expect((await log.read(0, 1e6)).map(({ leaderEpoch }) => leaderEpoch)).toEqual([0, 0, 1, 1, 2, 2])
    add(log)
    await storage.close()
    const again = await openLog(folder)
    expect(again.log.epochs?.current).toBe(3)
    expect((await again.log.epochs?.starts())?.at(-1)).toEqual({ epoch: 3, startOffset: 6 })
  })

  it('follows the start of the log: epochs that end before it go, the one that holds it begins there', async () => {
    const folder = await killedTwice()
    const { log } = await openLog(folder)
    await log.truncateBefore(3)
    expect(told(folder)).toBe('0\n3\n1 3\n2 4\n3 6\n')
    await log.truncateBefore(6)
    expect(told(folder)).toBe('0\n1\n3 6\n')
  })

  it('follows the end of the log: epochs that begin behind it go', async () => {
    const folder = await killedTwice()
    const { log } = await openLog(folder)
    await log.truncateAfter(3)
    expect(told(folder)).toBe('0\n3\n0 0\n1 2\n3 3\n')
  })

  it.each([
    ['missing', null],
    ['empty', ''],
    ['cut short', '0\n3\n0 0\n1 '],
    ['of another count', '0\n2\n0 0\n'],
    ['out of order', '0\n2\n1 2\n0 0\n'],
    ['older than the log', '0\n1\n0 0\n'],
    ['from before the log was cut and went on, with a start behind the cut', '0\n2\n0 0\n1 5\n'],
    ['from before a cut, with its last start in the midst of later epochs', '0\n3\n0 0\n1 2\n2 7\n'],
    ['garbage', '\xff\xfe\x00\x01'],
  ])('is made anew from the batches when it is %s', async (_, bytes) => {
    const folder = await killedTwice({ segmentBytes: 200 })
    const { storage, log } = await openLog(folder)
    add(log, 2)
    await storage.close()
    if (bytes === null) fs.rmSync(fileOf(folder))
    else fs.writeFileSync(fileOf(folder), bytes, 'latin1')
    const all = [0, 1, 2, 3].map((epoch) => ({ epoch, startOffset: epoch * 2 }))
    const closed = await openLog(folder)
    expect(await closed.log.epochs?.starts()).toEqual(all)
    const killed = await openLog(crashCopy(folder))
    expect(await killed.log.epochs?.starts()).toEqual([...all, { epoch: 4, startOffset: 8 }])
  })

  it('leaves a batch aside whose epoch is damaged, which its checksum does not cover', async () => {
    const folder = await killedTwice()
    const path = join(folder, 'orders-0', `${'0'.repeat(20)}.log`)
    const bytes = fs.readFileSync(path)
    bytes.writeInt32BE(2_000_000_000, bytes.length - batchAt(5).sizeBytes + 12)
    fs.writeFileSync(path, bytes)
    const { log } = await openLog(folder)
    expect(log.epochs?.current).toBe(3)
  })

  it('begins anew with a log that is made under the name of a removed one', async () => {
    const folder = await killedTwice()
    const { storage, log } = await openLog(folder)
    await log.close()
    await storage.remove('orders-0')
    const again = storage.log('orders-0', CONFIG)
    expect(again.epochs?.current).toBe(0)
    expect(told(folder)).toBe('0\n1\n0 0\n')
  })
})

describe('An epoch', () => {
  it('is never given again, whatever a power cut takes of the records in it and of the file that tells it', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      let disk = new FaultyFileSystem({ seed })
      const given = new Map<number, number>()
      for (let life = 0; life < 6; life++) {
        const storage = new FileStorage('/data', { fileSystem: disk })
        await storage.open({ clock: new VirtualClock() })
        const log = storage.log('orders-0', CONFIG)
        await storage.sync()
        for (let n = 0; n < 3; n++) {
          const epoch = log.epochs?.current ?? -1
          expect(epoch).toBeGreaterThan(given.get(log.endOffset) ?? -1)
          given.set(log.endOffset, epoch)
          add(log)
        }
        disk = disk.crash('power')
      }
    }
  })

  it('of many logs begins with one sync after a crash', async () => {
    const disk = new FaultyFileSystem({ seed: 1 })
    const storage = new FileStorage('/data', { fileSystem: disk })
    await storage.open({ clock: new VirtualClock() })
    for (let n = 0; n < 50; n++) add(storage.log(`orders-${n}`, CONFIG))
    const next = disk.crash('process')
    const again = new FileStorage('/data', { fileSystem: next })
    await again.open({ clock: new VirtualClock() })
    const before = next.calls.sync
    const logs = Array.from({ length: 50 }, (_, n) => again.log(`orders-${n}`, CONFIG))
    expect(logs.map(({ epochs }) => epochs?.current)).toEqual(logs.map(() => 1))
    expect(next.calls.sync).toBe(before)
  })

  it('begins on a disk that is full', async () => {
    const disk = new FaultyFileSystem({ seed: 1 })
    const storage = new FileStorage('/data', { fileSystem: disk })
    await storage.open({ clock: new VirtualClock() })
    add(storage.log('orders-0', CONFIG))
    await storage.sync()
    const full = disk.crash('process', { capacityBytes: 1 })
    const again = new FileStorage('/data', { fileSystem: full })
    await again.open({ clock: new VirtualClock() })
    const log = again.log('orders-0', CONFIG)
    expect(log.epochs?.current).toBe(1)
    expect(await log.epochs?.starts()).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 1, startOffset: 1 },
    ])
  })

  it('is not begun by a log that is closed and opened again in one life', async () => {
    const folder = await killedTwice()
    const storage = await openStorage(folder)
    const log = storage.log('orders-0', CONFIG)
    await log.close()
    expect(storage.log('orders-0', CONFIG).epochs?.current).toBe(3)
  })
})
