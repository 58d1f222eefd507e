// Where a codec writes what it unpacks: memory that grows as needed up to a bound, so that a small block that claims to be a large one
// gets no more than anybody may have. All three codecs of ours work by repeating what was written before, so that is a method here.

import { UNPACKED_BYTES_MAX } from '../compression.js'

const FIRST_BYTES = 4096

export class UnpackedBytes {
  private buffer: Uint8Array
  length = 0

  /** @param expected how many bytes will come, if that is known; at most this is allocated before any has come */
  constructor(expected = FIRST_BYTES) {
    this.buffer = new Uint8Array(Math.min(Math.max(expected, 0), UNPACKED_BYTES_MAX))
  }

  /** What was written. A view, not a copy. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  /** Appends bytes of `from`. */
  append(from: Uint8Array, start: number, end: number): void {
    if (start < 0 || end < start || end > from.length) throw new RangeError('The block ends before its contents do')
    const to = this.grow(end - start)
    if (end - start > 16) this.buffer.set(from.subarray(start, end), to)
    else for (let at = start, into = to; at < end; at++) this.buffer[into++] = from[at]!
  }

  /** Appends one byte many times. */
  fill(byte: number, count: number): void {
    const to = this.grow(count)
    this.buffer.fill(byte, to, to + count)
  }

  /** Appends `count` bytes that begin `distance` before the end; they may reach into what this writes. `oldest`: nothing before it may be used. */
  repeat(distance: number, count: number, oldest: number): void {
    const from = this.length - distance
    if (distance <= 0 || from < oldest) throw new RangeError('The block repeats what was never there')
    const to = this.grow(count)
    const { buffer } = this
    if (distance >= count && count > 16) buffer.copyWithin(to, from, from + count)
    else if (distance === 1) buffer.fill(buffer[from]!, to, to + count)
    else for (let i = 0; i < count; i++) buffer[to + i] = buffer[from + i]!
  }

  /** Makes room and answers where it begins. */
  private grow(count: number): number {
    const at = this.length
    const needed = at + count
    if (needed > UNPACKED_BYTES_MAX) throw new RangeError(`The block unpacks to more than ${UNPACKED_BYTES_MAX} bytes`)
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.min(Math.max(needed, this.buffer.length * 2, FIRST_BYTES), UNPACKED_BYTES_MAX))
      larger.set(this.buffer.subarray(0, at))
      this.buffer = larger
    }
    this.length = needed
    return at
  }
}
