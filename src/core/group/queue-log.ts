// A queue's state log: what happened to its records, in the order in which it happened. Everything that happens in one turn of the
// event loop, and all that gathers while a write is under way, goes out as one append; whoever waits for it shares one promise. Words
// that an append could not write are dropped, and who gave them is told: the state goes back to what the log says.
// When the log has grown enough a snapshot takes its place, so its length follows what is in flight and not what ever was.

import { type Awaitable, afterThis, isPromise } from '../../lib/awaitable.js'
import { RecordCursor } from '../../record/batch-reader.js'
import { BatchWriter } from '../../record/batch-writer.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { InternalLog } from '../internal-log.js'
import { type CommitPart, orderOf } from '../joint-commit.js'
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

/** What is to happen in memory once the words are written, or not: for each record its partition, offset and the rest as `settle` got it. */
export type Settlements = readonly number[]
/** How many numbers each settlement takes. */
export const SETTLEMENT_NUMBERS = 5

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
  /** Called after each write that succeeded, before those who wait hear of it. */
  readonly onWritten: (settled: Settlements) => void
  /** Called after a write that failed, before those who wait hear of it. */
  readonly onFailed: (settled: Settlements) => void
  readonly onError: (error: unknown) => void
}

export class QueueLog {
  /** What is to be written next. */
  readonly ops = new OpsWriter()
  private readonly batches = new BatchWriter({ slabBytes: 64 * 1024 })
  /** Those who wait for what has gathered and is not on its way. */
  private gathering: Round | null = null
  private settlements: number[] = []
  private writing = false
  private grownBytes = 0
  private snapshotBytes = 0

  constructor(private readonly options: QueueLogOptions) {}

  /** Whether what is written is synced before anybody hears of it. */
  get isSynced(): boolean {
    return this.options.level === 'always'
  }

  /** Settles when everything put into `ops` so far is written as the flush level promises. */
  written(): Promise<void> {
    if (this.gathering === null) {
      this.gathering = newRound()
      if (!this.writing) afterThis.then(this.write)
    }
    return this.gathering.promise
  }

  /** To be made known when the words put into `ops` in this turn are written. */
  settle(partition: number, offset: number, state: number, count: number, until: number): Promise<void> {
    this.settlements.push(partition, offset, state, count, until)
    return this.written()
  }

  /** Words of their own as a part of a commit over several logs; what gathers otherwise goes its own way. */
  part(words: Uint8Array, heard: { written(): void; settled(): void; failed(): void }): CommitPart {
    const { log, level, now } = this.options
    return {
      ...heard,
      level,
      order: orderOf('own', log.log.name),
      turns: log.writes,
      place: () => {
        this.batches.append(null, words, now(), null)
        this.grownBytes += words.length
        return log.place([this.batches.finish()])
      },
    }
  }

  /** Tells `reader` what the log says. */
  async replay(reader: SnapshotReader): Promise<void> {
    const { log, level } = this.options
    // What a dead process has only written counts from now on, so it is made as safe as what is told later.
    await log.append([], level)
    const cursor = new RecordCursor()
    await log.forEach((batch) => {
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

  /** Replaces the log by the state as it is. No words are written in the meantime, lest the snapshot makes void what it does not know. */
  async snapshot(): Promise<void> {
    this.writing = true
    this.grownBytes = 0
    try {
      await this.options.log.replace(() => {
        const ops = new OpsWriter()
        this.options.snapshot(ops)
        const bytes = ops.take()
        this.snapshotBytes = bytes.length
        this.batches.append(SNAPSHOT_KEY, bytes, this.options.now(), null)
        return [this.batches.finish()]
      })
    } finally {
      this.writing = false
      this.next()
    }
  }

  close(): Awaitable<void> {
    return this.options.log.close()
  }

  private readonly write = (): void => {
    const round = this.gathering
    if (round === null || this.writing) return
    const { settlements } = this
    this.gathering = null
    this.settlements = []
    this.writing = true
    try {
      const appended = this.options.log.append(this.pack(), this.options.level)
      if (isPromise(appended))
        appended.then(
          () => this.succeed(round, settlements),
          (error: unknown) => this.fail(round, settlements, error),
        )
      else this.succeed(round, settlements)
    } catch (error) {
      this.fail(round, settlements, error)
    }
  }

  private pack(): readonly PackedBatch[] {
    if (this.ops.isEmpty) return []
    const words = this.ops.take()
    this.grownBytes += words.length
    this.batches.append(null, words, this.options.now(), null)
    return [this.batches.finish()]
  }

  private succeed(round: Round, settled: Settlements): void {
    this.writing = false
    this.options.onWritten(settled)
    round.resolve()
    if (this.grownBytes >= Math.max(SNAPSHOT_AFTER_BYTES, this.snapshotBytes * 2)) this.snapshot().catch(this.options.onError)
    else this.next()
  }

  private fail(round: Round, settled: Settlements, error: unknown): void {
    this.writing = false
    this.options.onFailed(settled)
    round.reject(error)
    this.next()
  }

  private next(): void {
    if (this.gathering !== null) afterThis.then(this.write)
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
