// Reads cases.txt and the captured batches beside it, and packs the same records with our own writer. cases.txt is the one
// statement of what the batches hold; every generator reads it too.

import { readFileSync } from 'node:fs'
import { encodeUtf8 } from '../../src/lib/text.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import type { Compression } from '../../src/record/format.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import type { EncodedHeader } from '../../src/record/record.js'

export interface CapturedRecord {
  readonly timestamp: number
  readonly key: Uint8Array | string | null
  readonly value: Uint8Array | string | null
  readonly headers: readonly EncodedHeader[]
}

export interface CapturedCase {
  readonly name: string
  readonly compression: Compression
  readonly logAppendTime: boolean
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
  readonly records: CapturedRecord[]
}

/** What the broker's clock said in the captured batches of type append. */
export const APPEND_TIME = 5000

function content(text: string): Uint8Array | string | null {
  if (text === 'null') return null
  return text.startsWith('~') ? Uint8Array.from(Buffer.from(text.slice(1), 'hex')) : text
}

function header(field: string): EncodedHeader {
  const split = field.indexOf('=')
  return [field.slice(0, split), content(field.slice(split + 1))]
}

function readCases(): readonly CapturedCase[] {
  const cases: CapturedCase[] = []
  for (const line of readFileSync(new URL('cases.txt', import.meta.url), 'utf8').split('\n')) {
    const [kind, ...fields] = line.split('\t')
    if (kind === 'batch') {
      const [name = '', codec, type, producerId, producerEpoch, baseSequence, transactional] = fields
      cases.push({
        name,
        compression: codec === 'gzip' ? 'gzip' : 'none',
        logAppendTime: type === 'append',
        producerId: Number(producerId),
        producerEpoch: Number(producerEpoch),
        baseSequence: Number(baseSequence),
        transactional: transactional === 'true',
        records: [],
      })
    } else if (kind === 'record') {
      const [timestamp, key = '', value = '', ...headers] = fields
      cases.at(-1)?.records.push({ timestamp: Number(timestamp), key: content(key), value: content(value), headers: headers.map(header) })
    }
  }
  return cases
}

export const CASES = readCases()

/** The bytes of `<maker>/<name>.hex`. */
export function captured(maker: string, name: string): Uint8Array {
  return Uint8Array.from(Buffer.from(readFileSync(new URL(`${maker}/${name}.hex`, import.meta.url), 'utf8').trim(), 'hex'))
}

/** The records of the case as our own writer packs them. */
export function pack(one: CapturedCase): PackedBatch {
  const writer = new BatchWriter()
  for (const record of one.records) {
    writer.append(record.key, record.value, record.timestamp, record.headers.length === 0 ? null : record.headers)
  }
  const batch = writer.finish(one)
  if (one.logAppendTime) batch.stampLogAppendTime(APPEND_TIME)
  return batch
}

/** A content as hexadecimal, so that bytes and text compare and a difference reads well. */
export function hex(bytes: Uint8Array | string | null): string | null {
  if (bytes === null) return null
  return Buffer.from(typeof bytes === 'string' ? encodeUtf8(bytes) : bytes).toString('hex')
}
