// One log in memory: batches in arrays, cut into segments where Kafka would cut files, so that retention can free a part. Appending
// pushes onto the last array; finding is a binary search. Beside each batch stands the largest timestamp up to it, which only
// grows, so that a search by time is a binary search too.

import { assert } from '../lib/assert.js'
import { KafkaliteError } from '../errors.js'
import type { PackedBatch } from '../record/packed-batch.js'
import { addToSegment, MemoryCompaction, type MemorySegment } from './memory-rewrite.js'
import { mustRoll } from './roll-rule.js'
import type { LogConfig, LogStore, SegmentInfo } from './storage.js'

/** What a log in memory needs from the storage around it. */
export interface MemoryOwner {
  usedBytes: number
  now(): number
  /** @throws KafkaliteError `DISK_FULL` */
  requireRoom(bytes: number): void
}

/** What stays when the log is closed and opened again. */
export interface MemoryLogState {
  segments: MemorySegment[]
  startOffset: number
  endOffset: number
  cleanedOffset: number
}

/** Batches before the start that a segment may hold before they are let go: letting go one by one would cost a copy each time. */
const DEAD_BATCHES_MAX = 64

export function newMemoryLogState(now: number): MemoryLogState {
  return { segments: [newSegment(0, now)], startOffset: 0, endOffset: 0, cleanedOffset: 0 }
}

export class MemoryLog implements LogStore {
  isClosed = false
  readonly compaction = new MemoryCompaction(this)

  constructor(
    readonly name: string,
    readonly state: MemoryLogState,
    private config: LogConfig,
    readonly owner: MemoryOwner,
  ) {}

  get startOffset(): number {
    return this.state.startOffset
  }
  get endOffset(): number {
    return this.state.endOffset
  }
  get sizeBytes(): number {
    let bytes = 0
    for (const segment of this.state.segments) bytes += segment.sizeBytes
    return bytes
  }
  get maxTimestamp(): number {
    let max = -1
    for (const segment of this.state.segments) max = Math.max(max, peakOf(segment))
    return max
  }

  append(batches: readonly PackedBatch[]): void {
    this.requireOpen()
    let bytes = 0
    for (const batch of batches) bytes += batch.sizeBytes
    this.owner.requireRoom(bytes)
    for (const batch of batches) this.push(batch)
    this.owner.usedBytes += bytes
  }

  read(offset: number, maxBytes: number): readonly PackedBatch[] {
    this.requireOpen()
    const { segments, startOffset, endOffset } = this.state
    if (!(offset >= startOffset && offset <= endOffset)) {
      throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `Log ${this.name} holds offsets ${startOffset} to ${endOffset}, asked for ${offset}`)
    }
    const found: PackedBatch[] = []
    let bytes = 0
    let at = this.segmentOf(offset)
    let index = firstReaching((segments[at] as MemorySegment).batches, offset)
    for (; at < segments.length; at++, index = 0) {
      const { batches } = segments[at] as MemorySegment
      for (; index < batches.length; index++) {
        const batch = batches[index] as PackedBatch
        bytes += batch.sizeBytes
        if (bytes > maxBytes && found.length > 0) return found
        found.push(batch)
      }
    }
    return found
  }

  findByTimestamp(timestamp: number): PackedBatch | null {
    this.requireOpen()
    const { segments, startOffset } = this.state
    for (const segment of segments) {
      if (peakOf(segment) < timestamp || segment.endOffset <= startOffset) continue
      const { batches } = segment
      for (let index = firstPeak(segment.peaks, timestamp); index < batches.length; index++) {
        const batch = batches[index] as PackedBatch
        if (batch.maxTimestamp >= timestamp && batch.lastOffset >= startOffset) return batch
      }
    }
    return null
  }

  findMaxTimestamp(): PackedBatch | null {
    this.requireOpen()
    const { segments, startOffset } = this.state
    let best: PackedBatch | null = null
    for (const segment of segments) {
      const { batches, peaks } = segment
      if (best !== null && peakOf(segment) <= best.maxTimestamp) continue
      // In the segment that the start cuts through, the peak may belong to a batch that cannot be read any more.
      const whole = segment.baseOffset >= startOffset
      for (let index = whole ? firstPeak(peaks, peakOf(segment)) : firstReaching(batches, startOffset); index < batches.length; index++) {
        const batch = batches[index] as PackedBatch
        if (best === null || batch.maxTimestamp > best.maxTimestamp) best = batch
        if (whole) break
      }
    }
    return best
  }

  truncateBefore(offset: number): void {
    this.requireOpen()
    const { state } = this
    if (offset <= state.startOffset) return
    requireBelowEnd(this.name, offset, state.endOffset)
    state.startOffset = offset
    let dead = 0
    while (dead < state.segments.length - 1 && (state.segments[dead + 1] as MemorySegment).baseOffset <= offset) {
      this.owner.usedBytes -= (state.segments[dead] as MemorySegment).sizeBytes
      dead++
    }
    if (dead > 0) state.segments.splice(0, dead)
    this.dropDeadPrefix(state.segments[0] as MemorySegment)
  }

  truncateAfter(offset: number): void {
    this.requireOpen()
    const { state } = this
    if (offset >= state.endOffset) return
    while (state.segments.length > 1 && this.active.baseOffset >= offset) {
      this.owner.usedBytes -= (state.segments.pop() as MemorySegment).sizeBytes
    }
    const segment = this.active
    const kept = firstReaching(segment.batches, offset)
    for (const batch of segment.batches.splice(kept)) {
      segment.sizeBytes -= batch.sizeBytes
      this.owner.usedBytes -= batch.sizeBytes
    }
    segment.peaks.length = kept
    // Where a hole or a whole batch stood at `offset`, the log ends at `offset`; below it only when it ended there before.
    segment.endOffset = offset
    if (kept === 0) segment.baseOffset = Math.min(segment.baseOffset, offset)
    state.endOffset = offset
    state.startOffset = Math.min(state.startOffset, offset)
    state.cleanedOffset = Math.min(state.cleanedOffset, offset)
  }

  segments(): readonly SegmentInfo[] {
    return this.state.segments.map((segment) => ({
      baseOffset: segment.baseOffset,
      endOffset: segment.endOffset,
      sizeBytes: segment.sizeBytes,
      maxTimestamp: peakOf(segment),
      modifiedMs: segment.modifiedMs,
    }))
  }

  roll(): void {
    this.requireOpen()
    if (this.active.batches.length > 0) this.begin(this.state.endOffset)
  }

  configure(config: LogConfig): void {
    this.config = config
  }

  close(): void {
    this.isClosed = true
  }

  requireOpen(): void {
    if (this.isClosed) throw new KafkaliteError('CLOSED', `Log ${this.name} was closed`)
  }

  private get active(): MemorySegment {
    return this.state.segments[this.state.segments.length - 1] as MemorySegment
  }

  private push(batch: PackedBatch): void {
    const { state } = this
    const { baseOffset } = batch
    const now = this.owner.now()
    assert(baseOffset >= state.endOffset, 'a batch is appended at or above the end of its log')
    if (mustRoll(this.active, batch, this.config, now)) this.begin(baseOffset)
    const segment = this.active
    addToSegment(segment, batch)
    segment.modifiedMs = now
    segment.endOffset = state.endOffset = batch.lastOffset + 1
  }

  private begin(baseOffset: number): void {
    const segment = newSegment(baseOffset, this.owner.now())
    // An empty segment has nothing to keep; a hole too wide for it makes way for one that begins behind the hole.
    if (this.active.batches.length === 0) this.state.segments.pop()
    this.state.segments.push(segment)
  }

  private segmentOf(offset: number): number {
    const { segments } = this.state
    let low = 0
    let high = segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((segments[middle] as MemorySegment).baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  private dropDeadPrefix(segment: MemorySegment): void {
    const dead = firstReaching(segment.batches, this.state.startOffset)
    if (dead < DEAD_BATCHES_MAX || dead * 2 < segment.batches.length) return
    for (const batch of segment.batches.splice(0, dead)) {
      segment.sizeBytes -= batch.sizeBytes
      this.owner.usedBytes -= batch.sizeBytes
    }
    segment.peaks = []
    for (const batch of segment.batches) segment.peaks.push(Math.max(peakOf(segment), batch.maxTimestamp))
    segment.baseOffset = Math.min(this.state.startOffset, segment.batches[0]?.baseOffset ?? segment.endOffset)
    segment.firstTimestamp = segment.batches[0]?.maxTimestamp ?? -1
  }
}

function newSegment(baseOffset: number, createdMs: number): MemorySegment {
  return { baseOffset, endOffset: baseOffset, sizeBytes: 0, firstTimestamp: -1, createdMs, modifiedMs: createdMs, batches: [], peaks: [] }
}

function peakOf(segment: MemorySegment): number {
  return segment.peaks[segment.peaks.length - 1] ?? -1
}

/**
 * The place of the first batch that ends at or behind `offset`. Most readers are near the end, so it is sought from there in growing
 * steps: what lies far back is not touched, and a reader in step with the writer looks at a batch or two.
 */
function firstReaching(batches: readonly PackedBatch[], offset: number): number {
  let high = batches.length
  let low = high
  for (let step = 1; low > 0; step *= 2) {
    low = Math.max(0, high - step)
    if ((batches[low] as PackedBatch).lastOffset < offset) {
      low++
      break
    }
    high = low
  }
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((batches[middle] as PackedBatch).lastOffset < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** The place of the first peak at or above `timestamp`. */
function firstPeak(peaks: readonly number[], timestamp: number): number {
  let low = 0
  let high = peaks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((peaks[middle] as number) < timestamp) low = middle + 1
    else high = middle
  }
  return low
}

/** A start above the end would promise offsets that were never given. */
export function requireBelowEnd(name: string, offset: number, endOffset: number): void {
  if (offset > endOffset) {
    throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `Log ${name} ends at ${endOffset}; its start cannot move to ${offset}`)
  }
}
