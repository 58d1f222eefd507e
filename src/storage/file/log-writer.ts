// Writes batches to the end of a log's segments: several small ones gathered into one write, large ones as they are. Either all of an
// append is there afterwards or nothing: a mark taken before says what to go back to.

import type { PackedBatch } from '../../record/packed-batch.js'
import { mustRoll } from '../roll-rule.js'
import type { LogConfig } from '../storage.js'
import { INDEX_BYTES_MAX } from './offset-index.js'
import { Segment } from './segment.js'
import type { SegmentMark, SegmentPlace } from './segment.js'

/** What is gathered into one write: as much as goes into the page cache without holding the event loop noticeably. */
const GATHER_BYTES = 262_144
/** A batch of this size or more is written from where it lies; copying it would cost more than the call. */
const GATHERED_BATCH_BYTES_MAX = 32_768

/** How a log stood before an append. */
export interface LogMark {
  readonly segments: number
  /** Whether the last segment was empty and made way for another. */
  readonly active: Segment
  readonly mark: SegmentMark
}

export class LogWriter {
  /** One for all logs of the process, since writing is synchronous; allocated with the first small batches that come together. */
  private static scratch: Uint8Array | null = null
  private gathered = 0

  constructor(
    private readonly place: SegmentPlace,
    private readonly folder: string,
    /** Oldest first; the last one is written. */
    readonly segments: Segment[],
    private readonly now: () => number,
    private readonly onRoll: () => void,
    /** Asked before a segment begins; throws when the folder is not ours any more. */
    private readonly beforeRoll: () => void,
  ) {}

  get active(): Segment {
    return this.segments[this.segments.length - 1] as Segment
  }

  mark(): LogMark {
    return { segments: this.segments.length, active: this.active, mark: this.active.mark() }
  }

  /** Takes back what was written since the mark. */
  rollBack({ segments, active, mark }: LogMark): void {
    this.gathered = 0
    while (this.segments.length >= segments && this.active !== active) (this.segments.pop() as Segment).remove()
    if (active.removed) {
      // An empty segment that had made way: a new one of its name stands for it.
      this.segments.push(Segment.create(this.place, this.folder, active.baseOffset, this.now()))
    } else active.rollBack(mark)
  }

  write(batches: readonly PackedBatch[], config: LogConfig): void {
    const now = this.now()
    const indexBytesMax = config.segmentIndexBytes ?? INDEX_BYTES_MAX
    for (const batch of batches) {
      batch.fillCrc()
      if (mustRoll(this.active, batch, config, now) || this.active.indexIsFull(indexBytesMax)) {
        this.flush()
        this.roll(batch.baseOffset)
      }
      if (batches.length === 1 || batch.sizeBytes >= GATHERED_BATCH_BYTES_MAX) {
        this.flush()
        this.active.handle.get().write(batch.buffer, batch.start, batch.end, this.active.sizeBytes)
      } else this.gather(batch)
      this.active.note(batch)
      this.active.modifiedMs = now
    }
    this.flush()
  }

  /** Begins a segment at `baseOffset`; an empty one makes way. */
  roll(baseOffset: number): void {
    const { active } = this
    if (active.sizeBytes === 0) {
      if (active.baseOffset === baseOffset) return
      this.beforeRoll()
      this.segments.push(Segment.create(this.place, this.folder, baseOffset, this.now()))
      this.segments.splice(this.segments.length - 2, 1)
      active.remove()
    } else {
      this.beforeRoll()
      this.segments.push(Segment.create(this.place, this.folder, baseOffset, this.now()))
      active.saveIndexes()
      active.keepModifiedMs()
    }
    this.onRoll()
  }

  private gather(batch: PackedBatch): void {
    LogWriter.scratch ??= this.place.fileSystem.allocate(GATHER_BYTES)
    if (this.gathered + batch.sizeBytes > GATHER_BYTES) this.flush()
    LogWriter.scratch.set(batch.buffer.subarray(batch.start, batch.end), this.gathered)
    this.gathered += batch.sizeBytes
  }

  private flush(): void {
    const { gathered } = this
    if (gathered === 0) return
    this.gathered = 0
    this.active.handle.get().write(LogWriter.scratch as Uint8Array, 0, gathered, this.active.sizeBytes - gathered)
  }
}
