// Arbitrary records for property tests, and what reading them back should give.

import fc from 'fast-check'
import { encodeUtf8 } from '../../src/lib/text.js'
import { BatchWriter, type FinishOptions } from '../../src/record/batch-writer.js'
import { records } from '../../src/record/batch-reader.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import type { EncodedHeader } from '../../src/record/record.js'

export interface RecordToPack {
  readonly key: Uint8Array | string | null
  readonly value: Uint8Array | string | null
  readonly timestamp: number
  readonly headers: readonly EncodedHeader[] | null
}

const text = fc.oneof(fc.string({ maxLength: 90 }), fc.string({ unit: 'grapheme', maxLength: 90 }))
export const contents = fc.oneof(fc.constant(null), text, fc.uint8Array({ maxLength: 200 }))
export const recordsToPack: fc.Arbitrary<RecordToPack[]> = fc.array(
  fc.record({
    key: contents,
    value: contents,
    timestamp: fc.oneof(fc.constant(-1), fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }), fc.nat(Number.MAX_SAFE_INTEGER)),
    headers: fc.option(fc.array(fc.tuple(text, contents), { maxLength: 3 })),
  }),
  { minLength: 1, maxLength: 20 },
)

export function append(writer: BatchWriter, record: RecordToPack): number {
  return writer.append(record.key, record.value, record.timestamp, record.headers)
}

export function packAll(all: readonly RecordToPack[], options?: FinishOptions): PackedBatch {
  const writer = new BatchWriter()
  for (const record of all) append(writer, record)
  return writer.finish(options)
}

function plain(content: Uint8Array | string | null): number[] | null {
  if (content === null) return null
  return [...(typeof content === 'string' ? encodeUtf8(content) : content)]
}

/** What was given, in the form of `read`. */
export function given(all: readonly RecordToPack[], baseOffset = 0): unknown[] {
  return all.map((record, i) => ({
    offset: baseOffset + i,
    timestamp: record.timestamp,
    key: plain(record.key),
    value: plain(record.value),
    headers: (record.headers ?? []).map(([name, value]) => [name, plain(value)]),
  }))
}

/** What is in the batch, in the form of `given`. */
export function read(batch: PackedBatch): unknown[] {
  return records(batch).map(({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key: plain(key),
    value: plain(value),
    headers: [...headers].map(([name, content]) => [name, plain(content)]),
  }))
}
