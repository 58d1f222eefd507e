// One log in a folder of segment files. Appending is a write into the page cache and returns at once; the storage makes it durable.
// Reading takes large blocks and hands out windows on them, each batch checked once against its checksum. An index that leads astray
// is built again from the .log; bytes that are no batch are reported with their place and never passed over.

import { KafkaliteError } from '../../errors.js'
import { assert } from '../../lib/assert.js'
import { type Awaitable, chain } from '../../lib/awaitable.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { LogConfig, LogStore, SegmentInfo } from '../storage.js'
import type { BatchWalk } from './batch-walk.js'
import { BLOCK_BYTES_MAX } from './batch-walk.js'
import type { CleanLog } from './checkpoint.js'
import type { SyncJob, SyncLog, SyncWork } from './commit-point.js'
import { EpochFile } from './epoch-file.js'
import type { EpochProbe } from './epoch-entries.js'
import { FolderSync } from './folder-sync.js'
import { nameBytes } from './journal-record.js'
import { LogWriter } from './log-writer.js'
import type { LogMark } from './log-writer.js'
import type { OpenedLog } from './recovery.js'
import { ProducerFiles } from './producer-files.js'
import { corrupt } from './segment.js'
import type { Segment, SegmentPlace } from './segment.js'
import { FileCompaction } from './segment-rewrite.js'
import type { RewrittenFileLog } from './segment-rewrite.js'
import { UnsyncedBatches } from './unsynced-batches.js'

/** What a log needs from the storage around it. */
export interface FileLogOwner {
  readonly place: SegmentPlace
  now(): number
  /** @throws KafkaliteError `STORAGE_FAILED` or `CLOSED` */
  requireWritable(): void
  /** The same before what cannot be taken back: the disk is asked whether the folder is still ours. @throws KafkaliteError also `STORAGE_FENCED` */
  requireOwned(): void
  /** Whether another process is known to have taken the folder: then nothing in it may be touched. */
  readonly isFenced: boolean
  /** Turns a failed write into the error for the caller; anything but a full disk fails the storage. */
  failedWrite(error: unknown): KafkaliteError
  written(log: FileLog): void
  rolled(log: FileLog): void
  /** Everything below `offset` is durable; told often, kept now and then. */
  synced(log: FileLog, offset: number): void
  /** Settles when a lower recovery point is on disk, so that cutting the log is not taken for a loss. */
  lowerRecoveryPoint(log: FileLog, offset: number): Promise<void>
  /** Settles when a recovery point at or above `offset` is on disk. */
  raiseRecoveryPoint(log: FileLog, offset: number): Promise<void>
  /** Settles when the start is on disk. */
  keepStart(log: FileLog, offset: number): Promise<void>
  /** Settles when the segments hold everything durably. */
  syncNow(log: FileLog): Promise<void>
  /** Gives the room in reserve back to a full disk; false when there is none left. */
  useReserve(): boolean
  /** Files were removed: there is room again. */
  freed(): void
  closed(log: FileLog, state: CleanLog | null): void
  /** The leader epoch that was current when the log was open last. */
  epochOf(name: string): number
  /** As the cleaner's checkpoint says, 0 when it says nothing. */
  cleanedOffset(name: string): number
  /** Settles when that is on disk. */
  keepCleanedOffset(name: string, offset: number): Promise<void>
  /** Takes the storage out of service. */
  fail(error: unknown): KafkaliteError
}

/** A reader that asks for little still takes a few batches and the way from the last index entry with one call. */
const READ_BYTES_MIN = 16_384

/** What a log holds on to for the journal until it is synced. More is cheaper to sync where it lies than to write twice. */
const REMEMBERED_BYTES = { always: 524_288, interval: 32_768, os: 0 } as const

export class FileLog implements LogStore, SyncLog, RewrittenFileLog {
  readonly nameBytes: Uint8Array
  readonly unsynced: UnsyncedBatches
  private readonly writer: LogWriter
  private start: number
  private end: number
  readonly compaction = new FileCompaction(this)
  readonly producers: ProducerFiles
  readonly epochs: EpochFile
  private isClosed = false
  private readonly names: FolderSync
  /** A commit to several logs is under way: until it settles nothing else may be appended. */
  inCommit = false
  private readonly damage: KafkaliteError | null

  constructor(
    readonly name: string,
    readonly folder: string,
    private config: LogConfig,
    opened: OpenedLog,
    readonly owner: FileLogOwner,
  ) {
    this.names = new FolderSync(owner.place.fileSystem, folder, !opened.isClean)
    const onRoll = (): void => {
      this.names.isDue = true
      this.producers.begun(this.writer.active.baseOffset)
      owner.rolled(this)
    }
    this.writer = new LogWriter(
      owner.place,
      folder,
      opened.segments,
      () => owner.now(),
      onRoll,
      () => owner.requireOwned(),
    )
    this.start = opened.startOffset
    this.end = opened.endOffset
    this.damage = opened.damage
    this.producers = new ProducerFiles(this, owner.place.fileSystem, opened.producerFiles)
    this.epochs = new EpochFile(this, owner.place.fileSystem, owner.epochOf(name))
    this.nameBytes = nameBytes(name)
    this.unsynced = new UnsyncedBatches(opened.isClean ? this.end : 0, this.end)
    if (!opened.isClean) owner.written(this)
  }

  get startOffset(): number {
    return this.start
  }
  get endOffset(): number {
    return this.end
  }
  get sizeBytes(): number {
    let bytes = 0
    for (const segment of this.writer.segments) bytes += segment.sizeBytes
    return bytes
  }
  get maxTimestamp(): number {
    let max = -1
    for (const segment of this.writer.segments) max = Math.max(max, segment.maxTimestamp)
    return max
  }

  get isDamaged(): boolean {
    return this.damage !== null
  }

  append(batches: readonly PackedBatch[]): void {
    const mark = this.mark()
    this.requireOrder(batches)
    try {
      this.write(batches)
    } catch (error) {
      const told = this.takeBack(mark, error)
      if (told.code === 'DISK_FULL' && this.config.essential === true && this.owner.useReserve()) return this.append(batches)
      throw told
    }
    this.unsynced.add(batches, this.end, REMEMBERED_BYTES[this.config.flush ?? 'os'])
  }

  /** For a commit of several logs: what to go back to. */
  mark(): LogMark {
    this.requireOpen()
    this.owner.requireWritable()
    if (this.damage !== null) throw this.damage
    return this.writer.mark()
  }

  /** What to go back to, for a commit that was let in before. */
  markInCommit(): LogMark {
    return this.writer.mark()
  }

  /** Stops a caller's mistake before it touches the file. */
  requireOrder(batches: readonly PackedBatch[]): void {
    assert(!this.inCommit, 'nothing is appended to a log while a commit to it is under way')
    let { end } = this
    for (const batch of batches) {
      assert(batch.baseOffset >= end, 'a batch is appended at or above the end of its log')
      end = batch.lastOffset + 1
    }
  }

  write(batches: readonly PackedBatch[]): void {
    if (batches.length === 0) return
    this.writer.write(batches, this.config)
    this.end = (batches[batches.length - 1] as PackedBatch).lastOffset + 1
    this.owner.written(this)
  }

  /** Undoes what was written since the mark and says what to throw. */
  takeBack(mark: LogMark, error: unknown): KafkaliteError {
    const told = this.owner.failedWrite(error)
    // What lies there belongs to another process now.
    if (told.code === 'STORAGE_FENCED') return told
    try {
      this.writer.rollBack(mark)
    } catch (second) {
      return this.owner.failedWrite(new Error('The end of a failed write could not be cut off', { cause: second }))
    } finally {
      this.end = mark.mark.endOffset
    }
    return told
  }

  read(offset: number, maxBytes: number): readonly PackedBatch[] {
    this.requireOpen()
    if (!(offset >= this.start && offset <= this.end)) {
      throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `Log ${this.name} holds offsets ${this.start} to ${this.end}, asked for ${offset}`)
    }
    const found: PackedBatch[] = []
    if (offset === this.end) return found
    const { segments } = this.writer
    let left = maxBytes
    for (let at = this.segmentOf(offset); at < segments.length; at++) {
      const segment = segments[at] as Segment
      if (segment.sizeBytes === 0) continue
      left = this.readSegment(segment, offset, left, found)
      if (left <= 0) break
    }
    // Nothing where something was: the end of the data is not the end of the log.
    if (found.length === 0 && this.damage !== null) throw this.damage
    return found
  }

  findByTimestamp(timestamp: number): PackedBatch | null {
    this.requireOpen()
    for (const segment of this.writer.segments) {
      if (segment.maxTimestamp < timestamp || segment.endOffset <= this.start) continue
      const found = this.seek(
        segment,
        (it) => it.walkFromTimestamp(timestamp),
        (batch) => batch.maxTimestamp >= timestamp && batch.lastOffset >= this.start,
      )
      if (found !== null) return found
    }
    return null
  }

  findMaxTimestamp(): PackedBatch | null {
    this.requireOpen()
    let best: PackedBatch | null = null
    for (const segment of this.writer.segments) {
      if (segment.sizeBytes === 0 || (best !== null && segment.maxTimestamp <= best.maxTimestamp)) continue
      const wanted = segment.baseOffset >= this.start ? segment.maxTimestamp : this.maxTimestampFromStart(segment)
      if (wanted === null || (best !== null && wanted <= best.maxTimestamp)) continue
      best = this.seek(
        segment,
        (it) => it.walkFromTimestamp(wanted),
        (batch) => batch.maxTimestamp >= wanted && batch.lastOffset >= this.start,
      )
    }
    return best
  }

  async truncateBefore(offset: number): Promise<void> {
    this.requireOpen()
    if (offset <= this.start) return
    if (offset > this.end) {
      throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `Log ${this.name} ends at ${this.end}; its start cannot move to ${offset}`)
    }
    this.owner.requireOwned()
    await this.owner.keepStart(this, offset)
    this.start = Math.max(this.start, offset)
    while (this.compaction.settled !== null) await this.compaction.settled
    const { segments } = this.writer
    const removed: Segment[] = []
    while (segments.length > 1 && (segments[1] as Segment).baseOffset <= this.start) removed.push(segments.shift() as Segment)
    const leaving = removed.map((segment) => segment.removeAside())
    if (removed.length > 0) {
      this.producers.shifted(removed)
      this.noteFolder()
    }
    // Whoever makes room counts on it when this settles.
    await Promise.all(leaving)
    this.owner.freed()
    if (!this.isClosed && !this.owner.isFenced) this.epochs.startMoved()
  }

  async truncateAfter(offset: number): Promise<void> {
    const mark = this.mark()
    if (offset >= this.end) return
    assert(!this.inCommit, 'nothing is cut off a log while a commit to it is under way')
    this.owner.requireOwned()
    await this.owner.lowerRecoveryPoint(this, offset)
    if (this.compaction.cleanedOffset > offset) await this.compaction.keepCleanedOffset(offset)
    if (offset < this.start) {
      await this.owner.keepStart(this, offset)
      this.start = offset
    }
    while (this.compaction.settled !== null) await this.compaction.settled
    try {
      this.cut(offset)
    } catch (error) {
      throw this.takeBack({ ...mark, active: this.writer.active, mark: this.writer.active.mark() }, error)
    }
    this.end = offset
    this.producers.cut(offset)
    this.epochs.cut()
    this.unsynced.reset(offset)
    this.owner.written(this)
    // An end behind the last batch stands in the name of a segment alone, which the journal does not know.
    await this.owner.syncNow(this)
    await this.owner.raiseRecoveryPoint(this, offset)
  }

  probe(offset: number): EpochProbe | null {
    const { segments } = this.writer
    for (let at = this.segmentOf(offset); at < segments.length; at++) {
      const segment = segments[at] as Segment
      if (segment.sizeBytes === 0) continue
      const walk = this.walkTo(segment, (it) => it.walkFrom(offset, READ_BYTES_MIN), offset)
      for (let header = walk.nextHeader(); header !== null; header = walk.nextHeader()) {
        if (header.lastOffset >= offset) return { epoch: header.leaderEpoch, baseOffset: header.baseOffset }
      }
    }
    return null
  }

  segments(): readonly SegmentInfo[] {
    return this.writer.segments.map(({ baseOffset, endOffset, sizeBytes, maxTimestamp, modifiedMs }) => ({
      baseOffset,
      endOffset,
      sizeBytes,
      maxTimestamp,
      modifiedMs,
    }))
  }

  roll(): void {
    const mark = this.mark()
    if (this.writer.active.sizeBytes === 0) return
    try {
      this.writer.roll(this.end)
    } catch (error) {
      throw this.takeBack(mark, error)
    }
  }

  configure(config: LogConfig): void {
    this.config = config
  }

  close(): Awaitable<void> {
    if (this.isClosed) return
    this.isClosed = true
    return chain(this.compaction.close(), () => this.letGo())
  }

  // What compaction asks for.

  get place(): SegmentPlace {
    return this.owner.place
  }
  get pieces(): Segment[] {
    return this.writer.segments
  }
  now(): number {
    return this.owner.now()
  }
  requireWritable(): void {
    this.requireOpen()
    this.owner.requireOwned()
  }
  settle(offset: number): Promise<void> {
    return this.owner.raiseRecoveryPoint(this, offset)
  }
  noteFolder(): void {
    this.names.isDue = true
    this.owner.written(this)
  }
  failSwap(error: unknown): KafkaliteError {
    return this.owner.fail(error)
  }
  cleanedOffset(): number {
    return this.owner.cleanedOffset(this.name)
  }
  keepCleanedOffset(offset: number): Promise<void> {
    return this.owner.keepCleanedOffset(this.name, offset)
  }

  private letGo(): void {
    const { active, segments } = this.writer
    for (const segment of segments) {
      if (!this.owner.isFenced) segment.saveIndexes()
      if (segment === active && !this.owner.isFenced) segment.keepModifiedMs()
      segment.handle.close()
    }
    this.owner.written(this)
    this.owner.closed(this, this.damage === null ? { base: active.baseOffset, size: active.sizeBytes, end: this.end } : null)
  }

  takeSyncJob(all: boolean): SyncJob {
    const { segments } = this.writer
    const closed = all ? segments.length : segments.length - 1
    const work: SyncWork[] = []
    if (this.names.isPending) work.push({ run: () => Promise.resolve(this.names.run()) })
    for (const segment of segments.slice(0, closed)) if (segment.needsSync) work.push({ run: () => segment.sync() })
    if (this.producers.needsSync) work.push({ run: () => this.producers.sync() })
    if (this.epochs.needsSync) work.push({ run: () => this.epochs.sync() })
    const offset = all ? this.end : this.writer.active.baseOffset
    return { work, done: () => this.owner.synced(this, Math.min(offset, this.end)) }
  }

  private readSegment(segment: Segment, offset: number, maxBytes: number, found: PackedBatch[]): number {
    const blockBytes = Math.min(BLOCK_BYTES_MAX, Math.max(READ_BYTES_MIN, maxBytes + READ_BYTES_MIN))
    const walk = this.walkTo(segment, (it) => it.walkFrom(offset, blockBytes), offset)
    let left = maxBytes
    let expected = -1
    // The way from the index entry to the batch that holds the offset takes headers only.
    for (let header = walk.nextHeader(); header !== null; header = walk.nextHeader()) {
      if (header.lastOffset < offset) continue
      walk.stepBack()
      break
    }
    for (let size = walk.nextSize(); size >= 0; size = walk.nextSize()) {
      if (size > left && found.length > 0) return 0
      const batch = walk.nextBatch()
      if (batch === null || (batch.baseOffset !== expected && walk.collides(segment.endOffset))) break
      expected = batch.lastOffset + 1
      found.push(batch)
      left -= size
      walk.blockBytes = Math.min(walk.blockBytes, Math.max(READ_BYTES_MIN, left + READ_BYTES_MIN))
    }
    // What was found before the damage is good; the reader meets the damage when it comes to it.
    if (walk.damage !== null && found.length === 0) throw corrupt(this.name, segment.handle.path, walk.damage)
    return walk.damage === null ? left : 0
  }

  /** A walk that certainly begins at or before `offset`; indexes that say otherwise are built again. */
  private walkTo(segment: Segment, begin: (segment: Segment) => BatchWalk, offset: number): BatchWalk {
    if (segment.indexBuilt) return begin(segment)
    const trial = begin(segment)
    const first = trial.nextHeader()
    // Where compaction took the first records away, the file itself begins behind the offset.
    const misled = first !== null && trial.batchPosition > 0 && first.baseOffset > offset
    if (first === null || misled) {
      if (trial.damage !== null || first !== null) segment.distrustIndexes()
      return begin(segment)
    }
    trial.stepBack()
    return trial
  }

  /** The first batch from where the walk begins that `accepts`, checked. */
  private seek(segment: Segment, begin: (segment: Segment) => BatchWalk, accepts: (header: PackedBatch) => boolean): PackedBatch | null {
    const walk = this.walkTo(segment, begin, segment.endOffset)
    for (let header = walk.nextHeader(); header !== null; header = walk.nextHeader()) {
      if (!accepts(header)) continue
      const batch = walk.wholeBatch()
      if (batch !== null) return batch
      break
    }
    if (walk.damage !== null) throw corrupt(this.name, segment.handle.path, walk.damage)
    return null
  }

  /** In the segment that the start cuts through, the peak may belong to a batch that cannot be read any more. Null when none is left. */
  private maxTimestampFromStart(segment: Segment): number | null {
    let max: number | null = null
    const walk = this.walkTo(segment, (it) => it.walkFrom(this.start), this.start)
    for (let header = walk.nextHeader(); header !== null; header = walk.nextHeader()) {
      if (header.lastOffset >= this.start && (max === null || header.maxTimestamp > max)) max = header.maxTimestamp
    }
    return max
  }

  private cut(offset: number): void {
    const { segments } = this.writer
    while (segments.length > 1 && this.writer.active.baseOffset >= offset) this.removeSegment(segments.pop() as Segment)
    const { active } = this.writer
    const walk = this.walkTo(active, (it) => it.walkFrom(offset), offset)
    for (let header = walk.nextHeader(); header !== null; header = walk.nextHeader()) {
      if (header.lastOffset < offset) continue
      const damage = active.truncate(walk.batchPosition)
      if (damage !== null) throw corrupt(this.name, active.handle.path, damage)
      break
    }
    // The end lies behind the last batch: only the name of a segment can say so after the log was closed.
    if (active.endOffset !== offset || active.baseOffset > offset) this.writer.roll(offset)
  }

  private removeSegment(segment: Segment): void {
    segment.remove()
    this.noteFolder()
  }

  private segmentOf(offset: number): number {
    const { segments } = this.writer
    let low = 0
    let high = segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((segments[middle] as Segment).baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  private requireOpen(): void {
    if (this.isClosed) throw new KafkaliteError('CLOSED', `Log ${this.name} was closed`)
  }
}
