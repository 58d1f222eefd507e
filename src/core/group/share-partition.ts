// One partition of a queue: which of its records go out next. Records that came back go first, then those that nobody has seen, in
// the order of the log; they are read lazily, a block at a time, so a queue of a million waiting messages is a cursor and no more.
// Each change of a record's state is put into the state log's words in the same turn.

import { type Awaitable, isPromise } from '../../lib/awaitable.js'
import { readUtf8 } from '../../lib/text.js'
import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { Partition } from '../partition.js'
import { type AcquiredBatch, DELIVER_AT_HEADER, MESSAGE_ID_HEADER } from '../queue-port.js'
import type { OpsWriter } from './queue-ops.js'
import { ReadyOffsets } from './queue-ready.js'
import { ACQUIRED, ARCHIVED, AVAILABLE, DELAYED, type RecordStates, UNTOUCHED } from './record-state.js'

const READ_BYTES = 1024 * 1024

/** What acquiring needs to know. */
export interface Taking {
  /** How many records at most are still to be taken; counted down. */
  left: number
  readonly now: number
  readonly lease: number
  readonly lockedUntil: number
  readonly taken: AcquiredBatch[]
}

interface OpenTake {
  readonly batch: PackedBatch
  readonly offsets: number[]
  readonly counts: number[]
}

export class SharePartition {
  /** Up to where records were looked at ahead of the cursor, for delays and ids. */
  private lookedTo = 0
  readonly ready = new ReadyOffsets()
  /** What was read ahead, and the place in it. */
  private block: readonly PackedBatch[] = []
  private blockAt = 0
  private readonly walker = new RecordCursor()
  private walking: PackedBatch | null = null
  private lastRead: PackedBatch | null = null

  constructor(
    readonly id: number,
    readonly partition: Partition,
    readonly states: RecordStates,
    private readonly ops: () => OpsWriter,
  ) {}

  /** Whether nothing is available, delayed, acquired or dying. */
  get isDrained(): boolean {
    return this.states.isQuiet && this.states.untouched(this.partition.endOffset) <= 0
  }

  get available(): number {
    return this.states.ready + Math.max(0, this.states.untouched(this.partition.endOffset))
  }

  /** Takes up to `taking.left` records. Only one call at a time. */
  take(taking: Taking): Awaitable<void> {
    if (this.partition.startOffset > this.states.start) this.pullUp(this.partition.startOffset)
    if (this.states.ready > 0) return this.takeReadyThenFresh(taking)
    return this.takeFresh(taking)
  }

  /** Makes a record available again: at once, or when its moment comes. */
  giveBack(offset: number, count: number, notBefore: number): void {
    if (notBefore > 0) {
      this.states.move(offset, DELAYED, count, notBefore)
    } else {
      this.states.move(offset, AVAILABLE, count)
      this.ready.add(offset)
    }
    this.ops().available(this.id, offset, 1, count, notBefore)
  }

  /** The batch that holds the offset; null when it is gone. */
  batchAt(offset: number): Awaitable<PackedBatch | null> {
    const last = this.lastRead
    if (last !== null && offset >= last.baseOffset && offset <= last.lastOffset) return last
    if (offset < this.partition.startOffset) return null
    const read = this.partition.read(offset, 1)
    return isPromise(read) ? read.then((batches) => this.keep(batches, offset)) : this.keep(read, offset)
  }

  /** Looks at what nobody has looked at yet: finds delays, and tells `visit` the ids that senders gave. */
  async lookAhead(now: number, visit: ((id: string, offset: number) => void) | null, from = 0): Promise<void> {
    const cursor = new RecordCursor()
    let offset = Math.max(from, this.partition.startOffset, visit === null ? Math.max(this.lookedTo, this.states.cursor) : 0)
    while (offset < this.partition.endOffset) {
      const read = this.partition.read(offset, READ_BYTES)
      const batches = isPromise(read) ? await read : read
      if (batches.length === 0) break
      for (const batch of batches) {
        cursor.open(batch)
        while (cursor.next()) if (cursor.headerCount > 0 && cursor.offset >= offset) this.lookAt(cursor, now, visit)
        offset = batch.lastOffset + 1
      }
    }
    this.lookedTo = Math.max(this.lookedTo, offset)
  }

  private lookAt(cursor: RecordCursor, now: number, visit: ((id: string, offset: number) => void) | null): void {
    const id = visit === null ? undefined : cursor.headers.text(MESSAGE_ID_HEADER)
    if (id !== undefined) visit?.(id, cursor.offset)
    if (cursor.offset < this.states.cursor || this.states.state(cursor.offset) !== UNTOUCHED) return
    const deliverAt = deliverAtOf(cursor)
    if (deliverAt > now) this.delay(cursor.offset, deliverAt)
  }

  private delay(offset: number, deliverAt: number): void {
    this.states.move(offset, DELAYED, 0, deliverAt)
    this.ops().available(this.id, offset, 1, 0, deliverAt)
  }

  private async takeReadyThenFresh(taking: Taking): Promise<void> {
    let open: OpenTake | null = null
    while (taking.left > 0 && this.states.ready > 0) {
      const offset = this.ready.take()
      if (offset < 0) break
      if (this.states.state(offset) !== AVAILABLE) continue
      let batch: PackedBatch | null
      try {
        const read = this.batchAt(offset)
        batch = isPromise(read) ? await read : read
      } catch (error) {
        this.ready.add(offset)
        throw error
      }
      if (batch === null) {
        this.states.restore(offset, ARCHIVED, 0)
        this.ops().gap(this.id, offset, 1)
        continue
      }
      if (open === null || open.batch !== batch || offset < (open.offsets[open.offsets.length - 1] as number)) {
        this.close(open, taking)
        open = { batch, offsets: [], counts: [] }
      }
      this.acquire(offset, open, taking)
    }
    this.close(open, taking)
    await this.takeFresh(taking)
  }

  private takeFresh(taking: Taking): Awaitable<void> {
    while (taking.left > 0 && this.states.cursor < this.partition.endOffset) {
      if (this.walking === null && !this.openNext()) {
        const read = this.partition.read(this.states.cursor, READ_BYTES)
        if (isPromise(read)) return read.then((block) => this.takeBlock(block, taking))
        this.setBlock(read)
        continue
      }
      this.takeFromBatch(this.walking as PackedBatch, taking)
    }
  }

  private takeBlock(block: readonly PackedBatch[], taking: Taking): Awaitable<void> {
    this.setBlock(block)
    return this.takeFresh(taking)
  }

  private setBlock(block: readonly PackedBatch[]): void {
    this.block = block
    this.blockAt = 0
    // Nothing between the cursor and the end: the offsets were never given to records.
    if (block.length === 0) this.passGap(this.partition.endOffset)
  }

  /** Opens the next batch of the block that has something at or above the cursor. */
  private openNext(): boolean {
    while (this.blockAt < this.block.length) {
      const batch = this.block[this.blockAt++] as PackedBatch
      if (batch.lastOffset < this.states.cursor) continue
      this.walker.open(batch)
      this.walking = batch
      return true
    }
    this.block = []
    this.blockAt = 0
    return false
  }

  private takeFromBatch(batch: PackedBatch, taking: Taking): void {
    const { walker, states } = this
    const open: OpenTake = { batch, offsets: [], counts: [] }
    const isControl = batch.isControl
    while (taking.left > 0) {
      if (!walker.next()) {
        this.walking = null
        this.passGap(batch.lastOffset + 1)
        break
      }
      const { offset } = walker
      if (offset < states.cursor) continue
      if (offset > states.cursor) this.passGap(offset)
      if (isControl) {
        this.passGap(offset + 1)
        continue
      }
      if (states.state(offset) === UNTOUCHED) {
        const deliverAt = walker.headerCount === 0 ? 0 : deliverAtOf(walker)
        if (deliverAt > taking.now) this.delay(offset, deliverAt)
        else this.acquire(offset, open, taking)
      }
      states.moveCursor(offset + 1)
    }
    this.close(open, taking)
  }

  private acquire(offset: number, open: OpenTake, taking: Taking): void {
    const count = this.states.count(offset) + 1
    this.states.move(offset, ACQUIRED, count, taking.lockedUntil, taking.lease)
    this.ops().acquired(this.id, offset, count)
    open.offsets.push(offset)
    open.counts.push(count)
    taking.left--
  }

  private close(open: OpenTake | null, taking: Taking): void {
    if (open === null || open.offsets.length === 0) return
    const { batch, offsets, counts } = open
    taking.taken.push({ partition: this.id, batch, offsets, deliveryCounts: counts, lease: taking.lease, lockedUntil: taking.lockedUntil })
  }

  /** There are no records from the cursor up to `to`: they count as finished. */
  private passGap(to: number): void {
    const from = this.states.cursor
    if (to <= from) return
    for (let offset = from; offset < to; offset++) {
      // A delayed record stands here already and is not a gap.
      if (this.states.state(offset) !== UNTOUCHED) continue
      this.states.move(offset, ARCHIVED, 0)
      this.ops().gap(this.id, offset, 1)
    }
    this.states.moveCursor(to)
  }

  /** Somebody deleted records below `start`: what was not handed out can never be. */
  private pullUp(start: number): void {
    const { states } = this
    const end = Math.min(start, states.cursor)
    for (let offset = states.start; offset < end; offset++) {
      const state = states.state(offset)
      if (state !== AVAILABLE && state !== DELAYED) continue
      states.restore(offset, ARCHIVED, 0)
      this.ops().gap(this.id, offset, 1)
    }
    if (start <= states.cursor) return
    this.passGap(start)
    this.walking = null
    this.block = []
  }

  private keep(batches: readonly PackedBatch[], offset: number): PackedBatch | null {
    const batch = batches[0]
    if (batch === undefined || batch.baseOffset > offset) return null
    this.lastRead = batch
    return batch
  }
}

function deliverAtOf(cursor: RecordCursor): number {
  const value = cursor.headers.get(DELIVER_AT_HEADER)
  if (value === undefined || value === null) return 0
  const moment = Number(readUtf8(value, 0, value.length))
  return Number.isSafeInteger(moment) ? moment : 0
}
