// The part of the storage contract about leader epochs (KIP-101, KIP-320). An epoch is a time in which the offsets of a log were given
// by somebody who knew all that had been given before. After a crash nobody knows that any more, so a new epoch begins: a record that
// gets the offset of one that a power cut took differs from it by the epoch. A storage that never loses what it took has one epoch, 0.

import type { Awaitable } from '../lib/awaitable.js'

/** Where an epoch begins; it ends where the next one begins. */
export interface EpochStart {
  /** From 0. */
  readonly epoch: number
  /** Its first offset. */
  readonly startOffset: number
}

/** The leader epochs of a log. */
export interface LogEpochs {
  /** What batches that are appended are to carry as partitionLeaderEpoch. The same for as long as the log is open. */
  readonly current: number
  /** The epochs of which offsets are kept, oldest first. The last one is the current one, also when nothing was appended in it yet. */
  starts(): Awaitable<readonly EpochStart[]>
}
