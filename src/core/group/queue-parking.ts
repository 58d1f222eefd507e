// Where the bytes of messages go that stay for long while those around them are finished: a log of their own, so that the segments
// they stood in can be freed. A parked message keeps its offset, and with it its id, its attempts and its place in the order; only its
// bytes have moved, and the state log says where to. The order of steps survives a crash at any point: the copy is synced, then the
// word about it, and only then the old segment goes.

import { type Awaitable, isPromise } from '../../lib/awaitable.js'
import { RecordCursor } from '../../record/batch-reader.js'
import { BatchWriter } from '../../record/batch-writer.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { LogConfig, LogStore, SegmentInfo, Storage } from '../../storage/storage.js'
import type { OpsWriter } from './queue-ops.js'

const LOG_CONFIG: LogConfig = { segmentBytes: 4 * 1024 * 1024, segmentMs: Number.MAX_SAFE_INTEGER }
/** So much is copied before it is appended. Bytes. */
const CHUNK_BYTES = 1024 * 1024

/** The state log, as far as parking needs it. */
export interface ParkingState {
  readonly ops: OpsWriter
  written(): Promise<void>
}

/** The parked records of one partition. */
export class ParkedPlaces {
  constructor(
    readonly partition: number,
    /** For each parked record where its bytes are in the parking log. */
    readonly places: Map<number, number>,
    private readonly parking: QueueParking,
  ) {}

  has(offset: number): boolean {
    return this.places.size > 0 && this.places.has(offset)
  }

  /** A batch with this record alone, under its own offset. */
  batchAt(offset: number): Awaitable<PackedBatch | null> {
    const place = this.places.get(offset)
    return place === undefined ? null : this.parking.read(place, offset)
  }

  drop(offset: number): void {
    if (this.places.size > 0) this.places.delete(offset)
  }
}

export class QueueParking {
  private log: LogStore | null = null
  private readonly all: ParkedPlaces[] = []
  private readonly writer = new BatchWriter({ slabBytes: CHUNK_BYTES })

  constructor(
    private readonly storage: Storage,
    private readonly name: string,
  ) {}

  /** The partition's parked records, as the state log told of them. */
  partition(id: number, places: Map<number, number>): ParkedPlaces {
    const parked = new ParkedPlaces(id, places, this)
    this.all.push(parked)
    return parked
  }

  get count(): number {
    return this.all.reduce((sum, { places }) => sum + places.size, 0)
  }

  get sizeBytes(): number {
    return this.log?.sizeBytes ?? 0
  }

  /** Opens the log when there may be something in it. */
  async open(isNew: boolean): Promise<void> {
    if (isNew) await this.remove()
    else if ((await this.storage.list()).includes(this.name)) await this.openLog()
  }

  read(place: number, offset: number): Awaitable<PackedBatch | null> {
    if (this.log === null) return null
    const read = this.log.read(place, 1)
    return isPromise(read) ? read.then((batches) => moved(batches, offset)) : moved(read, offset)
  }

  /** Copies the records of `batches` that `wanted` picks; afterwards their old bytes may go. */
  async park(
    parked: ParkedPlaces,
    batches: Iterable<PackedBatch>,
    wanted: (offset: number) => boolean,
    state: ParkingState,
  ): Promise<void> {
    const log = this.log ?? (await this.openLog())
    const cursor = new RecordCursor()
    const moves: [offset: number, place: number][] = []
    let chunk: PackedBatch[] = []
    let bytes = 0
    let end = log.endOffset
    for (const batch of batches) {
      cursor.open(batch)
      while (cursor.next()) {
        if (!wanted(cursor.offset)) continue
        this.writer.append(cursor.key, cursor.value, cursor.timestamp, [...cursor.headers])
        const copy = this.writer.finish()
        copy.place(end, 0)
        moves.push([cursor.offset, end++])
        chunk.push(copy)
        bytes += copy.sizeBytes
      }
      if (bytes < CHUNK_BYTES) continue
      await log.append(chunk)
      chunk = []
      bytes = 0
    }
    if (chunk.length > 0) await log.append(chunk)
    if (moves.length === 0) return
    await this.storage.sync()
    for (const [offset, place] of moves) state.ops.parked(parked.partition, offset, place)
    await state.written()
    await this.storage.sync()
    for (const [offset, place] of moves) if (wanted(offset)) parked.places.set(offset, place)
  }

  /** Frees what is not needed any more; while more than half of the log is, its oldest segment is copied behind its end. */
  async clean(state: ParkingState): Promise<void> {
    const { log } = this
    if (log === null || log.sizeBytes === 0) return
    if (this.count === 0) return void (await log.truncateBefore(log.endOffset))
    for (;;) {
      const segments = log.segments()
      const oldest = segments[0] as SegmentInfo
      const needed = this.count / Math.max(1, log.endOffset - log.startOffset)
      if (segments.length < 2 || (needed > 0.5 && this.needsFrom(oldest))) return
      await this.moveOut(oldest, state)
      await log.truncateBefore(oldest.endOffset)
    }
  }

  async close(): Promise<void> {
    await this.log?.close()
    this.log = null
  }

  /** After `close`: the queue is gone, or another has its name. */
  async remove(): Promise<void> {
    await this.storage.remove(this.name)
  }

  private needsFrom({ baseOffset, endOffset }: SegmentInfo): boolean {
    for (const { places } of this.all) for (const place of places.values()) if (place >= baseOffset && place < endOffset) return true
    return false
  }

  private async moveOut({ baseOffset, endOffset }: SegmentInfo, state: ParkingState): Promise<void> {
    for (const parked of this.all) {
      const offsets = [...parked.places].filter(([, place]) => place >= baseOffset && place < endOffset).map(([offset]) => offset)
      const batches: PackedBatch[] = []
      for (const offset of offsets) {
        const batch = await parked.batchAt(offset)
        if (batch !== null) batches.push(batch)
      }
      await this.park(parked, batches, (offset) => parked.places.has(offset), state)
    }
  }

  private async openLog(): Promise<LogStore> {
    this.log = await this.storage.log(this.name, LOG_CONFIG)
    return this.log
  }
}

/** The record under the offset that it had. */
function moved(batches: readonly PackedBatch[], offset: number): PackedBatch | null {
  const found = batches[0]
  if (found === undefined) return null
  const copy = found.copy()
  copy.place(offset, 0)
  return copy
}
