// What a power cut once took, or left half done: each case was found by the simulation.

import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Broker } from '../../src/broker.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { CONFIG, batchAt, hex, readAll } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { crashCopy, newFolder, openLog, segmentPath } from './data-folder.js'

const ALWAYS = { ...CONFIG, flush: 'always' as const }
const SMALL = { journalFileBytes: 65_536 }

async function open(fileSystem: FaultyFileSystem): Promise<FileStorage> {
  const storage = new FileStorage('/data', { fileSystem, ...SMALL })
  await storage.open({ clock: new VirtualClock() })
  return storage
}

describe('A power cut', () => {
  it('while the folder is opened leaves a commit of a process that died before its sync whole or absent', async () => {
    const disk = new FaultyFileSystem({ seed: 7 })
    const storage = await open(disk)
    const logs = ['a-0', 'b-0'].map((name) => storage.log(name, ALWAYS))
    for (const log of logs) await log.append([batchAt(0)])
    await storage.sync()
    // The record of the commit is written and not synced when the process dies.
    disk.holdsSyncs = true
    Promise.resolve(storage.commit(logs.map((log) => ({ log, batches: [batchAt(1)] })))).catch(() => undefined)
    for (let turns = 0; turns < 50; turns++) await null
    const found = new Set<string>()
    for (let calls = 0; calls < 40; calls++) {
      const opening = disk.crash('process')
      opening.crashAfter(calls)
      await open(opening).catch(() => undefined)
      for (let outcome = 0; outcome < 4; outcome++) {
        const again = await open(opening.crash('power'))
        found.add(['a-0', 'b-0'].map((name) => again.log(name, ALWAYS).endOffset).join())
      }
    }
    expect([...found].sort()).toEqual(['1,1', '2,2'])
  })

  it('does not take what stands for a record that compaction has taken', async () => {
    const config = { ...CONFIG, segmentBytes: batchAt(0).sizeBytes }
    let disk = new FaultyFileSystem({ seed: 7 })
    const before = (await open(disk)).log('a-0', config)
    const [first, ...later] = [batchAt(0), batchAt(1), batchAt(2)]
    await before.append([first as PackedBatch])
    await before.roll?.()
    // The first segment has been through it once, so that its end is known to be synced.
    const rewriting = await before.compaction?.rewrite(0, 1)
    await rewriting?.append([first as PackedBatch])
    await rewriting?.finish()
    disk.holdsSyncs = true
    for (const batch of later) await before.append([batch])
    disk = disk.crash('process')
    const log = (await open(disk)).log('a-0', config)
    // The record at 0 goes because the one at 1 has its key.
    expect(await (await log.compaction?.rewrite(0, 1))?.finish()).toBe(true)
    for (let outcome = 0; outcome < 8; outcome++) {
      const again = (await open(disk.crash('power'))).log('a-0', config)
      expect((await readAll(again))[0]?.baseOffset).toBe(1)
    }
  })

  it('that takes the first segment and leaves the next is made good by the journal', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, { ...ALWAYS, segmentBytes: batchAt(0).sizeBytes * 2 }, SMALL)
    for (let at = 0; at < 5; at++) {
      await log.append([batchAt(at)])
      await storage.sync(log)
    }
    const before = (await readAll(log)).map(hex)
    const copy = crashCopy(folder)
    fs.rmSync(segmentPath(copy, 0))
    const { log: again } = await openLog(copy, ALWAYS, SMALL)
    expect((await readAll(again)).map(hex)).toEqual(before)
    expect([again.startOffset, again.endOffset]).toEqual([0, 5])
  })

  it('that takes all but an old segment is made good by the journal, also when the start lies in the midst of a batch', async () => {
    const folder = newFolder()
    const life = await openLog(folder, ALWAYS, SMALL)
    for (let at = 0; at < 3; at++) await life.log.append([batchAt(at)])
    await life.storage.close()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    await log.append([batchAt(3, 5)])
    await storage.sync(log)
    await log.truncateBefore(5)
    const copy = crashCopy(folder)
    // Nothing is left of it but the name.
    fs.truncateSync(segmentPath(copy, 0))
    const { log: again } = await openLog(copy, ALWAYS, SMALL)
    expect([again.startOffset, again.endOffset]).toEqual([5, 8])
    expect((await readAll(again)).map(hex)).toEqual([hex(batchAt(3, 5))])
  })

  it('that brings back some of the segments that lay before the start, and not those between, leaves what follows as it is', async () => {
    const folder = newFolder()
    const config = { ...ALWAYS, segmentBytes: batchAt(0).sizeBytes }
    const { log, storage } = await openLog(folder, config, SMALL)
    for (let at = 0; at < 3; at++) await log.append([batchAt(at)])
    await storage.sync(log)
    // These are synced in their segments, not in the journal.
    log.configure({ ...config, flush: 'os' })
    for (let at = 3; at < 6; at++) await log.append([batchAt(at)])
    await storage.sync(log)
    const before = crashCopy(folder)
    await log.truncateBefore(3)
    const kept = (await readAll(log)).map(hex)
    const copy = crashCopy(folder)
    // The name of the second one is gone for good, the others came back.
    for (const base of [0, 2]) fs.copyFileSync(segmentPath(before, base), segmentPath(copy, base))
    const { log: again } = await openLog(copy, ALWAYS, SMALL)
    expect([again.startOffset, again.endOffset]).toEqual([3, 6])
    expect((await readAll(again)).map(hex)).toEqual(kept)
    expect(fs.existsSync(segmentPath(copy, 0))).toBe(false)
  })

  it('that takes the newest epoch of a producer from the broker and not from a partition does not lock the producer out', async () => {
    let disk = new FaultyFileSystem({ seed: 7 })
    const openBroker = (): Promise<Broker> => Broker.open({ storage: new FileStorage('/data', { fileSystem: disk }), flush: 'os' })
    const first = await openBroker()
    await first.topic('orders', { flush: 'always' })
    await first.producer({ transactionalId: 'clerk' }).transaction((tx) => tx.send('orders', { value: '1' }))
    await first.close()
    const moment = disk.crash('process')
    disk = moment
    const second = await openBroker()
    await new Promise<void>((resolve) => {
      const sent = (tx: { send(topic: string, record: { value: string }): Promise<void> }): Promise<never> =>
        tx.send('orders', { value: '2' }).then(() => {
          resolve()
          return new Promise<never>(() => undefined)
        })
      second
        .producer({ transactionalId: 'clerk' })
        .transaction(sent)
        .catch(() => undefined)
    })
    for (let outcome = 0; outcome < 12; outcome++) {
      disk = moment.crash('power')
      const broker = await openBroker()
      await broker.producer({ transactionalId: 'clerk' }).transaction((tx) => tx.send('orders', { value: '3' }))
      expect(await broker.topic('orders').then((topic) => topic.partition(0).endOffset())).toBeGreaterThan(3)
      await broker.close()
    }
  })
})
