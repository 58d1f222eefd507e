// Topic, its partitions and reading it without a group.
import { describe, expect, test } from 'vitest'
import { Broker, json, KafkaliteError, type Reading } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'

const code = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => 'resolved',
    (reason: unknown) => reason,
  )
  return KafkaliteError.is(error) ? error.code : String(error)
}
async function valuesOf(reading: Reading<unknown, unknown>): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const record of reading) values.push(record.value)
  return values
}

describe('opening', () => {
  test('creates the topic, opens it again, and refuses another number of partitions', async () => {
    await using broker = await Broker.open()
    const topic = await broker.topic('t', { partitions: 3, retentionMs: 1000 })
    expect(topic.partitions.map(({ id }) => id)).toEqual([0, 1, 2])
    expect((await topic.describe()).config.retentionMs).toBe(1000)
    expect((await broker.topic('t')).id).toBe(topic.id)
    expect(await code(broker.topic('t', { partitions: 4 }))).toBe('TOPIC_EXISTS_DIFFERENT')
    expect(await code(broker.topic('u', { create: false }))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('two at once open one topic', async () => {
    await using broker = await Broker.open()
    const [a, b] = await Promise.all([broker.topic('t'), broker.topic('t')])
    expect(a.id).toBe(b.id)
  })

  test('the serdes of the topic last opened hold for its name', async () => {
    await using broker = await Broker.open()
    await broker.topic('t', { value: json() })
    await broker.producer().send('t', { value: { a: 1 } })
    const consumer = broker.consumer({ topics: ['t'], from: 'earliest' })
    expect((await consumer.poll()).map(({ value }) => value)).toEqual([{ a: 1 }])
  })

  test('alter, addPartitions and delete', async () => {
    await using broker = await Broker.open()
    const events: string[] = []
    broker.on('topicCreated', (name) => events.push(`+${name}`)).on('topicDeleted', (name) => events.push(`-${name}`))
    const topic = await broker.topic('t')
    await topic.alter({ retentionMs: 5 })
    await topic.addPartitions(3)
    expect([(await topic.describe()).config.retentionMs, topic.partitions.length]).toEqual([5, 3])
    expect((await topic.send({ value: 'a', partition: 2 })).partition).toBe(2)
    await topic.delete()
    expect((await broker.topics()).filter(({ internal }) => !internal)).toEqual([])
    expect(events).toEqual(['+t', '-t'])
  })

  test('a partition tells its ends, finds by time, and lets its beginning be deleted', async () => {
    await using broker = await Broker.open()
    const topic = await broker.topic('t', { messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER })
    await topic.send([10, 20, 30].map((timestamp) => ({ value: 'x', timestamp })))
    const partition = topic.partition(0)
    expect([
      await partition.startOffset(),
      await partition.endOffset(),
      await partition.offsetAt(15),
      await partition.offsetAt(new Date(31)),
    ]).toEqual([0, 3, 1, null])
    expect(await partition.size()).toBeGreaterThan(0)
    expect(await partition.deleteRecords(2)).toBe(2)
    expect(await code(partition.deleteRecords(9))).toBe('OFFSET_OUT_OF_RANGE')
    expect(() => topic.partition(1)).toThrow(expect.objectContaining({ code: 'UNKNOWN_TOPIC_OR_PARTITION' }))
  })
})

describe('reading', () => {
  test('sees what is sent after read() and nothing from before', async () => {
    await using broker = await Broker.open()
    const topic = await broker.topic('t', { partitions: 2 })
    await topic.send({ value: 'before' })
    const reading = topic.read()
    await topic.send([
      { value: 'a', partition: 0 },
      { value: 'b', partition: 1 },
    ])
    const seen: unknown[] = []
    for await (const { value } of reading) if (seen.push(value) === 2) break
    expect(seen.sort()).toEqual(['a', 'b'])
  })

  test('every reader sees every record', async () => {
    await using broker = await Broker.open()
    const topic = await broker.topic('t')
    const readers = [1, 2, 3].map(() => valuesOf(topic.read({ from: 'latest', limit: 2 })))
    await topic.send([{ value: 'a' }, { value: 'b' }])
    expect(await Promise.all(readers)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ])
  })

  test('begins and ends where it is told', async () => {
    await using broker = await Broker.open({ clock: new VirtualClock(1000) })
    const topic = await broker.topic('t', { partitions: 2 })
    await topic.send([1, 2, 3, 4, 5].map((n) => ({ value: String(n), partition: 0, timestamp: n * 100 })))
    expect(await valuesOf(topic.read({ to: 'end' }))).toEqual(['1', '2', '3', '4', '5'])
    expect(await valuesOf(topic.read({ limit: 2 }))).toEqual(['1', '2'])
    expect(await valuesOf(topic.read({ limit: 0 }))).toEqual([])
    expect(await valuesOf(topic.read({ from: { offset: 3 }, to: 'end' }))).toEqual(['4', '5'])
    expect(await valuesOf(topic.read({ from: new Date(250), to: new Date(450) }))).toEqual(['3', '4'])
    expect(await valuesOf(topic.read({ from: { agoMs: 600 }, to: 'end' }))).toEqual(['4', '5'])
    expect(await valuesOf(topic.read({ to: { offset: 2 }, partitions: [0] }))).toEqual(['1', '2'])
    expect(await valuesOf(topic.read({ to: 'end', partitions: [1] }))).toEqual([])
  })

  test('the end is the one when the read began', async () => {
    await using broker = await Broker.open()
    const topic = await broker.topic('t')
    await topic.send({ value: 'a' })
    const reading = topic.read({ to: 'end' })
    await topic.send({ value: 'b' })
    expect(await valuesOf(reading)).toEqual(['a'])
  })

  test('batches have one promise each', async () => {
    await using broker = await Broker.open()
    const topic = await broker.topic('t')
    await topic.send([{ value: 'a' }, { value: 'b' }])
    const sizes: number[] = []
    for await (const batch of topic.read({ to: 'end' }).batches()) sizes.push(batch.length)
    expect(sizes).toEqual([2])
  })

  test('one reading is iterated once', async () => {
    await using broker = await Broker.open()
    const reading = (await broker.topic('t')).read({ to: 'end' })
    await valuesOf(reading)
    expect(() => reading[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }))
  })

  test('a record that cannot be decoded throws when asked, and only then', async () => {
    await using broker = await Broker.open()
    const topic = await broker.topic('t', { value: json() })
    await broker
      .producer()
      .send(
        { name: 't', serdes: { value: { encode: () => '{', decode: () => 1 }, key: { encode: () => '', decode: () => 1 } } },
        { value: 1 },
      )
    for await (const record of topic.read({ limit: 1 })) {
      expect(() => record.value).toThrow(
        expect.objectContaining({ code: 'SERDE_FAILED', message: expect.stringContaining('t-0 at offset 0') }),
      )
      expect(record.valueBytes).toEqual(new Uint8Array([0x7b]))
      expect(record.copy().valueBytes).toEqual(new Uint8Array([0x7b]))
    }
  })

  test('a copy keeps all parts in memory of its own', async () => {
    await using broker = await Broker.open()
    const topic = await broker.topic('t')
    await topic.send([{ value: 'first' }, { key: 'k', value: 'v', headers: { h: 'x' }, timestamp: 5 }, { value: null }])
    const copies = []
    for await (const record of topic.read({ to: 'end' })) copies.push(record.copy())
    expect(copies.map(({ offset, key, value }) => [offset, key, value])).toEqual([
      [0, null, 'first'],
      [1, 'k', 'v'],
      [2, null, null],
    ])
    // The record as it is packed, 18 bytes, and not the slab around it.
    expect([copies[1]!.headers.text('h'), copies[1]!.timestamp, copies[1]!.valueBytes!.buffer.byteLength]).toEqual(['x', 5, 18])
    expect(JSON.parse(JSON.stringify(copies[1]))).toMatchObject({ topic: 't', offset: 1, key: 'k', value: 'v', headers: [['h', 'x']] })
  })
})
