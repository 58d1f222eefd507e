// What a consumer reads: topics by name, by pattern, partitions by hand; topics and partitions that come later.
import { expect, test } from 'vitest'
import { json } from '../../src/index.js'
import { nextEvent, openBroker, texts, valuesOf } from './consumer-fixture.js'

test('a pattern matches whole names, and topics that come later are read from their first record', async () => {
  await using fixture = await openBroker()
  const consumer = fixture.broker.consumer({ topics: /or.*/ })
  await consumer.poll({ timeoutMs: 0 })
  const orgs = await fixture.broker.topic('orgs')
  const other = await fixture.broker.topic('more-orders')
  await orgs.send({ value: 'new' })
  await other.send({ value: 'not this' })
  expect(valuesOf(await consumer.poll())).toEqual(['new'])
  expect(consumer.assignment()).toEqual([
    { topic: 'orders', partition: 0 },
    { topic: 'orgs', partition: 0 },
  ])
})

test('a member of a group reads a topic that comes later from its first record', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 1)
  const consumer = fixture.broker.consumer({ groupId: 'g', topics: /or.*/ })
  await consumer.poll({ timeoutMs: 0 })
  const assigned = nextEvent(consumer as never, 'assigned')
  const orgs = await fixture.broker.topic('orgs')
  await orgs.send({ value: 'new' })
  await assigned
  expect(valuesOf(await consumer.poll())).toEqual(['new'])
})

test('a topic that is named and not there is created', async () => {
  await using fixture = await openBroker()
  const consumer = fixture.broker.consumer({ topics: ['letters'] })
  await consumer.poll({ timeoutMs: 0 })
  await fixture.broker.producer().send('letters', { value: 'hi' })
  expect(valuesOf(await consumer.poll())).toEqual(['hi'])
})

test('assigned partitions are read without a group, and keep their place under a groupId', async () => {
  await using fixture = await openBroker(2)
  await fixture.send(0, 9)
  const first = fixture.broker.consumer({ groupId: 'g', from: 'earliest' })
  await first.assign([{ topic: 'orders', partition: 1 }])
  expect(valuesOf(await first.poll({ maxRecords: 2 }))).toEqual(['1', '3'])
  await first.close()
  expect(await fixture.broker.group('g').lag()).toMatchObject({
    total: 8,
    partitions: [
      { committed: null, lag: 5 },
      { committed: 2, lag: 3 },
    ],
  })
  const second = fixture.broker.consumer({ groupId: 'g' })
  await second.assign([{ topic: 'orders', partition: 1 }])
  expect(valuesOf(await second.poll())).toEqual(['5', '7', '9'])
})

test('assign() and subscribe() exclude each other, and a partition that is not there is refused', async () => {
  await using fixture = await openBroker()
  const consumer = fixture.broker.consumer()
  await expect(consumer.poll()).rejects.toMatchObject({ code: 'INVALID_STATE' })
  await expect(consumer.assign([{ topic: 'orders', partition: 4 }])).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  await expect(consumer.subscribe(['orders'])).rejects.toMatchObject({ code: 'INVALID_STATE' })
  const other = fixture.broker.consumer({ topics: ['orders'] })
  await expect(other.assign([{ topic: 'orders', partition: 0 }])).rejects.toMatchObject({ code: 'INVALID_STATE' })
})

test('another subscribe() changes the topics', async () => {
  await using fixture = await openBroker()
  const letters = await fixture.broker.topic('letters')
  for (const groupId of [undefined, 'g']) {
    const consumer = fixture.broker.consumer<string>({ groupId, from: 'earliest' })
    await consumer.subscribe(['orders'])
    expect(consumer.assignment()).toEqual([{ topic: 'orders', partition: 0 }])
    await consumer.subscribe(['letters'])
    expect(consumer.assignment()).toEqual([{ topic: 'letters', partition: 0 }])
    await letters.send({ value: 'hi' })
    expect(valuesOf(await consumer.poll())).toContain('hi')
    await consumer.close()
  }
})

test('topics bring their types, and a consumer of names decodes with its own serde', async () => {
  await using fixture = await openBroker()
  const typed = await fixture.broker.topic('typed', { value: json<{ n: number }>() })
  await typed.send({ value: { n: 7 } })
  const ofTopic = fixture.broker.consumer({ topics: [typed], from: 'earliest' })
  expect((await ofTopic.poll())[0]?.value?.n).toBe(7)
  const ofName = fixture.broker.consumer<{ n: number }>({ topics: ['typed'], value: json<{ n: number }>(), from: 'earliest' })
  expect((await ofName.poll())[0]?.value?.n).toBe(7)
})

test('partitions that are added are read from their first record', async () => {
  await using fixture = await openBroker()
  const member = fixture.topic.consumer({ groupId: 'g' })
  await member.poll({ timeoutMs: 0 })
  const assigned = nextEvent(member, 'assigned')
  await fixture.topic.addPartitions(2)
  await fixture.topic.send({ value: 'in the new one', partition: 1 })
  await assigned
  expect(valuesOf(await member.poll())).toEqual(['in the new one'])
  const free = fixture.topic.consumer()
  await free.poll({ timeoutMs: 0 })
  await fixture.topic.addPartitions(3)
  await fixture.topic.send({ value: 'in the third', partition: 2 })
  await fixture.send(1, 1)
  expect(valuesOf([...(await free.poll()), ...(await free.poll())])).toEqual(expect.arrayContaining(['in the third']))
  expect(texts(1, 1)).toEqual(['1'])
})
