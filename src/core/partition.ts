// One partition: a log, the rules of its topic, and who wants to know when it grows. Appends run one at a time in the order in
// which they came; those that come while one is under way go to the storage together. A record can be read when the storage has it
// and, at flush 'always', when it is synced, so that no reader ever sees an offset that a power cut could take back.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, chain, isPromise } from '../lib/awaitable.js'
import type { Clock } from '../lib/clock.js'
import { SerialQueue } from '../lib/serial-queue.js'
import { type Marker, packMarker } from '../record/control-batch.js'
import { emptyBatch } from '../record/empty-batch.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { EpochStart, LogStore } from '../storage/storage.js'
import { checkAppend } from './append-check.js'
import type { Appended, Isolation, OffsetQuery } from './cluster.js'
import type { Flusher } from './flusher.js'
import { type CommitPart, orderOf } from './joint-commit.js'
import { findOffset, type FoundOffset } from './offset-lookup.js'
import type { ProducerTracker } from './producer-snapshots.js'
import type { ProducerStates } from './producer-state.js'
import { type Flush, logConfigOf, type ResolvedTopicConfig } from './topic-config.js'

/** What a produce may ask besides the append itself. */
export interface AppendOptions {
  /** Answers when the storage has the batch, whatever the flush level: the commit of its transaction makes it safe. */
  readonly unsettled?: boolean | undefined
  /** A producer that is not known here begins at sequence 0: transaction version 2. */
  readonly fromZero?: boolean | undefined
}

interface Place {
  baseOffset: number
  logAppendTime: number
}

interface Pending {
  readonly batch: PackedBatch
  readonly options: AppendOptions
  readonly place: Place
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
  readonly tracker: ProducerTracker
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
  private readonly tracker: ProducerTracker
  /** What is known of the producers that send under an id. */
  readonly producers: ProducerStates
  /** What batches that are appended carry: the broker is the only leader, and leads anew after each crash that may have taken records. */
  readonly leaderEpoch: number
  private readonly writes = new SerialQueue()
  private pending: Pending[] = []
  private readable: number
  private stable: number
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
    this.tracker = options.tracker
    this.producers = options.tracker.states
    this.leaderEpoch = options.log.epochs?.current ?? 0
    this.readable = options.log.endOffset
    this.stable = this.producers.stableOffset(this.readable)
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.log.startOffset
  }

  /** The offset after the last one that can be read: the high watermark. */
  get endOffset(): number {
    return this.readable
  }

  /** The last stable offset: below it nothing belongs to a transaction whose end is not certain. Never above `endOffset`. */
  get stableOffset(): number {
    return Math.max(this.stable, Math.min(this.log.startOffset, this.readable))
  }

  /** Up to where a reader of that isolation sees. */
  endFor(isolation: Isolation | undefined): number {
    return isolation === 'read_committed' ? this.stableOffset : this.readable
  }

  /** Whether the batch counts for nothing to who reads what is committed: a marker, or data of an aborted transaction. */
  isHidden(batch: PackedBatch): boolean {
    return batch.isControl || (batch.isTransactional && this.producers.isAborted(batch))
  }

  /** The topic's flush level. */
  get flush(): Flush {
    return this.config.flush
  }

  get sizeBytes(): number {
    return this.log.sizeBytes
  }

  /**
   * Appends one batch and answers where it went, as soon as the topic's flush level holds; at once when the storage is synchronous.
   * A batch of a producer id that is there already is answered with its first place and not stored again.
   * Throws or rejects with MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_RECORD, INVALID_TIMESTAMP, DISK_FULL, STORAGE_FAILED, CLOSED,
   * OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE.
   */
  append(given: PackedBatch, options: AppendOptions = NO_OPTIONS): Awaitable<Appended> {
    if (this.isClosed) throw this.closedError()
    const batch = checkAppend(given, this.config, this.clock.now(), this.name)
    if (!this.writes.isBusy) {
      const place = { baseOffset: -1, logAppendTime: -1 }
      const written = this.writes.run(() => this.writeAlone(batch, place, options))
      return isPromise(written) ? written.then(() => this.finish(place, options)) : this.finish(place, options)
    }
    return new Promise<Appended>((resolve, reject) => {
      this.pending.push({ batch, options, place: { baseOffset: -1, logAppendTime: -1 }, resolve, reject })
      if (this.pending.length === 1) void this.writes.run(() => this.writePending())
    })
  }

  /** The batches as a part of a commit over several logs; `placedAt` hears where the first record goes. */
  part(batches: readonly PackedBatch[], placedAt: (baseOffset: number) => void): CommitPart {
    if (this.isClosed) throw this.closedError()
    return {
      order: orderOf('partition', this.name),
      turns: this.writes,
      place: () => {
        if (this.isClosed) throw this.closedError()
        const stored = batches.map((batch) => checkAppend(batch, this.config, this.clock.now(), this.name))
        placedAt(this.place(stored))
        return { log: this.log, batches: stored }
      },
      written: () => undefined,
      settled: () => undefined,
    }
  }

  /** Gives the batches their places at the end, the turn being held. Answers the first offset. */
  private place(batches: readonly PackedBatch[]): number {
    const first = this.log.endOffset
    const place = { baseOffset: -1, logAppendTime: -1 }
    let offset = first
    let bytes = 0
    for (const batch of batches) {
      this.placeAt(batch, place, offset)
      offset += batch.lastOffsetDelta + 1
      bytes += batch.sizeBytes
    }
    this.tracker.grown(bytes)
    return first
  }

  /** The storage has what was placed: settles as the flush level promises, then readers see it. */
  placed(): Awaitable<void> {
    return this.finish(undefined, NO_OPTIONS)
  }

  /** Whole batches from the one that holds `offset`, never past what a reader of that isolation sees. OFFSET_OUT_OF_RANGE. */
  read(offset: number, maxBytes: number, isolation?: Isolation): Awaitable<readonly PackedBatch[]> {
    if (offset > this.readable || offset < this.log.startOffset) throw this.outOfRange(offset)
    const end = this.endFor(isolation)
    if (offset >= end) return NO_BATCHES
    const batches = this.log.read(offset, maxBytes)
    if (isPromise(batches)) return batches.then((found) => this.cutAt(end, found))
    return this.cutAt(end, batches)
  }

  /** The marker that ends a transaction here, as a part of a commit over several logs. */
  markerPart(marker: Marker): CommitPart {
    let batch: PackedBatch | null = null
    let end = -1
    return {
      order: orderOf('partition', this.name),
      turns: this.writes,
      place: () => {
        if (this.isClosed) return null
        batch = packMarker(marker)
        batch.place(this.log.endOffset, this.leaderEpoch)
        return { log: this.log, batches: [batch] }
      },
      written: () => {
        if (batch === null) return
        end = this.log.endOffset
        const aborted = this.producers.end(marker, batch.baseOffset)
        if (aborted !== null) this.tracker.aborted(aborted)
        this.tracker.grown(batch.sizeBytes)
      },
      settled: () => {
        if (batch !== null && !this.isClosed) this.reveal(end, undefined)
      },
    }
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
      () => {
        this.producers.truncateBefore(this.log.startOffset)
        this.changed()
      },
    )
  }

  /** Gives no offset below `offset` any more: somebody has taken note of records there that are lost. They leave a hole. */
  skipTo(offset: number): Awaitable<void> {
    if (offset <= this.log.endOffset) return undefined
    const hole = emptyBatch()
    hole.place(offset - 1, this.leaderEpoch)
    return chain(
      this.writes.run(() => this.log.append([hole])),
      () => this.finish(undefined, NO_OPTIONS),
    )
  }

  /** Where leader epochs begin, oldest first; the last one is the current one. */
  epochStarts(): Awaitable<readonly EpochStart[]> {
    return this.log.epochs?.starts() ?? [{ epoch: this.leaderEpoch, startOffset: this.startOffset }]
  }

  /** A new segment, so that retention can free the one being written. */
  roll(): Awaitable<void> {
    return this.writes.run(() => this.log.roll())
  }

  /** Where a place lies by name or time; null when no record is that late. */
  find(query: OffsetQuery, isolation?: Isolation): Awaitable<FoundOffset | null> {
    if (isolation !== 'read_committed') return findOffset(this, query)
    const { log, startOffset, stableOffset } = this
    const read = (offset: number, maxBytes: number): Awaitable<readonly PackedBatch[]> => this.read(offset, maxBytes, isolation)
    return findOffset({ log, startOffset, endOffset: stableOffset, read }, query)
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

  /** What is remembered of producers and was not written since it changed. */
  get unsavedProducers(): ProducerTracker | null {
    return this.tracker.isUnsaved ? this.tracker : null
  }

  /** Writes what is remembered of producers, if there is anything new, so that it need not be read from the log again. */
  saveProducers(): Awaitable<void> {
    return !this.tracker.isBlank && !this.isClosed ? this.saveAfter(() => undefined) : undefined
  }

  /** Of these aborted transactions nothing is left: forgets them, also on disk. */
  forgetAborted(gone: readonly { readonly producerId: number; readonly lastOffset: number }[]): Awaitable<void> {
    if (this.isClosed) return undefined
    return this.saveAfter(() => this.tracker.forgetAborted(gone))
  }

  /** What a reader of an offset that is not there gets. */
  outOfRange(offset: number): KafkaliteError {
    const { startOffset, readable } = this
    return new KafkaliteError('OFFSET_OUT_OF_RANGE', `Offset ${offset} of ${this.name} is not between ${startOffset} and ${readable}`)
  }

  /** What is remembered is taken in a turn, when nothing is on its way into the log, and written outside of it. */
  private async saveAfter(step: () => Awaitable<void>): Promise<void> {
    const { done } = await this.writes.run(() => chain(step(), () => ({ done: this.tracker.saveNow() })))
    await done
  }

  /** Stores one batch, the turn being held. */
  private writeAlone(batch: PackedBatch, place: Place, options: AppendOptions): Awaitable<void> {
    const { producers, tracker } = this
    if (batch.producerId < 0) {
      this.placeAt(batch, place, this.log.endOffset)
      const written = this.log.append([batch])
      return isPromise(written) ? written.then(() => tracker.grown(batch.sizeBytes)) : tracker.grown(batch.sizeBytes)
    }
    if (!tracker.isReady) return chain(tracker.begin(), () => this.writeAlone(batch, place, options))
    producers.begin()
    const end = this.admit(batch, place, options, this.log.endOffset)
    if (end === this.log.endOffset) return undefined
    return this.store([batch])
  }

  /** Gives a batch its place, if it is to be stored at all, and answers the offset behind it. */
  private admit(batch: PackedBatch, place: Place, options: AppendOptions, offset: number): number {
    const { producers, clock, config } = this
    const isKnown = batch.producerId >= 0
    if (isKnown) {
      const sent = producers.duplicateOf(batch)
      if (sent !== undefined) {
        place.baseOffset = sent.baseOffset
        place.logAppendTime = config.messageTimestampType === 'LogAppendTime' ? sent.timestamp : -1
        return offset
      }
      producers.check(batch, clock.now(), this.name, options.fromZero === true)
    }
    this.placeAt(batch, place, offset)
    if (isKnown) producers.accept(batch, clock.now())
    return offset + batch.lastOffsetDelta + 1
  }

  private placeAt(batch: PackedBatch, place: Place, offset: number): void {
    if (this.config.messageTimestampType === 'LogAppendTime') {
      place.logAppendTime = this.clock.now()
      batch.stampLogAppendTime(place.logAppendTime)
    }
    batch.place(offset, this.leaderEpoch)
    place.baseOffset = offset
  }

  /** Hands placed batches to the log; what the producers' states know of them is taken back when it fails. */
  private store(batches: readonly PackedBatch[]): Awaitable<void> {
    const done = (): void => {
      let bytes = 0
      for (const batch of batches) bytes += batch.sizeBytes
      this.tracker.grown(bytes)
    }
    const fail = (error: unknown): never => {
      this.producers.rollBack()
      throw error
    }
    try {
      const written = this.log.append(batches)
      return isPromise(written) ? written.then(done, fail) : done()
    } catch (error) {
      return fail(error)
    }
  }

  /** Stores all that came while the storage was busy, in one step: they succeed or fail together, but for those that may not enter. */
  private writePending(): Awaitable<void> {
    const group = this.pending
    this.pending = []
    if (this.tracker.isReady || !group.some(({ batch }) => batch.producerId >= 0)) return this.writeGroup(group)
    const fail = (error: unknown): void => group.forEach(({ reject }) => reject(error))
    try {
      const begun = this.tracker.begin()
      if (isPromise(begun)) return begun.then(() => this.writeGroup(group), fail)
    } catch (error) {
      return fail(error)
    }
    return this.writeGroup(group)
  }

  private writeGroup(group: readonly Pending[]): Awaitable<void> {
    this.producers.begin()
    const admitted: Pending[] = []
    const batches: PackedBatch[] = []
    let end = this.log.endOffset
    for (const pending of group) {
      try {
        const next = this.admit(pending.batch, pending.place, pending.options, end)
        if (next > end) batches.push(pending.batch)
        admitted.push(pending)
        end = next
      } catch (error) {
        pending.reject(error)
      }
    }
    if (admitted.length === 0) return undefined
    const fail = (error: unknown): void => {
      for (const { reject } of admitted) reject(error)
    }
    const done = (): void => this.answer(admitted, fail)
    try {
      const written = batches.length === 0 ? undefined : this.store(batches)
      return isPromise(written) ? written.then(done, fail) : done()
    } catch (error) {
      return fail(error)
    }
  }

  private answer(group: readonly Pending[], fail: (error: unknown) => void): void {
    const resolveAll = (): void => {
      for (const { resolve, place } of group) resolve(place)
    }
    try {
      const unsettled = group.every(({ options }) => options.unsettled === true)
      const settled = this.finish(undefined, unsettled ? UNSETTLED : NO_OPTIONS)
      if (isPromise(settled)) settled.then(resolveAll, fail)
      else resolveAll()
    } catch (error) {
      fail(error)
    }
  }

  /** After the store has it: keeps the flush level's promise, then lets readers see it. */
  private finish<T>(answer: T, options: AppendOptions): Awaitable<T> {
    const end = this.log.endOffset
    // Unsynced bytes are not shown at 'always': whoever commits the transaction syncs them and shows them.
    if (options.unsettled === true && this.config.flush === 'always') return answer
    const settled = this.flusher.settle(this.config.flush, this.log)
    if (isPromise(settled)) return settled.then(() => this.reveal(end, answer))
    return this.reveal(end, answer)
  }

  private reveal<T>(end: number, answer: T): T {
    if (end > this.readable) this.readable = end
    this.stable = this.producers.stableOffset(this.readable)
    this.producers.revealed(this.readable)
    this.changed()
    return answer
  }

  private changed(): void {
    this.changes++
    if (this.listeners.size > 0) for (const listener of this.listeners) listener()
  }

  private cutAt(end: number, batches: readonly PackedBatch[]): readonly PackedBatch[] {
    if (this.log.endOffset === end) return batches
    let count = batches.length
    while (count > 0 && (batches[count - 1] as PackedBatch).lastOffset >= end) count--
    return count === batches.length ? batches : batches.slice(0, count)
  }

  private closedError(): KafkaliteError {
    return new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `Partition ${this.name} was closed or deleted`)
  }
}

const NO_BATCHES: readonly PackedBatch[] = []
const NO_OPTIONS: AppendOptions = {}
const UNSETTLED: AppendOptions = { unsettled: true }
