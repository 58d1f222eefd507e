// kafkajs' producer and consumer against the listener, and records that cross between remote clients and those in this process.
import { CompressionTypes, Partitioners } from 'kafkajs'
import { expect, test } from 'vitest'
import { clients, Inbox, joined } from './kafkajs-fixture.js'

test('records keep key, value, headers and time, also null ones, and compressed', async () => {
  const { producer: produce, consumer: consume } = await clients()
  const producer = await produce()
  const sent = [
    { key: 'a', value: 'plain', headers: { trace: '1', empty: '' } },
    { key: null, value: 'no key' },
    { key: 'a', value: null },
    { key: '', value: '' },
  ]
  await producer.send({ topic: 'orders', messages: sent })
  await producer.send({ topic: 'orders', compression: CompressionTypes.GZIP, messages: sent })
  const inbox = new Inbox()
  const consumer = await consume({ groupId: 'billing' })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  await consumer.run({ eachMessage: inbox.take })
  await inbox.count(8)
  const expected = [
    { key: 'a', value: 'plain', headers: { trace: '1', empty: '' } },
    { key: null, value: 'no key', headers: {} },
    { key: 'a', value: null, headers: {} },
    { key: '', value: '', headers: {} },
  ]
  expect(inbox.records.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual([...expected, ...expected])
  expect(inbox.records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('a key goes to the same partition from kafkajs as from a producer in this process', async () => {
  const { broker, producer: produce } = await clients()
  await broker.topic('remote', { partitions: 7 })
  await broker.topic('local', { partitions: 7 })
  const keys = Array.from({ length: 50 }, (_, index) => `key ${index} é`)
  const remote = await produce({ createPartitioner: Partitioners.DefaultPartitioner })
  const local = broker.producer()
  for (const key of keys) {
    await remote.send({ topic: 'remote', messages: [{ key, value: key }] })
    await local.send('local', { key, value: key })
  }
  const placed = async (topic: string): Promise<string[]> => {
    const read: string[] = []
    for await (const record of broker.consumer({ topics: [topic], from: 'earliest' })) {
      read.push(`${record.partition} ${String(record.value)}`)
      if (read.length === keys.length) break
    }
    return read.sort()
  }
  expect(await placed('remote')).toEqual(await placed('local'))
})

test('records go both ways between kafkajs and clients in this process', async () => {
  const { broker, producer: produce, consumer: consume } = await clients()
  const topic = await broker.topic('orders')
  const inbox = new Inbox()
  const consumer = await consume({ groupId: 'billing' })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  await consumer.run({ eachMessage: inbox.take })
  await topic.send({ key: 'a', value: 'from inside', headers: { trace: '1' } })
  await inbox.count(1)
  expect(inbox.records[0]).toMatchObject({ key: 'a', value: 'from inside', headers: { trace: '1' } })
  const producer = await produce()
  await producer.send({ topic: 'orders', messages: [{ key: 'b', value: 'from outside', headers: { trace: '2' } }] })
  const seen: unknown[] = []
  for await (const record of broker.consumer({ topics: [topic], from: 'earliest' })) {
    seen.push([record.key, record.value])
    if (seen.length === 2) break
  }
  expect(seen).toEqual([
    ['a', 'from inside'],
    ['b', 'from outside'],
  ])
})

test('a producer is told the offsets, and what it cannot send', async () => {
  const { broker, producer: produce } = await clients({ autoCreateTopics: false })
  await broker.topic('orders', { partitions: 2, maxMessageBytes: 500 })
  const producer = await produce()
  const sendBatch = await producer.sendBatch({
    topicMessages: [
      {
        topic: 'orders',
        messages: [
          { partition: 0, value: 'a' },
          { partition: 1, value: 'b' },
          { partition: 1, value: 'c' },
        ],
      },
    ],
  })
  expect(sendBatch.map(({ partition, baseOffset, errorCode }) => [partition, baseOffset, errorCode])).toEqual([
    [0, '0', 0],
    [1, '0', 0],
  ])
  const [again] = await producer.send({ topic: 'orders', messages: [{ partition: 1, value: 'd' }] })
  expect(again?.baseOffset).toBe('2')
  expect(await producer.send({ topic: 'orders', acks: 0, messages: [{ partition: 1, value: 'e' }] })).toEqual([])
  await expect(producer.send({ topic: 'orders', messages: [{ value: 'x'.repeat(1000) }] })).rejects.toMatchObject({
    type: 'MESSAGE_TOO_LARGE',
  })
  await expect(producer.send({ topic: 'ghost', messages: [{ value: 'x' }] })).rejects.toMatchObject({
    cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION' },
  })
})

test('an idempotent producer is given an id and sends', async () => {
  const { producer: produce, admin: connect } = await clients()
  const producer = await produce({ idempotent: true, maxInFlightRequests: 1 })
  for (let index = 0; index < 20; index++) await producer.send({ topic: 'orders', messages: [{ value: `${index}` }] })
  const admin = await connect()
  expect(await admin.fetchTopicOffsets('orders')).toMatchObject([{ high: '20' }])
})

test('a consumer pauses, resumes and seeks', async () => {
  const { broker, consumer: consume } = await clients()
  const topic = await broker.topic('orders')
  for (let index = 0; index < 5; index++) await topic.send({ value: `${index}` })
  const inbox = new Inbox()
  const consumer = await consume({ groupId: 'billing' })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  const ready = joined(consumer)
  await consumer.run({ eachMessage: inbox.take })
  await ready
  expect(await inbox.count(5)).toEqual(['0', '1', '2', '3', '4'])
  consumer.seek({ topic: 'orders', partition: 0, offset: '3' })
  expect(await inbox.count(7)).toEqual(['0', '1', '2', '3', '4', '3', '4'])
  consumer.pause([{ topic: 'orders' }])
  await topic.send({ value: 'later' })
  expect(consumer.paused()).toEqual([{ topic: 'orders', partitions: [0] }])
  consumer.resume([{ topic: 'orders' }])
  expect((await inbox.count(8)).at(-1)).toBe('later')
})

test('a record larger than the consumer asks for comes all the same', async () => {
  const { broker, consumer: consume } = await clients()
  const topic = await broker.topic('orders')
  await topic.send({ value: 'x'.repeat(100_000) })
  await topic.send({ value: 'small' })
  const inbox = new Inbox()
  const consumer = await consume({ groupId: 'billing', maxBytesPerPartition: 1_000, maxBytes: 2_000 })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  await consumer.run({ eachMessage: inbox.take })
  expect((await inbox.count(2)).map(({ length }) => length)).toEqual([100_000, 5])
})
