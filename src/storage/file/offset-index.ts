// Kafka's .index: 8 bytes an entry, the last offset of a batch as distance from the segment's base and the position of that batch in
// the .log, both i32 big-endian, one entry for every 4096 bytes or so. It only saves reading: whatever is wrong with it, it is built
// again from the .log. Kafka sets such a file ahead with zeros; the zeros at its end are no entries.

import { readInt32, writeInt32 } from '../../lib/bytes.js'
import type { FileSystem } from './file-system.js'

export const OFFSET_ENTRY_BYTES = 8
/** index.interval.bytes: more bytes than this lie between two entries. */
export const INDEX_INTERVAL_BYTES = 4096
/** segment.index.bytes where nothing is said. */
export const INDEX_BYTES_MAX = 10_485_760

export class OffsetIndex {
  private bytes: Uint8Array
  private used = 0

  constructor(bytes: Uint8Array = new Uint8Array(0), used = 0) {
    this.bytes = bytes
    this.used = used
  }

  /** What the file holds, or null when it cannot be an index of a log of that size. */
  static parse(file: Uint8Array, logBytes: number): OffsetIndex | null {
    let lastOffset = -1
    let lastPosition = -1
    let used = 0
    for (; used + OFFSET_ENTRY_BYTES <= file.length; used += OFFSET_ENTRY_BYTES) {
      const offset = readInt32(file, used)
      const position = readInt32(file, used + 4)
      // No batch is entered that stands at the beginning: these are zeros.
      if (position === 0) break
      if (offset <= lastOffset || position <= lastPosition || position >= logBytes)
        return isZero(file, used) ? new OffsetIndex(file, used) : null
      lastOffset = offset
      lastPosition = position
    }
    return isZero(file, used) ? new OffsetIndex(file, used) : null
  }

  /** `positionFor` in a file that is not taken into memory: a few small reads. -1 when there is no such file. */
  static searchFile(fileSystem: FileSystem, path: string, relativeOffset: number): number {
    const size = fileSystem.sizeOf(path)
    if (size < 0) return -1
    const file = fileSystem.open(path, 'open')
    const entry = new Uint8Array(OFFSET_ENTRY_BYTES)
    let position = 0
    try {
      for (let low = 0, high = Math.floor(size / OFFSET_ENTRY_BYTES) - 1; low <= high; ) {
        const middle = (low + high) >>> 1
        file.read(entry, 0, OFFSET_ENTRY_BYTES, middle * OFFSET_ENTRY_BYTES)
        const found = readInt32(entry, 0)
        // Zeros behind the entries are room that Kafka set ahead.
        if (found > relativeOffset || (found === 0 && middle > 0)) high = middle - 1
        else {
          position = readInt32(entry, 4)
          low = middle + 1
        }
      }
    } finally {
      file.close()
    }
    return position
  }

  get entries(): number {
    return this.used / OFFSET_ENTRY_BYTES
  }

  append(relativeOffset: number, position: number): void {
    if (this.used + OFFSET_ENTRY_BYTES > this.bytes.length) this.bytes = grown(this.bytes)
    writeInt32(this.bytes, this.used, relativeOffset)
    writeInt32(this.bytes, this.used + 4, position)
    this.used += OFFSET_ENTRY_BYTES
  }

  /** Where to begin looking for `relativeOffset`: the position of a batch at or before it. */
  positionFor(relativeOffset: number): number {
    const entry = this.lastAtMost(relativeOffset)
    return entry < 0 ? 0 : readInt32(this.bytes, entry * OFFSET_ENTRY_BYTES + 4)
  }

  /** The relative offset of the last entry. There must be one. */
  get lastOffset(): number {
    return readInt32(this.bytes, this.used - OFFSET_ENTRY_BYTES)
  }

  get lastPosition(): number {
    return readInt32(this.bytes, this.used - OFFSET_ENTRY_BYTES + 4)
  }

  /** Forgets entries of batches that end at or above `relativeOffset`. */
  keepBelow(relativeOffset: number): void {
    this.used = (this.lastAtMost(relativeOffset - 1) + 1) * OFFSET_ENTRY_BYTES
  }

  /** Forgets all but the first `entries`. */
  keep(entries: number): void {
    this.used = Math.min(this.used, entries * OFFSET_ENTRY_BYTES)
  }

  /** What goes into the file. */
  toBytes(): Uint8Array {
    return this.bytes.subarray(0, this.used)
  }

  private lastAtMost(relativeOffset: number): number {
    let low = -1
    let high = this.entries - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (readInt32(this.bytes, middle * OFFSET_ENTRY_BYTES) <= relativeOffset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Twice the room. */
export function grown(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(Math.max(1020, bytes.length * 2))
  larger.set(bytes)
  return larger
}

/** Whether nothing but zeros lies from `from` on. */
export function isZero(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false
  return true
}
