// One group with members of kafkajs and members in this process: they divide the partitions, whoever comes first and whoever leaves.
import type { Consumer } from 'kafkajs'
import { expect, test } from 'vitest'
import type { Broker } from 'kafkalite'
import { type Clients, clients, Inbox, joined } from './kafkajs-fixture.js'

interface Remote {
  readonly consumer: Consumer
  readonly inbox: Inbox
}

async function startRemote({ consumer: consume }: Clients): Promise<Remote> {
  const consumer = await consume({ groupId: 'billing' })
  const inbox = new Inbox()
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  const ready = joined(consumer)
  await consumer.run({ eachMessage: inbox.take })
  await ready
  return { consumer, inbox }
}

/** Resolves when a member of kafkajs has joined with so many partitions. */
async function holds({ consumer }: Remote, count: number): Promise<void> {
  while (((await joined(consumer)).orders?.length ?? 0) !== count);
}

async function sendToEach(broker: Broker, value: string): Promise<void> {
  const producer = broker.producer()
  for (let partition = 0; partition < 4; partition++) await producer.send('orders', { value: `${value} ${partition}`, partition })
}

test('a member in this process joins one of kafkajs, and both get a part', async () => {
  const served = await clients()
  const { broker } = served
  const topic = await broker.topic('orders', { partitions: 4 })
  const remote = await startRemote(served)
  const halved = holds(remote, 2)
  const read: string[] = []
  const local = broker.consumer({ groupId: 'billing', topics: [topic], from: 'earliest' })
  await local.run((record) => void read.push(record.value ?? ''))
  await halved
  await sendToEach(broker, 'shared')
  await remote.inbox.count(2)
  await broker.idle()
  expect([...(await remote.inbox.count(2)), ...read].sort()).toEqual(['shared 0', 'shared 1', 'shared 2', 'shared 3'])
  expect(await broker.group('billing').describe()).toMatchObject({ type: 'consumer', members: [{}, {}] })
  const whole = holds(remote, 4)
  await local.close()
  await whole
  await sendToEach(broker, 'alone')
  await remote.inbox.count(6)
  expect(await broker.group('billing').describe()).toMatchObject({ type: 'classic', members: [{}] })
})

test('a member of kafkajs joins one in this process, commits, and what it leaves goes back', async () => {
  const served = await clients()
  const { broker } = served
  const topic = await broker.topic('orders', { partitions: 4 })
  const read: string[] = []
  const local = broker.consumer({ groupId: 'billing', topics: [topic], from: 'earliest' })
  await local.run((record) => void read.push(record.value ?? ''))
  const remote = await startRemote(served)
  await sendToEach(broker, 'shared')
  await remote.inbox.count(2)
  await remote.consumer.disconnect()
  await sendToEach(broker, 'alone')
  await broker.group('billing').caughtUp()
  const all = [...remote.inbox.records.map(({ value }) => value), ...read]
  expect([...new Set(all)].sort()).toEqual([0, 1, 2, 3].flatMap((index) => [`alone ${index}`, `shared ${index}`]).sort())
  expect(all).toHaveLength(8)
})
