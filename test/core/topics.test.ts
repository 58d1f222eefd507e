// Topics: names, numbers of partitions, configs, creation, change and deletion, and that all of it is there after reopening.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { batchOf, openCluster, readAll, valuesOf } from './cluster-fixture.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-core-'))
  folders.push(folder)
  return folder
}

describe('the name of a topic', () => {
  it.each(['', '.', '..', 'a b', 'é', 'a/b', 'x'.repeat(250), '__consumer_offsets', '__cluster_metadata', '__share_group_state-mail'])(
    'may not be "%s"',
    async (name) => {
      const { cluster } = await openCluster()
      await expect(cluster.createTopic(name)).rejects.toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION' })
      await cluster.close()
    },
  )

  it.each(['a', 'A.b-c_1', 'x'.repeat(249), '...'])('may be "%s"', async (name) => {
    const { cluster } = await openCluster()
    expect((await cluster.createTopic(name)).name).toBe(name)
    await cluster.close()
  })

  it('collides with one that differs only in dots and underscores, until that one is deleted', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('a.b')
    await expect(cluster.createTopic('a_b')).rejects.toMatchObject({
      code: 'INVALID_TOPIC_EXCEPTION',
      message: expect.stringContaining('a.b'),
    })
    await cluster.deleteTopic('a.b')
    expect((await cluster.createTopic('a_b')).name).toBe('a_b')
    await cluster.close()
  })
})

describe('creating a topic', () => {
  it('takes 1 partition when -1 or nothing is asked for and refuses 0, -2 and fractions', async () => {
    const { cluster } = await openCluster()
    expect((await cluster.createTopic('none')).partitions).toBe(1)
    expect((await cluster.createTopic('minus-one', { partitions: -1 })).partitions).toBe(1)
    for (const partitions of [0, -2, 1.5]) {
      await expect(cluster.createTopic('bad', { partitions })).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' })
    }
    await expect(cluster.createTopic('bad', { replicationFactor: 2 })).rejects.toMatchObject({ code: 'INVALID_REPLICATION_FACTOR' })
    expect((await cluster.topics()).map(({ name }) => name)).toEqual(['none', 'minus-one'])
    await cluster.close()
  })

  it('lets one of two that come at once win', async () => {
    const { cluster } = await openCluster()
    const [first, second] = await Promise.allSettled([cluster.createTopic('t'), cluster.createTopic('t')])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'TOPIC_ALREADY_EXISTS' } })
    await cluster.close()
  })

  it('lays its configs over the defaults of the broker, and those over the defaults of Kafka', async () => {
    const { cluster } = await openCluster({ flush: 'interval', topicDefaults: { retentionMs: 5, maxMessageBytes: 100 } })
    const { config } = await cluster.createTopic('t', { config: { retentionMs: 7 } })
    expect(config).toMatchObject({ retentionMs: 7, maxMessageBytes: 100, flush: 'interval', segmentMs: 604_800_000 })
    await cluster.close()
  })

  it.each([{ retentionMs: -2 }, { segmentBytes: 1000 }, { cleanupPolicy: 'other' }, { retention: 1 }])(
    'refuses the config %o',
    async (config) => {
      const { cluster } = await openCluster()
      await expect(cluster.createTopic('t', { config: config as never })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
      expect(await cluster.topics()).toEqual([])
      await cluster.close()
    },
  )

  it('happens by itself only when the broker allows it and the caller asks for it', async () => {
    const closed = await openCluster()
    expect(() => closed.cluster.topic('t', { create: true })).toThrowError(expect.objectContaining({ code: 'UNKNOWN_TOPIC_OR_PARTITION' }))
    const open = await openCluster({ autoCreateTopics: true })
    expect(() => open.cluster.topic('t')).toThrowError(expect.objectContaining({ code: 'UNKNOWN_TOPIC_OR_PARTITION' }))
    const both = await Promise.all([open.cluster.topic('t', { create: true }), open.cluster.topic('t', { create: true })])
    expect(both[0]).toBe(both[1])
    expect(open.cluster.topic('t')).toBe(both[0])
    await closed.cluster.close()
    await open.cluster.close()
  })
})

describe('changing a topic', () => {
  it('adds partitions and never takes any away', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t', { partitions: 2 })
    for (const total of [2, 1]) await expect(cluster.addPartitions('t', total)).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' })
    await expect(cluster.addPartitions('none', 2)).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await cluster.addPartitions('t', 3)
    expect(cluster.produce('t', 2, batchOf(0, 'a'))).toMatchObject({ baseOffset: 0 })
    await cluster.close()
  })

  it('changes only the configs that are given', async () => {
    const { cluster } = await openCluster()
    await cluster.createTopic('t', { config: { retentionMs: 1, retentionBytes: 2 } })
    await cluster.alterTopic('t', { retentionMs: 3, retentionBytes: undefined })
    expect(await cluster.topic('t')).toMatchObject({ config: { retentionMs: 3, retentionBytes: 2 } })
    await expect(cluster.alterTopic('t', { retentionMs: -5 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    await cluster.close()
  })

  it('gives a topic that is made again another id, no records and no committed offsets', async () => {
    const { cluster } = await openCluster()
    const before = await cluster.createTopic('t')
    cluster.produce('t', 0, batchOf(0, 'old'))
    await cluster.commitOffsets('g', [{ topic: 't', partition: 0, offset: 1 }])
    await cluster.deleteTopic('t')
    expect(() => cluster.produce('t', 0, batchOf(0, 'none'))).toThrowError(expect.objectContaining({ code: 'UNKNOWN_TOPIC_OR_PARTITION' }))
    await expect(cluster.deleteTopic('t')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    const after = await cluster.createTopic('t')
    expect(after.id).not.toBe(before.id)
    expect(after.id).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(await cluster.fetch(readAll('t'))).toEqual([])
    expect(cluster.committedOffsets('g')).toEqual([])
    await cluster.close()
  })
})

describe.each([
  ['memory', () => new MemoryStorage()],
  ['files', () => new FileStorage(newFolder())],
])('a broker opened again on %s', (_, newStorage) => {
  it('has its topics with ids and configs, its records and its committed offsets', async () => {
    const storage = newStorage()
    const first = await openCluster({ storage })
    await first.cluster.createTopic('gone')
    await first.cluster.deleteTopic('gone')
    const before = await first.cluster.createTopic('t', { partitions: 2, config: { retentionMs: 123 } })
    await first.cluster.produce('t', 1, batchOf(first.clock.now(), 'a', 'b'))
    await first.cluster.addPartitions('t', 3)
    await first.cluster.commitOffsets('g', [{ topic: 't', partition: 1, offset: 2, metadata: 'here' }])
    await first.cluster.close()

    const reopened = storage instanceof FileStorage ? new FileStorage(storage.folder) : storage
    const { cluster } = await openCluster({ storage: reopened })
    expect(await cluster.topics()).toEqual([{ ...before, partitions: 3 }])
    expect(valuesOf(await cluster.fetch(readAll('t', 1)))).toEqual(['a', 'b'])
    expect(cluster.committedOffsets('g')).toEqual([{ topic: 't', partition: 1, offset: 2, metadata: 'here' }])
    expect(cluster.describeGroup('g')).toMatchObject({ state: 'empty', members: [] })
    expect(await cluster.produce('t', 1, batchOf(0, 'c'))).toMatchObject({ baseOffset: 2 })
    await cluster.close()
  })

  it('keeps a bounded log of commits, which says the same after reopening', async () => {
    const storage = newStorage()
    const first = await openCluster({ storage })
    await first.cluster.createTopic('t')
    for (let offset = 1; offset <= 5000; offset++) await first.cluster.commitOffsets('g', [{ topic: 't', partition: 0, offset }])
    await first.cluster.idle()
    await first.cluster.close()

    const reopened = storage instanceof FileStorage ? new FileStorage(storage.folder) : storage
    await reopened.open({ clock: first.clock })
    const log = await reopened.log('__consumer_offsets-0', { segmentBytes: 1 << 26, segmentMs: 604_800_000 })
    expect(log.endOffset - log.startOffset).toBeLessThan(2500)
    await reopened.close()
    const second = await openCluster({ storage: storage instanceof FileStorage ? new FileStorage(storage.folder) : storage })
    expect(second.cluster.committedOffsets('g')).toMatchObject([{ offset: 5000 }])
    await second.cluster.close()
  })
})
