// THE storage contract: what a third party implements to keep logs somewhere else (S3, SQLite, IndexedDB). It holds bytes and
// offsets and knows no groups, users or partitioning. `kafkalite/testing` publishes the suite that every implementation passes.
// A result may be a plain value or a promise: memory stays synchronous, and the caller waits only for a promise.

import type { Awaitable } from '../lib/awaitable.js'
import type { Clock } from '../lib/clock.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { LogEpochs } from './log-epochs.js'
import type { LogProducers } from './log-producers.js'

export type { EpochStart, LogEpochs } from './log-epochs.js'
export type { AbortedRange, LogProducers, ProducerSnapshot, ProducerState, SentBatch } from './log-producers.js'

/** What a storage can do. A capability it lacks is declared here, never silently skipped. */
export interface StorageSupports extends Readonly<Record<string, boolean>> {
  /** What was appended is there after close and open. */
  readonly persistent: boolean
  /** `sync` makes appends survive a power cut. */
  readonly durable: boolean
  /** `commit` to several logs is all or none, also over a crash. */
  readonly atomicCommit: boolean
  /** Its logs have `compaction`: topics with cleanupPolicy 'compact' can be kept. Without it they are refused when they are created. */
  readonly compaction: boolean
}

/** What the storage gets from the broker that opens it. */
export interface StorageContext {
  /** Whose time retention and segments run on. */
  readonly clock: Clock
}

/** When a log begins a new segment. A storage without segments ignores it. */
export interface LogConfig {
  /** segment.bytes: the largest segment. Bytes. */
  readonly segmentBytes: number
  /** segment.ms: the longest span of record time in one segment. Milliseconds. */
  readonly segmentMs: number
  /** segment.index.bytes: the largest index of a segment, whose end also ends the segment. Bytes; 10485760 unless given. */
  readonly segmentIndexBytes?: number | undefined
  /** flush.messages, flush.ms: what will be asked of `sync` after appends, so that a storage can prepare for it: 'always' after each,
   *  'interval' now and then, 'os' hardly ever. A hint; absent, nothing is known. */
  readonly flush?: 'always' | 'interval' | 'os' | undefined
  /** Room is made by what is written here: acknowledgements, commits, deletions. A storage that keeps a reserve for a full disk gives it to
   *  these logs. A hint; false unless given. */
  readonly essential?: boolean | undefined
}

/** Appends to one log, as a part of a commit. */
export interface LogAppend {
  /** A log of the same storage. */
  readonly log: LogStore
  /** In order. */
  readonly batches: readonly PackedBatch[]
}

/** The folder, or what else has a name and an end, that holds the logs of a storage. */
export interface StorageFolder {
  /** Its path from the root. */
  readonly path: string
  /** How large the disk is that it is on. Bytes; -1: not known. */
  readonly totalBytes: number
  /** How much of that is free. Bytes; -1: not known. */
  readonly usableBytes: number
}

/** A place that keeps named logs. One broker at a time owns it. */
export interface Storage {
  /** What it can do, the same for as long as it lives. */
  readonly supports: StorageSupports
  /** Called once, before anything else. `STORAGE_LOCKED` when another broker owns the place: the message names the owner. */
  open(context: StorageContext): Awaitable<void>
  /** The names of all logs, in no particular order. */
  list(): Awaitable<readonly string[]>
  /** The log of that name, created empty when it is not there. A name is opened once until its log is closed.
   *  Names are `<topic>-<partition>`: letters, digits, dot, underscore, hyphen. */
  log(name: string, config: LogConfig): Awaitable<LogStore>
  /** Removes a log and its bytes. The log must not be open. Removing what is not there does nothing. */
  remove(name: string): Awaitable<void>
  /** Appends to several logs: all or none is visible to `read`, and after a crash when `supports.atomicCommit`.
   *  Each log's batches follow the rules of `LogStore.append`; until the commit has settled nothing else is appended to these logs. */
  commit(appends: readonly LogAppend[]): Awaitable<void>
  /** Settles when everything appended before the call to `log`, or to any log when none is given, survives a power cut. A storage
   *  may make more durable than it was asked for. Concurrent calls share the work.
   *  After a failure the storage stays failed: every later append and sync rejects with `STORAGE_FAILED`, reading goes on. */
  sync(log?: LogStore): Awaitable<void>
  /** Where the logs are, for those who administer disks. Left out by a storage that is in no folder. */
  whereabouts?(): StorageFolder
  /** Makes everything durable and lets the place go. Idempotent; later calls to the storage or its logs reject with `CLOSED`. */
  close(): Awaitable<void>
}

/** One log: batches in the order of their offsets, whole batches only. */
export interface LogStore {
  /** `<topic>-<partition>`. */
  readonly name: string
  /** The first offset that can be read. */
  readonly startOffset: number
  /** The next offset to be given. Equal to `startOffset` when the log is empty. */
  readonly endOffset: number
  /** Bytes kept, of the batches alone; whole segments may still hold batches before `startOffset`. */
  readonly sizeBytes: number
  /** The largest record timestamp kept, -1 when there is none. */
  readonly maxTimestamp: number
  /**
   * Appends whole batches at the end, in this order, all or none. The batches are placed already: each base offset is at
   * or above the end (holes are legal). The bytes belong to the log from now on and do not change.
   * Returns when `read` sees them. That they survive a crash is the promise of `sync`, not of this call.
   * Never called again before the last call has returned or settled. `DISK_FULL`: nothing became visible, try again
   * after space was made. Any other failure is `STORAGE_FAILED`: the log takes no more until it is opened again.
   */
  append(batches: readonly PackedBatch[]): Awaitable<void>
  /**
   * Whole batches in order, beginning with the one that holds `offset` or, when none does, the next one. At least one batch
   * when there is one, then as many as fit into `maxBytes`. Empty at the end. `OFFSET_OUT_OF_RANGE` below the start or
   * above the end. Bytes that come from outside memory are checked against their checksum: `CORRUPT_MESSAGE`.
   */
  read(offset: number, maxBytes: number): Awaitable<readonly PackedBatch[]>
  /** The first batch, in log order, whose `maxTimestamp` is at or above `timestamp`; null when there is none. */
  findByTimestamp(timestamp: number): Awaitable<PackedBatch | null>
  /** The first batch with the largest `maxTimestamp`; null when the log is empty. */
  findMaxTimestamp(): Awaitable<PackedBatch | null>
  /** Moves the start to `offset` (never back, never above the end); what lies before is freed in pieces as large as the storage likes. */
  truncateBefore(offset: number): Awaitable<void>
  /** Removes every batch that holds an offset at or above `offset`, which becomes the end unless the end is lower already. */
  truncateAfter(offset: number): Awaitable<void>
  /** The pieces that can be freed by themselves, oldest first: for retention. The last one is being written. A log without pieces has one. */
  segments(): readonly SegmentInfo[]
  /** Starts a new segment when the last one holds anything, so that retention can free it. */
  roll(): Awaitable<void>
  /** Takes new limits; they hold from the next append on. */
  configure(config: LogConfig): void
  /** Lets the log go; everything appended stays. Idempotent. Reading and appending reject with `CLOSED` afterwards. */
  close(): Awaitable<void>
  /** What compaction needs; there exactly when the storage `supports.compaction`. */
  readonly compaction?: LogCompaction | undefined
  /** What a partition remembers of its producers, where the storage keeps that beside the log. Without it the broker keeps it in a log of its own. */
  readonly producers?: LogProducers | undefined
  /** The leader epochs of the log, where the storage may lose what it took and therefore counts them. Without it the epoch is always 0.
   *  Before anything is appended in a new epoch `Storage.sync` must have settled once: the epoch is durable from then on. */
  readonly epochs?: LogEpochs | undefined
}

/** One piece of a log. */
export interface SegmentInfo {
  /** The first offset that it may hold. */
  readonly baseOffset: number
  /** The offset after the last one in it. */
  readonly endOffset: number
  /** Bytes of the batches in it. */
  readonly sizeBytes: number
  /** The largest record timestamp in it, -1 when it has none. */
  readonly maxTimestamp: number
  /** When it was last written, by the clock: the age of records without a timestamp. Milliseconds; absent where no such time is kept. */
  readonly modifiedMs?: number | undefined
}

/** The part of a log that the cleaner works with: pieces that are not written any more are replaced by what is left of them. */
export interface LogCompaction {
  /** Everything below was cleaned, as last kept; 0 when nothing was. Never above the end of the log. */
  readonly cleanedOffset: number
  /** Keeps `cleanedOffset`. Losing it in a crash is no harm: more is cleaned again. */
  keepCleanedOffset(offset: number): Awaitable<void>
  /**
   * Begins to rewrite neighbouring pieces: from the one that begins at `baseOffset` to the one that ends at `endOffset`, as
   * `segments()` told, never the last one. Appending, reading and truncating go on meanwhile. One rewrite at a time.
   */
  rewrite(baseOffset: number, endOffset: number): Awaitable<SegmentRewrite>
}

/** The rewriting of some pieces of a log as one. Nothing is seen of it before `finish`. */
export interface SegmentRewrite {
  /** Adds what is left, in the order of offsets, inside the range. `DISK_FULL` and other failures leave the log as it is. */
  append(batches: readonly PackedBatch[]): Awaitable<void>
  /**
   * Puts what was added in place of the pieces: all or none, also over a crash. The offsets of the log stay: start, end, and the range
   * of the new piece, which may be empty. False when the pieces are not there any more because the log was truncated meanwhile;
   * nothing has changed then.
   */
  finish(): Awaitable<boolean>
  /** Forgets what was added. Idempotent; after `finish` it does nothing. */
  abandon(): Awaitable<void>
}
