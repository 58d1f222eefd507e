// What FileStorage makes of a folder that a crash, a person or a bad disk left behind.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONFIG, batchAt, fails, hex, readAll, spans } from '../../src/testing/storage-suite/fixture.js'
import type { SegmentInfo } from '../../src/storage/storage.js'
import { crashCopy, newFolder, openLog, openStorage, segmentPath } from './data-folder.js'

const INDEXES = ['index', 'timeindex']

/** When a file was written is the disk's to say, by its own clock. */
const withoutTime = ({ modifiedMs: _, ...piece }: SegmentInfo): SegmentInfo => piece

/** Overwrites one byte. */
function damage(path: string, position: number): void {
  const bytes = fs.readFileSync(path)
  bytes[position] = (bytes[position] as number) ^ 0xff
  fs.writeFileSync(path, bytes)
}

describe('FileStorage after a crash', () => {
  it('has everything that was appended before the process was killed', async () => {
    const folder = newFolder()
    const { log } = await openLog(folder, { segmentBytes: 3000 })
    for (let offset = 0; offset < 100; offset++) await log.append([batchAt(offset)])
    const before = (await readAll(log)).map(hex)
    const { log: again, storage } = await openLog(crashCopy(folder))
    expect(again.endOffset).toBe(100)
    expect((await readAll(again)).map(hex)).toEqual(before)
    expect(storage.tornTails).toEqual([])
    expect(again.segments().map(withoutTime)).toEqual(log.segments().map(withoutTime))
  })

  it('cuts a torn batch off at whichever byte it was torn, and goes on', async () => {
    const folder = newFolder()
    const { log } = await openLog(folder)
    const [whole, torn] = [batchAt(0, 3), batchAt(3, 2)]
    await log.append([whole, torn])
    // One log for each byte, so that one open recovers them all.
    const copy = newFolder()
    for (let cut = 1; cut < torn.sizeBytes; cut++) {
      const logFolder = join(copy, `orders-${cut}`)
      fs.mkdirSync(logFolder)
      fs.writeFileSync(
        join(logFolder, '00000000000000000000.log'),
        fs.readFileSync(segmentPath(folder, 0)).subarray(0, whole.sizeBytes + cut),
      )
    }
    const storage = await openStorage(copy)
    for (let cut = 1; cut < torn.sizeBytes; cut++) {
      const again = storage.log(`orders-${cut}`, CONFIG)
      expect([again.endOffset, again.sizeBytes]).toEqual([3, whole.sizeBytes])
      expect(storage.tornTails.at(-1)).toMatchObject({ log: `orders-${cut}`, position: whole.sizeBytes, bytes: cut, offset: 3 })
      await again.append([batchAt(3, 1)])
      expect(spans(await readAll(again)).flat()).toEqual([0, 2, 3, 3])
    }
  })

  it('takes zeros behind the last batch for the end of the data', async () => {
    const folder = newFolder()
    const { log } = await openLog(folder)
    await log.append([batchAt(0, 3)])
    const copy = crashCopy(folder)
    fs.appendFileSync(segmentPath(copy, 0), new Uint8Array(5000))
    const { log: again } = await openLog(copy)
    expect([again.endOffset, again.sizeBytes]).toEqual([3, log.sizeBytes])
    expect(fs.existsSync(`${segmentPath(copy, 0)}.torn`)).toBe(false)
  })

  it('cuts at a batch with a wrong checksum that was never synced, and keeps a copy of what it cut', async () => {
    const folder = newFolder()
    const { log } = await openLog(folder)
    const batches = [batchAt(0), batchAt(1), batchAt(2)]
    await log.append(batches)
    const copy = crashCopy(folder)
    const size = batches[0]?.sizeBytes as number
    damage(segmentPath(copy, 0), size + 70)
    const tail = fs.readFileSync(segmentPath(copy, 0)).subarray(size)
    const { log: again, storage } = await openLog(copy)
    expect(again.endOffset).toBe(1)
    expect(storage.tornTails).toMatchObject([{ position: size, offset: 1, bytes: tail.length }])
    expect(fs.readFileSync(`${segmentPath(copy, 0)}.torn`)).toEqual(tail)
  })

  it('cuts nothing that was synced: a damaged batch is reported with file, position and offset, and the log takes no more', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder)
    const batches = [batchAt(0), batchAt(1), batchAt(2)]
    await log.append(batches)
    await storage.close()
    fs.rmSync(`${folder}/.kafka_cleanshutdown`)
    const size = batches[0]?.sizeBytes as number
    fs.truncateSync(segmentPath(folder, 0), size + 30)
    const { log: again } = await openLog(folder)
    expect(again.endOffset).toBe(3)
    expect(spans(await again.read(0, 10_000))).toEqual([[0, 0]])
    const error = await fails('CORRUPT_MESSAGE', () => again.read(1, 10_000))
    expect(error.message).toContain(`${segmentPath(folder, 0)}, position ${size}, offset 1`)
    await fails('CORRUPT_MESSAGE', () => again.append([batchAt(3)]))
    expect(fs.statSync(segmentPath(folder, 0)).size).toBe(size + 30)
  })

  it('reports a log that ends below what was synced, and gives no offset a second time', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder)
    await log.append([batchAt(0), batchAt(1)])
    await storage.close()
    fs.truncateSync(segmentPath(folder, 0), batchAt(0).sizeBytes)
    const { log: again } = await openLog(folder)
    expect(again.endOffset).toBe(2)
    expect(spans(await again.read(0, 10_000))).toEqual([[0, 0]])
    await fails('CORRUPT_MESSAGE', () => again.append([batchAt(2)]))
  })

  it('keeps the cut of an end that was made after a sync', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder)
    await log.append([batchAt(0, 2), batchAt(2, 2)])
    await storage.sync()
    await log.truncateAfter(2)
    const { log: again, storage: second } = await openLog(crashCopy(folder))
    expect([again.endOffset, second.tornTails.length]).toEqual([2, 0])
    await again.append([batchAt(2)])
    expect(again.endOffset).toBe(3)
  })

  it('keeps a start that was moved', async () => {
    const folder = newFolder()
    const { log } = await openLog(folder, { segmentBytes: 200 })
    for (let offset = 0; offset < 10; offset++) await log.append([batchAt(offset)])
    await log.truncateBefore(5)
    const { log: again } = await openLog(crashCopy(folder))
    expect([again.startOffset, again.endOffset]).toEqual([5, 10])
  })
})

describe('FileStorage and damage found while reading', () => {
  it('gives what lies before a damaged batch, then CORRUPT_MESSAGE, and never passes over it', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder)
    const batches = [batchAt(0), batchAt(1), batchAt(2)]
    await log.append(batches)
    await storage.close()
    const size = batches[0]?.sizeBytes as number
    damage(segmentPath(folder, 0), size + 65)
    const { log: again } = await openLog(folder)
    expect(spans(await again.read(0, 10_000))).toEqual([[0, 0]])
    const error = await fails('CORRUPT_MESSAGE', () => again.read(1, 10_000))
    expect(error.message).toContain(`position ${size}, offset 1`)
    expect(spans(await again.read(2, 10_000))).toEqual([[2, 2]])
  })
})

describe('FileStorage and its indexes', () => {
  const spoilers: Readonly<Record<string, (path: string) => void>> = {
    deleted: (path) => fs.rmSync(path),
    empty: (path) => fs.writeFileSync(path, ''),
    'full of garbage': (path) => fs.writeFileSync(path, new Uint8Array(120).fill(0xab)),
    'cut in the middle of an entry': (path) => fs.truncateSync(path, fs.statSync(path).size - 5),
    'pointing between batches': (path) => {
      const bytes = fs.readFileSync(path)
      for (let at = 7; at < bytes.length; at += 8) bytes[at] = (bytes[at] as number) ^ 1
      if (path.endsWith('.index')) fs.writeFileSync(path, bytes)
      else fs.rmSync(path)
    },
    'pointing too far': (path) => {
      if (!path.endsWith('.index')) return fs.rmSync(path)
      const bytes = fs.readFileSync(path)
      fs.writeFileSync(path, Buffer.concat([Buffer.from([0, 0, 0, 1]), bytes.subarray(bytes.length - 4)]))
    },
    'followed by zeros, as Kafka leaves them after a crash': (path) => fs.appendFileSync(path, new Uint8Array(24_000)),
  }

  for (const [how, spoil] of Object.entries(spoilers)) {
    it(`finds everything when they are ${how}`, async () => {
      const folder = newFolder()
      const { log, storage } = await openLog(folder, { segmentBytes: 30_000 })
      for (let offset = 0; offset < 400; offset++) await log.append([batchAt(offset, 1, 10_000 + offset, 200)])
      const pieces = log.segments()
      await storage.close()
      for (const piece of pieces) for (const ending of INDEXES) spoil(segmentPath(folder, piece.baseOffset, ending))
      const { log: again } = await openLog(folder)
      for (let offset = 0; offset < 400; offset += 13) {
        expect((await again.read(offset, 1))[0]?.baseOffset).toBe(offset)
      }
      expect((await again.findByTimestamp(10_222))?.baseOffset).toBe(222)
      expect((await readAll(again)).length).toBe(400)
    })
  }
})
