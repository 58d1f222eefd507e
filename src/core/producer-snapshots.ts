// Keeps what partitions remember of their producers over a restart. A log says all of it, but reading it from its start would take
// minutes; so snapshots stand beside the log, and what came after the newest is read again. Where a storage has no place for them
// beside a log they stand in the transaction log. A snapshot never counts for more than the log holds.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import { SerialQueue } from '../lib/serial-queue.js'
import { type Marker, readMarker } from '../record/control-batch.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { AbortedRange, LogProducers, LogStore, ProducerSnapshot, Storage } from '../storage/storage.js'
import { ProducerStates } from './producer-state.js'
import { SnapshotLog } from './snapshot-log.js'
import type { TrackedPartition } from './snapshot-record.js'
import type { TransactionLog } from './transaction/transaction-log.js'

/** A snapshot is due when a partition has grown by this much: what is read again after a crash. Bytes. */
const SNAPSHOT_AFTER_BYTES = 16 * 1024 * 1024
const READ_BYTES = 1 << 20

/** What one partition's memory of its producers asks for. */
export class ProducerTracker {
  /** Something was appended since the last snapshot. */
  isUnsaved = false
  private bytesSince = 0
  private writing = false
  /** A snapshot taken earlier never replaces a later one. */
  private readonly saves = new SerialQueue()

  constructor(
    private readonly context: SnapshotContext,
    private readonly log: LogStore,
    private readonly kept: LogProducers,
    readonly states: ProducerStates,
    /** Producer ids can be taken: it will be seen on opening that there are some. */
    public isReady: boolean,
  ) {
    kept.onPiece = (offset) => states.snapshot(offset)
  }

  /** Called before the first batch with a producer id enters the partition. */
  begin(): Awaitable<void> {
    const written = this.kept.save(this.states.snapshot(this.log.endOffset), true)
    if (!isPromise(written)) {
      this.isReady = true
      return undefined
    }
    return written.then(() => {
      this.isReady = true
    })
  }

  /** The partition has grown; called before anything else is appended. */
  grown(bytes: number): void {
    if (!this.isReady) return
    this.isUnsaved = true
    this.bytesSince += bytes
    if (this.bytesSince < SNAPSHOT_AFTER_BYTES || this.writing) return
    this.writing = true
    void this.save().finally(() => {
      this.writing = false
    })
  }

  /** The marker that ended a transaction is in the log. */
  aborted(range: AbortedRange): void {
    this.kept.noteAborted(range)
  }

  /** Nothing is left of these transactions. */
  forgetAborted(gone: readonly AbortedMarker[]): Awaitable<void> {
    this.states.forgetAborted(gone)
    return this.kept.forgetAborted(gone)
  }

  /** Nothing is remembered, so nothing can be lost. */
  get isBlank(): boolean {
    return this.states.size === 0 && this.states.aborted.length === 0
  }

  /** Writes what is remembered so that it survives a power cut. To be called in the partition's turn, for nothing may be on its way into the log. */
  async saveNow(): Promise<void> {
    if (!this.isReady) return
    const snapshot = this.take()
    try {
      await this.saves.run(async () => {
        // Ahead of a log that a power cut cuts short it would count for nothing.
        await this.context.storage.sync(this.log)
        await this.kept.save(snapshot, true)
      })
    } catch (error) {
      this.isUnsaved = true
      throw error
    }
  }

  /** Writes what is remembered as it is at the call. A failure is reported, not thrown: the snapshots before are as true as they were. */
  async save(): Promise<void> {
    const snapshot = this.take()
    try {
      if (this.saves.isBusy) await this.saves.run(() => this.kept.save(snapshot, false))
      else await this.kept.save(snapshot, false)
    } catch (error) {
      this.context.onError(error)
    }
  }

  /** The state as it is now; from here on changes count as unsaved. */
  private take(): ProducerSnapshot {
    this.bytesSince = 0
    this.isUnsaved = false
    this.states.expire(this.context.now())
    return this.states.snapshot(this.log.endOffset)
  }
}

interface AbortedMarker {
  readonly producerId: number
  readonly lastOffset: number
}

interface SnapshotContext {
  readonly storage: Storage
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

export class ProducerSnapshots {
  constructor(
    private readonly context: SnapshotContext,
    private readonly log: TransactionLog,
  ) {}

  /** The memory of a partition as it was: its snapshot, and what the log says from there on. */
  async open(partition: TrackedPartition): Promise<ProducerTracker> {
    const { log } = partition
    const states = new ProducerStates()
    const kept = log.producers ?? new SnapshotLog(this.log, this.context.storage, partition)
    const loading = kept.load()
    const snapshot = isPromise(loading) ? await loading : loading
    // A log whose storage keeps nothing beside it would be read as a whole at each opening: there producers are announced.
    const isReady = snapshot !== null || log.producers !== undefined
    const tracker = new ProducerTracker(this.context, log, kept, states, isReady)
    if (!isReady) return tracker
    const from = snapshot?.offset ?? log.startOffset
    if (snapshot !== null) {
      // Open transactions are kept in the order in which they began.
      for (const state of [...snapshot.producers].sort((a, b) => a.openSince - b.openSince)) states.restore(state)
      const aborted = snapshot.aborted ?? (await this.findAborted(kept, log, from))
      for (const range of aborted) states.restoreAborted(range)
    }
    if (from < log.endOffset) {
      await this.replay(states, kept, log, from)
      tracker.isUnsaved = true
    }
    states.truncateBefore(log.startOffset)
    states.revealed(log.endOffset)
    return tracker
  }

  /** Nothing of the topic's partitions is remembered any longer. */
  forget(topic: string, partitions: number): Awaitable<void> {
    return this.log.forgetSnapshots(topic, partitions)
  }

  /** What the log says of aborted transactions whose marker lies below `offset`. */
  private async findAborted(kept: LogProducers, log: LogStore, offset: number): Promise<readonly AbortedRange[]> {
    const states = new ProducerStates()
    await this.replay(states, kept, log, log.startOffset)
    return states.aborted.filter(({ lastOffset }) => lastOffset < offset)
  }

  /** Takes the batches from `offset` on into the states. A log that is damaged is read up to there, as its readers do. */
  private async replay(states: ProducerStates, kept: LogProducers, log: LogStore, offset: number): Promise<void> {
    try {
      await this.readFrom(states, kept, log, offset)
    } catch (error) {
      if (!KafkaliteError.is(error, 'CORRUPT_MESSAGE')) throw error
    }
  }

  private async readFrom(states: ProducerStates, kept: LogProducers, log: LogStore, offset: number): Promise<void> {
    const now = this.context.now()
    for (let next = Math.max(offset, log.startOffset); next < log.endOffset; ) {
      const read = log.read(next, READ_BYTES)
      const batches = isPromise(read) ? await read : read
      const last = batches[batches.length - 1]
      if (last === undefined) break
      for (const batch of batches) {
        if (batch.producerId < 0 || batch.baseOffset < offset) continue
        const aborted = take(states, batch, now)
        if (aborted !== null) kept.noteAborted(aborted)
      }
      next = last.lastOffset + 1
      states.begin()
    }
  }
}

function take(states: ProducerStates, batch: PackedBatch, now: number): AbortedRange | null {
  if (!batch.isControl) {
    // When it came is not known; the producer is remembered rather too long than too short.
    states.accept(batch, now)
    return null
  }
  // Compaction emptied it when nothing of its transaction was left: it says no more than that the producer had ended one.
  const marker: Marker | undefined = batch.count === 0 ? endOf(batch) : readMarker(batch)
  return marker === undefined ? null : states.end(marker, batch.baseOffset)
}

function endOf({ producerId, producerEpoch, maxTimestamp }: PackedBatch): Marker {
  return { kind: 'commit', producerId, producerEpoch, coordinatorEpoch: 0, timestamp: maxTimestamp }
}
