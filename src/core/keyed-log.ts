// A map that survives: each change is appended to a log as a record with the key and the new value in JSON (null: removed), and
// reading the log from its start gives the map again. When most of the log is stale, it is replaced by the map as it is now, so the
// log stays about as long as the map is large. Topic metadata and committed offsets are kept this way.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import { decodeUtf8Strict } from '../lib/text.js'
import { RecordCursor } from '../record/batch-reader.js'
import { BatchWriter } from '../record/batch-writer.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { InternalLog } from './internal-log.js'
import { type CommitPart, orderOf } from './joint-commit.js'
import type { Flush } from './topic-config.js'

/** A new value for a key; null removes it. */
export type Change<V> = readonly [key: string, value: V | null]

/** Stale records that a log may hold however small its map is. */
const STALE_RECORDS_MIN = 1_000
/** A snapshot is cut into batches of about this size. */
const SNAPSHOT_BATCH_BYTES = 256 * 1024

export class KeyedLog<V> {
  private readonly values = new Map<string, V>()
  private readonly writer = new BatchWriter({ slabBytes: 64 * 1024 })
  private records = 0
  private rewriting = false

  constructor(
    private readonly log: InternalLog,
    private readonly now: () => number,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Reads the log. CORRUPT_MESSAGE when a record is not what this class writes. */
  async load(): Promise<void> {
    const cursor = new RecordCursor()
    await this.log.forEach((batch) => {
      cursor.open(batch)
      while (cursor.next()) this.take(cursor)
    })
  }

  get(key: string): V | undefined {
    return this.values.get(key)
  }

  entries(): IterableIterator<[string, V]> {
    return this.values.entries()
  }

  /** Writes the changes in one batch, all or none; the map has them when the log has. Settles as `level` promises. */
  write(changes: readonly Change<V>[], level: Flush): Awaitable<void> {
    if (changes.length === 0) return undefined
    const written = this.log.append([this.pack(changes)], level)
    if (isPromise(written)) return written.then(() => this.apply(changes))
    return this.apply(changes)
  }

  /** The same as a part of a commit over several logs. */
  part(changes: readonly Change<V>[]): CommitPart {
    return {
      order: orderOf('own', this.log.log.name),
      turns: this.log.writes,
      place: () => (changes.length === 0 ? null : this.log.place([this.pack(changes)])),
      written: () => this.apply(changes),
      settled: () => undefined,
    }
  }

  /** Lets the log go. */
  close(): Awaitable<void> {
    return this.log.close()
  }

  /** How many records the log holds, stale ones included. */
  get length(): number {
    return this.records
  }

  private pack(changes: readonly Change<V>[]): PackedBatch {
    const now = this.now()
    for (const [key, value] of changes) this.writer.append(key, value === null ? null : JSON.stringify(value), now, null)
    return this.writer.finish()
  }

  private apply(changes: readonly Change<V>[]): void {
    for (const [key, value] of changes) {
      if (value === null) this.values.delete(key)
      else this.values.set(key, value)
    }
    this.records += changes.length
    if (this.rewriting || this.records - this.values.size <= Math.max(STALE_RECORDS_MIN, this.values.size)) return
    this.rewriting = true
    const done = this.log.replace(() => this.snapshot())
    if (isPromise(done)) {
      done.then(undefined, this.onError).then(() => {
        this.rewriting = false
      })
    } else this.rewriting = false
  }

  private snapshot(): readonly PackedBatch[] {
    const batches: PackedBatch[] = []
    const now = this.now()
    for (const [key, value] of this.values) {
      this.writer.append(key, JSON.stringify(value), now, null)
      if (this.writer.sizeBytes >= SNAPSHOT_BATCH_BYTES) batches.push(this.writer.finish())
    }
    if (this.writer.count > 0) batches.push(this.writer.finish())
    this.records = this.values.size
    return batches
  }

  private take(cursor: RecordCursor): void {
    const { key, value } = cursor
    this.records++
    try {
      const name = decodeUtf8Strict(key ?? NO_KEY)
      if (value === null) this.values.delete(name)
      else this.values.set(name, JSON.parse(decodeUtf8Strict(value)) as V)
    } catch (cause) {
      throw new KafkaliteError('CORRUPT_MESSAGE', `Record ${cursor.offset} of ${this.log.log.name} is no key with JSON`, { cause })
    }
  }
}

const NO_KEY = new Uint8Array(0)
