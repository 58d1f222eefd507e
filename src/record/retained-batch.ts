// What compaction leaves of a batch: the records that stay, at their offsets and with their times, in a batch that keeps its place, its
// producer and its codec (unless it can only unpack here). As Kafka does it (KIP-534): a delete horizon is written over the base timestamp, so all deltas count from it.

import { readVarint, readVarlong, varintLength, varlongLength, writeVarint, writeVarlong, type VarintCursor } from '../lib/varint.js'
import { writeInt16, writeInt32, writeInt64 } from '../lib/bytes.js'
import * as F from './format.js'
import { PackedBatch } from './packed-batch.js'
import { behindHeader, keptCompression } from './repacked-batch.js'

/** What a record's numbers may grow by when its time counts from elsewhere: a length of 5 bytes, attributes, a varlong of 10, a varint of 5. */
const FRAMING_BYTES_MAX = 21

/** The records of a batch, unpacked: as a `RecordCursor` that was opened on it has them. */
export interface UnpackedRecords {
  readonly buffer: Uint8Array
  /** Where the first record begins. */
  readonly start: number
  /** Where the last one ends. */
  readonly end: number
}

/**
 * The batch with those of its records for which `stays` holds a 1. At least one does; every record has been looked at before.
 * @param horizonMs the delete horizon that is to stand in the batch, null for none
 */
export function retainRecords(batch: PackedBatch, unpacked: UnpackedRecords, stays: Uint8Array, horizonMs: number | null): PackedBatch {
  const { buffer, start, end: recordsEnd } = unpacked
  const cursor: VarintCursor = { at: start }
  const bytes = new Uint8Array(F.HEADER_BYTES + recordsEnd - start + batch.count * FRAMING_BYTES_MAX)
  let at = F.HEADER_BYTES
  let kept = 0
  let baseTimestamp = horizonMs
  let maxTimestamp = -1
  const logAppendTime = batch.isLogAppendTime ? batch.maxTimestamp : null
  const originalBase = batch.baseTimestamp
  for (let index = 0; index < batch.count; index++) {
    const length = readVarint(buffer, cursor, recordsEnd)
    const end = cursor.at + length
    if (stays[index] === 1) {
      cursor.at++ // attributes: none are defined
      const timestamp = logAppendTime ?? originalBase + readVarlong(buffer, cursor, end)
      if (logAppendTime !== null) readVarlong(buffer, cursor, end)
      const offsetDelta = readVarint(buffer, cursor, end)
      baseTimestamp ??= timestamp
      if (kept === 0 || timestamp > maxTimestamp) maxTimestamp = timestamp
      const delta = timestamp - baseTimestamp
      at = writeVarint(bytes, at, 1 + varlongLength(delta) + varintLength(offsetDelta) + end - cursor.at)
      bytes[at] = 0
      at = writeVarint(bytes, writeVarlong(bytes, at + 1, delta), offsetDelta)
      bytes.set(buffer.subarray(cursor.at, end), at)
      at += end - cursor.at
      kept++
    }
    cursor.at = end
  }
  const compression = keptCompression(batch.compression)
  const packed = behindHeader(bytes.subarray(F.HEADER_BYTES, at), compression)
  const horizonBit = horizonMs === null ? 0 : F.DELETE_HORIZON_BIT
  const attributes = (batch.attributes & KEPT_BITS) | F.COMPRESSION_NAMES.indexOf(compression) | horizonBit
  writeHeader(packed, batch, { attributes, baseTimestamp: baseTimestamp ?? -1, maxTimestamp, count: kept })
  return new PackedBatch(packed, 0, packed.length, false)
}

/** The header alone, for a batch of which only its place and its producer are still worth something. */
export function emptied(batch: PackedBatch): PackedBatch {
  const bytes = new Uint8Array(F.HEADER_BYTES)
  const { maxTimestamp } = batch
  writeHeader(bytes, batch, { attributes: batch.attributes & KEPT_BITS, baseTimestamp: -1, maxTimestamp, count: 0 })
  return new PackedBatch(bytes, 0, bytes.length, false)
}

/** What a batch is stays, whatever becomes of its records. */
const KEPT_BITS = F.LOG_APPEND_TIME_BIT | F.TRANSACTIONAL_BIT | F.CONTROL_BIT

interface NewHeader {
  readonly attributes: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly count: number
}

/** All that is not named stays as it was. */
function writeHeader(bytes: Uint8Array, batch: PackedBatch, header: NewHeader): void {
  bytes.set(batch.buffer.subarray(batch.start, batch.start + F.HEADER_BYTES))
  writeInt32(bytes, F.BATCH_LENGTH, bytes.length - F.LOG_OVERHEAD)
  writeInt16(bytes, F.ATTRIBUTES, header.attributes)
  writeInt64(bytes, F.BASE_TIMESTAMP, header.baseTimestamp)
  writeInt64(bytes, F.MAX_TIMESTAMP, header.maxTimestamp)
  writeInt32(bytes, F.RECORDS_COUNT, header.count)
}
