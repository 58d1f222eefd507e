// The cleaner's rules, batch by batch, on logs: tombstones and their horizon, what a batch keeps, which segments go together, how much
// memory it takes, and that it never holds the event loop.

import { beforeEach, describe, expect, it } from 'vitest'
import { planCleaning, dirtyRatio, groupSegments } from '../../src/core/compaction/clean-plan.js'
import { OffsetMap } from '../../src/core/compaction/offset-map.js'
import { TOPIC_DEFAULTS } from '../../src/core/topic-config.js'
import { records } from '../../src/record/batch-reader.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import '../../src/record/node-gzip.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { LogStore } from '../../src/storage/storage.js'
import { CONFIG, readAll, spans } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { append, cleanOnce, keptOf, pairs } from './compaction-fixture.js'

let clock: VirtualClock
let storage: MemoryStorage
let log: LogStore

beforeEach(async () => {
  clock = new VirtualClock()
  storage = new MemoryStorage()
  storage.open({ clock })
  log = await storage.log('table-0', CONFIG)
})

const write = (...all: readonly (readonly [string | null, string | null])[]): Promise<number> => append(log, pairs(clock.now(), all))
const clean = (options = {}): Promise<number | null> => cleanOnce(log, { clock, ...options })
const left = async (): Promise<string[]> => (await keptOf(log)).map(({ offset, key, value }) => `${offset} ${key}=${value}`)

describe('what compaction leaves', () => {
  it('is the last record of each key, at its offset, in a batch that keeps its place and loses the rest', async () => {
    await write(['a', '1'], ['b', '1'], ['a', '2'])
    await write(['b', '2'], ['c', '1'])
    await log.roll()
    expect(await clean()).toBe(5)
    expect(await left()).toEqual(['2 a=2', '3 b=2', '4 c=1'])
    const [first, second] = await readAll(log)
    expect([first?.baseOffset, first?.lastOffset, first?.count, first?.maxTimestamp]).toEqual([0, 2, 1, clock.now()])
    expect([second?.baseOffset, second?.lastOffset, second?.count]).toEqual([3, 4, 2])
  })

  it('never touches the segment that is being written', async () => {
    await write(['a', '1'])
    await log.roll()
    await write(['a', '2'])
    await write(['a', '3'])
    expect(await clean()).toBe(1)
    expect(await left()).toEqual(['0 a=1', '1 a=2', '2 a=3'])
    await log.roll()
    await clean()
    expect(await left()).toEqual(['2 a=3'])
  })

  it('holds no record without a key, should one have come in before the topic was compacted', async () => {
    await write([null, 'lost'], ['a', '1'], ['', 'an empty key is one'])
    await log.roll()
    await clean()
    expect(await left()).toEqual(['1 a=1', '2 =an empty key is one'])
  })

  it('keeps headers, times and compression', async () => {
    const writer = new BatchWriter()
    writer.append('a', 'x'.repeat(500), 1000, null)
    writer.append('b', 'y'.repeat(500), 5000, [['h', 'one']])
    writer.append('a', 'z'.repeat(500), 3000, [['h', 'two']])
    await append(log, writer.finish({ compression: 'gzip', producerId: 7, producerEpoch: 3, baseSequence: 11 }))
    await log.roll()
    await clean()
    const [batch] = await readAll(log)
    if (batch === undefined) throw new Error('a batch is left')
    const { compression, producerId, producerEpoch, baseSequence, baseTimestamp, maxTimestamp, count, lastOffset } = batch
    expect([compression, producerId, producerEpoch, baseSequence, count, lastOffset]).toEqual(['gzip', 7, 3, 11, 2, 2])
    expect([baseTimestamp, maxTimestamp]).toEqual([5000, 5000])
    expect(batch.sizeBytes).toBeLessThan(300)
    expect(records(batch).map((record) => [record.offset, record.timestamp, record.headers.text('h')])).toEqual([
      [1, 5000, 'one'],
      [2, 3000, 'two'],
    ])
  })

  it('of a batch stamped by the broker keeps that stamp', async () => {
    const batch = pairs(1000, [
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
    ])
    batch.stampLogAppendTime(77_000)
    await append(log, batch)
    await log.roll()
    await clean()
    const [stamped] = await readAll(log)
    expect([stamped?.isLogAppendTime, stamped?.maxTimestamp]).toEqual([true, 77_000])
    expect((await keptOf(log)).map(({ timestamp }) => timestamp)).toEqual([77_000, 77_000])
  })
})

describe('a tombstone', () => {
  it('gets its horizon in the first round that meets it and goes in the first one after that, leaving the end of the round', async () => {
    await write(['a', '1'], ['b', '1'], ['c', '1'])
    await write(['a', null], ['b', null])
    await log.roll()
    const written = clock.now()
    await clean({ config: { deleteRetentionMs: 60_000 } })
    const stamped = (await readAll(log)).at(-1)
    expect([stamped?.baseOffset, stamped?.lastOffset, stamped?.attributes]).toEqual([3, 4, 0x40])
    expect([stamped?.baseTimestamp, stamped?.maxTimestamp]).toEqual([written + 60_000, written])
    expect(await left()).toEqual(['2 c=1', '3 a=null', '4 b=null'])
    await clock.advance(59_999)
    await clean({ config: { deleteRetentionMs: 60_000 } })
    expect(await left()).toEqual(['2 c=1', '3 a=null', '4 b=null'])
    await clock.advance(1)
    await write(['d', '1'])
    await log.roll()
    await clean()
    expect(await left()).toEqual(['2 c=1', '5 d=1'])
    expect(spans(await readAll(log))).toEqual([
      [0, 2],
      [5, 5],
    ])
  })

  it('at the end of what was cleaned leaves a header, so that the end of the log is known', async () => {
    await write(['a', '1'])
    await write(['a', null])
    await log.roll()
    await clean({ config: { deleteRetentionMs: 0 } })
    await clean({ config: { deleteRetentionMs: 0 } })
    await log.compaction?.keepCleanedOffset(0)
    await clean({ config: { deleteRetentionMs: 0 } })
    const batches = await readAll(log)
    expect(
      batches.map(({ baseOffset, lastOffset, count, sizeBytes, baseTimestamp }) => [
        baseOffset,
        lastOffset,
        count,
        sizeBytes,
        baseTimestamp,
      ]),
    ).toEqual([[1, 1, 0, 61, -1]])
    expect([log.startOffset, log.endOffset]).toEqual([0, 2])
  })

  it('with an empty value is none', async () => {
    await write(['a', ''])
    await log.roll()
    await clean({ config: { deleteRetentionMs: 0 } })
    await log.compaction?.keepCleanedOffset(0)
    await clean({ config: { deleteRetentionMs: 0 } })
    expect(await left()).toEqual(['0 a='])
  })
})

describe('segments', () => {
  it('that became small are merged up to segmentBytes, and one in which nothing changes is not written again', async () => {
    for (let round = 0; round < 3; round++) {
      await write(['a', String(round)], [`key-${round}`, 'x'.repeat(1000)])
      await log.roll()
    }
    await clean()
    expect(log.segments().map(({ baseOffset, endOffset }) => [baseOffset, endOffset])).toEqual([
      [0, 6],
      [6, 6],
    ])
    const before = (await readAll(log))[0]
    await write(['b', '1'])
    await log.roll()
    await clean({ config: { segmentBytes: 1_048_576 } })
    expect(log.segments().length).toBe(2)
    const same = (await readAll(log))[0]
    await log.compaction?.keepCleanedOffset(0)
    await clean()
    expect((await readAll(log))[0]).toBe(same)
    expect(before?.sizeBytes).toBe(same?.sizeBytes)
  })

  it('are grouped by bytes and by the span of offsets that an index can hold', () => {
    const piece = (baseOffset: number, endOffset: number, sizeBytes: number) => ({ baseOffset, endOffset, sizeBytes, maxTimestamp: 0 })
    const config = { ...TOPIC_DEFAULTS, segmentBytes: 1_048_576 }
    const of = (...pieces: ReturnType<typeof piece>[]): number[] => groupSegments(pieces, config).map((group) => group.length)
    expect(of(piece(0, 10, 500_000), piece(10, 20, 500_000), piece(20, 30, 500_000))).toEqual([2, 1])
    expect(of(piece(0, 10, 1), piece(10, 2 ** 31, 1), piece(2 ** 31, 2 ** 31 + 1, 1))).toEqual([2, 1])
    expect(of(piece(0, 10, 0), piece(10, 20, 2_000_000))).toEqual([1, 1])
  })
})

describe('the plan', () => {
  const piece = (baseOffset: number, endOffset: number, maxTimestamp = 0) => ({ baseOffset, endOffset, sizeBytes: 100, maxTimestamp })
  const segments = [piece(0, 10, 1000), piece(10, 20, 2000), piece(20, 30, 3000), piece(30, 35, 4000)]
  const cleanable = { segments, startOffset: 0, endOffset: 35, cleanedOffset: 0, stableOffset: 35 }

  it('ends before the segment being written, the first unstable offset and what is too young', () => {
    expect(planCleaning(cleanable, TOPIC_DEFAULTS, 5000)).toEqual({ firstDirty: 0, firstUncleanable: 30, cleanBytes: 0, dirtyBytes: 300 })
    expect(planCleaning({ ...cleanable, stableOffset: 15 }, TOPIC_DEFAULTS, 5000).firstUncleanable).toBe(15)
    const lag = (minCompactionLagMs: number): number =>
      planCleaning(cleanable, { ...TOPIC_DEFAULTS, minCompactionLagMs }, 5000).firstUncleanable
    expect([2000, 2001, 4000, 4001].map(lag)).toEqual([30, 20, 10, 0])
  })

  it('begins where the last round ended, at the start when that is not in the log any more', () => {
    const plan = planCleaning({ ...cleanable, cleanedOffset: 20 }, TOPIC_DEFAULTS, 5000)
    expect(plan).toEqual({ firstDirty: 20, firstUncleanable: 30, cleanBytes: 200, dirtyBytes: 100 })
    expect(dirtyRatio(plan)).toBeCloseTo(1 / 3)
    expect(planCleaning({ ...cleanable, cleanedOffset: 50 }, TOPIC_DEFAULTS, 5000).firstDirty).toBe(0)
    expect(planCleaning({ ...cleanable, startOffset: 12, cleanedOffset: 5 }, TOPIC_DEFAULTS, 5000).firstDirty).toBe(12)
    expect(dirtyRatio(planCleaning({ ...cleanable, cleanedOffset: 33 }, TOPIC_DEFAULTS, 5000))).toBe(0)
  })
})

describe('the map of keys', () => {
  it('knows the last offset of every key, of any length, and of no other', () => {
    const map = new OffsetMap(1 << 24, 5)
    const keys = Array.from({ length: 20_000 }, (_, n) => new TextEncoder().encode(`key-${n}${'.'.repeat(n % 50)}`))
    keys.push(new Uint8Array(0), new Uint8Array(100_000).fill(7), new Uint8Array(65_536).fill(8))
    for (const [offset, key] of keys.entries()) map.put(key, 0, key.length, offset)
    for (const [offset, key] of keys.entries()) if (offset % 3 === 0) map.put(key, 0, key.length, offset + 1_000_000)
    const wrong = keys.filter((key, offset) => map.get(key, 0, key.length) !== (offset % 3 === 0 ? offset + 1_000_000 : offset))
    expect([wrong.length, map.size]).toEqual([0, keys.length])
    const other = new TextEncoder().encode('another')
    expect(map.get(other, 0, other.length)).toBe(-1)
  })

  it('that is full ends the round there; as many rounds as it takes clean the rest', async () => {
    for (let n = 0; n < 300; n++) await write([`key-${n % 100}`, String(n)])
    await log.roll()
    const ends: (number | null)[] = []
    for (let end: number | null = 0; end !== 300; ) {
      end = await clean({ dedupeBufferBytes: 600 })
      ends.push(end)
    }
    expect(ends.length).toBeGreaterThan(5)
    expect((await left()).slice(0, 2)).toEqual(['200 key-0=200', '201 key-1=201'])
    expect((await left()).length).toBe(100)
  })
})

describe('a large log', () => {
  it('is cleaned in slices, between which everybody else has a turn', async () => {
    for (let n = 0; n < 400; n++) {
      const writer = new BatchWriter()
      for (let at = 0; at < 100; at++) writer.append(`key-${(n * 100 + at) % 5000}`, 'v'.repeat(50), clock.now(), null)
      await append(log, writer.finish())
      if (n % 50 === 49) await log.roll()
    }
    let slices = 0
    let turns = 0
    let isOver = false
    const turn = (): void => {
      turns++
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    await clean({ onSlice: () => slices++ })
    isOver = true
    // A clock that stands still ends a slice after 256 looks, one look a batch: 400 batches twice, and 400 of the result.
    expect(slices).toBeGreaterThanOrEqual(3)
    expect(turns).toBeGreaterThan(0)
    expect((await keptOf(log)).length).toBe(5000)
  })
})
