// The way in and out of a partition: what may be appended, what a fetch answers, and how it waits.

import { describe, expect, it } from 'vitest'
import type { FetchRequest } from '../../src/core/cluster.js'
import { isPromise } from '../../src/lib/awaitable.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { batchOf, largeBatch, openCluster, readAll, valuesOf } from './cluster-fixture.js'

/** Memory whose syncs and appends settle when the test says so. */
class SlowStorage extends MemoryStorage {
  readonly syncs: (() => void)[] = []
  override sync(): void {
    super.sync()
    return new Promise<void>((resolve) => this.syncs.push(resolve)) as never
  }
}

describe('an append', () => {
  it('answers at once, without a promise, when the storage is synchronous', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t')
    const first = cluster.produce('t', 0, batchOf(0, 'a', 'b'))
    expect(isPromise(first)).toBe(false)
    expect(first).toEqual({ baseOffset: 0, logAppendTime: -1 })
    expect(cluster.produce('t', 0, batchOf(0, 'c'))).toEqual({ baseOffset: 2, logAppendTime: -1 })
    expect(isPromise(cluster.fetch(readAll('t')))).toBe(false)
    await cluster.close()
  })

  it('is stamped with the time of the broker when the topic says so', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t', { config: { messageTimestampType: 'LogAppendTime' } })
    expect(cluster.produce('t', 0, batchOf(5, 'a'))).toEqual({ baseOffset: 0, logAppendTime: clock.now() })
    expect(await cluster.offset({ topic: 't', partition: 0 }, 'maxTimestamp')).toEqual({ offset: 0, timestamp: clock.now() })
    await cluster.close()
  })

  it('is refused when the batch is larger than maxMessageBytes or a segment, and then takes no offset', async () => {
    const { cluster } = await openCluster()
    const exact = largeBatch(0, 100).sizeBytes
    await cluster.createTopic('small', { config: { maxMessageBytes: exact } })
    await cluster.createTopic('segment', { config: { maxMessageBytes: 1 << 22, segmentBytes: 1 << 20 } })
    expect(() => cluster.produce('small', 0, largeBatch(0, 101))).toThrowError(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
    expect(() => cluster.produce('segment', 0, largeBatch(0, 1 << 20))).toThrowError(
      expect.objectContaining({ code: 'RECORD_LIST_TOO_LARGE' }),
    )
    expect(cluster.produce('small', 0, largeBatch(0, 100))).toMatchObject({ baseOffset: 0 })
    await cluster.close()
  })

  it('to a compacted topic needs a key', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t', { config: { cleanupPolicy: 'compact' } })
    expect(() => cluster.produce('t', 0, batchOf(0, 'a'))).toThrowError(expect.objectContaining({ code: 'INVALID_RECORD' }))
    const writer = new BatchWriter()
    writer.append('k', 'v', 0, null)
    expect(cluster.produce('t', 0, writer.finish())).toMatchObject({ baseOffset: 0 })
    await cluster.close()
  })

  it('is refused when a record is stamped too far in the future or the past', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t', { config: { messageTimestampBeforeMaxMs: 1000 } })
    const now = clock.now()
    for (const timestamp of [now + 3_600_001, now - 1001]) {
      expect(() => cluster.produce('t', 0, batchOf(timestamp, 'a'))).toThrowError(expect.objectContaining({ code: 'INVALID_TIMESTAMP' }))
    }
    for (const timestamp of [now + 3_600_000, now - 1000]) cluster.produce('t', 0, batchOf(timestamp, 'a'))
    expect(await cluster.offset({ topic: 't', partition: 0 }, 'latest')).toEqual({ offset: 2, timestamp: -1 })
    await cluster.close()
  })

  it("at flush 'always' can be read only after the sync", async () => {
    const storage = new SlowStorage()
    const { cluster, clock } = await openCluster({ storage })
    const creating = cluster.createTopic('t', { config: { flush: 'always' } })
    await clock.settle()
    for (const sync of storage.syncs.splice(0)) sync()
    await creating
    const first = cluster.produce('t', 0, batchOf(0, 'a'))
    const second = cluster.produce('t', 0, batchOf(0, 'b'))
    expect(isPromise(first)).toBe(true)
    expect(await cluster.fetch(readAll('t'))).toEqual([])
    storage.syncs[0]?.()
    expect(await first).toMatchObject({ baseOffset: 0 })
    expect(valuesOf(await cluster.fetch(readAll('t')))).toEqual(['a'])
    storage.syncs[1]?.()
    expect(await second).toMatchObject({ baseOffset: 1 })
    expect(valuesOf(await cluster.fetch(readAll('t')))).toEqual(['a', 'b'])
    await cluster.close()
  })

  it("at flush 'interval' sets one timer while something is unsynced", async () => {
    const { cluster, clock } = await openCluster({ flush: 'interval', topicDefaults: { retentionMs: -1 } })
    await cluster.createTopic('t')
    expect(clock.pending).toBe(0)
    for (let i = 0; i < 10; i++) cluster.produce('t', 0, batchOf(0, 'a'))
    expect(clock.pending).toBe(1)
    await clock.advance(1000)
    expect(clock.pending).toBe(0)
    await cluster.close()
  })
})

describe('a fetch', () => {
  it('gives whole batches from the one that holds the offset', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t')
    cluster.produce('t', 0, batchOf(0, 'a', 'b', 'c'))
    cluster.produce('t', 0, batchOf(0, 'd'))
    const [answer] = await cluster.fetch(readAll('t', 0, 1))
    expect(answer).toMatchObject({ topic: 't', partition: 0, startOffset: 0, highWatermark: 4, aborted: [] })
    expect(valuesOf(answer === undefined ? [] : [answer])).toEqual(['a', 'b', 'c', 'd'])
    expect(await cluster.fetch(readAll('t', 0, 4))).toEqual([])
    await cluster.close()
  })

  it('tells of an offset that is not there and of a topic that is not there, each by itself', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t', { partitions: 2 })
    cluster.produce('t', 1, batchOf(0, 'a'))
    const positions = [
      { topic: 't', partition: 0, offset: 5 },
      { topic: 'none', partition: 0, offset: 0 },
      { topic: 't', partition: 1, offset: 0 },
    ]
    const answers = await cluster.fetch({ ...readAll('t'), positions })
    expect(answers.map(({ topic, partition, error }) => [topic, partition, error?.code])).toEqual([
      ['t', 0, 'OFFSET_OUT_OF_RANGE'],
      ['none', 0, 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['t', 1, undefined],
    ])
    await cluster.close()
  })

  it('keeps maxBytes over all partitions and starves none of them', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t', { partitions: 3 })
    for (let partition = 0; partition < 3; partition++) cluster.produce('t', partition, largeBatch(0, 1000))
    const positions = [0, 1, 2].map((partition) => ({ topic: 't', partition, offset: 0 }))
    const first: number[] = []
    for (let i = 0; i < 3; i++) {
      const answers = await cluster.fetch({ ...readAll('t'), positions, maxBytes: 1500 })
      expect(answers).toHaveLength(1)
      first.push(answers[0]?.partition ?? -1)
    }
    expect(first.sort()).toEqual([0, 1, 2])
    expect(await cluster.fetch({ ...readAll('t'), positions, maxBytes: 1 })).toHaveLength(1)
    await cluster.close()
  })
})

describe('a fetch that finds nothing', () => {
  const waiting = (topic: string, over: Partial<FetchRequest> = {}): FetchRequest => ({ ...readAll(topic), maxWaitMs: Infinity, ...over })

  it('is answered by the next append, with all that came in the same turn', async () => {
    const { cluster, clock } = await openCluster({ topicDefaults: { retentionMs: -1 } })
    await cluster.createTopic('t')
    const answer = cluster.fetch(waiting('t'))
    expect(clock.pending).toBe(0)
    cluster.produce('t', 0, batchOf(0, 'a'))
    cluster.produce('t', 0, batchOf(0, 'b'))
    expect(valuesOf(await answer)).toEqual(['a', 'b'])
    await cluster.close()
  })

  it('ends empty after maxWaitMs, on abort, and when the broker closes', async () => {
    const { cluster, clock } = await openCluster()
    await cluster.createTopic('t')
    const timed = cluster.fetch(waiting('t', { maxWaitMs: 500 }))
    await clock.advance(500)
    expect(await timed).toEqual([])
    const controller = new AbortController()
    const aborted = cluster.fetch(waiting('t', { signal: controller.signal, maxWaitMs: 500 }))
    controller.abort()
    expect(await aborted).toEqual([])
    expect(await cluster.fetch(waiting('t', { signal: controller.signal }))).toEqual([])
    expect(clock.pending).toBe(0)
    const closed = cluster.fetch(waiting('t', { maxWaitMs: 500 }))
    await cluster.close()
    expect(await closed).toEqual([])
    expect(clock.pending).toBe(0)
    expect(() => cluster.fetch(waiting('t'))).toThrowError(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('is told when its topic is deleted', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t')
    const answer = cluster.fetch(waiting('t'))
    await cluster.deleteTopic('t')
    expect(await answer).toMatchObject([{ error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } }])
    await cluster.close()
  })

  it('is woken by its own partition alone, ten thousand times', async () => {
    const { cluster, clock } = await openCluster({ topicDefaults: { retentionMs: -1 } })
    await cluster.createTopic('t', { partitions: 2 })
    let woken = 0
    const waits = Array.from({ length: 10_000 }, async () => {
      const answers = await cluster.fetch(waiting('t', { positions: [{ topic: 't', partition: 1, offset: 0 }] }))
      woken++
      return answers
    })
    expect(clock.pending).toBe(0)
    cluster.produce('t', 0, batchOf(0, 'a'))
    await clock.settle()
    expect(woken).toBe(0)
    cluster.produce('t', 1, batchOf(0, 'b'))
    const answers = await Promise.all(waits)
    expect(answers.every((answer) => valuesOf(answer).join() === 'b')).toBe(true)
    await cluster.close()
  })
})
