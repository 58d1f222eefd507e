// Places in a partition, by name and by time, and what removes records: retention by time and size, and deleteRecords.

import { describe, expect, it } from 'vitest'
import { segmentsToRemove } from '../../src/core/retention.js'
import { TOPIC_DEFAULTS } from '../../src/core/topic-config.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import { batchOf, largeBatch, openCluster, readAll, valuesOf } from './cluster-fixture.js'

const T0 = { topic: 't', partition: 0 }

describe.each(['one batch', 'a batch each'])('looking up an offset by time in records of %s', (form) => {
  async function filled() {
    const opened = await openCluster()
    await opened.cluster.createTopic('t')
    let writer = new BatchWriter()
    for (const timestamp of [1000, 3000, 2000, 3000, 5000]) {
      writer.append(null, 'v', timestamp, null)
      if (form === 'a batch each') {
        opened.cluster.produce('t', 0, writer.finish())
        writer = new BatchWriter()
      }
    }
    if (form === 'one batch') opened.cluster.produce('t', 0, writer.finish())
    return opened.cluster
  }

  it('finds the first record in log order that is late enough', async () => {
    const cluster = await filled()
    const found = async (timestamp: number) => (await cluster.offset(T0, { timestamp }))?.offset ?? -1
    expect(await Promise.all([0, 1001, 2500, 3001, 5001].map(found))).toEqual([0, 1, 1, 4, -1])
    expect(await cluster.offset(T0, 'maxTimestamp')).toEqual({ offset: 4, timestamp: 5000 })
    expect(await cluster.offset(T0, 'earliest')).toEqual({ offset: 0, timestamp: -1 })
    expect(await cluster.offset(T0, 'latest')).toEqual({ offset: 5, timestamp: -1 })
    await cluster.close()
  })

  it('finds nothing below the start', async () => {
    const cluster = await filled()
    expect(await cluster.deleteRecords(T0, 2)).toBe(2)
    expect(await cluster.offset(T0, { timestamp: 0 })).toEqual({ offset: 2, timestamp: 2000 })
    expect(await cluster.offset(T0, { timestamp: 2500 })).toEqual({ offset: 3, timestamp: 3000 })
    expect(await cluster.offset(T0, 'earliest')).toEqual({ offset: 2, timestamp: -1 })
    await cluster.close()
  })
})

describe('an empty partition', () => {
  it('has an earliest and a latest offset and no latest record', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t')
    expect(await cluster.offset(T0, 'earliest')).toEqual({ offset: 0, timestamp: -1 })
    expect(await cluster.offset(T0, 'maxTimestamp')).toBe(null)
    expect(await cluster.offset(T0, { timestamp: 0 })).toBe(null)
    expect(() => cluster.offset({ topic: 't', partition: 1 }, 'latest')).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_TOPIC_OR_PARTITION' }),
    )
    await cluster.close()
  })
})

describe('deleteRecords', () => {
  it('moves the start forward, never back, and readers see it at once', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t')
    for (const value of ['a', 'b', 'c', 'd']) cluster.produce('t', 0, batchOf(0, value))
    expect(await cluster.deleteRecords(T0, 2)).toBe(2)
    expect(await cluster.deleteRecords(T0, 1)).toBe(2)
    expect(await cluster.fetch(readAll('t', 0, 1))).toMatchObject([{ error: { code: 'OFFSET_OUT_OF_RANGE' } }])
    expect(valuesOf(await cluster.fetch(readAll('t', 0, 2)))).toEqual(['c', 'd'])
    expect(await cluster.deleteRecords(T0, -1)).toBe(4)
    for (const offset of [5, -2]) await expect(cluster.deleteRecords(T0, offset)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
    await cluster.close()
  })

  it('is against the policy of a topic that is only compacted', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t', { config: { cleanupPolicy: 'compact' } })
    await expect(cluster.deleteRecords(T0, 0)).rejects.toMatchObject({ code: 'POLICY_VIOLATION' })
    await cluster.close()
  })
})

describe('retention', () => {
  it('removes records seven days after they were written, and then the broker has no timer', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t')
    expect(clock.pending).toBe(0)
    cluster.produce('t', 0, batchOf(clock.now(), 'a'))
    expect(clock.pending).toBe(1)
    await clock.advance('6 days')
    expect(valuesOf(await cluster.fetch(readAll('t')))).toEqual(['a'])
    await clock.advance('1 day')
    await clock.advance('10 minutes')
    expect(await cluster.offset(T0, 'earliest')).toEqual({ offset: 1, timestamp: -1 })
    expect(cluster.partitionSize(T0)).toBe(0)
    expect(clock.pending).toBe(0)
    expect(cluster.produce('t', 0, batchOf(clock.now(), 'b'))).toMatchObject({ baseOffset: 1 })
    await cluster.close()
    expect(clock.pending).toBe(0)
  })

  it('goes by the records, not by when they came: old ones go at the next check', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t', { config: { retentionMs: 60_000 } })
    cluster.produce('t', 0, batchOf(0, 'old'))
    await clock.advance(30_000)
    expect(await cluster.offset(T0, 'earliest')).toMatchObject({ offset: 1 })
    await cluster.close()
  })

  it('by size keeps at least as much as was asked for', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t', { config: { retentionMs: -1, retentionBytes: 2_500_000, segmentBytes: 1_048_576 } })
    for (let i = 0; i < 5; i++) cluster.produce('t', 0, largeBatch(clock.now(), 1_000_000))
    await clock.advance(30_000)
    expect(await cluster.offset(T0, 'earliest')).toMatchObject({ offset: 2 })
    await cluster.close()
  })

  it('never touches a topic that keeps for ever, and sets no timer for it', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t', { config: { retentionMs: -1 } })
    cluster.produce('t', 0, batchOf(0, 'a'))
    expect(clock.pending).toBe(0)
    await clock.advance('100 days')
    expect(valuesOf(await cluster.fetch(readAll('t')))).toEqual(['a'])
    await cluster.alterTopic('t', { retentionMs: 1000 })
    await clock.advance('10 minutes')
    expect(await cluster.offset(T0, 'earliest')).toMatchObject({ offset: 1 })
    await cluster.close()
  })

  it('leaves three of five segments of 600073 bytes at a limit of 1500000', () => {
    const segments = [0, 1, 2, 3, 4].map((i) => ({ baseOffset: i, endOffset: i + 1, sizeBytes: 600_073, maxTimestamp: 0 }))
    const config = { ...TOPIC_DEFAULTS, retentionMs: -1, retentionBytes: 1_500_000 }
    expect(segmentsToRemove(segments, config, 0, 5)).toBe(2)
    expect(segmentsToRemove(segments, { ...config, retentionBytes: 0 }, 0, 1)).toBe(1)
    expect(segmentsToRemove(segments, { ...config, retentionBytes: -1, retentionMs: 10 }, 10, 5)).toBe(0)
    expect(segmentsToRemove(segments, { ...config, retentionBytes: -1, retentionMs: 10 }, 11, 5)).toBe(5)
  })
})
