// What removes segments, beside the plain cases of offsets-retention: records without a time, segments that compaction emptied, the
// interval of the check, limits of an index, and what is there after a restart.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EmbeddedCluster } from '../../src/core/embedded-cluster.js'
import { segmentsToRemove } from '../../src/core/retention.js'
import { TOPIC_DEFAULTS } from '../../src/core/topic-config.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import type { SegmentInfo, Storage } from '../../src/storage/storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { batchAt, CONFIG, START_MS } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { batchOf, largeBatch, openCluster } from './cluster-fixture.js'

const T0 = { topic: 't', partition: 0 }
const NO_TIME = -1

/** Where the log begins when the checks that fell due are over. */
async function startOf(cluster: EmbeddedCluster): Promise<number | undefined> {
  await cluster.idle()
  return (await cluster.offset(T0, 'earliest'))?.offset
}

/** Runs on memory and on files: what retention sees is the same. */
function onBoth(name: string, run: (storage: () => Storage) => Promise<void>): void {
  it(`${name} (memory)`, async () => {
    const storage = new MemoryStorage()
    expect(await run(() => storage)).toBeUndefined()
  })
  it(`${name} (files)`, async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-retention-'))
    expect(await run(() => new FileStorage(folder)).finally(() => fs.rmSync(folder, { recursive: true }))).toBeUndefined()
  })
}

describe('retention by time', () => {
  onBoth('goes by when the segment was written where records have no time', async (storage) => {
    const { cluster, clock } = await openCluster({ storage: storage() })
    await cluster.createTopic('t', { config: { retentionMs: 3_600_000 } })
    await cluster.produce('t', 0, batchOf(NO_TIME, 'a'))
    await clock.advance('50 minutes')
    await cluster.produce('t', 0, batchOf(NO_TIME, 'b'))
    await clock.advance('50 minutes')
    expect(await startOf(cluster)).toBe(0)
    await clock.advance('20 minutes')
    expect(await startOf(cluster)).toBe(2)
    await cluster.close()
  })

  onBoth('also when the broker was closed meanwhile', async (storage) => {
    const clock = new VirtualClock()
    const first = await openCluster({ storage: storage(), clock })
    await first.cluster.createTopic('t', { config: { retentionMs: 3_600_000 } })
    await first.cluster.produce('t', 0, batchOf(NO_TIME, 'a'))
    await first.cluster.close()
    await clock.advance('50 minutes')
    const second = await openCluster({ storage: storage(), clock })
    await clock.advance('5 minutes')
    expect(await startOf(second.cluster)).toBe(0)
    await clock.advance('15 minutes')
    expect(await startOf(second.cluster)).toBe(1)
    await second.cluster.close()
  })

  it('looks as often as it is told, the first time no later than that', async () => {
    const { cluster, clock } = await openCluster({ retentionCheckIntervalMs: 1000 })
    await cluster.createTopic('t', { config: { retentionMs: 1500 } })
    cluster.produce('t', 0, batchOf(clock.now(), 'a'))
    await clock.advance(1999)
    expect(await startOf(cluster)).toBe(0)
    await clock.advance(1)
    expect(await startOf(cluster)).toBe(1)
    await cluster.close()
  })

  it('keeps a segment with a record from the future until then, and all behind it', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t', { config: { retentionMs: 60_000, segmentBytes: 1_048_576 } })
    cluster.produce('t', 0, largeBatch(clock.now() + 1_800_000, 1_000_000))
    cluster.produce('t', 0, largeBatch(clock.now(), 1_000_000))
    await clock.advance('20 minutes')
    expect(await startOf(cluster)).toBe(0)
    await clock.advance('20 minutes')
    expect(await startOf(cluster)).toBe(2)
    await cluster.close()
  })
})

describe('the segments that may go', () => {
  const config = { ...TOPIC_DEFAULTS, retentionMs: 10 }
  const piece = (baseOffset: number, sizeBytes: number, maxTimestamp: number, modifiedMs?: number): SegmentInfo => ({
    baseOffset,
    endOffset: baseOffset + 1,
    sizeBytes,
    maxTimestamp,
    modifiedMs,
  })

  it('include those that compaction emptied, but never an empty one that is being written', () => {
    expect(segmentsToRemove([piece(0, 0, -1, 5), piece(1, 10, 5), piece(2, 0, -1, 5)], config, 100, 3)).toBe(2)
    expect(segmentsToRemove([piece(0, 0, -1, 5)], config, 100, 1)).toBe(0)
    expect(segmentsToRemove([piece(0, 0, -1, 95), piece(1, 10, 5)], config, 100, 2)).toBe(0)
    const bySize = { ...config, retentionMs: -1, retentionBytes: 10 }
    expect(segmentsToRemove([piece(0, 0, -1, 5), piece(1, 10, 5), piece(2, 10, 5)], bySize, 100, 3)).toBe(2)
  })

  it('have no age where neither record nor storage says when they were written', () => {
    expect(segmentsToRemove([piece(0, 10, -1)], config, 1e12, 1)).toBe(0)
  })

  it('lie below what can be read', () => {
    expect(segmentsToRemove([piece(0, 10, 1), piece(1, 10, 1)], config, 100, 1)).toBe(1)
  })
})

describe('a segment ends', () => {
  it('when its index is full', async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'kafkalite-index-'))
    const storage = new FileStorage(folder)
    await storage.open({ clock: new VirtualClock(START_MS) })
    // Room for three entries of 12 bytes less one, an entry each 4096 bytes.
    const log = storage.log('t-0', { ...CONFIG, segmentIndexBytes: 36 })
    for (let offset = 0; offset < 12; offset++) await log.append([batchAt(offset, 1, START_MS + offset, 5000)])
    expect(log.segments().map(({ baseOffset }) => baseOffset)).toEqual([0, 3, 6, 9])
    await storage.close()
    fs.rmSync(folder, { recursive: true })
  })

  it('no later than a record of a compacted topic may wait for its cleaning', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t', { config: { cleanupPolicy: 'compact', maxCompactionLagMs: 60_000, minCleanableDirtyRatio: 1 } })
    const cleaned: number[] = []
    cluster.events.on('cleaned', ({ cleanedTo }) => cleaned.push(cleanedTo))
    cluster.produce('t', 0, batchAt(0, 1, clock.now()))
    await clock.advance(60_001)
    cluster.produce('t', 0, batchAt(0, 1, clock.now()))
    await clock.advance(15_000)
    expect(cleaned).toEqual([1])
    await cluster.close()
  })
})
