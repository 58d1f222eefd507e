// Packs records into batches, straight into a slab: a larger piece of memory that several batches share one behind the other, so
// that a small batch costs no allocation of its own. A string is written once, at the place where it lies if it is ASCII; only
// when it turns out longer is it moved by the byte or two that its length then takes. Nothing is allocated per record.

import { assert } from '../lib/assert.js'
import { writeInt16, writeInt32, writeInt64 } from '../lib/bytes.js'
import { allocate, utf8Length, writeUtf8 } from '../lib/text.js'
import { varintLength, varlongLength, writeVarint, writeVarlong } from '../lib/varint.js'
import { compress } from './compression.js'
import * as F from './format.js'
import { PackedBatch } from './packed-batch.js'
import type { EncodedHeader } from './record.js'

export interface BatchWriterOptions {
  /** The size that slabs grow to, from 16 KiB on. Bytes; 256 KiB unless given. A batch that is larger gets a slab that is, too. */
  slabBytes?: number | undefined
}

/** What the header of a batch says besides its records. The defaults are Kafka's "none": no producer id, plain data. */
export interface FinishOptions {
  compression?: F.Compression | undefined
  transactional?: boolean | undefined
  control?: boolean | undefined
  producerId?: number | undefined
  producerEpoch?: number | undefined
  baseSequence?: number | undefined
  leaderEpoch?: number | undefined
}

const FIRST_SLAB_BYTES = 16 * 1024
const SLAB_BYTES_MAX = 256 * 1024
/** Above this many characters it pays to count the bytes of a text before a slab is left for it. */
const COUNTED_CHARS = 512
/** The most that the numbers of a record take: five varints of 5 bytes, a varlong of 8 and the attributes. */
const RECORD_FRAMING_BYTES = 34
/** The most that the two lengths of a header take. */
const HEADER_FRAMING_BYTES = 10

function contentBytesMax(content: Uint8Array | string | null): number {
  if (content === null) return 0
  return typeof content === 'string' ? content.length * 3 : content.length
}

function contentBytes(content: Uint8Array | string | null): number {
  return typeof content === 'string' && content.length > COUNTED_CHARS ? utf8Length(content) : contentBytesMax(content)
}

/** Writes a length and the content behind it; null has length -1. Returns the position after it. */
function writeContent(buffer: Uint8Array, at: number, content: Uint8Array | string | null): number {
  if (content === null) {
    buffer[at] = 1 // -1 in zig-zag
    return at + 1
  }
  if (typeof content !== 'string') {
    const length = content.length
    assert(length >= 0, 'a key, a value or a header is bytes, text or null')
    const start = writeVarint(buffer, at, length)
    buffer.set(content, start)
    return start + length
  }
  const guess = varintLength(content.length)
  const written = writeUtf8(buffer, content, at + guess)
  if (written !== content.length) {
    const needed = varintLength(written)
    if (needed !== guess) buffer.copyWithin(at + needed, at + guess, at + guess + written)
  }
  return writeVarint(buffer, at, written) + written
}

/** How long a content is with its length before it, if it is ASCII. */
function guessContent(content: Uint8Array | string | null): number {
  return content === null ? 1 : varintLength(content.length) + content.length
}

/** How long a record is behind its own length, if all its text is ASCII. */
function guessBody(
  key: Uint8Array | string | null,
  value: Uint8Array | string | null,
  delta: number,
  index: number,
  headers: readonly EncodedHeader[] | null,
): number {
  let bytes = 1 + varlongLength(delta) + varintLength(index) + guessContent(key) + guessContent(value)
  if (headers === null) return bytes + 1
  for (const [name, content] of headers) bytes += guessContent(name) + guessContent(content)
  return bytes + varintLength(headers.length)
}

/** Writes a record and returns the position after it. */
function writeRecord(
  buffer: Uint8Array,
  recordAt: number,
  key: Uint8Array | string | null,
  value: Uint8Array | string | null,
  delta: number,
  index: number,
  headers: readonly EncodedHeader[] | null,
): number {
  // The length of the record comes first and is known last. The guess takes text for ASCII and is nearly always right.
  const guess = varintLength(guessBody(key, value, delta, index, headers))
  const bodyAt = recordAt + guess
  buffer[bodyAt] = 0 // attributes: none are defined
  let at = writeVarlong(buffer, bodyAt + 1, delta)
  at = writeVarint(buffer, at, index)
  at = writeContent(buffer, at, key)
  at = writeContent(buffer, at, value)
  at = writeVarint(buffer, at, headers === null ? 0 : headers.length)
  if (headers !== null) {
    for (const [name, content] of headers) at = writeContent(buffer, writeContent(buffer, at, name), content)
  }
  const body = at - bodyAt
  const lengthBytes = varintLength(body)
  if (lengthBytes !== guess) buffer.copyWithin(recordAt + lengthBytes, bodyAt, at)
  writeVarint(buffer, recordAt, body)
  return recordAt + lengthBytes + body
}

/** The most frequent record, text without a key and headers: the text is written where it lies if it is ASCII, then its framing before it. */
function writeTextRecord(buffer: Uint8Array, recordAt: number, value: string, delta: number, index: number): number {
  const chars = value.length
  // Attributes, the two numbers, a key of none, and behind the value a count of no headers.
  const fixed = 3 + varlongLength(delta) + varintLength(index)
  const guess = fixed + varintLength(chars) + chars
  const guessAt = recordAt + varintLength(guess) + guess - chars - 1
  const length = writeUtf8(buffer, value, guessAt)
  const body = length === chars ? guess : fixed + varintLength(length) + length
  const valueAt = recordAt + varintLength(body) + body - length - 1
  if (valueAt !== guessAt) buffer.copyWithin(valueAt, guessAt, guessAt + length)
  let at = writeVarint(buffer, recordAt, body)
  buffer[at] = 0
  at = writeVarlong(buffer, at + 1, delta)
  at = writeVarint(buffer, at, index)
  buffer[at] = 1
  writeVarint(buffer, at + 1, length)
  buffer[valueAt + length] = 0
  return valueAt + length + 1
}

export class BatchWriter {
  private slab: Uint8Array = new Uint8Array(0)
  /** Where the open batch begins in the slab, and where its next record goes. */
  private start = 0
  private at = 0
  private records = 0
  private baseTimestamp = 0
  private maxTimestamp = 0
  private nextSlabBytes: number
  private readonly slabBytes: number

  constructor(options?: BatchWriterOptions) {
    this.slabBytes = options?.slabBytes ?? SLAB_BYTES_MAX
    this.nextSlabBytes = Math.min(FIRST_SLAB_BYTES, this.slabBytes)
  }

  /** How many records the open batch has. */
  get count(): number {
    return this.records
  }

  /** How large the open batch is, header included and uncompressed; 0 when there is none. */
  get sizeBytes(): number {
    return this.records === 0 ? 0 : this.at - this.start
  }

  /** At most how many bytes a record adds to a batch. A cheap upper bound: text counts three bytes a character. */
  static recordBytesMax(
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    headers: readonly EncodedHeader[] | null,
  ): number {
    let bytes = RECORD_FRAMING_BYTES + contentBytesMax(key) + contentBytesMax(value)
    if (headers !== null) {
      for (const [name, content] of headers) bytes += HEADER_FRAMING_BYTES + contentBytesMax(name) + contentBytesMax(content)
    }
    return bytes
  }

  /**
   * Adds a record to the open batch, or opens one, and returns the record's offset in it: 0, 1, 2, ...
   * When it throws, nothing of the record stays. A caller that knows `recordBytesMax` of the record already says so.
   */
  append(
    key: Uint8Array | string | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly EncodedHeader[] | null,
    bytesMax: number = BatchWriter.recordBytesMax(key, value, headers),
  ): number {
    assert(Number.isSafeInteger(timestamp), 'a timestamp is a whole number of milliseconds')
    const index = this.records
    if (this.at + bytesMax + F.HEADER_BYTES > this.slab.length) this.makeRoom(key, value, headers)
    const recordAt = index === 0 ? this.start + F.HEADER_BYTES : this.at
    const delta = index === 0 ? 0 : timestamp - this.baseTimestamp
    // Only now does the record count; an error in the writing has changed nothing but free memory.
    this.at =
      key === null && headers === null && typeof value === 'string'
        ? writeTextRecord(this.slab, recordAt, value, delta, index)
        : writeRecord(this.slab, recordAt, key, value, delta, index, headers)
    this.records = index + 1
    if (index === 0) {
      this.baseTimestamp = timestamp
      this.maxTimestamp = timestamp
    } else if (timestamp > this.maxTimestamp) {
      this.maxTimestamp = timestamp
    }
    return index
  }

  /** Closes the open batch and returns it. It has no place in a log yet (base offset 0) and its checksum is computed when asked for. */
  finish(options?: FinishOptions): PackedBatch {
    assert(this.records > 0, 'a batch has at least one record')
    const compression = options?.compression ?? 'none'
    if (compression !== 'none') this.compressRecords(compression)
    const { slab, start, at } = this
    writeInt64(slab, start + F.BASE_OFFSET, 0)
    writeInt32(slab, start + F.BATCH_LENGTH, at - start - F.LOG_OVERHEAD)
    writeInt32(slab, start + F.LEADER_EPOCH, options?.leaderEpoch ?? -1)
    slab[start + F.MAGIC] = F.MAGIC_V2
    writeInt32(slab, start + F.CRC, 0)
    let attributes: number = F.COMPRESSION_NAMES.indexOf(compression)
    if (options?.transactional === true) attributes |= F.TRANSACTIONAL_BIT
    if (options?.control === true) attributes |= F.CONTROL_BIT
    writeInt16(slab, start + F.ATTRIBUTES, attributes)
    writeInt32(slab, start + F.LAST_OFFSET_DELTA, this.records - 1)
    writeInt64(slab, start + F.BASE_TIMESTAMP, this.baseTimestamp)
    writeInt64(slab, start + F.MAX_TIMESTAMP, this.maxTimestamp)
    writeInt64(slab, start + F.PRODUCER_ID, options?.producerId ?? -1)
    writeInt16(slab, start + F.PRODUCER_EPOCH, options?.producerEpoch ?? -1)
    writeInt32(slab, start + F.BASE_SEQUENCE, options?.baseSequence ?? -1)
    writeInt32(slab, start + F.RECORDS_COUNT, this.records)
    this.start = at
    this.records = 0
    return new PackedBatch(slab, start, at, false)
  }

  /** Forgets the open batch. Does nothing when there is none. */
  abandon(): void {
    this.at = this.start
    this.records = 0
  }

  /** Replaces the records by one compressed block in the same place. When the codec throws, the batch is as it was. */
  private compressRecords(compression: Exclude<F.Compression, 'none'>): void {
    const recordsAt = this.start + F.HEADER_BYTES
    const block = compress(compression, this.slab.subarray(recordsAt, this.at))
    // What does not compress becomes a little larger. The block is no view of the slab, so it survives the move.
    if (recordsAt + block.length > this.slab.length) this.moveToFreshSlab(block.length)
    this.slab.set(block, this.start + F.HEADER_BYTES)
    this.at = this.start + F.HEADER_BYTES + block.length
  }

  /** The bound on the record's size does not fit into the slab; perhaps the record does. */
  private makeRoom(key: Uint8Array | string | null, value: Uint8Array | string | null, headers: readonly EncodedHeader[] | null): void {
    let needed = RECORD_FRAMING_BYTES + contentBytes(key) + contentBytes(value) + (this.records === 0 ? F.HEADER_BYTES : 0)
    if (headers !== null) {
      for (const [name, content] of headers) needed += HEADER_FRAMING_BYTES + contentBytes(name) + contentBytes(content)
    }
    if (this.at + needed > this.slab.length) this.moveToFreshSlab(needed)
  }

  /** Takes the open batch to a slab with room for `needed` more bytes. Finished batches keep the old slab alive as long as they live. */
  private moveToFreshSlab(needed: number): void {
    const open = this.records === 0 ? 0 : this.at - this.start
    // A batch that outgrows the usual slab doubles, so that its bytes are copied a bounded number of times.
    const bytes = Math.max(this.nextSlabBytes, open * 2, open + needed)
    this.nextSlabBytes = Math.min(this.nextSlabBytes * 2, this.slabBytes)
    const slab = allocate(bytes)
    if (open > 0) slab.set(this.slab.subarray(this.start, this.at))
    this.slab = slab
    this.start = 0
    this.at = open
  }
}
