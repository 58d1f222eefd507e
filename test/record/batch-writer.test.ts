// Packing records: what comes out is what went in, whatever its size and script.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import '../../src/record/node-gzip.js'
import { checkBatch } from '../../src/record/batch-check.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import { registerCodec } from '../../src/record/compression.js'
import { HEADER_BYTES } from '../../src/record/format.js'
import { append, given, packAll, read, recordsToPack, type RecordToPack } from './record-arbitrary.js'

const simple: RecordToPack = { key: 'k', value: 'v', timestamp: 1000, headers: null }

describe('a batch', () => {
  test('gives back the records that were packed, whatever they are', () => {
    fc.assert(
      fc.property(recordsToPack, fc.constantFrom('none' as const, 'gzip' as const), (all, compression) => {
        const batch = packAll(all, { compression })
        const { bytes } = batch
        const verdict = checkBatch(bytes, 0, bytes.length)
        expect(verdict.ok || verdict.message).toBe(true)
        expect(read(batch)).toEqual(given(all))
        expect([batch.count, batch.lastOffsetDelta]).toEqual([all.length, all.length - 1])
        expect(batch.maxTimestamp).toBe(Math.max(...all.map(({ timestamp }) => timestamp)))
      }),
    )
  })

  test('keeps its bytes when others are packed behind it in the same slab', () => {
    fc.assert(
      fc.property(fc.array(recordsToPack, { minLength: 2, maxLength: 10 }), fc.integer({ min: 64, max: 3000 }), (groups, slabBytes) => {
        const writer = new BatchWriter({ slabBytes })
        const batches = groups.map((group) => {
          for (const record of group) append(writer, record)
          return writer.finish()
        })
        for (const [i, batch] of batches.entries()) expect(read(batch)).toEqual(given(groups[i] as RecordToPack[]))
      }),
    )
  })

  test('says how large it is before it is finished, and nothing once it is', () => {
    const writer = new BatchWriter()
    expect([writer.count, writer.sizeBytes]).toEqual([0, 0])
    expect(append(writer, simple)).toBe(0)
    expect(append(writer, simple)).toBe(1)
    expect(writer.count).toBe(2)
    const size = writer.sizeBytes
    expect(writer.finish().sizeBytes).toBe(size)
    expect([writer.count, writer.sizeBytes]).toEqual([0, 0])
  })

  test('never grows by more than recordBytesMax says', () => {
    fc.assert(
      fc.property(recordsToPack, (all) => {
        const writer = new BatchWriter()
        for (const record of all) {
          const before = writer.count === 0 ? HEADER_BYTES : writer.sizeBytes
          append(writer, record)
          expect(writer.sizeBytes - before).toBeLessThanOrEqual(BatchWriter.recordBytesMax(record.key, record.value, record.headers))
        }
      }),
    )
  })

  test('carries the fields of its header, and "none" where none are given', () => {
    const given = { producerId: 2 ** 52, producerEpoch: 7, baseSequence: 99, leaderEpoch: 3, transactional: true, control: true }
    const { producerId, producerEpoch, baseSequence, leaderEpoch, isTransactional, isControl } = packAll([simple], given)
    expect({ producerId, producerEpoch, baseSequence, leaderEpoch, transactional: isTransactional, control: isControl }).toEqual(given)
    const none = packAll([simple])
    expect([none.producerId, none.producerEpoch, none.baseSequence, none.leaderEpoch, none.baseOffset]).toEqual([-1, -1, -1, -1, 0])
    expect([none.isTransactional, none.isControl, none.isLogAppendTime, none.hasDeleteHorizon]).toEqual([false, false, false, false])
  })

  test('has at least one record', () => {
    expect(() => new BatchWriter().finish()).toThrow('at least one record')
  })
})

describe('a batch writer', () => {
  test('forgets what was abandoned', () => {
    const writer = new BatchWriter()
    append(writer, simple)
    const kept = writer.finish()
    append(writer, { ...simple, value: 'abandoned' })
    writer.abandon()
    expect(writer.count).toBe(0)
    append(writer, { ...simple, value: 'next' })
    expect(read(writer.finish())).toEqual(given([{ ...simple, value: 'next' }]))
    expect(read(kept)).toEqual(given([simple]))
  })

  test.each([
    ['a value that is neither bytes nor text', { ...simple, value: {} as unknown as string }],
    ['a header that is neither', { ...simple, headers: [['h', 5 as unknown as string]] as const }],
    ['a timestamp that is no number', { ...simple, timestamp: Number.NaN }],
  ])('keeps nothing of a record that cannot be packed: %s', (_, bad) => {
    const writer = new BatchWriter()
    expect(() => append(writer, bad)).toThrow()
    expect([writer.count, writer.sizeBytes]).toEqual([0, 0])
    append(writer, simple)
    expect(() => append(writer, bad)).toThrow()
    append(writer, { ...simple, timestamp: 2000 })
    const batch = writer.finish()
    expect(read(batch)).toEqual(given([simple, { ...simple, timestamp: 2000 }]))
    expect(batch.maxTimestamp).toBe(2000)
  })

  test('moves a batch that outgrows its slab, many times over', () => {
    const all = Array.from({ length: 300 }, (_, i) => ({ ...simple, value: `${i} `.repeat(1000) }))
    expect(read(packAll(all))).toEqual(given(all))
  })

  test('packs a value far larger than a slab, of text that takes three bytes a character', () => {
    const all = [simple, { ...simple, value: '世'.repeat(400_000) }, simple]
    expect(read(packAll(all))).toEqual(given(all))
  })

  test('keeps the batch open when the codec throws, so that it can be finished otherwise', () => {
    registerCodec('lz4', {
      compress: () => {
        throw new Error('no')
      },
      decompress: (bytes) => bytes,
    })
    const writer = new BatchWriter()
    append(writer, simple)
    expect(() => writer.finish({ compression: 'lz4' })).toThrow('no')
    expect(read(writer.finish())).toEqual(given([simple]))
  })

  test('keeps a block that compressing made larger than the slab', () => {
    registerCodec('lz4', {
      compress: (bytes) => Uint8Array.from([...bytes, ...new Uint8Array(50_000)]),
      decompress: (bytes) => bytes.subarray(0, bytes.length - 50_000),
    })
    expect(read(packAll([simple, simple], { compression: 'lz4' }))).toEqual(given([simple, simple]))
  })
})
