// What is kept of the producers of a partition when it stands in the transaction log, and whose it is.

import type { LogStore } from '../storage/storage.js'

/** The partition that a tracker speaks for. */
export interface TrackedPartition {
  readonly name: string
  readonly topicId: string
  readonly log: LogStore
}

/** A snapshot as the transaction log keeps it, in arrays, for there may be many producers. */
export interface SnapshotRecord {
  readonly topicId: string
  /** What lies below it is in the snapshot. */
  readonly offset: number
  readonly producers: readonly (readonly [
    producerId: number,
    producerEpoch: number,
    coordinatorEpoch: number,
    lastMs: number,
    openSince: number,
    batches: readonly (readonly [baseSequence: number, lastSequence: number, baseOffset: number, lastOffset: number, timestamp: number])[],
  ])[]
  readonly aborted: readonly (readonly [producerId: number, firstOffset: number, lastOffset: number, stableOffset: number])[]
}
