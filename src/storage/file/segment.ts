// One segment of a log: a .log file with batches and two indexes over it, all in Kafka's own format. The .log alone is the truth. The
// indexes live in memory while the segment is written, go to their files when it is finished, and are read back, or built again from
// the .log when they are missing or wrong, on the first search.

import { KafkaliteError } from '../../errors.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { SegmentInfo } from '../storage.js'
import type { RollState } from '../roll-rule.js'
import { BLOCK_BYTES_MAX, BatchWalk } from './batch-walk.js'
import type { Damage } from './batch-walk.js'
import type { FileSystem } from './file-system.js'
import { INDEX_INTERVAL_BYTES, OFFSET_ENTRY_BYTES, OffsetIndex, isZero } from './offset-index.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import { TIME_ENTRY_BYTES, TimeIndex } from './time-index.js'

/** Index entries that a sync may leave unsaved: a MiB or so of the log. */
const UNSAVED_ENTRIES_MAX = 256
/** A look at one batch, at most so far behind its index entry. */
const PROBE_BYTES = 8192

/** A file of that size and more is let go by the file system for longer than the event loop can be held. Bytes. */
const ASIDE_BYTES_MIN = 4_194_304

/** What every segment of a storage shares. */
export interface SegmentPlace {
  readonly fileSystem: FileSystem
  readonly files: OpenFiles
}

/** How a segment stood before an append, to go back to when it fails. */
export interface SegmentMark {
  readonly sizeBytes: number
  readonly endOffset: number
  readonly maxTimestamp: number
  readonly maxTimestampOffset: number
  readonly firstTimestamp: number
  readonly bytesSinceEntry: number
  readonly offsetEntries: number
  readonly timeEntries: number
}

export class Segment implements SegmentInfo, RollState {
  readonly handle: FileHandle
  sizeBytes = 0
  endOffset: number
  maxTimestamp = -1
  firstTimestamp = -1
  /** When it was last written, by the clock or, for what was there before, by the file system. */
  modifiedMs: number
  /** Written since the last sync. */
  dirty = false
  removed = false
  /** Whether the indexes were made from the .log in this session, so that they cannot be the reason of a failed search. */
  indexBuilt: boolean
  private maxTimestampOffset = 0
  private bytesSinceEntry = 0
  private offsetIndex: OffsetIndex | null = null
  private timeIndex: TimeIndex | null = null
  /** Whether the index files hold what the indexes in memory hold. */
  private indexSaved = false
  private indexDirty = false
  private savedEntries = 0
  /** The sync at work; stays when it failed. */
  private syncing: Promise<void> | null = null

  private constructor(
    private readonly place: SegmentPlace,
    private readonly stem: string,
    readonly baseOffset: number,
    readonly createdMs: number,
    isNew: boolean,
    suffix = '',
  ) {
    this.endOffset = baseOffset
    this.modifiedMs = createdMs
    this.indexBuilt = isNew
    const path = `${stem}.log${suffix}`
    this.handle = isNew ? place.files.create(path) : place.files.existing(path)
    this.handle.onMakeWay = () => this.forgetIndexes()
    if (isNew) {
      this.offsetIndex = new OffsetIndex()
      this.timeIndex = new TimeIndex()
    }
  }

  /** Begins an empty segment; leftovers of indexes of that name are no use to it. */
  static create(place: SegmentPlace, folder: string, baseOffset: number, createdMs: number): Segment {
    const segment = new Segment(place, stemOf(folder, baseOffset), baseOffset, createdMs, true)
    segment.dirty = true
    return segment
  }

  /** Begins what is to take the place of the segment of that name, and of others, under a name that counts for nothing. */
  static cleaned(place: SegmentPlace, folder: string, baseOffset: number, createdMs: number): Segment {
    const stem = stemOf(folder, baseOffset)
    // What an earlier attempt left must not show behind a shorter one.
    place.fileSystem.remove(`${stem}.log.cleaned`)
    return new Segment(place, stem, baseOffset, createdMs, true, '.cleaned')
  }

  /** A segment that is there, not yet looked into. */
  static existing(place: SegmentPlace, folder: string, baseOffset: number, createdMs: number): Segment {
    const segment = new Segment(place, stemOf(folder, baseOffset), baseOffset, createdMs, false)
    segment.sizeBytes = place.fileSystem.sizeOf(segment.handle.path)
    segment.modifiedMs = place.fileSystem.modifiedMs?.(segment.handle.path) ?? createdMs
    return segment
  }

  /** Whether one of the indexes has no room for another entry. @param bytesMax segment.index.bytes */
  indexIsFull(bytesMax: number): boolean {
    const { offsets, times } = this
    return offsets.entries >= Math.floor(bytesMax / OFFSET_ENTRY_BYTES) || times.entries >= Math.floor(bytesMax / TIME_ENTRY_BYTES) - 1
  }

  mark(): SegmentMark {
    const { offsets, times } = this
    const { sizeBytes, endOffset, maxTimestamp, maxTimestampOffset, firstTimestamp, bytesSinceEntry } = this
    const entries = { offsetEntries: offsets.entries, timeEntries: times.entries }
    return { sizeBytes, endOffset, maxTimestamp, maxTimestampOffset, firstTimestamp, bytesSinceEntry, ...entries }
  }

  /** Goes back to the mark: what was written since is cut off the file. */
  rollBack(mark: SegmentMark): void {
    const { offsets, times } = this
    this.sizeBytes = mark.sizeBytes
    this.endOffset = mark.endOffset
    this.maxTimestamp = mark.maxTimestamp
    this.maxTimestampOffset = mark.maxTimestampOffset
    this.firstTimestamp = mark.firstTimestamp
    this.bytesSinceEntry = mark.bytesSinceEntry
    offsets.keep(mark.offsetEntries)
    times.keep(mark.timeEntries)
    this.indexSaved = false
    this.handle.get().truncate(mark.sizeBytes)
  }

  /** Takes note of a batch that is being written at the end of the file. */
  note(batch: PackedBatch): void {
    const { offsets, times } = this
    const { maxTimestamp, lastOffset, sizeBytes } = batch
    if (this.sizeBytes === 0) this.firstTimestamp = maxTimestamp
    if (maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = maxTimestamp
      this.maxTimestampOffset = lastOffset - this.baseOffset
    }
    if (this.bytesSinceEntry > INDEX_INTERVAL_BYTES) {
      offsets.append(lastOffset - this.baseOffset, this.sizeBytes)
      times.append(this.maxTimestamp, this.maxTimestampOffset)
      this.bytesSinceEntry = 0
    }
    this.bytesSinceEntry += sizeBytes
    this.sizeBytes += sizeBytes
    this.endOffset = lastOffset + 1
    this.dirty = true
    this.indexSaved = false
  }

  /** Walks from the batch that holds `offset`, or from one not far before it. */
  walkFrom(offset: number, blockBytes?: number): BatchWalk {
    const position = this.offsets.positionFor(offset - this.baseOffset)
    return this.walk(position, blockBytes)
  }

  /** Walks from where the first batch with a timestamp at or above `timestamp` may stand. */
  walkFromTimestamp(timestamp: number): BatchWalk {
    return this.walkFrom(this.baseOffset + this.times.offsetFor(timestamp))
  }

  /** Reads the last timestamp from the time index, or builds the indexes when that does not tell. */
  learnMaxTimestamp(trustEmpty: boolean): Damage | null {
    if (this.sizeBytes === 0) return null
    const { fileSystem } = this.place
    const path = `${this.stem}.timeindex`
    const size = fileSystem.sizeOf(path)
    // No timestamp in a whole segment is rare and legal; where the first batch has one, an empty file is a spoiled file.
    if (size === 0 && trustEmpty && !this.hasSmallIndex && (this.firstHeader()?.maxTimestamp ?? -1) < 0) return null
    if (size <= 0 || size % TIME_ENTRY_BYTES !== 0) return this.rebuild(Number.POSITIVE_INFINITY)
    const entry = new Uint8Array(TIME_ENTRY_BYTES)
    const file = fileSystem.open(path, 'open')
    try {
      file.read(entry, 0, TIME_ENTRY_BYTES, size - TIME_ENTRY_BYTES)
    } finally {
      file.close()
    }
    const last = TimeIndex.parse(entry)
    // Zeros at the end are room that Kafka set ahead, not an entry.
    if (last === null || last.entries === 0 || isZero(entry, 0)) return this.rebuild(Number.POSITIVE_INFINITY)
    if (!this.holds(last.lastTimestamp, last.offsetFor(last.lastTimestamp))) return this.rebuild(Number.POSITIVE_INFINITY)
    this.maxTimestamp = last.lastTimestamp
    return null
  }

  /**
   * Whether a batch there has that timestamp: an index may belong to another segment. A small index may also be older than the
   * segment, since it is not synced: then no later batch may have a larger one.
   */
  private holds(timestamp: number, relativeOffset: number): boolean {
    const position = OffsetIndex.searchFile(this.place.fileSystem, `${this.stem}.index`, relativeOffset)
    if (position < 0 || position >= this.sizeBytes) return false
    const walk = this.walk(position, PROBE_BYTES)
    const wanted = this.baseOffset + relativeOffset
    let found = false
    for (let header = walk.nextHeader(); header !== null; header = walk.nextHeader()) {
      if (found && header.maxTimestamp > timestamp) return false
      if (found || header.lastOffset < wanted) continue
      if (header.baseOffset > wanted || header.maxTimestamp !== timestamp) return false
      if (!this.hasSmallIndex) return true
      found = true
    }
    return found
  }

  /** Whether the index files are of the kind that is not synced. */
  private get hasSmallIndex(): boolean {
    return this.place.fileSystem.sizeOf(`${this.stem}.index`) < UNSAVED_ENTRIES_MAX * OFFSET_ENTRY_BYTES
  }

  /** Takes a segment that is written on as it was left by a clean stop. */
  resume(endOffset: number): Damage | null {
    const { sizeBytes } = this
    const damage = this.learnMaxTimestamp(true)
    // What lies behind damage is still there, and whoever reads there must meet the damage.
    this.sizeBytes = sizeBytes
    this.endOffset = endOffset
    if (damage !== null || this.sizeBytes === 0) return damage
    this.firstTimestamp = this.firstHeader()?.maxTimestamp ?? -1
    // How far the last entry lies back is not known: an entry a little late costs a little reading.
    this.bytesSinceEntry = 0
    return null
  }

  /**
   * Builds both indexes, the end and the largest timestamp from the .log, which is checked against the checksums from
   * `checkFrom` on. When there is damage, all that was learned is of the batches before it.
   */
  rebuild(checkFrom: number): Damage | null {
    const size = this.place.fileSystem.sizeOf(this.handle.path)
    const wasDirty = this.dirty
    if (!this.skipTo(checkFrom, size)) this.forgetContents()
    const walk = this.newWalk(this.sizeBytes, size, BLOCK_BYTES_MAX, this.endOffset)
    for (;;) {
      const header = walk.nextHeader()
      if (header === null) break
      const batch = header.lastOffset >= checkFrom ? walk.wholeBatch() : header
      if (batch === null) break
      this.note(batch)
    }
    this.dirty = wasDirty
    return walk.damage
  }

  private forgetContents(): void {
    this.offsetIndex = new OffsetIndex()
    this.timeIndex = new TimeIndex()
    this.indexBuilt = true
    this.sizeBytes = this.bytesSinceEntry = 0
    this.maxTimestamp = this.firstTimestamp = -1
    this.endOffset = this.baseOffset
  }

  /** Takes over from the index files what they tell of the batches below `offset`, so that only the rest must be read. */
  private skipTo(offset: number, size: number): boolean {
    if (offset === Number.POSITIVE_INFINITY || offset <= this.baseOffset) return false
    const { fileSystem } = this.place
    const indexFile = fileSystem.readWhole(`${this.stem}.index`)
    const timeFile = fileSystem.readWhole(`${this.stem}.timeindex`)
    const index = indexFile === null ? null : OffsetIndex.parse(indexFile, size)
    const times = timeFile === null ? null : TimeIndex.parse(timeFile)
    if (index === null || times === null) return false
    // A power cut may leave two files that were not written together: only up to an entry of the time index is the largest timestamp
    // certain, so reading begins at or before its batch.
    times.keepThrough(offset - this.baseOffset - 1)
    index.keepBelow(Math.min(offset - this.baseOffset, times.lastOffset + 1))
    if (index.entries === 0) return false
    const batch = this.newWalk(index.lastPosition, size, PROBE_BYTES).nextHeader()
    if (batch === null || batch.lastOffset !== this.baseOffset + index.lastOffset) return false
    this.offsetIndex = index
    this.timeIndex = times
    this.indexBuilt = this.indexSaved = false
    this.sizeBytes = size
    this.firstTimestamp = this.firstHeader()?.maxTimestamp ?? -1
    this.maxTimestamp = times.lastTimestamp
    this.maxTimestampOffset = times.offsetFor(Number.MAX_SAFE_INTEGER)
    this.bytesSinceEntry = batch.sizeBytes
    this.sizeBytes = index.lastPosition + batch.sizeBytes
    this.endOffset = batch.lastOffset + 1
    return true
  }

  /** Cuts the file at `position`, a border between batches, and learns anew what is left. */
  truncate(position: number): Damage | null {
    this.handle.get().truncate(position)
    this.dirty = true
    return this.rebuild(Number.POSITIVE_INFINITY)
  }

  /** Leaves with the file when it was last written by our clock. Failing costs only that its records may be kept a little longer. */
  keepModifiedMs(): void {
    try {
      this.place.fileSystem.setModifiedMs?.(this.handle.path, this.modifiedMs)
    } catch {
      // The file system's own time stands then.
    }
  }

  /** Writes the indexes to their files. Failing is no loss: without the files they are built again. */
  saveIndexes(): void {
    if (this.indexSaved || this.offsetIndex === null || this.timeIndex === null || this.removed) return
    this.timeIndex.append(this.maxTimestamp, this.maxTimestampOffset)
    try {
      this.saveFile(`${this.stem}.index`, this.offsetIndex.toBytes())
      this.saveFile(`${this.stem}.timeindex`, this.timeIndex.toBytes())
      this.indexSaved = this.indexDirty = this.dirty = true
      this.savedEntries = this.offsetIndex.entries
    } catch {
      this.removeIndexes()
    }
  }

  /** Whether a sync is due or at work. */
  get needsSync(): boolean {
    return this.dirty || this.syncing !== null
  }

  /** Makes what was written durable: whoever asks waits for what is at work and for what is due. Never again after a failure: the
   *  kernel then says yes to what is lost. */
  sync(): Promise<void> {
    if (!this.dirty && this.syncing !== null) return this.syncing
    const mine = this.syncing === null ? this.syncNow() : this.syncing.then(() => this.syncNow())
    this.syncing = mine
    return mine.then(() => {
      if (this.syncing === mine) this.syncing = null
    })
  }

  private async syncNow(): Promise<void> {
    if (this.removed) return
    // So that an opening after a crash need not read what is synced.
    if (this.offsetIndex !== null && this.offsetIndex.entries > this.savedEntries + UNSAVED_ENTRIES_MAX) this.saveIndexes()
    this.dirty = false
    await this.handle.sync()
    if (!this.indexDirty) return
    this.indexDirty = false
    // A small index that a power cut takes is built again as fast as it is read.
    if (this.savedEntries < UNSAVED_ENTRIES_MAX) return
    for (const path of [`${this.stem}.index`, `${this.stem}.timeindex`]) {
      if (this.removed || this.place.fileSystem.sizeOf(path) < 0) continue
      const file = this.place.fileSystem.open(path, 'open')
      await file.sync().finally(() => file.close())
    }
  }

  /** Gives the .log another ending: '.swap', or '' for its own name. */
  renameTo(suffix: string): void {
    this.handle.renameTo(`${this.stem}.log${suffix}`)
  }

  /** Removes a .log that never got its own name; the indexes of that name belong to another segment. */
  discard(): void {
    this.removed = true
    this.handle.close()
    this.place.fileSystem.remove(this.handle.path)
  }

  remove(): void {
    this.removed = true
    this.handle.close()
    this.place.fileSystem.remove(this.handle.path)
    this.removeIndexes()
  }

  /**
   * The same for a segment that others wait for: it is gone from the log at once and from the disk when this settles. The name in between
   * counts for nothing, so whoever opens the log after a crash clears it away.
   */
  removeAside(): Promise<void> | undefined {
    const { fileSystem } = this.place
    if (fileSystem.removeAside === undefined || this.sizeBytes < ASIDE_BYTES_MIN) {
      this.remove()
      return undefined
    }
    this.removed = true
    this.handle.moveAside(`${this.handle.path}.deleted`)
    this.removeIndexes()
    return fileSystem.removeAside(this.handle.path).catch(() => undefined)
  }

  /** Takes index files away that may tell of batches which a crash took; those in memory are right. */
  dropIndexFiles(): void {
    this.removeIndexes()
  }

  /** Drops indexes that turned out to be wrong; the next search builds them. */
  distrustIndexes(): void {
    this.offsetIndex = this.timeIndex = null
    this.removeIndexes()
  }

  private firstHeader(): PackedBatch | null {
    return this.walk(0, 4096).nextHeader()
  }

  private forgetIndexes(): void {
    if (this.indexSaved) this.offsetIndex = this.timeIndex = null
  }

  private walk(position: number, blockBytes?: number): BatchWalk {
    return this.newWalk(position, this.sizeBytes, blockBytes)
  }

  private newWalk(position: number, size: number, blockBytes?: number, nextOffset = this.baseOffset): BatchWalk {
    const allocate = (bytes: number): Uint8Array => this.place.fileSystem.allocate(bytes)
    return new BatchWalk(this.handle.get(), position, size, nextOffset, allocate, blockBytes)
  }

  private get offsets(): OffsetIndex {
    if (this.offsetIndex === null || this.timeIndex === null) this.loadIndexes()
    return this.offsetIndex as OffsetIndex
  }

  private get times(): TimeIndex {
    if (this.offsetIndex === null || this.timeIndex === null) this.loadIndexes()
    return this.timeIndex as TimeIndex
  }

  private loadIndexes(): void {
    const { fileSystem } = this.place
    const offsets = fileSystem.readWhole(`${this.stem}.index`)
    const times = fileSystem.readWhole(`${this.stem}.timeindex`)
    this.offsetIndex = offsets === null ? null : OffsetIndex.parse(offsets, this.sizeBytes)
    this.timeIndex = times === null ? null : TimeIndex.parse(times)
    if (this.offsetIndex !== null && this.timeIndex !== null) {
      this.indexSaved = true
      this.maxTimestampOffset = this.timeIndex.offsetFor(Number.MAX_SAFE_INTEGER)
      return
    }
    const { sizeBytes, endOffset, dirty } = this
    this.rebuild(Number.POSITIVE_INFINITY)
    // Damage in the middle is met by whoever reads there; the segment stays as long as it is.
    this.sizeBytes = sizeBytes
    this.endOffset = endOffset
    this.dirty = dirty
    if (sizeBytes > 0) this.saveIndexes()
  }

  private saveFile(path: string, bytes: Uint8Array): void {
    const file = this.place.fileSystem.open(path, 'create')
    try {
      file.truncate(bytes.length)
      file.write(bytes, 0, bytes.length, 0)
    } finally {
      file.close()
    }
  }

  private removeIndexes(): void {
    this.place.fileSystem.remove(`${this.stem}.index`)
    this.place.fileSystem.remove(`${this.stem}.timeindex`)
    this.indexSaved = this.indexDirty = false
    this.savedEntries = 0
  }
}

/** The name of a segment without its ending: twenty digits. */
function stemOf(folder: string, baseOffset: number): string {
  return `${folder}/${String(baseOffset).padStart(20, '0')}`
}

/** Damage as the error that a reader meets. */
export function corrupt(logName: string, path: string, damage: Damage): KafkaliteError {
  return new KafkaliteError(
    'CORRUPT_MESSAGE',
    `Log ${logName} is damaged: file ${path}, position ${damage.position}, offset ${damage.offset}: ${damage.reason}. What lies before can be read`,
  )
}
