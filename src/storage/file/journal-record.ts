// The journal, byte by byte: a header that says what the file is, then records, each with a checksum over all of it. A record holds
// batches of one or more logs and counts as a whole or not at all. It names its own place, so that bytes which merely look like a
// record, for instance a journal that somebody stored as a value, are never taken for one. docs/format.md has the grammar.

import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from '../../lib/bytes.js'
import { crc32c } from '../../lib/crc32c.js'
import { encodeUtf8, readUtf8 } from '../../lib/text.js'

export const JOURNAL_VERSION = 1
export const FILE_HEADER_BYTES = 64
export const RECORD_HEADER_BYTES = 32
/** Records begin at multiples of this, so that a record's header never lies across two sectors of a disk. */
export const RECORD_ALIGNMENT = 64

const MAGIC = [0x4b, 0x4c, 0x4a, 0x4f, 0x55, 0x52, 0x4e, 0x4c] // KLJOURNL
const KIND_BATCHES = 1
/** Takes the place of a record that was written and must not count: only the header is rewritten. */
const KIND_VOID = 2
/** Bytes of a part beside its name and its batches: two of length, eight of offset, four of length. */
const PART_BYTES = 14

/** What a record says about one log. */
export interface JournalPart {
  readonly log: string
  /** The end of the log before these batches: everything below was durable, or in the journal, when the record was written. */
  readonly previousEnd: number
  /** Window on the record: whole batches. Empty when the record only says that everything below `previousEnd` is durable. */
  readonly batches: Uint8Array
}

export interface JournalRecord {
  /** Counts all records of a folder, from file to file. */
  readonly number: number
  /** Up to where this file was known to be durable when the record was written. */
  readonly syncedBytes: number
  readonly lengthBytes: number
  /** None when the record was made void. */
  readonly parts: readonly JournalPart[]
}

export interface JournalFileHeader {
  readonly version: number
  readonly file: number
  /** The number of the first record. */
  readonly firstRecord: number
}

export function aligned(position: number): number {
  return (position + RECORD_ALIGNMENT - 1) & ~(RECORD_ALIGNMENT - 1)
}

export function encodeFileHeader(file: number, firstRecord: number): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES)
  bytes.set(MAGIC)
  writeInt32(bytes, 8, JOURNAL_VERSION)
  writeInt64(bytes, 12, file)
  writeInt64(bytes, 20, firstRecord)
  writeInt32(bytes, 28, crc32c(bytes, 0, 28) | 0)
  return bytes
}

/** Null when the bytes are no header of a journal. The version is read first: a newer one may go on differently. */
export function decodeFileHeader(bytes: Uint8Array): JournalFileHeader | null {
  if (bytes.length < FILE_HEADER_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) return null
  const version = readInt32(bytes, 8)
  // A header that a power cut tore may lack its version.
  if (version <= JOURNAL_VERSION && readInt32(bytes, 28) !== (crc32c(bytes, 0, 28) | 0)) return null
  return { version, file: readInt64(bytes, 12), firstRecord: readInt64(bytes, 20) }
}

/** Puts one record after another into a buffer that is written with one call. */
export class JournalWriter {
  bytes: Uint8Array
  /** Bytes in use. */
  used = 0
  private begun = 0
  private parts = 0

  constructor(
    private readonly allocate: (bytes: number) => Uint8Array,
    capacity: number,
  ) {
    this.bytes = allocate(capacity)
  }

  begin(): void {
    this.begun = this.used
    this.parts = 0
    this.reserve(RECORD_HEADER_BYTES)
    this.used += RECORD_HEADER_BYTES
  }

  /** Begins what the record says about a log; its batches follow by `batch`. */
  part(name: Uint8Array, previousEnd: number, batchBytes: number): void {
    this.reserve(PART_BYTES + name.length + batchBytes)
    const { bytes } = this
    writeInt16(bytes, this.used, name.length)
    bytes.set(name, this.used + 2)
    const at = this.used + 2 + name.length
    writeInt64(bytes, at, previousEnd)
    writeInt32(bytes, at + 8, batchBytes)
    this.used = at + 12
    this.parts++
  }

  batch(buffer: Uint8Array, start: number, end: number): void {
    this.bytes.set(buffer.subarray(start, end), this.used)
    this.used += end - start
  }

  /** Ends the record, which will lie at `position + begun` of its file. Returns where in the buffer it begins. */
  end(position: number, number: number, syncedBytes: number): number {
    const { bytes, begun } = this
    const length = this.used - begun
    writeInt32(bytes, begun + 4, length)
    writeInt32(bytes, begun + 8, position + begun)
    writeInt32(bytes, begun + 12, KIND_BATCHES)
    writeInt64(bytes, begun + 16, number)
    writeInt32(bytes, begun + 24, syncedBytes)
    writeInt32(bytes, begun + 28, this.parts)
    writeInt32(bytes, begun, crc32c(bytes, begun + 4, this.used) | 0)
    const end = aligned(this.used)
    this.reserve(end - this.used)
    this.bytes.fill(0, this.used, end)
    this.used = end
    return begun
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.length) return
    const larger = this.allocate(Math.max(this.used + more + RECORD_ALIGNMENT, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.used))
    this.bytes = larger
  }
}

/** The header that makes the record void whose header is given. */
export function voidHeader(header: Uint8Array): Uint8Array {
  const bytes = header.slice(0, RECORD_HEADER_BYTES)
  writeInt32(bytes, 12, KIND_VOID)
  writeInt32(bytes, 28, 0)
  writeInt32(bytes, 0, crc32c(bytes, 4, RECORD_HEADER_BYTES) | 0)
  return bytes
}

/** The header of a void record that takes `length` bytes. */
export function voidRecord(position: number, number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES)
  writeInt32(bytes, 4, length)
  writeInt32(bytes, 8, position)
  writeInt64(bytes, 16, number)
  writeInt32(bytes, 24, position)
  return voidHeader(bytes)
}

/** The length that the header at `at` claims, for a record at `position`; -1 when no record can begin there. */
export function recordLength(bytes: Uint8Array, at: number, position: number, fileBytes: number): number {
  const length = readInt32(bytes, at + 4)
  if (length < RECORD_HEADER_BYTES || position + length > fileBytes || readInt32(bytes, at + 8) !== position) return -1
  const kind = readInt32(bytes, at + 12)
  return kind === KIND_BATCHES || kind === KIND_VOID ? length : -1
}

/** The record at `at`, all of which is in `bytes`; null when the checksum or the lengths inside are wrong. */
export function decodeRecord(bytes: Uint8Array, at: number, length: number): JournalRecord | null {
  const isVoid = readInt32(bytes, at + 12) === KIND_VOID
  const end = at + length
  if (readInt32(bytes, at) !== (crc32c(bytes, at + 4, isVoid ? at + RECORD_HEADER_BYTES : end) | 0)) return null
  const parts: JournalPart[] = []
  const count = readInt32(bytes, at + 28)
  let next = at + RECORD_HEADER_BYTES
  for (let n = 0; n < count; n++) {
    if (next + PART_BYTES > end) return null
    const nameEnd = next + 2 + readInt16(bytes, next)
    if (nameEnd + 12 > end) return null
    const batchesEnd = nameEnd + 12 + readInt32(bytes, nameEnd + 8)
    if (batchesEnd > end || batchesEnd < nameEnd + 12) return null
    const batches = bytes.subarray(nameEnd + 12, batchesEnd)
    parts.push({ log: readUtf8(bytes, next + 2, nameEnd), previousEnd: readInt64(bytes, nameEnd), batches })
    next = batchesEnd
  }
  return { number: readInt64(bytes, at + 16), syncedBytes: readInt32(bytes, at + 24), lengthBytes: length, parts }
}

/** The name of a log as it stands in records. */
export function nameBytes(log: string): Uint8Array {
  return encodeUtf8(log)
}
