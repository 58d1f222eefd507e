// A queue's state log: what happened to its records, in the order in which it happened. Everything that happens in one turn of the
// event loop, and all that gathers while a write is under way, goes out as one append; whoever waits for it shares one promise.
// When the log has grown enough a snapshot takes its place, so its length follows what is in flight and not what ever was.

import { type Awaitable, isPromise } from '../../lib/awaitable.js'
import { RecordCursor } from '../../record/batch-reader.js'
import { BatchWriter } from '../../record/batch-writer.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { InternalLog } from '../internal-log.js'
import type { Flush } from '../topic-config.js'
import { type OpsReader, OpsWriter, readOps } from './queue-ops.js'

/** A snapshot is due when the log has grown by this much since the last one, and by twice that one's size. Bytes. */
const SNAPSHOT_AFTER_BYTES = 1024 * 1024
/** The key of a record that replaces everything before it. */
const SNAPSHOT_KEY = 'snapshot'

const NO_BYTES = new Uint8Array(0)

/** Hears the words of the log, and where a snapshot makes void what was told before. */
export interface SnapshotReader extends OpsReader {
  begin(): void
  endSnapshot(): void
}

interface Round {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

export interface QueueLogOptions {
  readonly log: InternalLog
  readonly level: Flush
  readonly now: () => number
  /** Writes the whole state. */
  readonly snapshot: (ops: OpsWriter) => void
  /** Called after each write that succeeded. */
  readonly onWritten: () => void
  readonly onError: (error: unknown) => void
}

export class QueueLog {
  /** What is to be written next. A change of state is written here in the same turn in which it is made. */
  readonly ops = new OpsWriter()
  private readonly batches = new BatchWriter()
  /** Those who wait for what has gathered and is not on its way. */
  private gathering: Round | null = null
  private writing = false
  /** What an append that failed did not take; it goes first in the next one, for the state in memory has moved on. */
  private unwritten: Uint8Array[] = []
  private grownBytes = 0
  private snapshotBytes = 0
  private snapshotting = false

  constructor(private readonly options: QueueLogOptions) {}

  /** Settles when everything put into `ops` so far is written as the flush level promises. */
  written(): Promise<void> {
    if (this.gathering === null) {
      this.gathering = newRound()
      if (!this.writing) queueMicrotask(() => this.write())
    }
    return this.gathering.promise
  }

  /** Tells `reader` what the log says. */
  async replay(reader: SnapshotReader): Promise<void> {
    const cursor = new RecordCursor()
    await this.options.log.forEach((batch) => {
      cursor.open(batch)
      while (cursor.next()) {
        const value = cursor.value ?? NO_BYTES
        if (cursor.keyStart >= 0) {
          reader.begin()
          readOps(value, reader)
          reader.endSnapshot()
          this.grownBytes = 0
          this.snapshotBytes = value.length
        } else {
          readOps(value, reader)
          this.grownBytes += value.length
        }
      }
    })
  }

  /** Replaces the log by the state as it is. */
  async snapshot(): Promise<void> {
    this.grownBytes = 0
    await this.options.log.replace(() => {
      const ops = new OpsWriter()
      this.options.snapshot(ops)
      const bytes = ops.take()
      this.snapshotBytes = bytes.length
      this.batches.append(SNAPSHOT_KEY, bytes, this.options.now(), null)
      return [this.batches.finish()]
    })
  }

  close(): Awaitable<void> {
    return this.options.log.close()
  }

  private write(): void {
    const round = this.gathering
    if (round === null || this.writing) return
    this.gathering = null
    this.writing = true
    if (!this.ops.isEmpty) this.unwritten.push(this.ops.take())
    const chunks = this.unwritten
    this.unwritten = []
    try {
      const appended = this.options.log.append(this.pack(chunks), this.options.level)
      if (isPromise(appended))
        appended.then(
          () => this.succeed(round),
          (error: unknown) => this.fail(round, chunks, error),
        )
      else this.succeed(round)
    } catch (error) {
      this.fail(round, chunks, error)
    }
  }

  private pack(chunks: readonly Uint8Array[]): readonly PackedBatch[] {
    if (chunks.length === 0) return []
    const now = this.options.now()
    for (const chunk of chunks) {
      this.batches.append(null, chunk, now, null)
      this.grownBytes += chunk.length
    }
    return [this.batches.finish()]
  }

  private succeed(round: Round): void {
    this.writing = false
    round.resolve()
    this.options.onWritten()
    this.next()
    const due = Math.max(SNAPSHOT_AFTER_BYTES, this.snapshotBytes * 2)
    if (this.grownBytes < due || this.snapshotting) return
    this.snapshotting = true
    this.snapshot()
      .catch(this.options.onError)
      .finally(() => {
        this.snapshotting = false
      })
  }

  private fail(round: Round, chunks: Uint8Array[], error: unknown): void {
    this.writing = false
    this.unwritten = [...chunks, ...this.unwritten]
    round.reject(error)
    this.next()
  }

  private next(): void {
    if (this.gathering !== null) queueMicrotask(() => this.write())
  }
}

function newRound(): Round {
  let resolve: () => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<void>((done, failed) => {
    resolve = done
    reject = failed
  })
  // Whoever waits hears of a failure; a round that nobody waits for is no unhandled rejection.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
