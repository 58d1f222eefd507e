// The memory of producers of one partition whose storage has no place for it beside the log: the newest snapshot stands in the transaction
// log, whole, aborted transactions and all. A partition without producer ids has none, so that its log need not be read.

import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { LogProducers, ProducerSnapshot, ProducerState, Storage } from '../storage/storage.js'
import type { SnapshotRecord, TrackedPartition } from './snapshot-record.js'
import type { TransactionLog } from './transaction/transaction-log.js'

export class SnapshotLog implements LogProducers {
  /** Pieces have no snapshots of their own here. */
  onPiece = null

  constructor(
    private readonly log: TransactionLog,
    private readonly storage: Storage,
    private readonly partition: TrackedPartition,
  ) {}

  load(): ProducerSnapshot | null {
    const { name, topicId, log } = this.partition
    const record = this.log.snapshot(name)
    if (record === undefined || record.topicId !== topicId) return null
    if (record.offset <= log.endOffset) return unpack(record)
    // The log lost its end, so all that is left of it has to be read.
    return { offset: log.startOffset, producers: [], aborted: [] }
  }

  /** Synced when `durable`; in any case only after the log itself, for nothing shows later that the log had been cut and went on. */
  save(snapshot: ProducerSnapshot, durable: boolean): Awaitable<void> {
    const write = (): Awaitable<void> =>
      this.log.writeSnapshots([[this.partition.name, pack(this.partition.topicId, snapshot)]], durable ? 'always' : 'os')
    const synced = this.storage.sync(this.partition.log)
    return isPromise(synced) ? synced.then(write) : write()
  }

  noteAborted(): void {
    // The next snapshot tells of it.
  }

  forgetAborted(): void {
    // The next snapshot tells no more of them.
  }
}

function pack(topicId: string, { offset, producers, aborted }: ProducerSnapshot): SnapshotRecord {
  return {
    topicId,
    offset,
    producers: producers.map(({ producerId, producerEpoch, coordinatorEpoch, lastMs, openSince, batches }) => [
      producerId,
      producerEpoch,
      coordinatorEpoch,
      lastMs,
      openSince,
      batches.map((sent) => [sent.baseSequence, sent.lastSequence, sent.baseOffset, sent.lastOffset, sent.timestamp] as const),
    ]),
    aborted: (aborted ?? []).map((range) => [range.producerId, range.firstOffset, range.lastOffset, range.stableOffset]),
  }
}

function unpack({ offset, producers, aborted }: SnapshotRecord): ProducerSnapshot {
  return {
    offset,
    producers: producers.map(([producerId, producerEpoch, coordinatorEpoch, lastMs, openSince, packed]): ProducerState => {
      const batches = packed.map(([baseSequence, lastSequence, baseOffset, lastOffset, timestamp]) => ({
        baseSequence,
        lastSequence,
        baseOffset,
        lastOffset,
        timestamp,
      }))
      return { producerId, producerEpoch, coordinatorEpoch, lastTimestamp: lastMs, lastMs, openSince, batches }
    }),
    aborted: aborted.map(([producerId, firstOffset, lastOffset, stableOffset]) => ({ producerId, firstOffset, lastOffset, stableOffset })),
  }
}
