// One partition of a queue: which of its records go out next. Records that came back go first, then those that nobody has seen, in
// the order of the log; they are read lazily, a block at a time, so a queue of a million waiting messages is a cursor and no more.
// Each change of a record's state is put into the state log's words in the same turn.

import { type Awaitable, isPromise } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { EventLoopSlice } from '../../lib/event-loop-slice.js'
import { readUtf8 } from '../../lib/text.js'
import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { Isolation } from '../cluster.js'
import type { Partition } from '../partition.js'
import { type AcquiredBatch, DELIVER_AT_HEADER, EXPIRES_AT_HEADER, MESSAGE_ID_HEADER } from '../queue-port.js'
import { isDamage, nextReadable } from './damaged-batch.js'
import type { ParkedPlaces } from './queue-parking.js'
import type { OpsWriter } from './queue-ops.js'
import { QueueKeys } from './queue-keys.js'
import type { KeyRates } from './queue-rate.js'
import { ReadyOffsets } from './queue-ready.js'
import { ACKNOWLEDGED, ACQUIRED, ARCHIVED, AVAILABLE, DELAYED, type RecordStates, UNTOUCHED } from './record-state.js'

const READ_BYTES = 1024 * 1024
/** The state log hears up to where delays are known once for so many records. */
const TELL_RECORDS = 65_536

/** What acquiring needs to know. */
export interface Taking {
  /** How many records at most are still to be taken; counted down. */
  left: number
  /** How many more may be taken to bring a batch to its end. */
  beyond: number
  /** No further batch is begun when that is used up; counted down. */
  bytesLeft: number
  /** Only of these; null: of all. */
  readonly partitions: ReadonlySet<number> | null
  readonly now: number
  readonly lease: number
  readonly lockedUntil: number
  readonly taken: AcquiredBatch[]
}

/** What a partition needs of the queue around it. */
export interface ShareHost {
  readonly clock: Clock
  readonly ops: OpsWriter
  readonly keyRates: KeyRates | null
  /** Something is to be done at that moment. */
  wakeAt(atMs: number): void
  /** The record, where `cursor` stands, is past its time. */
  expired(share: SharePartition, cursor: RecordCursor): void
  /** Records cannot be read; they stay where they are and are not handed out. */
  damaged(share: SharePartition, error: unknown, first: number, end: number): void
}

export interface SharePartitionOptions {
  readonly id: number
  readonly partition: Partition
  readonly states: RecordStates
  readonly parked: ParkedPlaces
  /** Of the records of one key one is in work at a time. */
  readonly keyed: boolean
  /** Up to where all delays are known. */
  readonly lookedTo: number
  /** Whether what is not committed, or aborted, is left out. */
  readonly isolation: Isolation
  readonly host: ShareHost
}

/** Hears of the ids that senders gave. */
export type VisitId = (id: string, offset: number, sentMs: number) => void

interface OpenTake {
  readonly batch: PackedBatch
  readonly offsets: number[]
  readonly counts: number[]
}

export class SharePartition {
  readonly id: number
  readonly partition: Partition
  readonly states: RecordStates
  readonly parked: ParkedPlaces
  readonly ready = new ReadyOffsets()
  /** The first record whose bytes must stay in the partition's own log. */
  private keptFrom: number
  private readonly keys: QueueKeys | null
  private readonly isolation: Isolation
  private readonly host: ShareHost
  /** Up to where all delays are known. */
  private lookedTo: number
  /** What the state log says of it. */
  private toldTo: number
  /** What was read ahead, and the place in it. */
  private block: readonly PackedBatch[] = []
  private blockAt = 0
  private readonly walker = new RecordCursor()
  private walking: PackedBatch | null = null
  private lastRead: PackedBatch | null = null
  /** When records expire whose end somebody waits for. */
  private readonly expiries = new Map<number, number>()
  /** Stands at a record that came back. */
  private readonly seeker = new RecordCursor()
  private seeking: PackedBatch | null = null

  constructor(options: SharePartitionOptions) {
    this.id = options.id
    this.partition = options.partition
    this.states = options.states
    this.parked = options.parked
    this.keys = options.keyed ? new QueueKeys() : null
    this.host = options.host
    this.isolation = options.isolation
    this.keptFrom = this.states.start
    this.lookedTo = options.lookedTo
    this.toldTo = options.lookedTo
    this.pullUp()
  }

  /** Up to where there are messages: what lies behind may yet be aborted. */
  get end(): number {
    return this.isolation === 'read_committed' ? this.partition.stableOffset : this.partition.endOffset
  }

  /** Whether there may be offsets below `end` that are no messages: markers, and what was aborted. `lookAhead` finds them. */
  get mayHide(): boolean {
    return this.partition.producers.size > 0
  }

  /** Whether the batch holds no messages: a marker, or what was aborted. */
  isHidden(batch: PackedBatch): boolean {
    return this.isolation === 'read_committed' ? this.partition.isHidden(batch) : batch.isControl
  }

  /** Whether nothing is available, delayed, acquired or dying. */
  get isDrained(): boolean {
    return this.states.isQuiet && this.states.untouched(this.end) <= 0
  }

  get available(): number {
    return this.states.ready + Math.max(0, this.states.untouched(this.end))
  }

  /** How many messages are not finished. */
  get length(): number {
    return this.states.inWork + Math.max(0, this.states.untouched(this.end))
  }

  /** Up to where the partition's log can be truncated. */
  advanceKept(): number {
    let at = this.states.firstUnfinished(Math.max(this.keptFrom, this.states.advanceStart()))
    while (this.parked.has(at)) at = this.states.firstUnfinished(at + 1)
    this.keptFrom = at
    return at
  }

  /** Takes up to `taking.left` records. Only one call at a time. */
  take(taking: Taking): Awaitable<void> {
    if (this.partition.startOffset > this.keptFrom) this.pullUp()
    if (this.states.ready > 0 && this.ready.size > 0) return this.takeReadyThenFresh(taking)
    return this.takeFresh(taking)
  }

  /** Makes a record available again: at once, or when its moment comes. */
  giveBack(offset: number, count: number, notBefore: number): void {
    this.host.ops.available(this.id, offset, 1, count, notBefore)
    this.comeBack(offset, count, notBefore)
  }

  /** The moment of a delayed record has come. Ahead of the cursor it waits for its turn like those before it. */
  delayIsOver(offset: number): void {
    if (offset >= this.states.cursor) this.states.rejoin(offset)
    else this.comeBack(offset, this.states.count(offset), 0)
  }

  /** Records from `first` to `end` were sent here; `delays` holds which of them have to wait, each with its moment. */
  sent(first: number, end: number, delays: readonly number[], now: number): void {
    for (let i = 0; i < delays.length; i += 2) {
      const offset = first + (delays[i] as number)
      const deliverAt = delays[i + 1] as number
      if (deliverAt > now && offset >= this.states.cursor && this.states.state(offset) === UNTOUCHED) this.delay(offset, deliverAt)
    }
    this.hasLooked(first, end)
    this.tellLooked(TELL_RECORDS)
  }

  /** Says up to where delays are known, so that a restart need not look again; below the cursor it knows. */
  tellLooked(fromRecords = 1): void {
    if (this.lookedTo - Math.max(this.toldTo, this.states.cursor) < fromRecords) return
    this.host.ops.looked(this.id, this.lookedTo)
    this.toldTo = this.lookedTo
  }

  /** For a snapshot. */
  writeLooked(ops: OpsWriter): void {
    if (this.lookedTo > this.states.cursor) ops.looked(this.id, this.lookedTo)
  }

  /** As `giveBack`, when the words were written before. */
  comeBack(offset: number, count: number, notBefore: number): void {
    if (notBefore > 0) this.states.move(offset, DELAYED, count, notBefore)
    else {
      this.states.move(offset, AVAILABLE, count)
      this.ready.add(offset)
    }
  }

  /** The record is finished: the next of its key may go. */
  finished(offset: number): void {
    if (this.keys === null) return
    let next = this.keys.leave(offset)
    while (next >= 0 && this.states.state(next) !== AVAILABLE && this.states.state(next) !== DELAYED) next = this.keys.leave(next)
    if (next >= 0 && this.states.state(next) === AVAILABLE) this.ready.add(next)
  }

  /** The batch that holds the offset; null when it is gone. */
  batchAt(offset: number): Awaitable<PackedBatch | null> {
    const last = this.lastRead
    if (last !== null && offset >= last.baseOffset && offset <= last.lastOffset) return last
    if (this.parked.has(offset)) return this.parked.batchAt(offset)
    if (offset < this.partition.startOffset) return null
    const read = this.partition.read(offset, 1)
    return isPromise(read) ? read.then((batches) => this.keep(batches, offset)) : this.keep(read, offset)
  }

  /** A cursor at the record; null when it is gone. */
  async recordAt(offset: number): Promise<RecordCursor | null> {
    const read = this.batchAt(offset)
    const batch = isPromise(read) ? await read : read
    if (batch === null) return null
    // One of its own: whoever asked uses it later, when another may have moved the seeker.
    const cursor = new RecordCursor()
    cursor.open(batch)
    while (cursor.next()) if (cursor.offset === offset) return cursor
    return null
  }

  /** Holds the keys of records that were in work before a restart, so that nothing overtakes them. */
  async holdKeys(): Promise<void> {
    if (this.keys === null) return
    const held: number[] = []
    this.states.runs((first, length, state, count) => {
      if (state === ACKNOWLEDGED || state === ARCHIVED || count === 0) return
      for (let offset = first; offset < first + length; offset++) held.push(offset)
    })
    for (const offset of held) {
      const cursor = await this.recordAt(offset)
      if (cursor !== null && cursor.keyStart >= 0) this.keys.enter(keyAt(cursor), offset)
    }
  }

  /** Looks at what nobody has looked at yet: finds delays, and tells `visit` the ids that senders gave. */
  async lookAhead(now: number, visit: VisitId | null, from = 0): Promise<void> {
    const cursor = new RecordCursor()
    const slice = new EventLoopSlice(this.host.clock)
    const begin = Math.max(from, this.partition.startOffset, visit === null ? Math.max(this.lookedTo, this.states.cursor) : 0)
    let offset = begin
    while (offset < this.end) {
      const read = this.partition.read(offset, READ_BYTES, this.isolation)
      const batches = isPromise(read) ? await read : read
      if (batches.length === 0) break
      for (const batch of batches) {
        const isHidden = this.isHidden(batch)
        if (isHidden) this.hide(batch)
        else cursor.open(batch)
        while (!isHidden && cursor.next()) if (cursor.headerCount > 0 && cursor.offset >= offset) this.lookAt(cursor, now, visit)
        offset = batch.lastOffset + 1
      }
      if (slice.isOver) await slice.giveTurn()
      offset = Math.max(offset, this.partition.startOffset)
    }
    this.hasLooked(begin, offset)
  }

  private hasLooked(begin: number, end: number): void {
    if (begin <= Math.max(this.lookedTo, this.states.cursor)) this.lookedTo = Math.max(this.lookedTo, end)
  }

  /** The batches that hold anything unfinished, in the order of the log. */
  async *unfinished(): AsyncGenerator<PackedBatch, void, undefined> {
    for (let at = this.states.firstUnfinished(this.states.start); at < this.end; at = this.states.firstUnfinished(at)) {
      const found = this.batchAt(at)
      const batch = isPromise(found) ? await found : found
      if (batch !== null && !this.isHidden(batch)) yield batch
      at = batch === null ? at + 1 : Math.max(at, batch.lastOffset) + 1
    }
  }

  /** Moves the cursor over what was finished before anyone received it. */
  passFinished(): void {
    const { states } = this
    let to = states.cursor
    while (to < this.partition.endOffset && states.isFinished(to)) to++
    states.moveCursor(to)
  }

  /** Everything that nobody has seen counts as finished. */
  passAll(): void {
    this.passGap(this.end)
    this.walking = null
    this.block = []
  }

  /** The earliest moment at which something is to be done here. */
  nextMs(): number {
    let next = this.states.nextMs()
    for (const atMs of this.expiries.values()) if (atMs < next) next = atMs
    return next
  }

  /** Somebody waits for the end of a record: if it expires, that is found out in time, also when nobody receives. */
  async watchExpiry(offset: number): Promise<number> {
    if (this.states.isFinished(offset) || this.expiries.has(offset)) return this.expiries.get(offset) ?? Infinity
    const cursor = await this.recordAt(offset)
    const expiresAt = cursor === null || cursor.headerCount === 0 ? 0 : momentOf(cursor, EXPIRES_AT_HEADER)
    if (expiresAt === 0) return Infinity
    this.expiries.set(offset, expiresAt)
    return expiresAt
  }

  /** Ends those that are watched and past their time, unless somebody works on them. */
  async expireWatched(now: number): Promise<void> {
    for (const [offset, atMs] of this.expiries) {
      if (atMs > now) continue
      this.expiries.delete(offset)
      if (!this.states.isLoose(offset)) continue
      const cursor = await this.recordAt(offset)
      if (cursor !== null && this.states.isLoose(offset)) this.host.expired(this, cursor)
    }
  }

  private lookAt(cursor: RecordCursor, now: number, visit: VisitId | null): void {
    const id = visit === null ? undefined : cursor.headers.text(MESSAGE_ID_HEADER)
    if (id !== undefined) visit?.(id, cursor.offset, cursor.timestamp)
    if (cursor.offset < this.states.cursor || this.states.state(cursor.offset) !== UNTOUCHED) return
    const deliverAt = momentOf(cursor, DELIVER_AT_HEADER)
    if (deliverAt > now) this.delay(cursor.offset, deliverAt)
  }

  /** What will never be a message is finished, ahead of the cursor. */
  private hide({ baseOffset, lastOffset }: PackedBatch): void {
    for (let offset = Math.max(baseOffset, this.states.cursor); offset <= lastOffset; offset++) {
      if (this.states.state(offset) !== UNTOUCHED) continue
      this.states.move(offset, ARCHIVED, 0)
      this.host.ops.acknowledged(this.id, offset)
    }
  }

  private delay(offset: number, deliverAt: number): void {
    this.states.move(offset, DELAYED, 0, deliverAt)
    this.host.ops.available(this.id, offset, 1, 0, deliverAt)
    this.host.wakeAt(deliverAt)
  }

  private async takeReadyThenFresh(taking: Taking): Promise<void> {
    let open: OpenTake | null = null
    while (taking.left > 0 && taking.bytesLeft > 0 && this.states.ready > 0) {
      const offset = this.ready.take()
      if (offset < 0) break
      if (this.states.state(offset) !== AVAILABLE) continue
      const batch = await this.readReady(offset)
      if (batch === null || !this.seek(batch, offset)) continue
      if (open === null || open.batch !== batch || offset < (open.offsets[open.offsets.length - 1] as number)) {
        this.close(open, taking)
        open = { batch, offsets: [], counts: [] }
      }
      this.takeOne(this.seeker, open, taking)
    }
    this.close(open, taking)
    if (taking.left > 0 && taking.bytesLeft > 0) await this.takeFresh(taking)
  }

  private async readReady(offset: number): Promise<PackedBatch | null> {
    try {
      const batch = await this.batchAt(offset)
      if (batch === null || this.isHidden(batch)) {
        this.states.restore(offset, ARCHIVED, 0)
        this.host.ops.gap(this.id, offset, 1)
        return null
      }
      return batch
    } catch (error) {
      if (!isDamage(error)) {
        this.ready.add(offset)
        throw error
      }
      this.states.move(offset, DELAYED, this.states.count(offset), Infinity)
      this.host.damaged(this, error, offset, offset + 1)
      return null
    }
  }

  /** Places the seeker at the record; false when the batch does not have it. */
  private seek(batch: PackedBatch, offset: number): boolean {
    const { seeker } = this
    if (this.seeking !== batch || seeker.offset > offset) {
      seeker.open(batch)
      seeker.offset = -1
      this.seeking = batch
    }
    while (seeker.offset < offset) if (!seeker.next()) break
    if (seeker.offset === offset) return true
    this.seeking = null
    return false
  }

  private takeFresh(taking: Taking): Awaitable<void> {
    try {
      while (taking.left > 0 && taking.bytesLeft > 0 && this.states.cursor < this.end && this.keys?.isCrowded !== true) {
        if (this.walking === null && !this.openNext()) {
          const { end } = this
          if (this.states.cursor >= end) break
          const read = this.partition.read(this.states.cursor, READ_BYTES, this.isolation)
          if (isPromise(read)) {
            return read.then(
              (block) => this.takeBlock(block, end, taking),
              (error: unknown) => this.passDamage(error, taking),
            )
          }
          this.setBlock(read, end)
          continue
        }
        this.takeFromBatch(this.walking as PackedBatch, taking)
      }
    } catch (error) {
      return this.passDamage(error, taking)
    }
    return undefined
  }

  private takeBlock(block: readonly PackedBatch[], end: number, taking: Taking): Awaitable<void> {
    this.setBlock(block, end)
    return this.takeFresh(taking)
  }

  /** `end`: where the messages ended when the block was asked for. */
  private setBlock(block: readonly PackedBatch[], end: number): void {
    this.block = block
    this.blockAt = 0
    // Nothing between the cursor and the end: the offsets were never given to records.
    if (block.length === 0) this.passGap(end)
  }

  /** What cannot be read is set aside, never taken for finished: the bytes stay for whoever can mend them, and the rest goes on. */
  private async passDamage(error: unknown, taking: Taking): Promise<void> {
    if (!isDamage(error)) throw error
    const first = this.states.cursor
    const end = await nextReadable(this.partition, first)
    this.walking = null
    this.block = []
    this.blockAt = 0
    for (let offset = first; offset < end; offset++) {
      if (this.states.state(offset) === UNTOUCHED) this.states.move(offset, DELAYED, 0, Infinity)
    }
    this.states.moveCursor(end)
    this.host.damaged(this, error, first, end)
    await this.takeFresh(taking)
  }

  /** Opens the next batch of the block that has something at or above the cursor. */
  private openNext(): boolean {
    while (this.blockAt < this.block.length) {
      const batch = this.block[this.blockAt++] as PackedBatch
      if (batch.lastOffset < this.states.cursor) continue
      if (this.isHidden(batch)) {
        this.passGap(batch.lastOffset + 1)
        continue
      }
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
    try {
      while (taking.left > 0 || (taking.beyond > 0 && open.offsets.length > 0)) {
        if (!walker.next()) {
          this.walking = null
          this.passGap(batch.lastOffset + 1)
          break
        }
        const { offset } = walker
        if (offset < states.cursor) continue
        if (offset > states.cursor) this.passGap(offset)
        if (states.state(offset) === UNTOUCHED) this.takeOne(walker, open, taking)
        states.moveCursor(offset + 1)
      }
    } finally {
      this.close(open, taking)
    }
  }

  /** Hands out the record, unless it is too early for it, too late, or another of its key is in work. */
  private takeOne(cursor: RecordCursor, open: OpenTake, taking: Taking): void {
    const { offset } = cursor
    if (cursor.headerCount > 0) {
      const expiresAt = momentOf(cursor, EXPIRES_AT_HEADER)
      if (expiresAt > 0 && expiresAt <= taking.now) return this.host.expired(this, cursor)
      if (this.states.state(offset) === UNTOUCHED) {
        const deliverAt = momentOf(cursor, DELIVER_AT_HEADER)
        if (deliverAt > taking.now) return this.delay(offset, deliverAt)
      }
    }
    if (cursor.keyStart >= 0 && (this.keys !== null || this.host.keyRates !== null) && !this.keyMayGo(cursor, taking.now)) return
    const count = this.states.count(offset) + 1
    this.states.move(offset, ACQUIRED, count, taking.lockedUntil, taking.lease)
    this.host.ops.acquired(this.id, offset, count)
    open.offsets.push(offset)
    open.counts.push(count)
    if (taking.left > 0) taking.left--
    else taking.beyond--
  }

  private keyMayGo(cursor: RecordCursor, now: number): boolean {
    const { offset } = cursor
    const { states } = this
    const { keyRates } = this.host
    const key = keyAt(cursor)
    const freeMs = keyRates === null ? now : keyRates.freeMs(key, now)
    if (freeMs > now) {
      states.move(offset, DELAYED, states.count(offset), freeMs)
      this.host.wakeAt(freeMs)
      return false
    }
    if (this.keys !== null && !this.keys.enter(key, offset)) {
      if (states.state(offset) === UNTOUCHED) states.move(offset, AVAILABLE, 0)
      return false
    }
    if (keyRates !== null) {
      keyRates.add(key, now)
      this.host.ops.delivered(now, 1, key)
    }
    return true
  }

  private close(open: OpenTake | null, taking: Taking): void {
    if (open === null || open.offsets.length === 0) return
    const { batch, offsets, counts } = open
    taking.bytesLeft -= batch.sizeBytes
    taking.taken.push({ partition: this.id, batch, offsets, deliveryCounts: counts, lease: taking.lease, lockedUntil: taking.lockedUntil })
  }

  /** There are no records from the cursor up to `to`: they count as finished. */
  private passGap(to: number): void {
    const from = this.states.cursor
    if (to <= from) return
    for (let offset = from; offset < to; offset++) {
      // A delayed record stands here already and is not a gap; what was hidden ahead of the cursor is one.
      const state = this.states.state(offset)
      if (state === UNTOUCHED) this.states.move(offset, ARCHIVED, 0)
      else if (state !== ARCHIVED) continue
      this.host.ops.gap(this.id, offset, 1)
    }
    this.states.moveCursor(to)
  }

  /** Somebody deleted records below the start of the log: what was not handed out can never be. */
  private pullUp(): void {
    const { states } = this
    const start = this.partition.startOffset
    const end = Math.min(start, states.cursor)
    for (let offset = states.firstUnfinished(this.keptFrom); offset < end; offset = states.firstUnfinished(offset + 1)) {
      const state = states.state(offset)
      if ((state !== AVAILABLE && state !== DELAYED) || this.parked.has(offset)) continue
      states.restore(offset, ARCHIVED, 0)
      this.host.ops.gap(this.id, offset, 1)
    }
    this.keptFrom = Math.max(this.keptFrom, start)
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

function keyAt(cursor: RecordCursor): string {
  return readUtf8(cursor.buffer, cursor.keyStart, cursor.keyEnd)
}

/** The moment in a header; 0 when there is none. */
export function momentOf(cursor: RecordCursor, header: string): number {
  const value = cursor.headers.get(header)
  if (value === undefined || value === null) return 0
  const moment = Number(readUtf8(value, 0, value.length))
  return Number.isSafeInteger(moment) ? moment : 0
}
