// Compaction of a log in files, by Kafka's protocol, so that a crash at any moment leaves the old segments or the new one, and Kafka's
// own tools can finish what we began. What is left is written to `<base>.log.cleaned` and synced. Renaming it to `.log.swap` is the
// decision: whoever opens the folder after that finishes the swap. Then the old files go, and the new one gets their name. Names are
// made durable between the steps, because a disk may otherwise keep a later one and forget an earlier one.

import { KafkaliteError } from '../../errors.js'
import { assert } from '../../lib/assert.js'
import type { Awaitable } from '../../lib/awaitable.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import { noSuchPieces, placeOfRun } from '../memory-rewrite.js'
import type { LogCompaction, SegmentRewrite } from '../storage.js'
import { isNoSpace } from './file-system.js'
import type { ProducerFiles } from './producer-files.js'
import { Segment } from './segment.js'
import type { SegmentPlace } from './segment.js'

/** What rewriting needs of the log around it. */
export interface RewrittenFileLog {
  readonly name: string
  readonly folder: string
  readonly place: SegmentPlace
  readonly endOffset: number
  /** Oldest first; the last one is written. */
  readonly pieces: Segment[]
  readonly producers: ProducerFiles
  now(): number
  /** @throws KafkaliteError `CLOSED`, `STORAGE_FAILED` */
  requireWritable(): void
  /**
   * Settles when recovery after a crash trusts everything below `offset` as it finds it: holes that compaction leaves must not be
   * taken for losses.
   */
  settle(offset: number): Promise<void>
  /** Names of files have changed. */
  noteFolder(): void
  /** A swap stopped half way: the storage takes nothing more, and the next open finishes it. */
  failSwap(error: unknown): KafkaliteError
  /** As the cleaner's checkpoint says. */
  cleanedOffset(): number
  keepCleanedOffset(offset: number): Promise<void>
}

export class FileCompaction implements LogCompaction {
  private current: FileRewrite | null = null

  constructor(private readonly log: RewrittenFileLog) {}

  get cleanedOffset(): number {
    const kept = this.log.cleanedOffset()
    // A log that lost its end may have got other records where it was once clean.
    return kept <= this.log.endOffset ? kept : 0
  }

  keepCleanedOffset(offset: number): Promise<void> {
    this.log.requireWritable()
    return this.log.keepCleanedOffset(offset)
  }

  /** Settles when no swap is at work, so that what removes segments does not meet one half done. */
  get settled(): Promise<void> | null {
    return this.current?.swapping ?? null
  }

  rewrite(baseOffset: number, endOffset: number): SegmentRewrite {
    this.log.requireWritable()
    assert(this.current === null || this.current.isOver, 'a log is rewritten once at a time')
    const { pieces } = this.log
    const from = pieces.findIndex((segment) => segment.baseOffset === baseOffset)
    const to = pieces.findIndex((segment) => segment.endOffset === endOffset)
    if (from < 0 || to < from || to === pieces.length - 1) throw noSuchPieces(this.log.name, baseOffset, endOffset)
    this.current = new FileRewrite(this.log, pieces.slice(from, to + 1))
    return this.current
  }

  /** Ends what is under way: a rewrite is forgotten, a swap is waited for. */
  close(): Awaitable<void> {
    if (this.settled !== null) return this.settled
    this.current?.abandon()
  }
}

class FileRewrite implements SegmentRewrite {
  isOver = false
  swapping: Promise<void> | null = null
  private readonly cleaned: Segment

  constructor(
    private readonly log: RewrittenFileLog,
    private readonly replaced: readonly Segment[],
  ) {
    const first = replaced[0] as Segment
    this.cleaned = this.told(() => Segment.cleaned(log.place, log.folder, first.baseOffset, log.now()))
    this.cleaned.modifiedMs = (replaced[replaced.length - 1] as Segment).modifiedMs
  }

  append(batches: readonly PackedBatch[]): void {
    this.requireGoing()
    const { cleaned } = this
    const { endOffset } = this.replaced[this.replaced.length - 1] as Segment
    let bytes = 0
    let next = cleaned.endOffset
    for (const batch of batches) {
      assert(batch.baseOffset >= next && batch.lastOffset < endOffset, 'what is left keeps its order and place')
      next = batch.lastOffset + 1
      bytes += batch.sizeBytes
      batch.fillCrc()
    }
    const gathered = this.log.place.fileSystem.allocate(bytes)
    let at = 0
    for (const batch of batches) {
      gathered.set(batch.buffer.subarray(batch.start, batch.end), at)
      at += batch.sizeBytes
    }
    this.told(() => cleaned.handle.get().write(gathered, 0, bytes, cleaned.sizeBytes))
    for (const batch of batches) cleaned.note(batch)
  }

  async finish(): Promise<boolean> {
    this.requireGoing()
    try {
      await this.cleaned.sync()
      this.requireGoing()
      // Also what comes after the range: a record goes because a later one of its key is there, which a power cut must not take.
      await this.log.settle((this.log.pieces[this.log.pieces.length - 1] as Segment).baseOffset)
      this.requireGoing()
    } catch (error) {
      this.abandon()
      throw this.wrapped(error)
    }
    const { pieces } = this.log
    if (placeOfRun(pieces, this.replaced) < 0) {
      this.abandon()
      return false
    }
    const swapping = this.swap().finally(() => {
      this.swapping = null
    })
    this.swapping = swapping.catch(() => undefined)
    this.isOver = true
    await swapping
    return true
  }

  abandon(): void {
    if (this.isOver) return
    this.isOver = true
    try {
      this.cleaned.discard()
    } catch {
      // A `.cleaned` file that stays behind counts for nothing and is removed when the log is opened.
    }
  }

  private async swap(): Promise<void> {
    const { log, cleaned, replaced } = this
    const { fileSystem } = log.place
    const sync = (): Promise<void> => fileSystem.syncFolder(log.folder)
    try {
      cleaned.renameTo('.swap')
      await sync()
      const bases = replaced.map(({ baseOffset }) => baseOffset)
      const aborted = log.producers.gathered(bases)
      cleaned.endOffset = (replaced[replaced.length - 1] as Segment).endOffset
      log.pieces.splice(log.pieces.indexOf(replaced[0] as Segment), replaced.length, cleaned)
      const leaving = replaced.map((segment) => segment.removeAside())
      await sync()
      cleaned.renameTo('')
      cleaned.saveIndexes()
      await log.producers.merged(bases, aborted, cleaned.endOffset)
      await sync()
      cleaned.keepModifiedMs()
      await Promise.all(leaving)
      log.noteFolder()
    } catch (error) {
      throw log.failSwap(error)
    }
  }

  private requireGoing(): void {
    this.log.requireWritable()
    if (this.isOver) throw new KafkaliteError('CLOSED', `The rewrite of log ${this.log.name} is over`)
  }

  private told<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw this.wrapped(error)
    }
  }

  /** Before the swap nothing of the log is touched, so the storage goes on. */
  private wrapped(error: unknown): KafkaliteError {
    if (KafkaliteError.is(error) && !isNoSpace(error.cause)) return error
    return new KafkaliteError(
      isNoSpace(error) || (KafkaliteError.is(error) && isNoSpace(error.cause)) ? 'DISK_FULL' : 'STORAGE_FAILED',
      `Segments of log ${this.log.name} could not be rewritten; the log is as it was`,
      { cause: error },
    )
  }
}
