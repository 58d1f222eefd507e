// The journal of FileStorage after a crash: what a power cut takes from the segments, what it leaves half done, what a bad disk does.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONFIG, batchAt, fails, hex, readAll, spans } from '../../src/testing/storage-suite/fixture.js'
import type { LogStore } from '../../src/storage/storage.js'
import { crashCopy, newFolder, openLog, openStorage, segmentPath } from './data-folder.js'
import { FailingDisk } from './failing-disk.js'

const ALWAYS = { ...CONFIG, flush: 'always' as const }

/** Small files, so that tests copy little. */
const SMALL = { journalFileBytes: 65_536 }

const journalFiles = (folder: string): string[] => fs.readdirSync(folder).filter((name) => name.endsWith('.journal'))
const journalPath = (folder: string, number = 1): string => join(folder, `${String(number).padStart(20, '0')}.journal`)

/** Where each record of a journal file begins. */
function recordPositions(file: Buffer): number[] {
  const positions: number[] = []
  for (let at = 64; at + 32 <= file.length && file.readInt32BE(at + 4) > 0; at += Math.ceil(file.readInt32BE(at + 4) / 64) * 64)
    positions.push(at)
  return positions
}

/** What a power cut leaves at worst: what was not synced in the segments is gone. */
function loseSegments(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (!fs.statSync(join(folder, name)).isDirectory()) continue
    for (const file of fs.readdirSync(join(folder, name))) fs.rmSync(join(folder, name, file))
  }
}

async function synced(log: LogStore, storage: { sync(log?: LogStore): unknown }, from: number, to: number): Promise<void> {
  for (let offset = from; offset < to; offset++) {
    await log.append([batchAt(offset)])
    await storage.sync(log)
  }
}

describe('The journal after a crash', () => {
  it('gives the segments back what was synced, in all logs', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    const other = storage.log('other-7', ALWAYS)
    await synced(log, storage, 0, 5)
    await synced(other, storage, 0, 3)
    const before = [await readAll(log), await readAll(other)].flat().map(hex)
    const copy = crashCopy(folder)
    loseSegments(copy)
    const { log: again, storage: second } = await openLog(copy)
    const otherAgain = second.log('other-7', CONFIG)
    expect([await readAll(again), await readAll(otherAgain)].flat().map(hex)).toEqual(before)
    expect(journalFiles(copy)).toEqual([])
    await again.append([batchAt(5)])
    expect(again.endOffset).toBe(6)
  })

  it('gives back what a segment lost at any byte, and what it holds already only once', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    await synced(log, storage, 0, 3)
    const whole = fs.readFileSync(segmentPath(folder, 0))
    const copy = crashCopy(folder)
    for (let cut = 0; cut <= whole.length; cut += 7) {
      const torn = crashCopy(copy)
      fs.truncateSync(segmentPath(torn, 0), cut)
      const { log: again, storage: second } = await openLog(torn)
      expect(fs.readFileSync(segmentPath(torn, 0))).toEqual(whole)
      expect(again.endOffset).toBe(3)
      await second.close()
    }
  })

  it('gives back the end of a segment when only the next one survived', async () => {
    const folder = newFolder()
    const size = batchAt(0).sizeBytes
    const { log, storage } = await openLog(folder, { ...ALWAYS, segmentBytes: size * 3 })
    await synced(log, storage, 0, 5)
    const copy = crashCopy(folder)
    fs.truncateSync(segmentPath(copy, 0), size)
    const { log: again } = await openLog(copy)
    expect(spans(await readAll(again)).map(([first]) => first)).toEqual([0, 1, 2, 3, 4])
  })

  it('loses no more than the record that was being written, at whichever byte it was torn', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    await synced(log, storage, 0, 3)
    const copy = crashCopy(folder)
    loseSegments(copy)
    const file = fs.readFileSync(journalPath(copy))
    const last = recordPositions(file).at(-1) as number
    const end = last + file.readInt32BE(last + 4)
    for (let cut = last; cut < end; cut += 5) {
      const torn = crashCopy(copy)
      const bytes = Buffer.from(file)
      bytes.fill(0, cut, end)
      fs.writeFileSync(journalPath(torn), bytes)
      const { log: again, storage: second } = await openLog(torn)
      expect(again.endOffset).toBe(2)
      await second.close()
    }
  })

  it('reports damage before the synced end with file and position, and changes nothing', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    await synced(log, storage, 0, 3)
    const copy = crashCopy(folder)
    const file = fs.readFileSync(journalPath(copy))
    const [first, second] = recordPositions(file) as [number, number]
    for (let at = first; at < second; at += 3) {
      if (at >= first + file.readInt32BE(first + 4)) break
      const bytes = Buffer.from(file)
      bytes[at] = (bytes[at] as number) ^ 0x10
      fs.writeFileSync(journalPath(copy), bytes)
      const error = await fails('CORRUPT_MESSAGE', () => openStorage(copy))
      expect(error.message).toContain(`${journalPath(copy)}, position ${first}`)
    }
    expect(fs.readFileSync(segmentPath(copy, 0))).toEqual(fs.readFileSync(segmentPath(folder, 0)))
  })

  it('is replayed to the same end when the crash comes during the replay', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    await synced(log, storage, 0, 4)
    const copy = crashCopy(folder)
    loseSegments(copy)
    const journal = fs.readFileSync(journalPath(copy))
    const { storage: second } = await openLog(copy)
    const halfway = crashCopy(copy)
    fs.writeFileSync(journalPath(halfway), journal)
    fs.truncateSync(segmentPath(halfway, 0), 100)
    fs.rmSync(join(halfway, 'recovery-point-offset-checkpoint'))
    const { log: again } = await openLog(halfway)
    expect(spans(await readAll(again)).flat()).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
    await second.close()
  })

  it('does not bring back a log that was removed, nor an end that was cut', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    const other = storage.log('other-0', ALWAYS)
    await synced(log, storage, 0, 4)
    await synced(other, storage, 0, 4)
    await log.truncateAfter(2)
    await log.append([batchAt(2, 1, 77)])
    await other.close()
    await storage.remove('other-0')
    const anew = storage.log('other-0', ALWAYS)
    await anew.append([batchAt(0, 1, 99)])
    await storage.sync()
    const copy = crashCopy(folder)
    const { log: again, storage: second } = await openLog(copy)
    expect((await readAll(again)).map(({ maxTimestamp, baseOffset }) => [baseOffset, maxTimestamp]).at(-1)).toEqual([2, 77])
    expect((await readAll(second.log('other-0', CONFIG))).map(({ maxTimestamp }) => maxTimestamp)).toEqual([99])
  })

  it('says so when a log lacks what was promised and the journal cannot give it back', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder)
    const other = storage.log('other-0', ALWAYS)
    await synced(other, storage, 0, 1)
    await log.append([batchAt(0), batchAt(1)])
    await storage.sync(log)
    await synced(other, storage, 1, 2)
    const copy = crashCopy(folder)
    fs.truncateSync(segmentPath(copy, 0), batchAt(0).sizeBytes)
    for (const folderNow of [copy, crashCopy(copy)]) {
      const { log: again, storage: second } = await openLog(folderNow)
      expect(again.endOffset).toBe(2)
      await fails('CORRUPT_MESSAGE', () => again.append([batchAt(2)]))
      expect(spans(await again.read(0, 10_000))).toEqual([[0, 0]])
      expect(second.log('other-0', CONFIG).endOffset).toBe(2)
    }
  })
})

describe('A commit to several logs', () => {
  async function open(fileSystem: FailingDisk, folder = newFolder()) {
    const { log, storage } = await openLog(folder, {}, { ...SMALL, fileSystem })
    const other = storage.log('other-0', CONFIG)
    await log.append([batchAt(0)])
    await storage.sync()
    const appends = [
      { log, batches: [batchAt(1), batchAt(2)] },
      { log: other, batches: [batchAt(0)] },
    ]
    return { folder, log, other, storage, appends }
  }

  async function ends(folder: string): Promise<number[]> {
    const { log, storage } = await openLog(folder)
    return [log.endOffset, storage.log('other-0', CONFIG).endOffset]
  }

  it('is whole after a crash, or is not there, at every moment and whatever the power cut took', async () => {
    const fileSystem = new FailingDisk()
    const { folder, storage, appends, log, other } = await open(fileSystem)
    const seen = new Set<string>()
    const look = async (): Promise<void> => {
      for (const lose of [false, true]) {
        const copy = crashCopy(folder)
        const hasJournal = journalFiles(copy).length > 0
        if (lose && hasJournal) {
          fs.truncateSync(segmentPath(copy, 0), batchAt(0).sizeBytes)
          fs.rmSync(join(copy, 'other-0'), { recursive: true })
          fs.mkdirSync(join(copy, 'other-0'))
        }
        seen.add((await ends(copy)).join())
      }
    }
    fileSystem.onOperation = look
    const done = storage.commit(appends)
    await done
    fileSystem.onOperation = null
    await look()
    expect([...seen].sort()).toEqual(['1,0', '3,1'])
    expect([log.endOffset, other.endOffset]).toEqual([3, 1])
  })

  it('is durable when it settles, also when nobody asked for a sync', async () => {
    const { folder, storage, appends } = await open(new FailingDisk())
    await storage.commit(appends)
    const copy = crashCopy(folder)
    fs.truncateSync(segmentPath(copy, 0), batchAt(0).sizeBytes)
    fs.rmSync(join(copy, 'other-0', `${'0'.repeat(20)}.log`))
    expect(await ends(copy)).toEqual([3, 1])
  })

  it('that found no room is not brought back by a crash', async () => {
    for (const skip of [0, 1, 2, 3]) {
      const fileSystem = new FailingDisk()
      const { folder, storage, appends, log, other } = await open(fileSystem)
      fileSystem.partBytes = 20
      fileSystem.failNext('write', 'ENOSPC', skip)
      await fails('DISK_FULL', () => storage.commit(appends))
      expect([log.endOffset, other.endOffset]).toEqual([1, 0])
      expect(await ends(crashCopy(folder))).toEqual([1, 0])
      await storage.commit(appends)
      expect(await ends(crashCopy(folder))).toEqual([3, 1])
    }
  })

  it('to one log, or of nothing, is an append', async () => {
    const { storage, log, folder } = await open(new FailingDisk())
    await storage.commit([])
    await storage.commit([{ log, batches: [] }])
    await storage.commit([{ log, batches: [batchAt(1)] }])
    expect(log.endOffset).toBe(2)
    expect(journalFiles(folder)).toEqual([])
  })
})

describe('The journal at work', () => {
  it('is not there while nobody asks for a sync, and not after a clean close', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, { flush: 'os' })
    for (let offset = 0; offset < 50; offset++) await log.append([batchAt(offset)])
    expect(journalFiles(folder)).toEqual([])
    log.configure(ALWAYS)
    await storage.sync(log)
    await synced(log, storage, 50, 52)
    expect(journalFiles(folder).length).toBe(1)
    await storage.close()
    expect(journalFiles(folder)).toEqual([])
    const { log: again } = await openLog(folder)
    expect(again.endOffset).toBe(52)
  })

  it('never syncs a log that nobody asked for', async () => {
    const fileSystem = new FailingDisk()
    const { log: flood, storage } = await openLog(newFolder(), { flush: 'os' }, { fileSystem })
    const precious = storage.log('precious-0', ALWAYS)
    await synced(precious, storage, 0, 1)
    fileSystem.synced.length = 0
    for (let offset = 1; offset < 10; offset++) {
      for (let n = 0; n < 20; n++) await flood.append([batchAt(offset * 20 + n, 1, 5, 5000)])
      await synced(precious, storage, offset, offset + 1)
    }
    expect(fileSystem.synced.filter((path) => !path.endsWith('.journal'))).toEqual([])
    expect(fileSystem.synced.length).toBe(9)
  })

  it('stays small: full files go when their logs are synced, and never more than four are there', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    let most = 0
    for (let offset = 0; offset < 300; offset++) {
      await log.append([batchAt(offset, 1, 5, 3000)])
      await storage.sync(log)
      most = Math.max(most, journalFiles(folder).length)
    }
    expect(most).toBeLessThanOrEqual(4)
    // Small appends give the background its time.
    let end = 300
    for (; journalFiles(folder).length > 1 && end < 400; end++) await synced(log, storage, end, end + 1)
    expect(journalFiles(folder).length).toBe(1)
    const { log: again } = await openLog(crashCopy(folder))
    expect(again.endOffset).toBe(end)
  })

  it('takes a batch that is larger than its files', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    await log.append([batchAt(0, 1, 5, 200_000)])
    await storage.sync(log)
    const copy = crashCopy(folder)
    loseSegments(copy)
    expect((await openLog(copy)).log.endOffset).toBe(1)
  })

  it('without room lets the segments be synced instead', async () => {
    const [folder, fileSystem] = [newFolder(), new FailingDisk()]
    const { log, storage } = await openLog(folder, ALWAYS, { fileSystem })
    await log.append([batchAt(0)])
    fileSystem.failNext('write', 'ENOSPC')
    await storage.sync(log)
    expect(fileSystem.synced.some((path) => path.endsWith('.log'))).toBe(true)
    expect(journalFiles(folder)).toEqual([])
    await synced(log, storage, 1, 3)
    expect((await openLog(crashCopy(folder))).log.endOffset).toBe(3)
  })

  it('of a newer version is refused and left alone', async () => {
    const folder = newFolder()
    const { log, storage } = await openLog(folder, ALWAYS, SMALL)
    await synced(log, storage, 0, 1)
    const copy = crashCopy(folder)
    const file = fs.readFileSync(journalPath(copy))
    file.writeInt32BE(2, 8)
    fs.writeFileSync(journalPath(copy), file)
    const error = await fails('UNSUPPORTED_VERSION', () => openStorage(copy))
    expect(error.message).toContain(journalPath(copy))
    expect(fs.readFileSync(journalPath(copy)).equals(file)).toBe(true)
  })
})
