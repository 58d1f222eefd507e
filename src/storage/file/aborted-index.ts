// Kafka's .txnindex, byte for byte: the aborted transactions whose marker lies in the segment of that name, 34 bytes each: the version
// i16 = 0, producer id, first offset, last offset (the marker) and the last stable offset of that moment, i64 each. There is none where
// nothing was aborted. It has no checksum, so what it says is held against what is known of it from elsewhere.

import { readInt16, readInt64, writeInt16, writeInt64 } from '../../lib/bytes.js'
import type { AbortedRange } from '../log-producers.js'

export const ABORTED_ENTRY_BYTES = 34

export function encodeAborted(ranges: readonly AbortedRange[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * ABORTED_ENTRY_BYTES)
  let at = 0
  for (const { producerId, firstOffset, lastOffset, stableOffset } of ranges) {
    writeInt16(bytes, at, 0)
    writeInt64(bytes, at + 2, producerId)
    writeInt64(bytes, at + 10, firstOffset)
    writeInt64(bytes, at + 18, lastOffset)
    writeInt64(bytes, at + 26, stableOffset)
    at += ABORTED_ENTRY_BYTES
  }
  return bytes
}

/** What the index of the segment from `base` to below `end` says; null when it cannot be one. */
export function decodeAborted(file: Uint8Array, base: number, end: number): AbortedRange[] | null {
  if (file.length % ABORTED_ENTRY_BYTES !== 0) return null
  const ranges: AbortedRange[] = []
  let before = base - 1
  for (let at = 0; at < file.length; at += ABORTED_ENTRY_BYTES) {
    const producerId = readInt64(file, at + 2)
    const firstOffset = readInt64(file, at + 10)
    const lastOffset = readInt64(file, at + 18)
    const stableOffset = readInt64(file, at + 26)
    const isSane = producerId >= 0 && firstOffset >= 0 && firstOffset < lastOffset && lastOffset > before && lastOffset < end
    if (readInt16(file, at) !== 0 || !isSane || stableOffset < 0 || stableOffset > lastOffset + 1) return null
    before = lastOffset
    ranges.push({ producerId, firstOffset, lastOffset, stableOffset })
  }
  return ranges
}
