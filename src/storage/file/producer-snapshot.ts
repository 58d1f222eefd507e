// Kafka's .snapshot, byte for byte: what a partition remembers of its producers when the log ended at the offset in the name. The version
// i16 = 1, a CRC-32C of all that follows, the number of producers i32, then 46 bytes for each. Of a producer's batches it holds the
// last one; the rest stands in a file of ours beside it. A file that does not check counts for nothing.

import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from '../../lib/bytes.js'
import { crc32c } from '../../lib/crc32c.js'
import type { ProducerState } from '../log-producers.js'

const VERSION = 1
const CRC_AT = 2
const COUNT_AT = 6
const HEADER_BYTES = 10
const ENTRY_BYTES = 46
const SEQUENCE_COUNT = 2_147_483_648

/** The bytes of the file. */
export function encodeSnapshot(producers: readonly ProducerState[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + producers.length * ENTRY_BYTES)
  writeInt16(bytes, 0, VERSION)
  writeInt32(bytes, COUNT_AT, producers.length)
  let at = HEADER_BYTES
  for (const { producerId, producerEpoch, coordinatorEpoch, batches, lastTimestamp, openSince } of inKafkasOrder(producers)) {
    const last = batches[batches.length - 1]
    writeInt64(bytes, at, producerId)
    writeInt16(bytes, at + 8, producerEpoch)
    writeInt32(bytes, at + 10, last?.lastSequence ?? -1)
    writeInt64(bytes, at + 14, last?.lastOffset ?? -1)
    writeInt32(bytes, at + 22, last === undefined ? 0 : last.lastOffset - last.baseOffset)
    writeInt64(bytes, at + 26, lastTimestamp)
    writeInt32(bytes, at + 34, coordinatorEpoch)
    writeInt64(bytes, at + 38, openSince)
    at += ENTRY_BYTES
  }
  writeInt32(bytes, CRC_AT, crc32c(bytes, COUNT_AT))
  return bytes
}

/** The CRC that stands in the file. */
export function crcOfSnapshot(file: Uint8Array): number {
  return readInt32(file, CRC_AT)
}

/** What the file says, null when it is damaged or of another version. */
export function decodeSnapshot(file: Uint8Array): ProducerState[] | null {
  if (file.length < HEADER_BYTES || readInt16(file, 0) !== VERSION) return null
  if (readInt32(file, CRC_AT) !== (crc32c(file, COUNT_AT) | 0)) return null
  const count = readInt32(file, COUNT_AT)
  if (count < 0 || file.length < HEADER_BYTES + count * ENTRY_BYTES) return null
  const producers: ProducerState[] = []
  for (let n = 0, at = HEADER_BYTES; n < count; n++, at += ENTRY_BYTES) {
    const lastSequence = readInt32(file, at + 10)
    const lastOffset = readInt64(file, at + 14)
    const delta = readInt32(file, at + 22)
    const timestamp = readInt64(file, at + 26)
    const baseSequence = (lastSequence - delta + SEQUENCE_COUNT) % SEQUENCE_COUNT
    const last = { baseSequence, lastSequence, baseOffset: lastOffset - delta, lastOffset, timestamp }
    producers.push({
      producerId: readInt64(file, at),
      producerEpoch: readInt16(file, at + 8),
      coordinatorEpoch: readInt32(file, at + 34),
      batches: lastOffset < 0 ? [] : [last],
      lastTimestamp: timestamp,
      lastMs: timestamp,
      openSince: readInt64(file, at + 38),
    })
  }
  return producers
}

/** Kafka writes the entries as a HashMap of Java walks over them: by the bucket of the id, in a table that grows with their number. */
function inKafkasOrder(producers: readonly ProducerState[]): ProducerState[] {
  let buckets = 16
  while (producers.length > buckets * 0.75) buckets *= 2
  const bucketOf = ({ producerId }: ProducerState): number => {
    const hash = (producerId | 0) ^ Math.floor(producerId / 2 ** 32)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return [...producers].sort((a, b) => bucketOf(a) - bucketOf(b))
}
