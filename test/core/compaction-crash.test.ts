// The process dies at every call that compaction makes to the disk: afterwards each key has its value, every offset is where it was, and
// what the crash left half done is finished or gone. The same when it dies again while that is finished.

import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { LogStore } from '../../src/storage/storage.js'
import type { FolderLock, OpenFile } from '../../src/storage/file/file-system.js'
import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import { batchAt, CONFIG } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { crashCopy, newFolder, openStorage } from '../storage/data-folder.js'
import { append, cleanOnce, type Kept, keptOf, pairs } from './compaction-fixture.js'

/** The machine's own disk, seen by a process that dies before its n-th call that changes something. */
class DyingFileSystem extends NodeFileSystem {
  isDead = false
  constructor(private left = Number.POSITIVE_INFINITY) {
    super()
  }
  /** From now on that many more calls are made. */
  dieAfter(calls: number): void {
    this.left = calls
  }
  override open(path: string, mode: 'create' | 'open'): OpenFile {
    this.meet()
    const file = super.open(path, mode)
    return {
      size: () => file.size(),
      read: (into, start, end, position) => file.read(into, start, end, position),
      close: () => file.close(),
      write: (bytes, start, end, position) => {
        // The last write gets half way.
        if (this.left <= 0) file.write(bytes, start, start + Math.floor((end - start) / 2), position)
        this.meet()
        file.write(bytes, start, end, position)
      },
      truncate: (size) => this.run(() => file.truncate(size)),
      // The page cache survives the process, so nothing has to wait for the disk.
      sync: async () => this.run(() => undefined),
    }
  }
  override rename(from: string, to: string): void {
    this.run(() => super.rename(from, to))
  }
  override remove(path: string): void {
    this.run(() => super.remove(path))
  }
  override setModifiedMs(path: string, ms: number): void {
    this.run(() => super.setModifiedMs(path, ms))
  }
  override async replace(path: string, bytes: Uint8Array): Promise<void> {
    this.run(() => fs.writeFileSync(`${path}.tmp`, bytes))
    this.run(() => fs.renameSync(`${path}.tmp`, path))
  }
  override lock(): FolderLock {
    return { check: () => undefined, checkIfLate: () => undefined, release: () => undefined }
  }
  override async syncFolder(): Promise<void> {
    this.run(() => undefined)
  }
  private run<T>(call: () => T): T {
    this.meet()
    return call()
  }
  private meet(): void {
    if (this.left-- > 0) return
    this.isDead = true
    throw new Error('the process is dead')
  }
}

async function open(folder: string, clock: VirtualClock, fileSystem = new DyingFileSystem()): Promise<LogStore> {
  const storage = await openStorage(folder, { fileSystem }, clock)
  return storage.log('orders-0', CONFIG)
}

/** Three closed segments with a superseded record each, an old tombstone at the very end of them, and an open segment. */
async function fill(log: LogStore, clock: VirtualClock): Promise<void> {
  const write = (...all: readonly (readonly [string, string | null])[]): Promise<number> => append(log, pairs(clock.now(), all))
  await write(['a', '1'], ['b', '1'], ['c', '1'])
  await write(['d', '1'])
  await log.roll()
  await write(['a', '2'], ['e', '1'])
  await log.roll()
  await write(['b', '2'])
  await write(['c', null])
  await log.roll()
  await write(['z', 'open'])
}

interface Outcome {
  readonly before: readonly Kept[]
  readonly after: readonly Kept[]
}

/** What is left of the log without any crash. */
async function expected(clock: VirtualClock): Promise<Outcome> {
  const log = await open(newFolder(), clock)
  await fill(log, clock)
  const before = await keptOf(log)
  await cleanOnce(log, { clock })
  return { before, after: await keptOf(log) }
}

/** Answers whether the log was clean already. */
async function checkAfter(folder: string, clock: VirtualClock, { before, after }: Outcome): Promise<boolean> {
  const storage = await openStorage(folder, { fileSystem: new DyingFileSystem() }, clock)
  const log = storage.log('orders-0', CONFIG)
  const kept = await keptOf(log)
  expect(storage.tornTails).toEqual([])
  expect([log.startOffset, log.endOffset]).toEqual([0, 9])
  expect([before, after]).toContainEqual(kept)
  expect(fs.readdirSync(`${folder}/orders-0`).filter((name) => /swap|cleaned|deleted/.test(name))).toEqual([])
  for (let offset = 0; offset < 9; offset++) expect((await log.read(offset, 1))[0]?.lastOffset).toBeGreaterThanOrEqual(offset)
  await log.append([batchAt(9)])
  await log.truncateAfter(9)
  await cleanOnce(log, { clock })
  expect(await keptOf(log)).toEqual(after)
  await storage.close()
  return kept.length === after.length
}

/** A folder with a filled log whose process died at that call of a round; null when the round came to its end before. */
async function diedAt(call: number, clock: VirtualClock): Promise<string | null> {
  const folder = newFolder()
  const fileSystem = new DyingFileSystem()
  const log = await open(folder, clock, fileSystem)
  await fill(log, clock)
  fileSystem.dieAfter(call)
  await cleanOnce(log, { clock }).catch(() => null)
  return fileSystem.isDead ? crashCopy(folder) : null
}

describe('a crash in the middle of compaction', () => {
  it('at any call leaves the old segments or the new one, and nothing is lost', async () => {
    const clock = new VirtualClock()
    const outcome = await expected(clock)
    const states: boolean[] = []
    for (let folder = await diedAt(0, clock); folder !== null; folder = await diedAt(states.length, clock)) {
      states.push(await checkAfter(folder, clock, outcome))
    }
    expect(states.length).toBeGreaterThan(20)
    expect(new Set(states)).toEqual(new Set([true, false]))
    // Once the swap was decided it stays decided.
    expect(states.indexOf(true)).toBe(states.lastIndexOf(false) + 1)
  })

  it('and another one while the next start finishes the swap leaves the same', async () => {
    const clock = new VirtualClock()
    const outcome = await expected(clock)
    let finished = 0
    for (let call = 0, folder = await diedAt(0, clock); folder !== null; folder = await diedAt(++call, clock)) {
      if (!fs.readdirSync(`${folder}/orders-0`).some((name) => name.endsWith('.swap'))) continue
      for (const second of [0, 2, 4, 6, 8]) {
        const copy = crashCopy(folder)
        await open(copy, clock, new DyingFileSystem(second)).catch(() => null)
        expect(await checkAfter(crashCopy(copy), clock, outcome)).toBe(true)
        finished++
      }
    }
    expect(finished).toBeGreaterThan(10)
  })
})
