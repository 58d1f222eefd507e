// Batches under each codec as Kafka's clients made them, read here, and ours as Java read them.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import '../../src/record/own-codecs.js'
import { checkBatch } from '../../src/record/batch-check.js'
import { records } from '../../src/record/batch-reader.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { repack } from '../../src/record/repacked-batch.js'
import { CASES, captured, hex, pack } from './captured-case.js'

const HUNDRED = CASES.find(({ name }) => name === 'hundred')
if (HUNDRED === undefined) throw new Error('cases.txt has no batch "hundred"')
const EXPECTED = HUNDRED.records.map(({ timestamp, key, value }, offset) => [offset, timestamp, hex(key), hex(value)])

function good(bytes: Uint8Array): PackedBatch {
  const verdict = checkBatch(bytes, 0, bytes.length)
  if (!verdict.ok) throw new Error(verdict.message)
  return verdict.batch
}

function readable(batch: PackedBatch): unknown[] {
  return records(batch).map(({ offset, timestamp, key, value }) => [offset, timestamp, hex(key), hex(value)])
}

describe.each(['java', 'librdkafka'])('a batch that %s made', (maker) => {
  test.each(['snappy', 'lz4', 'zstd'])('is read to its records: %s', (codec) => {
    const batch = good(captured(maker, `hundred-${codec}`))
    expect(batch.compression).toBe(codec)
    expect(readable(batch)).toEqual(EXPECTED)
  })

  test.each(['snappy', 'lz4', 'zstd'])('holds the same under another codec: %s', (codec) => {
    const batch = good(captured(maker, `hundred-${codec}`))
    for (const other of ['none', 'snappy', 'lz4'] as const) {
      const again = repack(batch, other)
      expect(again.compression).toBe(other)
      expect([again.producerId, again.producerEpoch, again.baseSequence]).toEqual([
        batch.producerId,
        batch.producerEpoch,
        batch.baseSequence,
      ])
      expect(readable(good(again.bytes))).toEqual(EXPECTED)
    }
  })
})

test('the two forms of snappy that clients send are different ones', () => {
  const head = (maker: string): string => hex(captured(maker, 'hundred-snappy').subarray(61, 69)) ?? ''
  expect(head('java')).toBe('82534e4150505900')
  expect(head('librdkafka')).not.toBe(head('java'))
})

describe('what Java reads of our batches', () => {
  const lines = readFileSync(new URL('ours/as-java-reads.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const section = (name: string): string[] => {
    const from = lines.findIndex((line) => line.startsWith(`batch\t${name}\t`)) + 1
    const to = lines.findIndex((line, at) => at >= from && line.startsWith('batch'))
    return lines.slice(from, to < 0 ? lines.length : to)
  }

  test.each(['snappy', 'lz4'] as const)('is what was packed: %s', (codec) => {
    expect(hex(pack({ ...HUNDRED, compression: codec }).bytes)).toBe(hex(captured('ours', `hundred-${codec}`)))
    expect(section(`hundred-${codec}`)).toEqual(section('hundred'))
    expect(section(`hundred-${codec}`)).toHaveLength(100)
  })
})
