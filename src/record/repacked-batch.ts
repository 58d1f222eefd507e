// A batch with another codec, for topics whose compression.type says so: the same records, offsets, times and producer.

import { writeInt16, writeInt32 } from '../lib/bytes.js'
import { canCompress, compress, decompress } from './compression.js'
import * as F from './format.js'
import { PackedBatch } from './packed-batch.js'

/** The batch packed with `compression`; the batch itself when it is that already. CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE. */
export function repack(batch: PackedBatch, compression: F.Compression): PackedBatch {
  const { compression: now, buffer, start, end } = batch
  if (now === compression) return batch
  const block = buffer.subarray(start + F.HEADER_BYTES, end)
  const records = now === 'none' ? block : decompress(now, block)
  const bytes = behindHeader(records, compression)
  bytes.set(buffer.subarray(start, start + F.HEADER_BYTES))
  writeInt32(bytes, F.BATCH_LENGTH, bytes.length - F.LOG_OVERHEAD)
  writeInt16(bytes, F.ATTRIBUTES, (batch.attributes & ~F.COMPRESSION_MASK) | F.COMPRESSION_NAMES.indexOf(compression))
  return new PackedBatch(bytes, 0, bytes.length, false)
}

/** The records packed, in memory of their own with room for the header before them. UNSUPPORTED_COMPRESSION_TYPE. */
export function behindHeader(records: Uint8Array, compression: F.Compression): Uint8Array {
  const block = compression === 'none' ? records : compress(compression, records)
  const bytes = new Uint8Array(F.HEADER_BYTES + block.length)
  bytes.set(block, F.HEADER_BYTES)
  return bytes
}

/** What records are packed with that were packed with `name` before: a codec that can only unpack here leaves them as they are. */
export function keptCompression(name: F.Compression | undefined): F.Compression {
  return name !== undefined && canCompress(name) ? name : 'none'
}
