// Groups of kafkajs members: how partitions are divided and divided anew, and where they go on after a commit.
import { expect, test } from 'vitest'
import { clients, Inbox, joined } from './kafkajs-fixture.js'

test('two members divide the partitions, and the one that stays takes over', async () => {
  const { broker, consumer: consume } = await clients()
  await broker.topic('orders', { partitions: 4 })
  const start = async (): Promise<{ consumer: Awaited<ReturnType<typeof consume>>; inbox: Inbox }> => {
    const consumer = await consume({ groupId: 'billing' })
    const inbox = new Inbox()
    await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
    const ready = joined(consumer)
    await consumer.run({ eachMessage: inbox.take })
    await ready
    return { consumer, inbox }
  }
  const first = await start()
  const again = joined(first.consumer)
  const second = await start()
  await again
  const producer = broker.producer()
  for (let partition = 0; partition < 4; partition++) await producer.send('orders', { value: `${partition}`, partition })
  await Promise.all([first.inbox.count(2), second.inbox.count(2)])
  const partitionsOf = ({ inbox }: typeof first): number[] => inbox.records.map(({ partition }) => partition)
  expect([...partitionsOf(first), ...partitionsOf(second)].sort()).toEqual([0, 1, 2, 3])
  const alone = joined(first.consumer)
  await second.consumer.disconnect()
  expect((await alone).orders?.toSorted()).toEqual([0, 1, 2, 3])
  expect(await broker.group('billing').describe()).toMatchObject({ type: 'classic', members: [{}] })
})

test('a member that comes back goes on after what was committed', async () => {
  const { broker, consumer: consume } = await clients()
  const topic = await broker.topic('orders')
  for (let index = 0; index < 4; index++) await topic.send({ value: `${index}` })
  const consumer = await consume({ groupId: 'billing' })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  const inbox = new Inbox()
  await consumer.run({ autoCommit: false, eachMessage: inbox.take })
  await inbox.count(4)
  await consumer.commitOffsets([{ topic: 'orders', partition: 0, offset: '2', metadata: 'halfway' }])
  await consumer.disconnect()
  expect(await broker.group('billing').lag()).toMatchObject({ total: 2 })
  const next = await consume({ groupId: 'billing' })
  await next.subscribe({ topics: ['orders'], fromBeginning: true })
  const rest = new Inbox()
  await next.run({ eachMessage: rest.take })
  expect(await rest.count(2)).toEqual(['2', '3'])
})

test('offsets that kafkajs commits are those of a member in this process, and the other way round', async () => {
  const { broker, consumer: consume } = await clients()
  const topic = await broker.topic('orders')
  for (let index = 0; index < 4; index++) await topic.send({ value: `${index}` })
  const read = async (count: number): Promise<string[]> => {
    const values: string[] = []
    for await (const record of broker.consumer({ groupId: 'billing', topics: [topic], from: 'earliest' })) {
      // The record at hand when the loop is left is not done.
      if (values.length === count) break
      values.push(String(record.value))
    }
    return values
  }
  expect(await read(2)).toEqual(['0', '1'])
  const consumer = await consume({ groupId: 'billing' })
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  const inbox = new Inbox()
  await consumer.run({ eachMessage: inbox.take })
  expect(await inbox.count(2)).toEqual(['2', '3'])
  await consumer.disconnect()
  for (const value of ['4', 'end']) await topic.send({ value })
  expect(await read(1)).toEqual(['4'])
})

test('a topic that is created later is found by its pattern’s consumers in this process and by kafkajs that asks again', async () => {
  const { broker, consumer: consume } = await clients()
  const topic = await broker.topic('orders-1')
  const consumer = await consume({ groupId: 'billing', metadataMaxAge: 100 })
  await consumer.subscribe({ topics: [/orders-.*/], fromBeginning: true })
  const inbox = new Inbox()
  await consumer.run({ eachMessage: inbox.take })
  await topic.send({ value: 'one' })
  expect(await inbox.count(1)).toEqual(['one'])
})
