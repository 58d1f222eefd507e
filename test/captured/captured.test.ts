// Batches that other implementations made (see README.md beside this file), read and written by ours, and ours as they read them.

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import '../../src/record/node-gzip.js'
import { checkBatch } from '../../src/record/batch-check.js'
import { records } from '../../src/record/batch-reader.js'
import { packMarker, readMarker, type Marker } from '../../src/record/control-batch.js'
import { HEADER_BYTES } from '../../src/record/format.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { gunzipSync } from 'node:zlib'
import { APPEND_TIME, CASES, captured, hex, pack, type CapturedCase } from './captured-case.js'

const MAKERS = ['java', 'kafkajs', 'librdkafka']
const MARKERS: Record<string, Marker> = {
  'marker-commit': { kind: 'commit', producerId: 6, producerEpoch: 3, coordinatorEpoch: 0, timestamp: 1_234_567_890_123 },
  'marker-abort': { kind: 'abort', producerId: 4242, producerEpoch: 0, coordinatorEpoch: 17, timestamp: 1_234_567_890_123 },
}

function good(bytes: Uint8Array): PackedBatch {
  const verdict = checkBatch(bytes, 0, bytes.length)
  if (!verdict.ok) throw new Error(verdict.message)
  expect(verdict.end).toBe(bytes.length)
  return verdict.batch
}

function readable(batch: PackedBatch): unknown[] {
  return records(batch).map((record) => ({
    offset: record.offset,
    timestamp: record.timestamp,
    key: hex(record.key),
    value: hex(record.value),
    headers: [...record.headers].map(([name, value]) => [name, hex(value)]),
  }))
}

function expected(one: CapturedCase): unknown[] {
  return one.records.map((record, offset) => ({
    offset,
    timestamp: one.logAppendTime ? APPEND_TIME : record.timestamp,
    key: hex(record.key),
    value: hex(record.value),
    headers: record.headers.map(([name, value]) => [name, hex(value)]),
  }))
}

function there(maker: string): readonly CapturedCase[] {
  return CASES.filter(({ name }) => existsSync(new URL(`${maker}/${name}.hex`, import.meta.url)))
}

/** Our batch with the header fields that belong to the other's session, so that only what we decide is compared. */
function packLike(one: CapturedCase, theirs: PackedBatch): Uint8Array {
  const { producerId, producerEpoch, baseSequence } = theirs
  const ours = pack({ ...one, producerId, producerEpoch, baseSequence })
  ours.place(0, theirs.leaderEpoch)
  return ours.bytes
}

test('the captures are complete, but for what a client cannot express', () => {
  const missing = MAKERS.map((maker) => CASES.filter((one) => !there(maker).includes(one)).map(({ name }) => name))
  expect(missing).toEqual([[], ['headers', 'log-append-time'], ['transactional', 'log-append-time', 'far-timestamps']])
})

for (const maker of MAKERS) {
  describe(`a batch that ${maker} made`, () => {
    test.each(there(maker).map((one) => [one.name, one] as const))('is read to its records: %s', (name, one) => {
      const batch = good(captured(maker, name))
      expect(readable(batch)).toEqual(expected(one))
      expect(batch.compression).toBe(one.compression)
      expect(batch.isLogAppendTime).toBe(one.logAppendTime)
      expect(batch.isTransactional).toBe(one.transactional)
      expect(batch.isControl).toBe(false)
      expect(batch.maxTimestamp).toBe(one.logAppendTime ? APPEND_TIME : Math.max(...one.records.map(({ timestamp }) => timestamp)))
    })

    test.each(
      there(maker)
        .filter(({ compression }) => compression === 'none')
        .map((one) => [one.name, one] as const),
    )('is the same byte by byte when we pack it: %s', (name, one) => {
      const theirs = captured(maker, name)
      expect(hex(packLike(one, good(theirs)))).toBe(hex(theirs))
    })

    test('holds the same records under gzip as ours, whatever the two make of them compressed', () => {
      const one = CASES.find(({ compression }) => compression === 'gzip') as CapturedCase
      const theirs = captured(maker, one.name)
      const ours = pack(one).bytes
      expect(hex(gunzipSync(ours.subarray(HEADER_BYTES)))).toBe(hex(gunzipSync(theirs.subarray(HEADER_BYTES))))
    })
  })
}

test.each(CASES.filter(({ producerId }) => producerId >= 0).map((one) => [one.name, one] as const))(
  'the producer fields of a batch of Java are read: %s',
  (name, one) => {
    const { producerId, producerEpoch, baseSequence } = good(captured('java', name))
    expect({ producerId, producerEpoch, baseSequence }).toEqual({
      producerId: one.producerId,
      producerEpoch: one.producerEpoch,
      baseSequence: one.baseSequence,
    })
  },
)

test('an idempotent batch of librdkafka has the producer id and epoch it was given, and sequence 0', () => {
  const batch = good(captured('librdkafka', 'idempotent'))
  expect([batch.producerId, batch.producerEpoch, batch.baseSequence]).toEqual([4242, 3, 0])
  const several = CASES.find(({ name }) => name === 'several') as CapturedCase
  expect(readable(batch)).toEqual(expected(several))
  expect(hex(packLike(several, batch))).toBe(hex(captured('librdkafka', 'idempotent')))
})

test.each(Object.entries(MARKERS))('a transaction marker of Java is read, and ours has the same bytes: %s', (name, marker) => {
  const theirs = good(captured('java', name))
  expect(readMarker(theirs)).toEqual(marker)
  const ours = packMarker(marker)
  ours.place(0, theirs.leaderEpoch)
  expect(hex(ours.bytes)).toBe(hex(captured('java', name)))
})

describe('what others read of our batches', () => {
  test.each(CASES.filter(({ compression }) => compression === 'none').map((one) => [one.name, one] as const))(
    'was made of the bytes that the writer makes today: %s',
    (name, one) => {
      expect(hex(pack(one).bytes)).toBe(hex(captured('ours', name)))
    },
  )

  const lines = (file: string): string[][] =>
    readFileSync(new URL(`ours/${file}`, import.meta.url), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
  const print = (bytes: Uint8Array | string | null): string => (bytes === null ? 'null' : `~${hex(bytes)}`)
  const recordLines = (one: CapturedCase): string[][] =>
    one.records.map((record, offset) => [
      'record',
      String(offset),
      String(one.logAppendTime ? APPEND_TIME : record.timestamp),
      print(record.key),
      print(record.value),
      ...record.headers.map(([name, value]) => `${name}=${print(value)}`),
    ])
  /** The lines after the one that names the batch. */
  function section(file: string, name: string): string[][] {
    const all = lines(file)
    const first = all.findIndex(([kind, title]) => kind === 'batch' && title === name) + 1
    const next = all.findIndex(([kind], i) => i >= first && kind === 'batch')
    return all.slice(first, next < 0 ? all.length : next)
  }

  test.each(CASES.map((one) => [one.name, one] as const))('Java reads every record: %s', (name, one) => {
    expect(section('as-java-reads.txt', name)).toEqual(recordLines(one))
  })

  test('Java reads the header fields and the markers', () => {
    const header = (name: string): string =>
      lines('as-java-reads.txt')
        .find(([kind, title]) => kind === 'batch' && title === name)
        ?.join(' ') ?? ''
    expect(header('transactional')).toBe('batch transactional none create 9007199254740991 32767 2147483646 true false 1001 1')
    expect(header('log-append-time')).toBe('batch log-append-time none append -1 -1 -1 false false 5000 1')
    expect(header('gzip')).toBe('batch gzip gzip create -1 -1 -1 false false 2000 2')
    expect(header('marker-commit')).toBe('batch marker-commit none create 6 3 -1 true true 1234567890123 0')
    expect(section('as-java-reads.txt', 'marker-commit')[0]?.slice(-2)).toEqual(['COMMIT', '0'])
    expect(section('as-java-reads.txt', 'marker-abort')[0]?.slice(-2)).toEqual(['ABORT', '17'])
  })

  test.each(CASES.map((one) => [one.name, one] as const))('kafkajs reads every record: %s', (name, one) => {
    // kafkajs stores headers as an object of values, null among them as it came.
    expect(section('as-kafkajs-reads.txt', name)).toEqual(recordLines(one))
  })
})
