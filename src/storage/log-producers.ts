// The part of the storage contract about producers: what a partition remembers of those that send under an id, kept beside the log that
// says it all, so that opening reads the end of the log and not the whole of it. A storage may leave it out; the broker then keeps the
// same in a log of its own.

import type { Awaitable } from '../lib/awaitable.js'

/** A batch that is in the log. */
export interface SentBatch {
  /** The sequence number of its first record. */
  readonly baseSequence: number
  /** The sequence number of its last record. */
  readonly lastSequence: number
  /** The offset of its first record. */
  readonly baseOffset: number
  /** The offset of its last record. */
  readonly lastOffset: number
  /** The largest timestamp in it. */
  readonly timestamp: number
}

/** What a partition remembers of one producer. */
export interface ProducerState {
  /** Its id. */
  readonly producerId: number
  /** Its latest epoch. */
  readonly producerEpoch: number
  /** Of the last marker; -1 when there was none. */
  readonly coordinatorEpoch: number
  /** The latest ones, oldest first. */
  readonly batches: readonly SentBatch[]
  /** The timestamp of the last batch or marker. */
  readonly lastTimestamp: number
  /** When it was last heard of. Milliseconds since 1970, by the broker's clock. */
  readonly lastMs: number
  /** Where its open transaction begins; -1 when there is none. */
  readonly openSince: number
}

/** A transaction that was aborted: the data of the producer between these offsets does not count. */
export interface AbortedRange {
  /** Whose transaction it was. */
  readonly producerId: number
  /** The first offset of its data. */
  readonly firstOffset: number
  /** The marker's. */
  readonly lastOffset: number
  /** The last stable offset when it was aborted. */
  readonly stableOffset: number
}

/** What a partition remembers of its producers, as it was when the log ended at `offset`. */
export interface ProducerSnapshot {
  /** What lies below it is in the snapshot. */
  readonly offset: number
  /** In no particular order. */
  readonly producers: readonly ProducerState[]
  /** The aborted transactions whose marker lies below `offset`, in the order of the markers. Null from `load` when they have to be found anew. */
  readonly aborted: readonly AbortedRange[] | null
}

/** Keeps what a partition remembers of its producers beside its log. */
export interface LogProducers {
  /** The newest snapshot that is whole and not ahead of the log; null when there is none, and the log has to be read from its start. */
  load(): Awaitable<ProducerSnapshot | null>
  /** Keeps a snapshot, taken at the end of the log; synced when `durable`. Failing leaves those that were kept before. */
  save(snapshot: ProducerSnapshot, durable: boolean): Awaitable<void>
  /** Asked for a snapshot at the offset at which a new piece of the log begins, so that one stands there. Null until somebody gives it. */
  onPiece: ((offset: number) => ProducerSnapshot) | null
  /** Takes note of an aborted transaction whose marker is in the log; of one that is known already it takes no second note. */
  noteAborted(range: AbortedRange): void
  /** Settles when nothing tells of these transactions any more: their records are gone. */
  forgetAborted(gone: readonly { readonly lastOffset: number }[]): Awaitable<void>
}
