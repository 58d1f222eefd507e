// Batches as clients send them, right and wrong. What is changed afterwards gets a new checksum, unless the checksum is what is wrong.
import { crc32c } from '../../src/lib/crc32c.js'
import { writeInt16, writeInt32, writeInt64 } from '../../src/lib/bytes.js'
import { BatchWriter, type FinishOptions } from '../../src/record/batch-writer.js'
import * as F from '../../src/record/format.js'
import type { EncodedHeader } from '../../src/record/record.js'

export interface SentRecord {
  readonly key?: string | null
  readonly value?: string | null
  readonly timestamp?: number
  readonly headers?: readonly EncodedHeader[]
}

/** A time long ago: the same on each run. */
export const THEN = 1_500_000_000_000

export function batch(records: readonly SentRecord[], options?: FinishOptions): Uint8Array {
  const writer = new BatchWriter({ slabBytes: 65_536 })
  for (const { key = null, value = null, timestamp = THEN, headers } of records) writer.append(key, value, timestamp, headers ?? null)
  return new Uint8Array(writer.finish(options).bytes)
}

export const values = (...texts: readonly string[]): Uint8Array => batch(texts.map((value) => ({ value })))

/** Sets the checksum right. */
export function sealed(bytes: Uint8Array): Uint8Array {
  writeInt32(bytes, F.CRC, crc32c(bytes, F.ATTRIBUTES, bytes.length) | 0)
  return bytes
}

export type Field = 'byte' | 'int16' | 'int32' | 'int64'

/** A copy with one field of the header changed. */
export function changed(bytes: Uint8Array, at: number, field: Field, value: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  if (field === 'byte') copy[at] = value
  else if (field === 'int16') writeInt16(copy, at, value)
  else if (field === 'int32') writeInt32(copy, at, value)
  else writeInt64(copy, at, value)
  return at >= F.ATTRIBUTES ? sealed(copy) : copy
}

/** A batch of an idempotent producer: as many records as asked, from that sequence on. */
export function sequenced(producerId: number, producerEpoch: number, baseSequence: number, count = 1): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => ({ value: `s${baseSequence + index}` }))
  return batch(records, { producerId, producerEpoch, baseSequence })
}
