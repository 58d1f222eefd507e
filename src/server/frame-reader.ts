// Cuts what a socket delivers into frames: four bytes of length, then that many bytes. Memory is taken as the bytes arrive and never
// because a peer announces them; a length that no request may have ends the connection before anything is kept of it.

import { KafkaliteError } from '../errors.js'
import { readInt32 } from '../lib/bytes.js'
import { allocate } from '../lib/text.js'

const LENGTH_BYTES = 4
/** Room that is taken at once for a frame that has only begun to arrive. */
const FIRST_BYTES = 65_536

export class FrameReader {
  private readonly lengthBytes = new Uint8Array(LENGTH_BYTES)
  /** How many bytes of the length are there. */
  private lengthFilled = 0
  /** The length of the frame that arrives; -1 while it is not known. */
  private size = -1
  private buffer: Uint8Array | null = null
  private filled = 0

  /** The length of the frame of which a part has come; 0 while there is none. */
  get pendingBytes(): number {
    return Math.max(this.size, 0)
  }

  /**
   * @param maxBytes socket.request.max.bytes: the largest frame
   * @param onFrame gets each frame without its length: a view on the chunk that it came in, or memory of its own
   */
  constructor(
    private readonly maxBytes: number,
    private readonly onFrame: (frame: Uint8Array) => void,
  ) {}

  /** Takes the next bytes. INVALID_REQUEST when they are no frame; nothing can be read after that. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) at = this.size < 0 ? this.readLength(chunk, at) : this.readBody(chunk, at)
  }

  private readLength(chunk: Uint8Array, at: number): number {
    const taken = Math.min(LENGTH_BYTES - this.lengthFilled, chunk.length - at)
    this.lengthBytes.set(chunk.subarray(at, at + taken), this.lengthFilled)
    this.lengthFilled += taken
    if (this.lengthFilled < LENGTH_BYTES) return at + taken
    const size = readInt32(this.lengthBytes, 0)
    if (size < 0 || size > this.maxBytes) {
      throw new KafkaliteError('INVALID_REQUEST', `A request of ${size} bytes; at most ${this.maxBytes} are read here`)
    }
    this.lengthFilled = 0
    this.size = size
    this.filled = 0
    if (size === 0) this.finish(new Uint8Array(0))
    return at + taken
  }

  private readBody(chunk: Uint8Array, at: number): number {
    const missing = this.size - this.filled
    const there = chunk.length - at
    if (this.filled === 0 && there >= missing) {
      this.finish(chunk.subarray(at, at + missing))
      return at + missing
    }
    const taken = Math.min(missing, there)
    const buffer = this.grown(this.filled + taken)
    buffer.set(chunk.subarray(at, at + taken), this.filled)
    this.filled += taken
    if (this.filled === this.size) this.finish(buffer.subarray(0, this.size))
    return at + taken
  }

  /** Room for `needed` bytes: twice what there was, and never more than the frame has. */
  private grown(needed: number): Uint8Array {
    const { buffer } = this
    if (buffer !== null && buffer.length >= needed) return buffer
    const larger = allocate(Math.min(this.size, Math.max(needed, FIRST_BYTES, (buffer?.length ?? 0) * 2)))
    if (buffer !== null) larger.set(buffer.subarray(0, this.filled))
    this.buffer = larger
    return larger
  }

  private finish(frame: Uint8Array): void {
    this.size = -1
    this.buffer = null
    this.onFrame(frame)
  }
}
