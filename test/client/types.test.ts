// Types follow the serdes of a topic, from the topic to the records of its consumers. What must not compile is marked as such.
import { expect, expectTypeOf, test } from 'vitest'
import { Broker, type ConsumerRecord, json, type Message, type StandardSchema, string, type Topic, type ValueOf } from 'kafkalite'

interface Order {
  id: string
  total: number
}

test('values and keys have the types of the serdes', async () => {
  await using broker = await Broker.open()
  const plain = await broker.topic('plain')
  expectTypeOf(plain).toEqualTypeOf<Topic<string, string>>()
  const orders = await broker.topic('orders', { value: json<Order>() })
  expectTypeOf(orders).toEqualTypeOf<Topic<Order, string>>()
  const byNumber = await broker.topic('by-number', { value: string, key: json<number>() })
  expectTypeOf(byNumber).toEqualTypeOf<Topic<string, number>>()
  expectTypeOf<ValueOf<typeof orders>>().toEqualTypeOf<Order>()
  const schema: StandardSchema<Order> = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } }
  expectTypeOf(await broker.topic('checked', { value: json(schema) })).toEqualTypeOf<Topic<Order, string>>()
  expect([orders.name, byNumber.partitions.length]).toEqual(['orders', 1])
})

test('a producer takes what the topic takes, and nothing else', async () => {
  await using broker = await Broker.open()
  const orders = await broker.topic('orders', { value: json<Order>() })
  const producer = broker.producer()
  await producer.send(orders, { key: 'a', value: { id: '1', total: 2 } })
  await orders.send([{ value: { id: '2', total: 3 } }, { value: null }])
  // @ts-expect-error a topic of orders takes no text
  producer.write(orders, { value: 'text' })
  // @ts-expect-error the total of an order is a number
  await orders.send({ value: { id: '1', total: '2' } })
  // @ts-expect-error the keys of this topic are text
  await producer.send(orders, { key: 5, value: null }).catch(() => undefined)
  producer.on('error', () => undefined)
  await producer.send('plain', { key: new Uint8Array(1), value: 'anything' })
  expect(await orders.partition(0).endOffset()).toBeGreaterThan(2)
})

test('consumers give records of the types of their topics, of several the union', async () => {
  await using broker = await Broker.open()
  const orders = await broker.topic('orders', { value: json<Order>() })
  const names = await broker.topic('names')
  const both = broker.consumer({ topics: [orders, names] })
  expectTypeOf<Awaited<ReturnType<typeof both.poll>>>().toEqualTypeOf<ConsumerRecord<Order | string, string>[]>()
  const own = orders.consumer()
  expectTypeOf<Awaited<ReturnType<typeof own.poll>>>().toEqualTypeOf<ConsumerRecord<Order, string>[]>()
  const byName = broker.consumer({ topics: ['orders'] })
  expectTypeOf<Awaited<ReturnType<typeof byName.poll>>>().toEqualTypeOf<ConsumerRecord<unknown, string>[]>()
  const typed = broker.consumer<Order>({ topics: ['orders'], value: json<Order>() })
  expectTypeOf<Awaited<ReturnType<typeof typed.poll>>>().toEqualTypeOf<ConsumerRecord<Order, string>[]>()
  await orders.send({ value: { id: '1', total: 30 } })
  for await (const record of orders.read({ limit: 1 })) {
    expectTypeOf(record.value).toEqualTypeOf<Order | null>()
    expect(record.value?.total).toBe(30)
  }
})

test('any topic can stand where its types do not matter, and a queue has the types of values and results', async () => {
  await using broker = await Broker.open()
  const all: Topic<unknown, unknown>[] = [await broker.topic('a'), await broker.topic('b', { value: json<Order>() })]
  expect(all.length).toBe(2)
  const mail = await broker.queue<{ to: string }, 'sent'>('mail')
  const receipt = await mail.send({ value: { to: 'bob' } })
  expectTypeOf(receipt.acknowledged).toEqualTypeOf<Promise<'sent'>>()
  expectTypeOf<Awaited<ReturnType<typeof mail.receive>>[number]>().toExtend<Message<{ to: string }, 'sent'>>()
})
