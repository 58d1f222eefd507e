// A batch without records, as Kafka leaves one where all records of a batch were compacted away. It takes offsets and nothing else:
// whoever reads passes over it, and no later record gets them.

import { writeInt16, writeInt32, writeInt64 } from '../lib/bytes.js'
import * as F from './format.js'
import { PackedBatch } from './packed-batch.js'

/** A batch of one offset and no record; it has no place in a log yet. */
export function emptyBatch(): PackedBatch {
  const bytes = new Uint8Array(F.HEADER_BYTES)
  writeInt32(bytes, F.BATCH_LENGTH, F.HEADER_BYTES - F.LOG_OVERHEAD)
  writeInt32(bytes, F.LEADER_EPOCH, -1)
  bytes[F.MAGIC] = F.MAGIC_V2
  for (const field of [F.BASE_TIMESTAMP, F.MAX_TIMESTAMP, F.PRODUCER_ID]) writeInt64(bytes, field, -1)
  writeInt16(bytes, F.PRODUCER_EPOCH, -1)
  writeInt32(bytes, F.BASE_SEQUENCE, -1)
  return new PackedBatch(bytes, 0, bytes.length, false)
}
