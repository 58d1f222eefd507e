// Every byte of a log flipped in turn, and every length that a file can be cut to. What is read is then either what was written, or an
// error; bytes that nobody reads are named.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KafkaliteError } from '../../src/errors.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { type CleanLog, formatCleanMark, parseCleanMark } from '../../src/storage/file/checkpoint.js'
import type { OpenFile } from '../../src/storage/file/file-system.js'
import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import type { LogStore } from '../../src/storage/storage.js'
import { CONFIG, START_MS, batchAt, hex, readAll } from '../../src/testing/storage-suite/fixture.js'
import { newFolder, openLog, openStorage } from './data-folder.js'

/** The machine's disk without waiting for it: hundreds of logs are opened here. */
class Hasty extends NodeFileSystem {
  override open(path: string, mode: 'create' | 'open'): OpenFile {
    return Object.assign(super.open(path, mode), { sync: async () => {} })
  }
  override async syncFolder(): Promise<void> {}
}

const BATCH_BYTES = batchAt(0).sizeBytes

/** A folder with a log of three segments, closed cleanly, and what reads back from it. */
async function threeSegments(valueBytes = 20): Promise<{ folder: string; files: string[]; before: string[] }> {
  const folder = newFolder()
  const batches: PackedBatch[] = []
  for (let at = 0; at < 6; at++) batches.push(batchAt(at, 1, START_MS + at * 10, valueBytes))
  const { log, storage } = await openLog(folder, { segmentBytes: (batches[0] as PackedBatch).sizeBytes * 2 })
  for (const batch of batches) await log.append([batch])
  expect(log.segments().length).toBe(3)
  const before = (await readAll(log)).map(hex)
  await storage.close()
  return { folder, files: fs.readdirSync(join(folder, 'orders-0')).sort(), before }
}

/** A folder of many logs, each the same with one change: one opening serves them all. */
function variants(folder: string, changes: readonly ((logFolder: string) => void)[], clean: boolean): string {
  const target = newFolder()
  const mark = parseCleanMark(fs.readFileSync(join(folder, '.kafka_cleanshutdown')))
  const logs = new Map<string, CleanLog>()
  const files = fs.readdirSync(join(folder, 'orders-0')).map((file) => [file, fs.readFileSync(join(folder, 'orders-0', file))] as const)
  for (const [at, change] of changes.entries()) {
    const logFolder = join(target, `orders-${at}`)
    fs.mkdirSync(logFolder)
    for (const [file, bytes] of files) fs.writeFileSync(join(logFolder, file), bytes)
    change(logFolder)
    logs.set(`orders-${at}`, mark.get('orders-0') as CleanLog)
  }
  if (clean) fs.writeFileSync(join(target, '.kafka_cleanshutdown'), formatCleanMark(logs))
  const points = changes.map((_, at) => `orders ${at} 6\n`).join('')
  fs.writeFileSync(join(target, 'recovery-point-offset-checkpoint'), `0\n${changes.length}\n${points}`)
  return target
}

/** What a reader of the whole log comes to: the batches in hex, or the code of the error that stopped it. */
async function outcome(log: LogStore): Promise<string[] | string> {
  try {
    const batches = (await readAll(log)).map(hex)
    for (let at = 0; at < 6; at++) await log.findByTimestamp(START_MS + at * 10)
    return batches
  } catch (error) {
    if (!KafkaliteError.is(error)) throw error
    return error.code
  }
}

/** The name of the file and the byte of each change that went by unnoticed. */
async function unnoticed(folder: string, names: readonly string[], before: readonly string[]): Promise<string[]> {
  const storage = await openStorage(folder, { fileSystem: new Hasty() })
  const quiet: string[] = []
  for (const [at, name] of names.entries()) {
    const log = storage.log(`orders-${at}`, CONFIG)
    const found = await outcome(log)
    if (typeof found === 'string') expect(found).toBe('CORRUPT_MESSAGE')
    else if (found.join() !== before.join()) quiet.push(name)
    await log.close()
  }
  return quiet
}

const flip =
  (file: string, byte: number, bit: number) =>
  (logFolder: string): void => {
    const path = join(logFolder, file)
    const bytes = fs.readFileSync(path)
    bytes[byte] = (bytes[byte] as number) ^ (1 << bit)
    fs.writeFileSync(path, bytes)
  }

describe('A log of three segments', () => {
  for (const clean of [true, false]) {
    it(`with any byte of its segments flipped is noticed, but for what is outside the checksum: ${clean ? 'closed cleanly' : 'after a crash'}`, async () => {
      const { folder, files, before } = await threeSegments()
      const names: string[] = []
      const changes: ((logFolder: string) => void)[] = []
      for (const file of files.filter((name) => name.endsWith('.log'))) {
        for (let byte = 0; byte < BATCH_BYTES * 2; byte++) {
          names.push(`segment ${Number.parseInt(file, 10)}, byte ${byte}`)
          changes.push(flip(file, byte, (byte * 5) % 8))
        }
      }
      const quiet = await unnoticed(variants(folder, changes, clean), names, before)
      const epochs = [0, 2, 4].flatMap((segment) =>
        [12, 13, 14, 15].flatMap((byte) => [byte, byte + BATCH_BYTES]).map((byte) => `segment ${segment}, byte ${byte}`),
      )
      // After a crash nobody knows where the log should end, so the base offset of its last batch has no witness.
      const last = clean ? [] : [0, 1, 2, 3, 4, 5, 6, 7].map((byte) => `segment 4, byte ${BATCH_BYTES + byte}`)
      expect(quiet.filter((name) => !epochs.includes(name) && !last.includes(name))).toEqual([])
    })
  }

  it('with any byte of its indexes flipped, or any end of them cut off, reads as before', async () => {
    const { folder, files, before } = await threeSegments(5000)
    const names: string[] = []
    const changes: ((logFolder: string) => void)[] = []
    for (const file of files.filter((name) => !name.endsWith('.log'))) {
      const { size } = fs.statSync(join(folder, 'orders-0', file))
      for (let byte = 0; byte < size; byte++) {
        names.push(`${file} byte ${byte}`, `${file} cut at ${byte}`)
        changes.push(flip(file, byte, byte % 8), (logFolder) => fs.truncateSync(join(logFolder, file), byte))
      }
    }
    expect(changes.length).toBeGreaterThan(50)
    const target = variants(folder, changes, true)
    const storage = await openStorage(target, { fileSystem: new Hasty() })
    for (const [at, name] of names.entries()) {
      const log = storage.log(`orders-${at}`, CONFIG)
      expect([name, await outcome(log)]).toEqual([name, before])
      for (let batch = 0; batch < 6; batch++) {
        expect([name, (await log.findByTimestamp(START_MS + batch * 10))?.baseOffset]).toEqual([name, batch])
      }
      expect([name, log.maxTimestamp]).toEqual([name, START_MS + 50])
      await log.close()
    }
  })

  it('with its last segment cut anywhere below what was synced says so, and reads up to there', async () => {
    const { folder, files, before } = await threeSegments()
    const last = files.filter((name) => name.endsWith('.log')).at(-1) as string
    const sizes = Array.from({ length: BATCH_BYTES * 2 }, (_, size) => size)
    const changes = sizes.map((size) => (logFolder: string) => fs.truncateSync(join(logFolder, last), size))
    for (const clean of [true, false]) {
      const target = variants(folder, changes, clean)
      const storage = await openStorage(target, { fileSystem: new Hasty() })
      for (const size of sizes) {
        const log = storage.log(`orders-${size}`, CONFIG)
        expect(await outcome(log)).toBe('CORRUPT_MESSAGE')
        const whole = 4 + Math.floor(size / BATCH_BYTES)
        expect((await log.read(0, 1_000_000)).map(hex)).toEqual(before.slice(0, whole))
        expect(log.endOffset).toBe(6)
        expect(() => log.append([batchAt(6)])).toThrow('is damaged')
        await log.close()
      }
      await storage.close()
    }
  })
})
