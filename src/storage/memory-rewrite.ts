// Compaction of a log in memory: what is left of some segments is gathered beside them and takes their place in one step. Readers
// hold batches, not segments, so nobody notices. A batch that stays is copied out of the slab it shares with batches that go,
// because otherwise one small record would keep a quarter of a megabyte alive.

import { assert } from '../lib/assert.js'
import { KafkaliteError } from '../errors.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { LogCompaction, SegmentRewrite } from './storage.js'

/** A segment of a log in memory. */
export interface MemorySegment {
  baseOffset: number
  endOffset: number
  sizeBytes: number
  firstTimestamp: number
  createdMs: number
  modifiedMs: number
  batches: PackedBatch[]
  /** At each place the largest timestamp of the batches up to there. */
  peaks: number[]
}

/** What rewriting needs of the log around it. */
export interface RewrittenMemoryLog {
  readonly name: string
  readonly state: { segments: MemorySegment[]; cleanedOffset: number }
  readonly owner: { usedBytes: number }
  requireOpen(): void
}

export class MemoryCompaction implements LogCompaction {
  constructor(private readonly log: RewrittenMemoryLog) {}

  get cleanedOffset(): number {
    return this.log.state.cleanedOffset
  }

  keepCleanedOffset(offset: number): void {
    this.log.requireOpen()
    this.log.state.cleanedOffset = offset
  }

  rewrite(baseOffset: number, endOffset: number): SegmentRewrite {
    this.log.requireOpen()
    const { segments } = this.log.state
    const from = segments.findIndex((segment) => segment.baseOffset === baseOffset)
    const to = segments.findIndex((segment) => segment.endOffset === endOffset)
    if (from < 0 || to < from || to === segments.length - 1) throw noSuchPieces(this.log.name, baseOffset, endOffset)
    return new MemoryRewrite(this.log, segments.slice(from, to + 1))
  }
}

class MemoryRewrite implements SegmentRewrite {
  private readonly cleaned: MemorySegment
  private done = false

  constructor(
    private readonly log: RewrittenMemoryLog,
    private readonly replaced: readonly MemorySegment[],
  ) {
    const first = replaced[0] as MemorySegment
    const last = replaced[replaced.length - 1] as MemorySegment
    const { baseOffset, createdMs } = first
    const { endOffset, modifiedMs } = last
    this.cleaned = { baseOffset, endOffset, sizeBytes: 0, firstTimestamp: -1, createdMs, modifiedMs, batches: [], peaks: [] }
  }

  append(batches: readonly PackedBatch[]): void {
    this.log.requireOpen()
    const { cleaned } = this
    for (const batch of batches) {
      const previous = cleaned.batches[cleaned.batches.length - 1]
      assert(
        batch.baseOffset > (previous?.lastOffset ?? -1) && batch.lastOffset < cleaned.endOffset,
        'what is left keeps its order and place',
      )
      addToSegment(cleaned, batch.buffer.length > batch.sizeBytes * 2 ? batch.copy() : batch)
    }
  }

  finish(): boolean {
    this.log.requireOpen()
    assert(!this.done, 'a rewrite is finished once')
    this.done = true
    const { segments } = this.log.state
    const at = placeOfRun(segments, this.replaced)
    if (at < 0) return false
    for (const segment of this.replaced) this.log.owner.usedBytes -= segment.sizeBytes
    this.log.owner.usedBytes += this.cleaned.sizeBytes
    segments.splice(at, this.replaced.length, this.cleaned)
    return true
  }

  abandon(): void {
    this.done = true
  }
}

/** Puts a batch at the end of a segment. */
export function addToSegment(segment: MemorySegment, batch: PackedBatch): void {
  const { maxTimestamp } = batch
  if (segment.batches.length === 0) segment.firstTimestamp = maxTimestamp
  segment.peaks.push(Math.max(segment.peaks[segment.peaks.length - 1] ?? -1, maxTimestamp))
  segment.batches.push(batch)
  segment.sizeBytes += batch.sizeBytes
}

/** Where `run` lies in `segments`, the last of which does not count; -1 when it is not there any more as it was. */
export function placeOfRun<T>(segments: readonly T[], run: readonly T[]): number {
  const at = segments.indexOf(run[0] as T)
  if (at < 0 || at + run.length >= segments.length) return -1
  return run.every((segment, index) => segments[at + index] === segment) ? at : -1
}

/** The caller named pieces that the log does not have. */
export function noSuchPieces(name: string, baseOffset: number, endOffset: number): KafkaliteError {
  return new KafkaliteError('INVALID_ARGUMENT', `Log ${name} has no closed pieces from ${baseOffset} to ${endOffset}`)
}
