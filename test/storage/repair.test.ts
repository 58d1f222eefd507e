// Repair says what it would drop, then drops exactly that.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { CONFIG, batchAt, fails, readAll, spans } from '../../src/testing/storage-suite/fixture.js'
import { crashCopy, newFolder, openLog, openStorage, segmentPath } from './data-folder.js'

const ALWAYS = { ...CONFIG, flush: 'always' as const }

async function closedLog(count = 6): Promise<{ folder: string; size: number }> {
  const folder = newFolder()
  const size = batchAt(0).sizeBytes
  const { log, storage } = await openLog(folder, { segmentBytes: size * 3 })
  for (let offset = 0; offset < count; offset++) await log.append([batchAt(offset)])
  await storage.close()
  return { folder, size }
}

function spoil(path: string, position: number, bytes = 1): void {
  const file = fs.readFileSync(path)
  for (let at = position; at < position + bytes; at++) file[at] = (file[at] as number) ^ 0x55
  fs.writeFileSync(path, file)
}

describe('Repair', () => {
  it('finds nothing in a sound folder, or where no folder is', async () => {
    const { folder } = await closedLog()
    expect(await FileStorage.inspect(folder)).toEqual([])
    expect(await FileStorage.repair(folder)).toEqual([])
    expect(await FileStorage.repair(join(folder, 'missing'))).toEqual([])
    expect((await openLog(folder)).log.endOffset).toBe(6)
  })

  it('says what it would drop and changes nothing, then drops it and keeps what is good behind it', async () => {
    const { folder, size } = await closedLog()
    const path = segmentPath(folder, 0)
    spoil(path, size + 65)
    const damaged = fs.readFileSync(path)
    const steps = await FileStorage.inspect(folder)
    expect(steps).toMatchObject([{ log: 'orders-0', file: path, position: size, offset: 1, bytes: size }])
    expect(steps[0]?.reason).toContain('checksum')
    expect(fs.readFileSync(path)).toEqual(damaged)
    expect(await FileStorage.repair(folder)).toEqual(steps)
    expect(fs.readFileSync(`${path}.dropped`)).toEqual(damaged.subarray(size, size * 2))
    expect(await FileStorage.inspect(folder)).toEqual([])
    const { log, storage } = await openLog(folder)
    expect(spans(await readAll(log)).map(([first]) => first)).toEqual([0, 2, 3, 4, 5])
    await log.append([batchAt(6)])
    expect([log.endOffset, storage.tornTails.length]).toEqual([7, 0])
  })

  it('drops several stretches, also where lengths are spoiled, and the end of a segment', async () => {
    const { folder, size } = await closedLog()
    spoil(segmentPath(folder, 0), 8, 4)
    spoil(segmentPath(folder, 0), size * 2 + 16)
    fs.truncateSync(segmentPath(folder, 3), size * 2 + 10)
    const steps = await FileStorage.repair(folder)
    expect(steps.map(({ position, offset, bytes }) => [position, offset, bytes])).toEqual([
      [0, 0, size],
      [size * 2, 2, size],
      [size * 2, 5, 10],
    ])
    const { log } = await openLog(folder)
    expect(spans(await readAll(log)).map(([first]) => first)).toEqual([1, 3, 4])
    await log.append([batchAt(6)])
  })

  it('accepts the loss of bytes that are gone', async () => {
    const { folder, size } = await closedLog()
    fs.truncateSync(segmentPath(folder, 3), size)
    await fails('CORRUPT_MESSAGE', async () => (await openLog(crashCopy(folder))).log.append([batchAt(6)]))
    expect(await FileStorage.repair(folder)).toMatchObject([{ log: 'orders-0', position: size, offset: 4, bytes: 0 }])
    const { log } = await openLog(folder)
    expect(log.endOffset).toBe(4)
    await log.append([batchAt(4)])
  })

  it('takes a damaged record out of the journal', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, { journalFileBytes: 65_536 })
    for (let offset = 0; offset < 4; offset++) {
      await log.append([batchAt(offset)])
      await storage.sync(log)
    }
    const copy = crashCopy(folder)
    const path = join(copy, `${'0'.repeat(19)}1.journal`)
    spoil(path, 64 + 256 + 40)
    await fails('CORRUPT_MESSAGE', () => openStorage(copy))
    const steps = await FileStorage.repair(copy)
    expect(steps).toMatchObject([{ log: '', file: path, offset: 1 }])
    const { log: again } = await openLog(copy)
    expect([again.endOffset, (await readAll(again)).length]).toEqual([4, 4])
    await again.append([batchAt(4)])
  })

  it('puts back what a kept journal holds behind a loss that is accepted', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, { journalFileBytes: 65_536 })
    const bytes = batchAt(0, 1, 1000, 20_000).sizeBytes
    // Journal files are filled and removed meanwhile, so the first batches stand in the segment alone.
    for (let offset = 0; offset < 24; offset++) {
      await log.append([batchAt(offset, 1, 1000, 20_000)])
      await storage.sync(log)
    }
    const copy = crashCopy(folder)
    fs.truncateSync(segmentPath(copy, 0), bytes * 2)
    const { log: damaged, storage: second } = await openLog(copy, ALWAYS)
    await fails('CORRUPT_MESSAGE', async () => damaged.append([batchAt(24)]))
    await second.close()
    const inJournal = fs.readdirSync(copy).filter((name) => name.endsWith('.kept')).length
    expect(inJournal).toBeGreaterThan(0)
    const steps = await FileStorage.inspect(copy)
    expect(steps[0]).toMatchObject({ action: 'drop', offset: 2, bytes: 0 })
    const restored = steps.slice(1)
    expect(restored.length).toBe(inJournal)
    const from = restored[0]?.offset ?? 0
    expect(from).toBeGreaterThan(2)
    expect(restored.map(({ action, log: name }) => [action, name])).toEqual(restored.map(() => ['restore', 'orders-0']))
    expect(await FileStorage.repair(copy)).toEqual(steps)
    expect(await FileStorage.inspect(copy)).toEqual([])
    const { log: again } = await openLog(copy)
    const left = [0, 1, ...Array.from({ length: 24 - from }, (_, n) => from + n)]
    expect(spans(await readAll(again)).map(([first]) => first)).toEqual(left)
    await again.append([batchAt(24)])
  })

  it('is refused while a broker has the folder', async () => {
    const folder = newFolder()
    await openLog(folder)
    const error = await fails('STORAGE_LOCKED', () => FileStorage.inspect(folder))
    expect(error.message).toContain(folder)
    await fails('STORAGE_LOCKED', () => FileStorage.repair(folder))
  })
})
