// Reads the records of a batch one by one without making an object of any: the cursor's fields say where the current record's
// parts lie. It trusts nothing inside the batch: whatever the bytes are, a read stays inside them, the walk ends, and what does
// not add up is CORRUPT_MESSAGE.

import { KafkaliteError } from '../errors.js'
import { assert } from '../lib/assert.js'
import { readVarint, readVarlong } from '../lib/varint.js'
import { decompress } from './compression.js'
import * as F from './format.js'
import type { PackedBatch } from './packed-batch.js'
import { EMPTY_HEADERS, Headers } from './record.js'

const NO_BYTES = new Uint8Array(0)

export class RecordCursor {
  /** What the positions below point into: the batch's own buffer, or the unpacked records of a compressed one. */
  buffer: Uint8Array = NO_BYTES
  offset = -1
  /** Where the current record begins, with its length. */
  start = 0
  /** -1 when the key is null. */
  keyStart = -1
  keyEnd = -1
  /** -1 when the value is null. */
  valueStart = -1
  valueEnd = -1
  headersStart = 0
  headerCount = 0
  /** Where the next read begins, behind the current record. For the varint reader, which moves it on. */
  at = 0
  baseTimestamp = 0
  /** The broker's time that all records report, or undefined when each has its own. */
  logAppendTime: number | undefined

  private end = 0
  private left = 0
  private baseOffset = 0
  private offsetDelta = -1
  private lastOffsetDelta = 0
  private timestampDelta = 0

  /**
   * Starts before the first record of the batch. A compressed batch is unpacked here, once.
   * `UNSUPPORTED_COMPRESSION_TYPE` when its codec is not available, `CORRUPT_MESSAGE` when it does not unpack.
   */
  open(batch: PackedBatch): void {
    assert(batch.end <= batch.buffer.length, 'a batch lies inside its buffer')
    this.left = 0
    this.offsetDelta = -1
    if (batch.sizeBytes < F.HEADER_BYTES)
      throw new KafkaliteError('CORRUPT_MESSAGE', `A batch of ${batch.sizeBytes} bytes has no room for its header of ${F.HEADER_BYTES}.`)
    this.baseOffset = batch.baseOffset
    this.lastOffsetDelta = batch.lastOffsetDelta
    this.baseTimestamp = batch.baseTimestamp
    this.logAppendTime = batch.isLogAppendTime ? batch.maxTimestamp : undefined
    const count = batch.count
    const { compression } = batch
    if (compression === 'none') {
      this.buffer = batch.buffer
      this.at = batch.start + F.HEADER_BYTES
      this.end = batch.end
    } else {
      // A batch that compaction emptied keeps its header only, whatever the codec.
      const block = batch.buffer.subarray(batch.start + F.HEADER_BYTES, batch.end)
      this.buffer = count === 0 && block.length === 0 ? NO_BYTES : decompress(compression, block)
      this.at = 0
      this.end = this.buffer.length
    }
    if (count < 0) throw this.corrupt(`announces ${count} records`)
    this.left = count
  }

  /** Moves to the next record; false behind the last one. `CORRUPT_MESSAGE` when the bytes do not form the announced records. */
  next(): boolean {
    if (this.left === 0) {
      if (this.at !== this.end) throw this.corrupt(`has ${this.end - this.at} bytes behind its last record`)
      return false
    }
    this.left--
    const { buffer } = this
    this.start = this.at
    const length = readVarint(buffer, this, this.end)
    const recordEnd = this.at + length
    if (this.at < 0 || length < 0 || recordEnd > this.end) throw this.corrupt('has a record that is longer than the batch')
    // The byte of attributes means nothing in this version of the format.
    this.at++
    const timestampDelta = readVarlong(buffer, this, recordEnd)
    const offsetDelta = readVarint(buffer, this, recordEnd)
    const keyLength = readVarint(buffer, this, recordEnd)
    const keyStart = this.at
    if (keyStart < 0 || keyLength > recordEnd - keyStart) throw this.corrupt('has a key that is longer than its record')
    if (keyLength > 0) this.at = keyStart + keyLength
    const valueLength = readVarint(buffer, this, recordEnd)
    const valueStart = this.at
    if (valueStart < 0 || valueLength > recordEnd - valueStart) throw this.corrupt('has a value that is longer than its record')
    if (valueLength > 0) this.at = valueStart + valueLength
    const headerCount = readVarint(buffer, this, recordEnd)
    if (offsetDelta <= this.offsetDelta || offsetDelta > this.lastOffsetDelta)
      throw this.corrupt(`has offset delta ${offsetDelta} behind ${this.offsetDelta} with a last one of ${this.lastOffsetDelta}`)

    this.headersStart = this.at
    this.headerCount = headerCount
    if (headerCount !== 0) this.skipHeaders(recordEnd)
    if (this.at !== recordEnd) throw this.corrupt('has a record whose parts do not fill its length')
    this.offsetDelta = offsetDelta
    this.offset = this.baseOffset + offsetDelta
    this.timestampDelta = timestampDelta
    this.keyStart = keyLength < 0 ? -1 : keyStart
    this.keyEnd = keyLength < 0 ? -1 : keyStart + keyLength
    this.valueStart = valueLength < 0 ? -1 : valueStart
    this.valueEnd = valueLength < 0 ? -1 : valueStart + valueLength
    return true
  }

  /**
   * Goes to one record, which `next` has been at before, of a batch with those times. Offsets are not known this way.
   */
  goTo(buffer: Uint8Array, start: number, baseTimestamp: number, logAppendTime: number | undefined): void {
    this.buffer = buffer
    this.at = start
    this.end = buffer.length
    this.left = 1
    this.baseOffset = 0
    this.offsetDelta = -1
    this.lastOffsetDelta = Number.MAX_SAFE_INTEGER
    this.baseTimestamp = baseTimestamp
    this.logAppendTime = logAppendTime
    this.next()
  }

  /** The time of the current record. */
  get timestamp(): number {
    return this.logAppendTime ?? this.baseTimestamp + this.timestampDelta
  }

  /** The current record's key as a view, or null. */
  get key(): Uint8Array | null {
    return this.keyStart < 0 ? null : this.buffer.subarray(this.keyStart, this.keyEnd)
  }

  /** The current record's value as a view, or null. */
  get value(): Uint8Array | null {
    return this.valueStart < 0 ? null : this.buffer.subarray(this.valueStart, this.valueEnd)
  }

  /** The current record's headers, read when asked for. */
  get headers(): Headers {
    return this.headerCount === 0 ? EMPTY_HEADERS : new Headers(this.buffer, this.headersStart, this.at, this.headerCount)
  }

  /** Walks over the headers, so that `Headers` can read them later without checking. */
  private skipHeaders(recordEnd: number): void {
    if (this.headerCount < 0) throw this.corrupt(`has a record with ${this.headerCount} headers`)
    for (let i = 0; i < this.headerCount; i++) {
      const nameLength = readVarint(this.buffer, this, recordEnd)
      if (this.at < 0 || nameLength < 0 || nameLength > recordEnd - this.at)
        throw this.corrupt('has a header whose name is longer than its record')
      this.at += nameLength
      const valueLength = readVarint(this.buffer, this, recordEnd)
      if (this.at < 0 || valueLength > recordEnd - this.at) throw this.corrupt('has a header that is longer than its record')
      if (valueLength > 0) this.at += valueLength
    }
  }

  /** After it the cursor stays at its end: a caller who goes on in spite of the error meets the error again, not other records. */
  private corrupt(what: string): KafkaliteError {
    this.left = 0
    this.at = MALFORMED_BATCH
    return new KafkaliteError('CORRUPT_MESSAGE', `The batch at offset ${this.baseOffset} ${what}.`)
  }
}

/** A position that is no end of a batch, so that `next` keeps on failing. */
const MALFORMED_BATCH = -1

/** One record with its parts taken out; views on the batch. For tests, tools and places where speed does not matter. */
export interface UnpackedRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Headers
}

/** All records of a batch. Errors as `RecordCursor`. */
export function records(batch: PackedBatch): UnpackedRecord[] {
  const cursor = new RecordCursor()
  const all: UnpackedRecord[] = []
  cursor.open(batch)
  while (cursor.next()) {
    const { offset, timestamp, key, value, headers } = cursor
    all.push({ offset, timestamp, key, value, headers })
  }
  return all
}
