// Opens the segments of a log. After a clean stop sizes are trusted and nothing is read but the ends of the time indexes. After
// anything else the log is checked from its recovery point on. What is broken at or above that point is the torn tail of a crash:
// nobody was promised it, so it is cut off and reported. What is broken below it is damage: the log stays as it is, can be read up
// to there and takes nothing more, since cutting would lose what was promised and going on would hide it.

import type { KafkaliteError } from '../../errors.js'
import type { CleanLog } from './checkpoint.js'
import type { Damage } from './batch-walk.js'
import { BLOCK_BYTES_MAX } from './batch-walk.js'
import { isZero } from './offset-index.js'
import { producerFileNames } from './producer-files.js'
import type { ProducerFileNames } from './producer-files.js'
import { Segment, corrupt } from './segment.js'
import type { SegmentPlace } from './segment.js'

/** What was cut off when a log was opened after a crash. */
export interface TornTail {
  /** The name of the log. */
  readonly log: string
  /** The path of the file. */
  readonly file: string
  /** Where the file was cut. */
  readonly position: number
  /** Bytes cut off, of this segment and of later ones. A copy of them that is not all zeros lies beside the file, ending in `.torn`. */
  readonly bytes: number
  /** The first offset that is gone; the next batch gets it or a later one. */
  readonly offset: number
  /** Why what stood there is no batch. */
  readonly reason: string
}

export interface LogOpening {
  readonly name: string
  readonly folder: string
  readonly place: SegmentPlace
  readonly now: number
  /** How the log stood at the last clean stop, undefined when the stop was not clean. */
  readonly clean: CleanLog | undefined
  /** Everything below it was synced. */
  readonly recoveryPoint: number
  /** Where the log started when the start was last moved. */
  readonly startOffset: number
  /** Offsets that the journal holds, in order: where the segments lack them something was lost, and the journal gives it back. */
  readonly journaled?: readonly OffsetSpan[] | undefined
}

/** Offsets from `from` to below `to`. */
export interface OffsetSpan {
  readonly from: number
  to: number
}

export interface OpenedLog {
  /** What is there of the memory of producers, not yet looked into. */
  readonly producerFiles: ProducerFileNames
  readonly segments: Segment[]
  readonly startOffset: number
  readonly endOffset: number
  readonly tornTail: TornTail | null
  /** Whether it is as a clean stop left it, so that everything in it is durable. */
  readonly isClean: boolean
  /** Why the log takes nothing more; null when it is sound. */
  readonly damage: KafkaliteError | null
}

const SEGMENT_NAME = /^(\d{20})\.log$/

export function openLog(opening: LogOpening): OpenedLog {
  const names = opening.place.fileSystem.list(opening.folder)
  return { ...openSegments(opening, baseOffsets(opening, names)), producerFiles: producerFileNames(names) }
}

type OpenedSegments = Omit<OpenedLog, 'producerFiles'>

function openSegments(opening: LogOpening, bases: readonly number[]): OpenedSegments {
  if (bases.length === 0) return emptyLog(opening, emptyAt(opening))
  const segments = withoutGone(
    opening,
    bases.map((base) => Segment.existing(opening.place, opening.folder, base, opening.now)),
  )
  linkEnds(segments)
  if (isFrontLost(opening, segments[0] as Segment)) return withoutFront(opening, segments)
  const last = segments[segments.length - 1] as Segment
  const { clean } = opening
  const opened =
    clean !== undefined && clean.base === last.baseOffset && clean.size === last.sizeBytes
      ? trust(opening, segments, clean)
      : check(opening, segments)
  if (opened.endOffset >= opened.startOffset || opened.damage !== null) return opened
  // The start may lie in the midst of a batch that the journal will bring.
  if (emptyAt(opening) < opened.startOffset && opened.endOffset >= emptyAt(opening)) return opened
  // Files were taken away, by hand or by a power cut: the start was promised not to go back, and the journal may have what holds it.
  for (const segment of opened.segments) segment.remove()
  return emptyLog(opening, emptyAt(opening))
}

/** Clears away what lies wholly before the start: a power cut brings back some of the names that were removed, and not those between. */
function withoutGone({ startOffset }: LogOpening, segments: Segment[]): Segment[] {
  const first = Math.max(
    0,
    segments.findLastIndex(({ baseOffset }) => baseOffset <= startOffset),
  )
  for (const segment of segments.slice(0, first)) segment.remove()
  return segments.slice(first)
}

/** Where a log begins of which no file is left: at its start, or where the journal has what holds the start. */
function emptyAt({ journaled = [], startOffset }: LogOpening): number {
  return journaled.find(({ from, to }) => from <= startOffset && to > startOffset)?.from ?? startOffset
}

function emptyLog({ place, folder, now, startOffset }: LogOpening, at: number): OpenedSegments {
  return {
    segments: [Segment.create(place, folder, at, now)],
    startOffset,
    endOffset: at,
    tornTail: null,
    isClean: false,
    damage: null,
  }
}

/** The base offsets of the segments there, in order. What deletion or rewriting left half done is cleared away. */
function baseOffsets({ place, folder }: LogOpening, names: readonly string[]): number[] {
  const bases: number[] = []
  for (const name of names) {
    const match = SEGMENT_NAME.exec(name)
    if (match !== null) bases.push(Number(match[1]))
    else if (name.endsWith('.deleted') || name.endsWith('.cleaned')) place.fileSystem.remove(`${folder}/${name}`)
  }
  return bases.sort((a, b) => a - b)
}

/** A closed segment ends where the next begins; how many offsets are missing before that cannot matter to a reader. */
function linkEnds(segments: readonly Segment[]): void {
  for (let at = 0; at + 1 < segments.length; at++) {
    const segment = segments[at] as Segment
    segment.endOffset = (segments[at + 1] as Segment).baseOffset
  }
}

function trust(opening: LogOpening, segments: Segment[], clean: CleanLog): OpenedSegments {
  let damage: KafkaliteError | null = null
  segments.forEach((segment, at) => {
    const found = at === segments.length - 1 ? segment.resume(clean.end) : learn(segment, true)
    if (found !== null) damage ??= corrupt(opening.name, segment.handle.path, found)
  })
  return { ...sound(opening, segments, clean.end, null, damage), isClean: damage === null }
}

function learn(segment: Segment, trustEmpty: boolean): Damage | null {
  const { sizeBytes, endOffset } = segment
  const damage = segment.learnMaxTimestamp(trustEmpty)
  segment.sizeBytes = sizeBytes
  segment.endOffset = endOffset
  return damage
}

function check(opening: LogOpening, segments: Segment[]): OpenedSegments {
  const { recoveryPoint, name } = opening
  // Of a segment that ends at the recovery point the batches were synced, but perhaps not yet the indexes.
  const first = Math.max(
    0,
    segments.findLastIndex((segment) => segment.baseOffset < recoveryPoint),
  )
  let damage: KafkaliteError | null = null
  for (const segment of segments.slice(0, first)) {
    const found = learn(segment, false)
    if (found !== null) damage ??= corrupt(name, segment.handle.path, found)
  }
  let end = 0
  for (let at = first; at < segments.length; at++) {
    const segment = segments[at] as Segment
    const { sizeBytes } = segment
    const gap = at > first ? gapBefore(opening, segments[at - 1] as Segment, segment) : null
    if (gap !== null) return cutTail(opening, segments, at - 1, gap, damage)
    if (segment.baseOffset < end && segment.baseOffset >= recoveryPoint) {
      // It was taken away once already, when what stands before it was not there yet; a power cut brought the name back.
      const before = segments[at - 1] as Segment
      return cutTail(opening, segments, at - 1, { ...overlap(segment, end), position: before.sizeBytes, offset: end }, damage)
    }
    const found = segment.baseOffset < end ? overlap(segment, end) : segment.rebuild(recoveryPoint)
    segment.dropIndexFiles()
    end = Math.max(end, segment.endOffset)
    // It survived the process in the page cache; nobody knows whether it reached the disk.
    segment.dirty = true
    if (found === null) {
      // Later the indexes of a finished segment are trusted, so they must reach the disk with what is synced next.
      if (at < segments.length - 1) segment.saveIndexes()
      continue
    }
    if (found.offset >= recoveryPoint) return cutTail(opening, segments, at, found, damage)
    segment.sizeBytes = sizeBytes
    segment.endOffset = Math.max(recoveryPoint, end)
    return sound(opening, segments.slice(0, at + 1), segment.endOffset, null, damage ?? corrupt(name, segment.handle.path, found))
  }
  end = dropEmptyEnd(opening, segments)
  const last = segments[segments.length - 1] as Segment
  if (end < recoveryPoint && end >= opening.startOffset) {
    const reason = `the file ends here, and offsets below ${recoveryPoint} had been synced`
    damage ??= corrupt(name, last.handle.path, { position: last.sizeBytes, offset: end, reason })
    last.endOffset = end = recoveryPoint
  }
  return sound(opening, segments, end, null, damage)
}

/** A power cut may take the end of a segment and leave the next one: what the journal holds of the offsets between was there. */
function gapBefore({ journaled = [] }: LogOpening, before: Segment, { baseOffset }: Segment): Damage | null {
  const { endOffset, sizeBytes } = before
  if (endOffset >= baseOffset || !journaled.some(({ from, to }) => from < baseOffset && to > endOffset)) return null
  return {
    position: sizeBytes,
    offset: endOffset,
    reason: `the next segment begins at ${baseOffset}, and the one before it ends at ${endOffset}`,
  }
}

/** The same of the first segment: a start is moved durably before anything goes, so what the journal holds from there on was there. */
function isFrontLost({ journaled = [], startOffset, recoveryPoint }: LogOpening, { baseOffset }: Segment): boolean {
  const promised = Math.max(startOffset, recoveryPoint)
  return promised < baseOffset && journaled.some(({ from, to }) => from < baseOffset && to > promised)
}

/** Takes the later segments away: the journal brings all of it back that was promised. */
function withoutFront(opening: LogOpening, segments: readonly Segment[]): OpenedSegments {
  const offset = emptyAt(opening)
  const { handle, baseOffset } = segments[0] as Segment
  const reason = `the first segment begins at ${baseOffset}, and the log at ${offset}`
  let bytes = 0
  for (const segment of segments) {
    bytes += segment.sizeBytes
    keepCopy(opening.place, segment, 0)
    segment.remove()
  }
  return { ...emptyLog(opening, offset), tornTail: { log: opening.name, file: handle.path, position: 0, bytes, offset, reason } }
}

function overlap(segment: Segment, end: number): Damage {
  return {
    position: 0,
    offset: segment.baseOffset,
    reason: `the segment begins at ${segment.baseOffset}, and the one before it ends at ${end}`,
  }
}

/** Cuts off what a crash tore: the rest of the segment and all later ones. */
function cutTail(opening: LogOpening, segments: Segment[], at: number, torn: Damage, damage: KafkaliteError | null): OpenedSegments {
  const { fileSystem } = opening.place
  const segment = segments[at] as Segment
  const { path } = segment.handle
  let bytes = fileSystem.sizeOf(path) - torn.position
  keepCopy(opening.place, segment, torn.position)
  segment.handle.get().truncate(torn.position)
  segment.dirty = true
  for (const later of segments.slice(at + 1)) {
    bytes += later.sizeBytes
    keepCopy(opening.place, later, 0)
    later.remove()
  }
  const kept = segments.slice(0, at + 1)
  const end = dropEmptyEnd(opening, kept)
  const tornTail = { log: opening.name, file: path, position: torn.position, bytes, offset: end, reason: torn.reason }
  return sound(opening, kept, end, tornTail, damage)
}

/** Takes away what stands empty behind batches that a power cut took: readers would wait for those. Answers where the log ends. */
function dropEmptyEnd({ recoveryPoint, startOffset }: LogOpening, segments: Segment[]): number {
  for (;;) {
    const last = segments[segments.length - 1] as Segment
    const before = segments[segments.length - 2]
    if (before === undefined || last.sizeBytes > 0) return last.endOffset
    if (before.endOffset >= last.baseOffset || last.baseOffset <= Math.max(recoveryPoint, startOffset)) return last.endOffset
    last.remove()
    segments.pop()
  }
}

/** Keeps what is cut off for whoever wants to look at it. Zeros say nothing. */
function keepCopy({ fileSystem, files }: SegmentPlace, segment: Segment, from: number): void {
  const source = segment.handle.get()
  const size = source.size()
  const path = `${segment.handle.path}.torn`
  for (let position = from; position < size; position += BLOCK_BYTES_MAX) {
    const block = fileSystem.allocate(Math.min(BLOCK_BYTES_MAX, size - position))
    const got = source.read(block, 0, block.length, position)
    if (isZero(block.subarray(0, got), 0)) continue
    const copy = files.create(path)
    copy.get().write(block, 0, got, position - from)
    copy.close()
  }
}

function sound(
  opening: LogOpening,
  segments: Segment[],
  endOffset: number,
  tornTail: TornTail | null,
  damage: KafkaliteError | null,
): OpenedSegments {
  // Compaction may have taken the last batches of a segment away.
  linkEnds(segments)
  const startOffset = Math.max(opening.startOffset, (segments[0] as Segment).baseOffset)
  return { segments, startOffset, endOffset, tornTail, isClean: false, damage }
}
