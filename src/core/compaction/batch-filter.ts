// Decides of each batch what compaction leaves of it, by Kafka's rules: the last record of each key stays; one without a value stays
// until its delete horizon, which the first round that meets it sets; markers wait for the same; records without a key go. A batch
// of which nothing is left still stays as a header when a live producer's sequence or the end of the cleaned part hangs on it.

import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import { emptied, retainRecords } from '../../record/retained-batch.js'
import type { OffsetMap } from './offset-map.js'
import type { LastOfProducer, TransactionState } from './transaction-state.js'

/** What a round of cleaning goes by. */
export interface FilterRules {
  readonly map: OffsetMap
  readonly transactions: TransactionState
  readonly lastOfProducers: ReadonlyMap<number, LastOfProducer>
  /** The offset behind the last batch that may be cleaned: that batch says where the cleaned part ends. */
  readonly roundEnd: number
  /** When the round began. */
  readonly now: number
  readonly deleteRetentionMs: number
}

export class BatchFilter {
  private readonly cursor = new RecordCursor()
  private stays = new Uint8Array(256)

  constructor(private readonly rules: FilterRules) {}

  /** The batch itself when all of it stays, a smaller one, or null when nothing does. To be asked in the order of offsets. */
  retain(batch: PackedBatch): PackedBatch | null {
    const worthless = this.rules.transactions.meet(batch)
    const past = batch.hasDeleteHorizon && batch.baseTimestamp <= this.rules.now
    const dropped = worthless && (!batch.isControl || past)
    if (!dropped) {
      const kept = this.retainRecords(batch, worthless && batch.isControl, past)
      if (kept !== null) return kept
    }
    if (!this.isNeeded(batch)) return null
    return batch.count === 0 ? batch : emptied(batch)
  }

  private retainRecords(batch: PackedBatch, markerOfNothing: boolean, past: boolean): PackedBatch | null {
    const { cursor } = this
    const { map, now, deleteRetentionMs } = this.rules
    // What lies behind the map is not judged in this round.
    if (batch.baseOffset > map.latestOffset) return batch.count === 0 ? null : batch
    const { isControl, count } = batch
    cursor.open(batch)
    const unpacked = { buffer: cursor.buffer, start: cursor.at, end: batch.compression === 'none' ? batch.end : cursor.buffer.length }
    if (this.stays.length < count) this.stays = new Uint8Array(count * 2)
    let kept = 0
    let tombstones = false
    for (let index = 0; cursor.next(); index++) {
      const stays = isControl || this.recordStays(past)
      this.stays[index] = stays ? 1 : 0
      if (!stays) continue
      kept++
      if (!isControl && cursor.valueStart < 0 && cursor.offset <= map.latestOffset) tombstones = true
    }
    if (kept === 0) return null
    const setsHorizon = (tombstones || markerOfNothing) && !batch.hasDeleteHorizon
    if (kept === count && !setsHorizon) return batch
    const horizonMs = batch.hasDeleteHorizon ? batch.baseTimestamp : setsHorizon ? now + deleteRetentionMs : null
    return retainRecords(batch, unpacked, this.stays, horizonMs)
  }

  /** Of the record under the cursor. `past`: the batch's delete horizon has passed. */
  private recordStays(past: boolean): boolean {
    const { cursor } = this
    const { map } = this.rules
    if (cursor.offset > map.latestOffset) return true
    if (cursor.keyStart < 0) return false
    if (cursor.offset < map.get(cursor.buffer, cursor.keyStart, cursor.keyEnd)) return false
    return cursor.valueStart >= 0 || !past
  }

  private isNeeded(batch: PackedBatch): boolean {
    const { lastOffset } = batch
    if (lastOffset + 1 === this.rules.roundEnd) return true
    const last = batch.producerId < 0 ? undefined : this.rules.lastOfProducers.get(batch.producerId)
    if (last === undefined) return false
    return last.lastDataOffset === null ? batch.isControl && batch.producerEpoch === last.producerEpoch : lastOffset === last.lastDataOffset
  }
}

/** Enters the keys of a batch into the map; false when the map has no room for the rest of them. */
export function enterKeys(batch: PackedBatch, cursor: RecordCursor, map: OffsetMap, fromOffset: number): boolean {
  if (batch.count === 0) return true
  cursor.open(batch)
  while (cursor.next()) {
    if (cursor.keyStart < 0 || cursor.offset < fromOffset) continue
    if (!map.put(cursor.buffer, cursor.keyStart, cursor.keyEnd, cursor.offset)) return false
  }
  return true
}
