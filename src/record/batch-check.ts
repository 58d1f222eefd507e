// Finds batches in bytes that nobody vouches for: a file after a crash, a request from the network. It looks at the header and the
// checksum, which covers the rest; the records inside are checked by whoever walks over them (RecordCursor).

import { crc32c } from '../lib/crc32c.js'
import { readInt32 } from '../lib/bytes.js'
import * as F from './format.js'
import { PackedBatch } from './packed-batch.js'

/**
 * Why bytes are not a batch:
 * - `truncated`: they end before the batch does, or are the zeros that file systems leave behind the last write: the end of the data
 * - `length`: the batch says it is shorter than its own header
 * - `magic`: another version of the format than 2
 * - `crc`: the checksum does not match
 * - `count`: the number of records cannot be, by the batch's size or its last offset
 * - `range`: an offset, a timestamp or a producer id is beyond 2^53
 */
export type BadBatchReason = 'truncated' | 'length' | 'magic' | 'crc' | 'count' | 'range'

/** A whole batch whose bytes agree with its checksum. */
export interface GoodBatch {
  /** It is one. */
  readonly ok: true
  /** A window on the bytes; nothing is copied. */
  readonly batch: PackedBatch
  /** Where the next batch begins. */
  readonly end: number
}
/** Bytes that are no whole, sound batch. */
export interface BadBatch {
  /** It is none. */
  readonly ok: false
  /** What is wrong, for a program. */
  readonly reason: BadBatchReason
  /** A sentence with what was expected and what came. */
  readonly message: string
}
/** What `checkBatch` found: a whole batch, or what is wrong. */
export type BatchVerdict = GoodBatch | BadBatch

/** Up to here a header tells what it is the header of: the magic byte lies last. */
const PREFIX_BYTES = F.MAGIC + 1
/** The smallest record: a length, attributes, and five numbers of a byte each. */
const RECORD_BYTES_MIN = 7

function bad(reason: BadBatchReason, message: string): BadBatch {
  return { ok: false, reason, message }
}

/** Judges the bytes from `start` on, of which `available` are there. Never throws, never reads further. */
export function checkBatch(bytes: Uint8Array, start: number, available: number): BatchVerdict {
  const there = Math.min(available, bytes.length - start)
  if (there < PREFIX_BYTES) return bad('truncated', `Expected a batch at byte ${start}; only ${Math.max(0, there)} bytes are left.`)
  const length = readInt32(bytes, start + F.BATCH_LENGTH)
  const magic = bytes[start + F.MAGIC] as number
  if (length === 0 && magic === 0 && isZero(bytes, start, PREFIX_BYTES))
    return bad('truncated', `Expected a batch at byte ${start}; found zeros.`)
  // A length that not even the magic byte fits into says that this is no header at all, so the magic is not worth a look.
  if (length < PREFIX_BYTES - F.LOG_OVERHEAD)
    return bad('length', `The batch at byte ${start} says it has ${length} bytes behind its length.`)
  if (magic !== F.MAGIC_V2) return bad('magic', `The batch at byte ${start} has magic ${magic}; only ${F.MAGIC_V2} is read here.`)
  const size = length + F.LOG_OVERHEAD
  if (size < F.HEADER_BYTES)
    return bad('length', `The batch at byte ${start} says it has ${size} bytes; its header alone takes ${F.HEADER_BYTES}.`)
  if (size > there) return bad('truncated', `The batch at byte ${start} has ${size} bytes; only ${there} are there.`)
  const end = start + size
  const stored = readInt32(bytes, start + F.CRC) >>> 0
  const computed = crc32c(bytes, start + F.ATTRIBUTES, end)
  if (stored !== computed) return bad('crc', `The batch at byte ${start} has checksum ${hex(stored)}; its bytes give ${hex(computed)}.`)
  const batch = new PackedBatch(bytes, start, end, true)
  return checkFields(batch) ?? { ok: true, batch, end }
}

/** What a right checksum does not rule out: a writer that put nonsense under it. */
function checkFields(batch: PackedBatch): BadBatch | undefined {
  const { count, lastOffsetDelta, baseOffset } = batch
  if (count < 0 || lastOffsetDelta < 0 || count > lastOffsetDelta + 1) {
    return bad('count', `The batch at byte ${batch.start} has ${count} records but a last offset delta of ${lastOffsetDelta}.`)
  }
  const space = batch.sizeBytes - F.HEADER_BYTES
  if (batch.compression === 'none' && count * RECORD_BYTES_MIN > space) {
    return bad('count', `The batch at byte ${batch.start} has ${count} records in ${space} bytes.`)
  }
  if (baseOffset < 0 || !Number.isSafeInteger(batch.lastOffset)) {
    return bad('range', `The batch at byte ${batch.start} has base offset ${baseOffset}; offsets go from 0 to 2^53.`)
  }
  for (const value of [batch.baseTimestamp, batch.maxTimestamp, batch.producerId]) {
    if (!Number.isSafeInteger(value))
      return bad('range', `The batch at byte ${batch.start} has a timestamp or producer id of ${value}, beyond 2^53.`)
  }
  return undefined
}

function isZero(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) if (bytes[i] !== 0) return false
  return true
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}

export interface SplitBatches {
  readonly batches: PackedBatch[]
  /** Where the last good batch ends. */
  readonly end: number
  /** What stopped the search there; undefined when the bytes end with a batch. */
  readonly stopped: BadBatch | undefined
}

/** The batches that lie one behind the other from `start` on, up to `end` or the first that is none. Views, not copies. */
export function splitBatches(bytes: Uint8Array, start = 0, end = bytes.length): SplitBatches {
  const batches: PackedBatch[] = []
  let at = start
  while (at < end) {
    const verdict = checkBatch(bytes, at, end - at)
    if (!verdict.ok) return { batches, end: at, stopped: verdict }
    batches.push(verdict.batch)
    at = verdict.end
  }
  return { batches, end: at, stopped: undefined }
}
