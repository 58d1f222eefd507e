// The same broker on a storage that answers with promises: order, gathering of appends, failures, and fetches that miss nothing.

import { describe, expect, it } from 'vitest'
import type { LogConfig, LogStore } from '../../src/storage/storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { batchOf, largeBatch, openCluster, readAll, valuesOf } from './cluster-fixture.js'

/** Memory that takes a turn for each append and read, and counts the appends. */
class LateStorage extends MemoryStorage {
  appends = 0

  override log(name: string, config: LogConfig): LogStore {
    const log = super.log(name, config)
    const append = log.append.bind(log)
    const read = log.read.bind(log)
    log.append = async (batches) => {
      this.appends++
      await Promise.resolve()
      await append(batches)
    }
    log.read = async (offset, maxBytes) => {
      await Promise.resolve()
      const found = await read(offset, maxBytes)
      await Promise.resolve()
      return found
    }
    return log
  }
}

describe('on a storage that answers with promises', () => {
  it('appends keep their order and go to the storage together while one is under way', async () => {
    const storage = new LateStorage()
    const { cluster } = await openCluster({ storage })
    await cluster.createTopic('t')
    storage.appends = 0
    const values = Array.from({ length: 50 }, (_, i) => `v${i}`)
    const appended = await Promise.all(values.map((value) => cluster.produce('t', 0, batchOf(0, value))))
    expect(appended.map(({ baseOffset }) => baseOffset)).toEqual(values.map((_, i) => i))
    expect(storage.appends).toBe(2)
    expect(valuesOf(await cluster.fetch(readAll('t')))).toEqual(values)
    await cluster.close()
  })

  it('a full disk refuses what does not fit and takes what comes after there is room', async () => {
    const storage = new LateStorage({ maxBytes: 8000 })
    const { cluster } = await openCluster({ storage })
    await cluster.createTopic('t')
    const results = await Promise.allSettled([1000, 20_000, 1000].map(async (bytes) => cluster.produce('t', 0, largeBatch(0, bytes))))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(results[1]).toMatchObject({ reason: { code: 'DISK_FULL', retriable: true } })
    expect(await cluster.produce('t', 0, largeBatch(0, 1000))).toMatchObject({ baseOffset: 1 })
    await cluster.close()
  })

  it('a waiting fetch misses no append, whenever it comes', async () => {
    const { cluster } = await openCluster({ storage: new LateStorage() })
    await cluster.createTopic('t', { partitions: 2 })
    for (let turns = 0; turns < 8; turns++) {
      const positions = [0, 1].map((partition) => ({ topic: 't', partition, offset: turns }))
      const answer = cluster.fetch({ ...readAll('t'), positions, maxWaitMs: Infinity })
      for (let i = 0; i < turns; i++) await Promise.resolve()
      await cluster.produce('t', 0, batchOf(0, `a${turns}`))
      expect(valuesOf(await answer)).toEqual([`a${turns}`])
      await cluster.produce('t', 1, batchOf(0, 'b'))
    }
    await cluster.idle()
    await cluster.close()
  })

  it('idle waits for appends and commits that are under way', async () => {
    const { cluster } = await openCluster({ storage: new LateStorage() })
    await cluster.createTopic('t')
    let finished = 0
    const count = () => finished++
    void Promise.resolve(cluster.produce('t', 0, batchOf(0, 'a'))).then(count)
    void Promise.resolve(cluster.commitOffsets('g', [{ topic: 't', partition: 0, offset: 1 }])).then(count)
    await cluster.idle()
    await Promise.resolve()
    await Promise.resolve()
    expect(finished).toBe(2)
    expect(cluster.committedOffsets('g')).toHaveLength(1)
    await cluster.close()
  })
})
