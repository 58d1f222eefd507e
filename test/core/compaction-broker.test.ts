// Compaction as a user of a broker meets it: it comes by itself, can be asked for, says what it did, and readers never miss a key.

import { describe, expect, it } from 'vitest'
import { Broker } from '../../src/broker.js'
import { checkTopicConfig } from '../../src/core/topic-config.js'
import { KafkaliteError } from '../../src/errors.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { LogConfig, LogStore } from '../../src/storage/storage.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { KeyValueStorage } from '../../examples/own-storage/key-value-storage.js'

const LARGE = 'x'.repeat(200_000)
const COMPACT = { cleanupPolicy: 'compact', segmentBytes: 1_048_576 } as const

async function open(
  storage = new MemoryStorage(),
): Promise<{ broker: Broker; clock: VirtualClock; cleaned: string[]; errors: KafkaliteError[] }> {
  const clock = new VirtualClock()
  const broker = await Broker.open({ clock, storage })
  const cleaned: string[] = []
  const errors: KafkaliteError[] = []
  broker.on('cleaned', ({ topic, partition, cleanedTo, bytesBefore, bytesAfter }) =>
    cleaned.push(`${topic}-${partition} to ${cleanedTo}, ${bytesAfter < bytesBefore ? 'smaller' : 'as large'}`),
  )
  broker.on('error', (error) => errors.push(error))
  return { broker, clock, cleaned, errors }
}

describe('a compacted topic', () => {
  it('is cleaned fifteen seconds after it became dirty, and then the broker has no timer for it', async () => {
    const { broker, clock, cleaned } = await open()
    const topic = await broker.topic('table', COMPACT)
    expect(clock.pending).toBe(0)
    for (let n = 0; n < 12; n++) await topic.send({ key: `key-${n % 2}`, value: `${n} ${LARGE}` })
    await clock.advance(14_999)
    expect(cleaned).toEqual([])
    await clock.advance(1)
    await broker.idle()
    expect(cleaned).toEqual(['table-0 to 10, smaller'])
    expect(await valuesOf(broker)).toEqual(['8', '9', '10', '11'])
    expect(clock.pending).toBe(0)
    await broker.close()
  })

  it('waits until it is dirty enough, unless a record has waited as long as it may', async () => {
    const { broker, clock, cleaned } = await open()
    const topic = await broker.topic('table', { ...COMPACT, minCleanableDirtyRatio: 1 })
    for (let n = 0; n < 12; n++) await topic.send({ key: 'a', value: `${n} ${LARGE}` })
    await clock.advance('1 hour')
    expect(cleaned).toEqual([])
    await topic.alter({ maxCompactionLagMs: 7_200_000 })
    await clock.advance('30 minutes')
    expect(cleaned).toEqual([])
    await clock.advance('31 minutes')
    await broker.idle()
    expect(cleaned).toEqual(['table-0 to 10, smaller'])
    await broker.close()
  })

  it('keeps every record as long as minCompactionLagMs says', async () => {
    const { broker, clock, cleaned } = await open()
    const topic = await broker.topic('table', { ...COMPACT, minCompactionLagMs: 3_600_000 })
    for (let n = 0; n < 12; n++) await topic.send({ key: 'a', value: `${n} ${LARGE}` })
    await clock.advance('59 minutes')
    await topic.cleanUp()
    expect((await valuesOf(broker)).length).toBe(12)
    expect(cleaned).toEqual([])
    await clock.advance('2 minutes')
    await broker.idle()
    expect(await valuesOf(broker)).toEqual(['11'])
    await broker.close()
  })

  it('can be cleaned at once, also of what was written last', async () => {
    const { broker, clock } = await open()
    const topic = await broker.topic('table', { cleanupPolicy: 'compact', deleteRetentionMs: 60_000, partitions: 2 })
    await topic.send(['a', 'b', 'a', 'c', 'b'].map((key, n) => ({ key, value: String(n), partition: 1 })))
    await topic.send({ key: 'c', value: null, partition: 1 })
    await topic.cleanUp()
    expect(await valuesOf(broker)).toEqual(['2', '4', 'null'])
    await clock.advance('1 minute')
    await topic.cleanUp()
    expect(await valuesOf(broker)).toEqual(['2', '4'])
    expect(await topic.partition(1).endOffset()).toBe(6)
    await broker.close()
  })

  it('refuses a record without a key', async () => {
    const { broker } = await open()
    const topic = await broker.topic('table', { cleanupPolicy: 'compact,delete' })
    await expect(topic.send({ value: 'no key' })).rejects.toMatchObject({ code: 'INVALID_RECORD' })
    await broker.close()
  })

  it('shows a consumer that reads from the start while it is cleaned every live key, in order', async () => {
    const { broker } = await open()
    const topic = await broker.topic('table', COMPACT)
    for (let n = 0; n < 40; n++) await topic.send({ key: `key-${n % 8}`, value: `${n} ${LARGE}` })
    const seen = new Map<string, number>()
    let last = -1
    for await (const { offset, key, value } of topic.read({ to: 'end' })) {
      expect(offset).toBeGreaterThan(last)
      last = offset
      seen.set(String(key), Number.parseInt(String(value), 10))
      if (offset === 3 || offset === 17) await topic.cleanUp()
    }
    expect([...seen].sort()).toEqual(Array.from({ length: 8 }, (_, n) => [`key-${n}`, 32 + n]))
    await broker.close()
  })

  it('ends where it ended when all of it is gone, for a reader too', async () => {
    const { broker, clock } = await open()
    const topic = await broker.topic('table', { cleanupPolicy: 'compact', deleteRetentionMs: 0 })
    await topic.send([
      { key: 'a', value: '1' },
      { key: 'a', value: null },
    ])
    await topic.cleanUp()
    await clock.advance(1)
    await topic.cleanUp()
    expect(await valuesOf(broker)).toEqual([])
    await topic.send({ key: 'b', value: '2' })
    expect(await valuesOf(broker)).toEqual(['2'])
    await broker.close()
  })

  it('also loses old segments when its policy is compact,delete', async () => {
    const { broker, clock } = await open()
    const topic = await broker.topic('table', { cleanupPolicy: 'compact,delete', retentionMs: 3_600_000 })
    await topic.send({ key: 'a', value: '1' })
    await topic.cleanUp()
    expect(await valuesOf(broker)).toEqual(['1'])
    await clock.advance('2 hours')
    expect(await valuesOf(broker)).toEqual([])
    expect(await topic.partition(0).startOffset()).toBe(1)
    await broker.close()
  })

  it('is refused where the storage cannot compact, also by a change of its configs', async () => {
    const broker = await Broker.open({ storage: new KeyValueStorage(new Map()) })
    await expect(broker.topic('table', { cleanupPolicy: 'compact' })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('does not support compaction'),
    })
    const topic = await broker.topic('plain')
    await expect(topic.alter({ cleanupPolicy: 'compact,delete' })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    expect((await topic.describe()).config.cleanupPolicy).toBe('delete')
    await broker.close()
  })
})

describe('cleaning that fails', () => {
  it('is told as an error event, once, and goes on when somebody asks for it', async () => {
    const storage = new FailingStorage()
    const { broker, clock, errors, cleaned } = await open(storage)
    const topic = await broker.topic('table', COMPACT)
    storage.failure = new KafkaliteError('CORRUPT_MESSAGE', 'damaged on purpose')
    for (let n = 0; n < 12; n++) await topic.send({ key: 'a', value: `${n} ${LARGE}` })
    await clock.advance('5 minutes')
    expect(errors.map(({ code }) => code)).toEqual(['CORRUPT_MESSAGE'])
    await expect(topic.cleanUp()).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE' })
    storage.failure = null
    await topic.cleanUp()
    expect(await valuesOf(broker)).toEqual(['11'])
    expect(cleaned).toEqual(['table-0 to 12, smaller'])
    await broker.close()
  })

  it('for want of room is tried again', async () => {
    const storage = new FailingStorage()
    const { broker, clock, errors, cleaned } = await open(storage)
    const topic = await broker.topic('table', COMPACT)
    storage.failure = new KafkaliteError('DISK_FULL', 'full on purpose')
    for (let n = 0; n < 12; n++) await topic.send({ key: 'a', value: `${n} ${LARGE}` })
    await clock.advance(30_000)
    expect(errors.map(({ code }) => code)).toEqual(['DISK_FULL', 'DISK_FULL'])
    storage.failure = null
    await clock.advance(15_000)
    expect(cleaned).toEqual(['table-0 to 10, smaller'])
    await broker.close()
  })
})

describe('cleanup.policy', () => {
  it('may be empty: then everything stays, and only deleteRecords moves the start', async () => {
    const { broker, clock } = await open()
    expect(checkTopicConfig({ cleanupPolicy: '' }, 'x')).toEqual({ cleanupPolicy: '' })
    const topic = await broker.topic('archive', { cleanupPolicy: '', retentionMs: 1 })
    await topic.send([{ value: '1' }, { value: '2' }])
    await clock.advance('30 days')
    await topic.cleanUp()
    expect(await valuesOf(broker, 'archive')).toEqual(['1', '2'])
    expect(await topic.partition(0).deleteRecords(1)).toBe(1)
    await broker.close()
  })
})

/** A storage whose rewriting fails as long as it is told to. */
class FailingStorage extends MemoryStorage {
  failure: KafkaliteError | null = null

  override log(name: string, config: LogConfig): LogStore {
    const log = super.log(name, config)
    const { compaction } = log
    if (compaction === undefined) return log
    const rewrite = compaction.rewrite.bind(compaction)
    compaction.rewrite = (from, to) => {
      if (this.failure !== null) throw this.failure
      return rewrite(from, to)
    }
    return log
  }
}

/** The first word of each value in the topic. */
async function valuesOf(broker: Broker, name = 'table'): Promise<string[]> {
  const values: string[] = []
  const topic = await broker.topic(name)
  for await (const { value } of topic.read({ to: 'end' })) values.push(String(value).split(' ')[0] as string)
  return values
}
