// Writes the primitive types of Kafka's wire protocol into a list of chunks. Small things are packed into buffers of its own; stored
// record batches are handed on as chunks, so a fetch of megabytes copies nothing and the socket gathers them. A full buffer is closed
// as a chunk and a larger one begun, so growing copies nothing either.

import { KafkaliteError } from '../errors.js'
import { writeInt16, writeInt32, writeInt64 } from '../lib/bytes.js'
import { allocate, utf8Length, writeUtf8 } from '../lib/text.js'
import { writeUuid } from './uuid.js'

const FIRST_BYTES = 512
const BUFFER_BYTES_MAX = 65_536
/** Below this a chunk of its own costs more than the copy. */
const COPY_BYTES_MAX = 256
const STRING_BYTES_MAX = 0x7fff

/** Bytes in one piece or in several that follow each other. */
export type Bytes = Uint8Array | readonly Uint8Array[]

export class WireWriter {
  private readonly chunks: Uint8Array[] = []
  private buffer = allocate(FIRST_BYTES)
  /** Where the open chunk begins in the buffer. */
  private from = 0
  private at = 0
  private closedBytes = 0

  /** Bytes written so far. */
  get size(): number {
    return this.closedBytes + this.at - this.from
  }

  /** What was written, in pieces. Nothing may be written afterwards. */
  finish(): readonly Uint8Array[] {
    this.closeChunk()
    return this.chunks
  }

  int8(value: number): void {
    const at = this.reserve(1)
    this.buffer[at] = value
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int16(value: number): void {
    const at = this.reserve(2)
    writeInt16(this.buffer, at, value)
  }

  int32(value: number): void {
    const at = this.reserve(4)
    writeInt32(this.buffer, at, value)
  }

  int64(value: number): void {
    const at = this.reserve(8)
    writeInt64(this.buffer, at, value)
  }

  float64(value: number): void {
    const at = this.reserve(8)
    new DataView(this.buffer.buffer, this.buffer.byteOffset + at, 8).setFloat64(0, value)
  }

  uuid(value: string): void {
    const at = this.reserve(16)
    writeUuid(this.buffer, at, value)
  }

  uvarint(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.int8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.int8(rest)
  }

  /** A length and the text. */
  string(value: string, compact: boolean): void {
    const length = utf8Length(value)
    if (compact) this.uvarint(length + 1)
    else if (length <= STRING_BYTES_MAX) this.int16(length)
    else throw new KafkaliteError('INVALID_ARGUMENT', `A string of the protocol has at most ${STRING_BYTES_MAX} bytes, this one ${length}`)
    const at = this.reserve(length)
    writeUtf8(this.buffer, value, at)
  }

  /** A length and the bytes, which are not copied unless they are few. */
  bytes(value: Bytes, compact: boolean): void {
    this.length(bytesLength(value), compact)
    this.raw(value)
  }

  /** A length of bytes or of an array: -1 stands for null. */
  length(length: number, compact: boolean): void {
    if (compact) this.uvarint(length + 1)
    else this.int32(length)
  }

  /** Bytes as they are, without a length. */
  raw(value: Bytes): void {
    if (value instanceof Uint8Array) this.piece(value)
    else for (const part of value) this.piece(part)
  }

  private piece(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (bytes.length <= COPY_BYTES_MAX) {
      const at = this.reserve(bytes.length)
      this.buffer.set(bytes, at)
      return
    }
    this.closeChunk()
    this.chunks.push(bytes)
    this.closedBytes += bytes.length
  }

  /** Where the next `length` bytes go; `buffer` may be another one afterwards. */
  private reserve(length: number): number {
    if (this.at + length > this.buffer.length) {
      this.closeChunk()
      this.buffer = allocate(Math.max(length, Math.min(this.buffer.length * 2, BUFFER_BYTES_MAX)))
      this.from = 0
      this.at = 0
    }
    const { at } = this
    this.at = at + length
    return at
  }

  private closeChunk(): void {
    if (this.at === this.from) return
    this.chunks.push(this.buffer.subarray(this.from, this.at))
    this.closedBytes += this.at - this.from
    this.from = this.at
  }
}

export function bytesLength(value: Bytes): number {
  if (value instanceof Uint8Array) return value.length
  let length = 0
  for (const part of value) length += part.length
  return length
}
