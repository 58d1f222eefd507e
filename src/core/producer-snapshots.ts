// Keeps what partitions remember of their producers over a restart. A log says all of it, but reading it from its start would take
// minutes; so a snapshot stands in the transaction log, and after a crash only what came after it is read again. A snapshot is
// written only about bytes that are synced, so it never knows more than the log. Partitions without producer ids have none.

import { type Awaitable, isPromise } from '../lib/awaitable.js'
import { type Marker, readMarker } from '../record/control-batch.js'
import { SerialQueue } from '../lib/serial-queue.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { LogStore, Storage } from '../storage/storage.js'
import { type AbortedRange, type ProducerState, ProducerStates, type SentBatch, type SnapshotRecord } from './producer-state.js'
import type { Flush } from './topic-config.js'
import type { TransactionLog } from './transaction/transaction-log.js'

/** A snapshot is due when a partition has grown by this much: what is read again after a crash. Bytes. */
const SNAPSHOT_AFTER_BYTES = 16 * 1024 * 1024
const READ_BYTES = 1 << 20

/** The partition that a tracker speaks for. */
export interface TrackedPartition {
  readonly name: string
  readonly topicId: string
  readonly log: LogStore
}

/** What one partition's memory of its producers asks for. */
export class ProducerTracker {
  readonly states: ProducerStates
  /** Something was appended since the last snapshot. */
  isUnsaved = false
  private bytesSince = 0
  private writing = false

  constructor(
    private readonly snapshots: ProducerSnapshots,
    private readonly partition: TrackedPartition,
    states: ProducerStates,
    /** A snapshot stands in the log, so that producer ids can be taken. */
    public isReady: boolean,
  ) {
    this.states = states
  }

  /** Called before the first batch with a producer id enters the partition. */
  begin(): Awaitable<void> {
    const written = this.snapshots.write(this.partition, this.states, this.partition.log.endOffset)
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
    void this.snapshots.save([this]).finally(() => {
      this.writing = false
    })
  }

  /** Writes what is remembered so that it survives a power cut. To be called in the partition's turn, for nothing may be on its way into the log. */
  async saveNow(): Promise<void> {
    if (!this.isReady) return
    try {
      await this.snapshots.saveNow(this)
    } catch (error) {
      this.isUnsaved = true
      throw error
    }
  }

  /** The state as it is now; from here on changes count as unsaved. */
  take(now: number): readonly [partition: string, record: SnapshotRecord] {
    this.bytesSince = 0
    this.isUnsaved = false
    this.states.expire(now)
    const { name, topicId, log } = this.partition
    return [name, pack(topicId, log.endOffset, this.states)]
  }
}

export class ProducerSnapshots {
  /** Snapshots are written in the order in which they were taken: an older one never replaces a newer one. */
  private readonly saves = new SerialQueue()

  constructor(
    private readonly storage: Storage,
    private readonly log: TransactionLog,
    private readonly now: () => number,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** The memory of a partition as it was: its snapshot, and what the log says from there on. */
  async open(partition: TrackedPartition): Promise<ProducerTracker> {
    const states = new ProducerStates()
    const record = this.log.snapshot(partition.name)
    const isKnown = record !== undefined && record.topicId === partition.topicId
    if (isKnown) {
      const isSound = record.offset <= partition.log.endOffset
      if (isSound) restore(states, record)
      await replay(states, partition.log, isSound ? record.offset : partition.log.startOffset, this.now())
      states.truncateBefore(partition.log.startOffset)
      states.revealed(partition.log.endOffset)
    }
    return new ProducerTracker(this, partition, states, isKnown)
  }

  /** Nothing of the topic's partitions is remembered any longer. */
  forget(topic: string, partitions: number): Awaitable<void> {
    return this.log.forgetSnapshots(topic, partitions)
  }

  /** The first snapshot of a partition, an empty one. */
  write(partition: TrackedPartition, states: ProducerStates, offset: number): Awaitable<void> {
    // Synced at every level: without it the log would not be looked at after a crash.
    return this.log.writeSnapshots([[partition.name, pack(partition.topicId, offset, states)]], 'always')
  }

  /** The state as it is, synced at every level: what the log is about to lose must be known from elsewhere. */
  async saveNow(tracker: ProducerTracker): Promise<void> {
    await this.writeInTurn([tracker.take(this.now())], 'always')
  }

  /** Writes the states as they are at the call. A failure is reported, not thrown: the snapshots before are as true as they were. */
  async save(trackers: readonly ProducerTracker[]): Promise<void> {
    const taken = trackers.map((tracker) => tracker.take(this.now()))
    if (taken.length === 0) return
    try {
      await this.writeInTurn(taken, 'os')
    } catch (error) {
      this.onError(error)
    }
  }

  private async writeInTurn(taken: readonly (readonly [partition: string, record: SnapshotRecord])[], level: Flush): Promise<void> {
    await this.saves.run(async () => {
      await this.storage.sync()
      await this.log.writeSnapshots(taken, level)
    })
  }
}

function pack(topicId: string, offset: number, states: ProducerStates): SnapshotRecord {
  const producers: SnapshotRecord['producers'][number][] = []
  for (const { producerId, producerEpoch, coordinatorEpoch, lastMs, openSince, batches } of states.all) {
    const packed = batches.map((sent): SnapshotRecord['producers'][number][5][number] => [
      sent.baseSequence,
      sent.lastSequence,
      sent.baseOffset,
      sent.lastOffset,
      sent.timestamp,
    ])
    producers.push([producerId, producerEpoch, coordinatorEpoch, lastMs, openSince, packed])
  }
  const aborted = states.aborted.map((range): SnapshotRecord['aborted'][number] => [
    range.producerId,
    range.firstOffset,
    range.lastOffset,
    range.stableOffset,
  ])
  return { topicId, offset, producers, aborted }
}

function restore(states: ProducerStates, record: SnapshotRecord): void {
  const restored = record.producers.map(([producerId, producerEpoch, coordinatorEpoch, lastMs, openSince, packed]): ProducerState => {
    const batches = packed.map(
      ([baseSequence, lastSequence, baseOffset, lastOffset, timestamp]): SentBatch => ({
        baseSequence,
        lastSequence,
        baseOffset,
        lastOffset,
        timestamp,
      }),
    )
    return { producerId, producerEpoch, coordinatorEpoch, lastMs, openSince, batches }
  })
  // Open transactions are kept in the order in which they began.
  for (const state of restored.sort((a, b) => a.openSince - b.openSince)) states.restore(state)
  for (const [producerId, firstOffset, lastOffset, stableOffset] of record.aborted) {
    const range: AbortedRange = { producerId, firstOffset, lastOffset, stableOffset }
    states.restoreAborted(range)
  }
}

/** Takes the batches from `offset` on into the states. */
async function replay(states: ProducerStates, log: LogStore, offset: number, now: number): Promise<void> {
  for (let next = Math.max(offset, log.startOffset); next < log.endOffset; ) {
    const read = log.read(next, READ_BYTES)
    const batches = isPromise(read) ? await read : read
    const last = batches[batches.length - 1]
    if (last === undefined) return
    for (const batch of batches) if (batch.producerId >= 0 && batch.baseOffset >= offset) take(states, batch, now)
    next = last.lastOffset + 1
  }
  states.begin()
}

function take(states: ProducerStates, batch: PackedBatch, now: number): void {
  if (!batch.isControl) {
    // When it came is not known; the producer is remembered rather too long than too short.
    states.accept(batch, now)
    return
  }
  // Compaction emptied it when nothing of its transaction was left: it says no more than that the producer had ended one.
  const marker: Marker | undefined = batch.count === 0 ? endOf(batch) : readMarker(batch)
  if (marker !== undefined) states.end(marker, batch.baseOffset, states.stableOffset(batch.baseOffset))
}

function endOf({ producerId, producerEpoch, maxTimestamp }: PackedBatch): Marker {
  return { kind: 'commit', producerId, producerEpoch, coordinatorEpoch: 0, timestamp: maxTimestamp }
}
