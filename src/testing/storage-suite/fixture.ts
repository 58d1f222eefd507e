// What every part of the storage suite starts from: a storage of its own for each test, batches with known content, and words for
// what must fail.

import assert from 'node:assert/strict'
import { KafkaliteError } from '../../errors.js'
import type { ErrorCode } from '../../errors.js'
import { BatchWriter } from '../../record/batch-writer.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { LogConfig, LogStore, Storage } from '../../storage/storage.js'
import { VirtualClock } from '../virtual-clock.js'

/** The words of a test framework; those of vitest, jest, mocha and node:test fit. */
export interface TestFunctions {
  /** Begins a group of tests. */
  readonly describe: (name: string, define: () => void) => unknown
  /** Declares one test. */
  readonly it: (name: string, run: () => Promise<void>) => unknown
}

/** A storage at a place of its own. */
export interface OpenedStorage {
  /** Not yet open: the suite calls `open`. */
  readonly storage: Storage
  /** Another storage, not open, at the same place. For one that keeps its data in the object it may be the object itself. */
  reopen(): Promise<Storage>
  /** Clears the place away. */
  dispose(): Promise<void> | void
}

/** What the suite is to run on and with. */
export interface StorageSuite {
  /** Stands at the head of the tests. */
  readonly name: string
  /** The functions of the test runner: of vitest, node:test, or any that has `describe` and `it`. */
  readonly test: TestFunctions
  /** Makes a new, empty storage for one test. */
  open(): Promise<OpenedStorage>
}

export const CONFIG: LogConfig = { segmentBytes: 1_073_741_824, segmentMs: 604_800_000 }
export const START_MS = 1_700_000_000_000

/** An open storage with what belongs to it. */
export interface Fixture extends OpenedStorage {
  readonly clock: VirtualClock
  log(name?: string, config?: Partial<LogConfig>): Promise<LogStore>
}

/** One part of the suite: a table of contents, read by its headings. */
export function suite(define: (kind: StorageSuite) => void): (kind: StorageSuite) => void {
  return define
}

/** Defines a test that gets an open storage and clears it away afterwards. */
export function testOn(kind: StorageSuite, name: string, run: (fixture: Fixture) => Promise<void>): void {
  kind.test.it(name, async () => {
    const opened = await kind.open()
    const clock = new VirtualClock(START_MS)
    const { storage } = opened
    try {
      await storage.open({ clock })
      const fixture: Fixture = {
        storage,
        clock,
        reopen: () => opened.reopen(),
        dispose: () => opened.dispose(),
        log: async (log = 'orders-0', config = {}) => storage.log(log, { ...CONFIG, ...config }),
      }
      await run(fixture)
    } finally {
      await storage.close()
      await opened.dispose()
    }
  })
}

/** A batch of `count` records at `baseOffset`; the records are stamped one millisecond apart and the last one has `timestamp`. */
export function batchAt(baseOffset: number, count = 1, timestamp = START_MS, valueBytes = 20): PackedBatch {
  const writer = new BatchWriter()
  for (let n = 0; n < count; n++) writer.append(`key-${baseOffset + n}`, 'v'.repeat(valueBytes), timestamp - (count - 1 - n), null)
  const batch = writer.finish()
  batch.place(baseOffset, 0)
  return batch
}

/** Base and last offset of each batch. */
export function spans(batches: readonly PackedBatch[]): (readonly [number, number])[] {
  return batches.map((batch) => [batch.baseOffset, batch.lastOffset] as const)
}

/** The bytes of a batch as text, for comparing. */
export function hex(batch: PackedBatch): string {
  return Array.from(batch.bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** All batches of a log, read in steps as a consumer does. */
export async function readAll(log: LogStore, maxBytes = 1_048_576): Promise<PackedBatch[]> {
  const all: PackedBatch[] = []
  let offset = log.startOffset
  while (offset < log.endOffset) {
    const batches = await log.read(offset, maxBytes)
    const last = batches[batches.length - 1]
    if (last === undefined) break
    all.push(...batches)
    offset = last.lastOffset + 1
  }
  return all
}

/** Whether thrown or rejected: the call must fail with that code. */
export async function fails(code: ErrorCode, run: () => unknown): Promise<KafkaliteError> {
  let result: unknown
  try {
    result = await run()
  } catch (error) {
    assert.ok(KafkaliteError.is(error), `expected a KafkaliteError ${code}, got ${String(error)}`)
    assert.equal(error.code, code, error.message)
    return error
  }
  assert.fail(`expected ${code}, got ${String(result)}`)
}
