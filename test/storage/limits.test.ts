// What opening and reading cost, counted and not timed: descriptors, bytes read, files touched.

import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { OpenFile } from '../../src/storage/file/file-system.js'
import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import { CONFIG, batchAt, readAll } from '../../src/testing/storage-suite/fixture.js'
import { crashCopy, newFolder, openLog, openStorage, segmentPath } from './data-folder.js'

/** Counts bytes that are read and descriptors that are open, and does not wait for the disk. */
class Counting extends NodeFileSystem {
  bytesRead = 0
  /** Bytes read from one file. */
  readonly readFrom = new Map<string, number>()
  openNow = 0
  openMost = 0
  largestBlock = 0

  override open(path: string, mode: 'create' | 'open'): OpenFile {
    const file = super.open(path, mode)
    this.openMost = Math.max(this.openMost, ++this.openNow)
    return Object.assign(Object.create(file) as OpenFile, {
      read: (into: Uint8Array, start: number, end: number, position: number) => {
        const got = file.read(into, start, end, position)
        this.count(path, got)
        return got
      },
      sync: async () => {},
      close: () => {
        this.openNow--
        file.close()
      },
    })
  }
  override readWhole(path: string): Uint8Array | null {
    const bytes = super.readWhole(path)
    this.count(path, bytes?.length ?? 0)
    return bytes
  }
  override allocate(bytes: number): Uint8Array {
    this.largestBlock = Math.max(this.largestBlock, bytes)
    return super.allocate(bytes)
  }
  override async syncFolder(): Promise<void> {}
  private count(path: string, bytes: number): void {
    this.bytesRead += bytes
    this.readFrom.set(path, (this.readFrom.get(path) ?? 0) + bytes)
  }
}

/** Appends about `bytes` in batches of 64 KiB. */
async function fill(folder: string, bytes: number, segmentBytes: number, flush: 'os' | 'always' = 'os') {
  const fileSystem = new Counting()
  const { log, storage } = await openLog(folder, { segmentBytes, flush }, { fileSystem })
  for (let offset = 0; log.sizeBytes < bytes; offset++) {
    await log.append([batchAt(offset, 1, 1_700_000_000_000 + offset, 65_000)])
    if (flush === 'always') await storage.sync(log)
  }
  return { log, storage }
}

describe('FileStorage reads', () => {
  it('nearly nothing to open a log that was closed cleanly, however long it is', async () => {
    const folder = newFolder()
    const { storage } = await fill(folder, 32_000_000, 8_000_000)
    await storage.close()
    const fileSystem = new Counting()
    const { log } = await openLog(folder, {}, { fileSystem })
    expect(log.sizeBytes).toBeGreaterThan(32_000_000)
    expect(fileSystem.bytesRead).toBeLessThan(100_000)
    expect(fileSystem.largestBlock).toBeLessThanOrEqual(8192)
  })

  it('after a crash only what was not synced, and the journal', async () => {
    const folder = newFolder()
    const { storage, log } = await fill(folder, 20_000_000, CONFIG.segmentBytes)
    await storage.sync()
    await storage.close()
    const { log: again, storage: second } = await openLog(folder, {}, { fileSystem: new Counting() })
    const before = log.endOffset
    for (let offset = before; offset < before + 10; offset++) await again.append([batchAt(offset, 1, 1_700_000_000_000, 65_000)])
    const copy = crashCopy(folder)
    await second.close()
    const fileSystem = new Counting()
    const { log: third } = await openLog(copy, {}, { fileSystem })
    expect(third.endOffset).toBe(before + 10)
    expect(fileSystem.readFrom.get(segmentPath(copy, 0))).toBeLessThan(2_000_000)
    expect((await readAll(third)).length).toBe(before + 10)
    expect((await third.findByTimestamp(1_700_000_000_000 + 200))?.baseOffset).toBe(200)
  })

  it('a log in blocks, however long it is', async () => {
    const folder = newFolder()
    const { storage } = await fill(folder, 16_000_000, CONFIG.segmentBytes)
    await storage.close()
    const fileSystem = new Counting()
    const { log } = await openLog(folder, {}, { fileSystem })
    let offset = 0
    while (offset < log.endOffset) offset = ((await log.read(offset, 1_048_576)).at(-1)?.lastOffset ?? 0) + 1
    expect(fileSystem.largestBlock).toBeLessThanOrEqual(1_200_000)
    expect(fileSystem.bytesRead).toBeLessThan(24_000_000)
  })
})

describe('A thousand logs', () => {
  it('hold at most 200 descriptors, written, closed and opened again', async () => {
    const folder = newFolder()
    const fileSystem = new Counting()
    const storage = await openStorage(folder, { fileSystem })
    const config = { ...CONFIG, flush: 'always' as const }
    const logs = Array.from({ length: 1000 }, (_, at) => storage.log(`many-${at}`, config))
    for (const log of logs) await log.append([batchAt(0)])
    await storage.sync()
    for (const log of logs) expect((await log.read(0, 100)).length).toBe(1)
    await storage.close()
    expect(fileSystem.openMost).toBeLessThanOrEqual(200)
    expect(fileSystem.openNow).toBe(0)

    const second = new Counting()
    const again = await openStorage(folder, { fileSystem: second })
    expect(Array.from({ length: 1000 }, (_, at) => again.log(`many-${at}`, config)).every(({ endOffset }) => endOffset === 1)).toBe(true)
    expect(second.openMost).toBeLessThanOrEqual(200)
    expect(second.bytesRead / 1000).toBeLessThan(1000)
    await again.close()
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.journal'))).toEqual([])
  })
})
