// One partition: a log, the rules of its topic, and who wants to know when it grows. Appends run one at a time in the order in
// which they came; those that come while one is under way go to the storage together. A record can be read when the storage has it
// and, at flush 'always', when it is synced, so that no reader ever sees an offset that a power cut could take back.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, chain, isPromise } from '../lib/awaitable.js'
import type { Clock } from '../lib/clock.js'
import { SerialQueue } from '../lib/serial-queue.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { LogStore } from '../storage/storage.js'
import { checkAppend } from './append-check.js'
import type { Appended, OffsetQuery } from './cluster.js'
import type { Flusher } from './flusher.js'
import { findOffset, type FoundOffset } from './offset-lookup.js'
import { logConfigOf, type ResolvedTopicConfig } from './topic-config.js'

/** The broker is its partitions' only leader since they were made. */
const LEADER_EPOCH = 0

interface Pending {
  readonly batch: PackedBatch
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: unknown) => void
}

export interface PartitionOptions {
  readonly topic: string
  readonly partition: number
  readonly log: LogStore
  readonly config: ResolvedTopicConfig
  readonly clock: Clock
  readonly flusher: Flusher
}

export class Partition {
  readonly topic: string
  readonly partition: number
  readonly log: LogStore
  /** `<topic>-<partition>`, for messages. */
  readonly name: string
  /** Grows whenever readers should look again; a reader that waited for a promise sees by it whether it missed something. */
  changes = 0
  private config: ResolvedTopicConfig
  private readonly clock: Clock
  private readonly flusher: Flusher
  private readonly writes = new SerialQueue()
  private pending: Pending[] = []
  private readable: number
  private readonly listeners = new Set<() => void>()
  /** The topic was deleted, or the broker closed. */
  isClosed = false

  constructor(options: PartitionOptions) {
    this.topic = options.topic
    this.partition = options.partition
    this.log = options.log
    this.name = `${options.topic}-${options.partition}`
    this.config = options.config
    this.clock = options.clock
    this.flusher = options.flusher
    this.readable = options.log.endOffset
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.log.startOffset
  }

  /** The offset after the last one that can be read: the high watermark. */
  get endOffset(): number {
    return this.readable
  }

  get sizeBytes(): number {
    return this.log.sizeBytes
  }

  /**
   * Appends one batch and answers where it went, as soon as the topic's flush level holds; at once when the storage is synchronous.
   * Throws or rejects with MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_RECORD, INVALID_TIMESTAMP, DISK_FULL, STORAGE_FAILED, CLOSED.
   */
  append(batch: PackedBatch): Awaitable<Appended> {
    if (this.isClosed) throw this.closedError()
    checkAppend(batch, this.config, this.clock.now(), this.name)
    if (!this.writes.isBusy) {
      const appended = { baseOffset: -1, logAppendTime: -1 }
      const written = this.writes.run(() => this.write([batch], [appended]))
      return isPromise(written) ? written.then(() => this.finish(appended)) : this.finish(appended)
    }
    return new Promise<Appended>((resolve, reject) => {
      this.pending.push({ batch, resolve, reject })
      if (this.pending.length === 1) void this.writes.run(() => this.writePending())
    })
  }

  /** Whole batches from the one that holds `offset`, never past `endOffset`. OFFSET_OUT_OF_RANGE. */
  read(offset: number, maxBytes: number): Awaitable<readonly PackedBatch[]> {
    if (offset > this.readable || offset < this.log.startOffset) throw this.outOfRange(offset)
    if (offset === this.readable) return NO_BATCHES
    const batches = this.log.read(offset, maxBytes)
    if (isPromise(batches)) return batches.then((found) => this.cutAtEnd(found))
    return this.cutAtEnd(batches)
  }

  /** Calls `listener` after each append that can be read, and when the start moves or the partition goes. Answers how to stop that. */
  onAppend(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Moves the start to `offset`; what lies before is freed in pieces as large as the storage likes. Never back. */
  truncateBefore(offset: number): Awaitable<void> {
    return chain(
      this.writes.run(() => this.log.truncateBefore(offset)),
      () => this.changed(),
    )
  }

  /** A new segment, so that retention can free the one being written. */
  roll(): Awaitable<void> {
    return this.writes.run(() => this.log.roll())
  }

  /** Where a place lies by name or time; null when no record is that late. */
  find(query: OffsetQuery): Awaitable<FoundOffset | null> {
    return findOffset(this, query)
  }

  /** Takes the topic's changed configs; limits of segments hold from the next append on. */
  configure(config: ResolvedTopicConfig): void {
    this.config = config
    this.log.configure(logConfigOf(config))
  }

  /** Refuses later appends, wakes who waits, and lets the log go when the last append is done. */
  close(): Awaitable<void> {
    if (this.isClosed) return undefined
    this.isClosed = true
    this.changed()
    this.listeners.clear()
    return this.writes.run(() => this.log.close())
  }

  /** What a reader of an offset that is not there gets. */
  outOfRange(offset: number): KafkaliteError {
    const { startOffset, readable } = this
    return new KafkaliteError('OFFSET_OUT_OF_RANGE', `Offset ${offset} of ${this.name} is not between ${startOffset} and ${readable}`)
  }

  /** Gives the batches their places and stores them. The offsets are taken here, when it is certain what comes before. */
  private write(batches: readonly PackedBatch[], places: { baseOffset: number; logAppendTime: number }[]): Awaitable<void> {
    let offset = this.log.endOffset
    const now = this.config.messageTimestampType === 'LogAppendTime' ? this.clock.now() : -1
    for (let i = 0; i < batches.length; i++) {
      const batch = batches[i] as PackedBatch
      if (now !== -1) batch.stampLogAppendTime(now)
      batch.place(offset, LEADER_EPOCH)
      const place = places[i] as { baseOffset: number; logAppendTime: number }
      place.baseOffset = offset
      place.logAppendTime = now
      offset += batch.lastOffsetDelta + 1
    }
    return this.log.append(batches)
  }

  /** Stores all that came while the storage was busy, in one step: they succeed or fail together. */
  private writePending(): Awaitable<void> {
    const group = this.pending
    this.pending = []
    const places = group.map(() => ({ baseOffset: -1, logAppendTime: -1 }))
    const fail = (error: unknown): void => {
      for (const { reject } of group) reject(error)
    }
    const done = (): void => {
      try {
        const settled = this.finish(places)
        const answer = (): void => group.forEach(({ resolve }, i) => resolve(places[i] as Appended))
        if (isPromise(settled)) settled.then(answer, fail)
        else answer()
      } catch (error) {
        fail(error)
      }
    }
    try {
      const written = this.write(
        group.map(({ batch }) => batch),
        places,
      )
      return isPromise(written) ? written.then(done, fail) : done()
    } catch (error) {
      return fail(error)
    }
  }

  /** After the store has it: keeps the flush level's promise, then lets readers see it. */
  private finish<T>(answer: T): Awaitable<T> {
    const end = this.log.endOffset
    const settled = this.flusher.settle(this.config.flush)
    if (isPromise(settled)) return settled.then(() => this.reveal(end, answer))
    return this.reveal(end, answer)
  }

  private reveal<T>(end: number, answer: T): T {
    if (end > this.readable) this.readable = end
    this.changed()
    return answer
  }

  private changed(): void {
    this.changes++
    if (this.listeners.size > 0) for (const listener of this.listeners) listener()
  }

  private cutAtEnd(batches: readonly PackedBatch[]): readonly PackedBatch[] {
    if (this.log.endOffset === this.readable) return batches
    let count = batches.length
    while (count > 0 && (batches[count - 1] as PackedBatch).lastOffset >= this.readable) count--
    return count === batches.length ? batches : batches.slice(0, count)
  }

  private closedError(): KafkaliteError {
    return new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `Partition ${this.name} was closed or deleted`)
  }
}

const NO_BATCHES: readonly PackedBatch[] = []
