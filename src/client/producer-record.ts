// What a user sends, and the check that it is such a thing. Kept apart from packing: the checks name what was wrong, and all of them
// happen before anything of a record, or of a list of records, is taken.

import { describe } from '../errors.js'
import { EMPTY_HEADERS, Headers, type EncodedHeader, type RecordHeadersInit } from '../record/record.js'
import { invalid } from './options-check.js'
import { encodeContent, plain, type Serde, string } from './serde.js'

/** A record to be sent. */
export interface ProducerRecord<V = unknown, K = string> {
  /** Records of one key go to one partition and stay in order. Absent or null: whichever partition the producer fills just now. */
  key?: K | null | undefined
  /** null is a tombstone: on a compacted topic it deletes the key. undefined fails. */
  value: V | null
  /** Text or bytes by name; a list of pairs keeps names that come twice. None by default. */
  headers?: RecordHeadersInit | undefined
  /** The partition; absent: the partitioner chooses. */
  partition?: number | undefined
  /** Milliseconds since 1970 or a Date; absent: now. */
  timestamp?: number | Date | undefined
}

/** INVALID_ARGUMENT unless it is a record. Cheap: it runs for every record. */
export function checkRecord(record: unknown): void {
  if (typeof record !== 'object' || record === null) throw invalid(`A record is an object like { key, value }, not ${describe(record)}`)
  const { value, partition, timestamp } = record as ProducerRecord
  if (value === undefined) throw invalid(`A record needs a value; null is a tombstone. Got ${describe(record)}`)
  if (partition !== undefined && !(Number.isSafeInteger(partition) && partition >= 0)) {
    throw invalid(`partition of a record must be a whole number from 0, not ${describe(partition)}`)
  }
  if (timestamp !== undefined) timestampOf(timestamp)
}

/** Milliseconds since 1970. INVALID_ARGUMENT. */
export function timestampOf(timestamp: number | Date): number {
  const ms = timestamp instanceof Date ? timestamp.getTime() : timestamp
  if (Number.isSafeInteger(ms) && ms >= 0) return ms
  throw invalid(`timestamp of a record must be whole milliseconds since 1970 or a valid Date, not ${describe(timestamp)}`)
}

/** The bytes or text of a value or key. `SERDE_FAILED`. */
export function encodePart(
  serde: Serde<unknown>,
  part: unknown,
  topic: string,
  headers: readonly EncodedHeader[] | null,
  what: 'key' | 'value',
): Uint8Array | string | null {
  if (part === null || part === undefined) return null
  // The serdes of text give it back as it is, so asking them would only cost time.
  if (typeof part === 'string' && (serde === string || serde === plain)) return part
  return encodeContent(serde, part, { topic, headers: headers === null ? EMPTY_HEADERS : Headers.of(headers) }, what)
}
