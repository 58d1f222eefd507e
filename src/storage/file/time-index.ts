// Kafka's .timeindex: 12 bytes an entry, the largest timestamp so far as i64 and the last offset of the batch that brought it as
// distance from the base, i32, big-endian. An entry comes with an offset entry when the timestamp grew, and at the end of a segment.
// Its last entry therefore tells the largest timestamp of a closed segment without reading the .log.

import { readInt32, readInt64, writeInt32, writeInt64 } from '../../lib/bytes.js'
import { grown, isZero } from './offset-index.js'

export const TIME_ENTRY_BYTES = 12

export class TimeIndex {
  private bytes: Uint8Array
  private used: number

  constructor(bytes: Uint8Array = new Uint8Array(0), used = 0) {
    this.bytes = bytes
    this.used = used
  }

  /** What the file holds, or null when it cannot be a time index. */
  static parse(file: Uint8Array): TimeIndex | null {
    let lastTimestamp = -1
    let lastOffset = -1
    let used = 0
    for (; used + TIME_ENTRY_BYTES <= file.length; used += TIME_ENTRY_BYTES) {
      const timestamp = readInt64(file, used)
      const offset = readInt32(file, used + 8)
      // Zeros are room set ahead, or what a power cut left of an entry.
      if ((timestamp === 0 && offset === 0) || timestamp <= lastTimestamp || offset <= lastOffset) break
      lastTimestamp = timestamp
      lastOffset = offset
    }
    return isZero(file, used) ? new TimeIndex(file, used) : null
  }

  get entries(): number {
    return this.used / TIME_ENTRY_BYTES
  }

  /** The timestamp of the last entry, -1 when there is none. */
  get lastTimestamp(): number {
    return this.used === 0 ? -1 : readInt64(this.bytes, this.used - TIME_ENTRY_BYTES)
  }

  /** The relative offset of the last entry, -1 when there is none. */
  get lastOffset(): number {
    return this.used === 0 ? -1 : readInt32(this.bytes, this.used - TIME_ENTRY_BYTES + 8)
  }

  /** Adds an entry when the timestamp grew. */
  append(timestamp: number, relativeOffset: number): void {
    if (timestamp <= this.lastTimestamp) return
    if (this.used + TIME_ENTRY_BYTES > this.bytes.length) this.bytes = grown(this.bytes)
    writeInt64(this.bytes, this.used, timestamp)
    writeInt32(this.bytes, this.used + 8, relativeOffset)
    this.used += TIME_ENTRY_BYTES
  }

  /** Forgets entries of batches that end above `relativeOffset`. */
  keepThrough(relativeOffset: number): void {
    while (this.used > 0 && readInt32(this.bytes, this.used - TIME_ENTRY_BYTES + 8) > relativeOffset) this.used -= TIME_ENTRY_BYTES
  }

  /** Forgets all but the first `entries`. */
  keep(entries: number): void {
    this.used = Math.min(this.used, entries * TIME_ENTRY_BYTES)
  }

  /** From which relative offset on the first timestamp at or above `timestamp` may stand: no batch before it reaches that far. */
  offsetFor(timestamp: number): number {
    let low = -1
    let high = this.entries - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (readInt64(this.bytes, middle * TIME_ENTRY_BYTES) <= timestamp) low = middle
      else high = middle - 1
    }
    return low < 0 ? 0 : readInt32(this.bytes, low * TIME_ENTRY_BYTES + 8)
  }

  /** What goes into the file. */
  toBytes(): Uint8Array {
    return this.bytes.subarray(0, this.used)
  }
}
