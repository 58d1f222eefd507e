// Transactions of kafkajs: what is committed is read, what is aborted is not, and offsets count with the records.
import { expect, test } from 'vitest'
import { clients, Inbox } from './kafkajs-fixture.js'

test('readers of committed records see the committed ones alone, from kafkajs and in this process', async () => {
  const { broker, producer: produce, consumer: consume } = await clients()
  const topic = await broker.topic('orders')
  const producer = await produce({ transactionalId: 'shop', maxInFlightRequests: 1, idempotent: true })
  for (const ends of ['commit', 'abort', 'commit'] as const) {
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'orders', messages: [{ value: `${ends} 1` }, { value: `${ends} 2` }] })
    await transaction[ends]()
  }
  await topic.send({ value: 'end' })
  const inbox = new Inbox()
  const consumer = await consume({ groupId: 'billing' })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  await consumer.run({ eachMessage: inbox.take })
  const expected = ['commit 1', 'commit 2', 'commit 1', 'commit 2', 'end']
  expect(await inbox.count(5)).toEqual(expected)
  const read: string[] = []
  for await (const { value } of topic.read({ to: 'end', isolation: 'read_committed' })) read.push(value ?? '')
  expect(read).toEqual(expected)
})

test('offsets that are sent with a transaction count when it is committed', async () => {
  const { broker, producer: produce, admin: connect } = await clients()
  await broker.topic('orders')
  await broker.topic('bills')
  const producer = await produce({ transactionalId: 'shop', maxInFlightRequests: 1, idempotent: true })
  const admin = await connect()
  const committed = async (): Promise<unknown> =>
    (await admin.fetchOffsets({ groupId: 'billing', topics: ['orders'] }))[0]?.partitions[0]?.offset
  const topics = [{ topic: 'orders', partitions: [{ partition: 0, offset: '5' }] }]
  const first = await producer.transaction()
  await first.send({ topic: 'bills', messages: [{ value: 'one' }] })
  await first.sendOffsets({ consumerGroupId: 'billing', topics })
  await first.abort()
  expect(await committed()).toBe('-1')
  const second = await producer.transaction()
  await second.sendOffsets({ consumerGroupId: 'billing', topics })
  expect(await committed()).toBe('-1')
  await second.commit()
  expect(await committed()).toBe('5')
})

test('a producer with the same transactional id fences the one before', async () => {
  const { broker, producer: produce } = await clients()
  await broker.topic('orders')
  const config = { transactionalId: 'shop', maxInFlightRequests: 1, idempotent: true }
  const first = await produce(config)
  const open = await first.transaction()
  await open.send({ topic: 'orders', messages: [{ value: 'lost' }] })
  const second = await produce(config)
  const next = await second.transaction()
  await next.send({ topic: 'orders', messages: [{ value: 'kept' }] })
  await next.commit()
  await expect(open.send({ topic: 'orders', messages: [{ value: 'late' }] })).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
})
