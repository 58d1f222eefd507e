// Apache Kafka's own share consumer (KafkaShareConsumer, as its tools use it) and its tool for share groups against a listener in this process.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Broker, type Listener } from 'kafkalite'
import { install, java } from '../../kafka/tools.js'

const TOOLS = 'org.apache.kafka.tools'
const GROUPS = `${TOOLS}.consumer.group.ShareGroupCommand`
const GROUP = 'billing'
let tools: string
let broker: Broker
let listener: Listener

beforeAll(async () => {
  tools = await install()
  broker = await Broker.open()
  listener = await broker.listen()
  const configs = ['--alter', '--entity-type', 'groups', '--entity-name', GROUP, '--add-config', 'share.auto.offset.reset=earliest']
  await tool('kafka.admin.ConfigCommand', ...configs)
})
afterAll(() => broker.close())

const tool = (main: string, ...args: readonly string[]): Promise<string> =>
  java(tools, main, ['--bootstrap-server', listener.address, ...args])

/** The lines of what the console consumer printed. */
async function consume(topic: string, count: number, ...args: readonly string[]): Promise<readonly string[]> {
  const reading = ['--topic', topic, '--group', GROUP, '--max-messages', String(count), '--timeout-ms', '30000', ...args]
  return (await tool(`${TOOLS}.consumer.ConsoleShareConsumer`, ...reading)).trim().split('\n').sort()
}

test('records are shared between receivers here and consumers there, and each goes to one', async () => {
  const topic = await broker.topic('orders', { partitions: 2 })
  const lines = Array.from({ length: 40 }, (_, index) => `"order ${index}"`)
  for (const [index, value] of lines.entries()) await topic.send({ value, partition: index % 2 })
  const queue = await broker.queue<string>(GROUP, { source: 'orders' })
  const here = await queue.receive({ max: 10 })
  const there = await consume('orders', 30)
  const all = [...here.map(({ value }) => JSON.stringify(value)), ...there]
  expect(all.toSorted()).toEqual(lines.toSorted())
  for (const message of here) await message.acknowledge()
  expect(await queue.counts()).toMatchObject({ available: 0, acquired: 0 })
  await queue.close()
})

test('what is released comes again, with its count; what is rejected does not', async () => {
  const topic = await broker.topic('retries')
  await topic.send({ value: 'one' })
  const print = ['--formatter-property', 'print.delivery=true']
  const released = await consume('retries', 1, '--release', ...print)
  expect(released).toEqual(['Delivery:1\tone'])
  const rejected = await consume('retries', 1, '--reject', ...print)
  expect(rejected).toEqual(['Delivery:2\tone'])
  await topic.send({ value: 'two' })
  expect(await consume('retries', 1, ...print)).toEqual(['Delivery:1\ttwo'])
})

test('the group is listed, described and deleted', async () => {
  expect(await tool(GROUPS, '--list', '--state')).toMatch(/billing\s+Empty/)
  const offsets = await tool(GROUPS, '--describe', '--group', GROUP, '--offsets')
  expect(offsets).toMatch(/billing\s+retries\s+0\s+2/)
  await tool(GROUPS, '--delete-offsets', '--group', GROUP, '--topic', 'retries')
  await tool(GROUPS, '--delete', '--group', GROUP)
  expect(await tool(GROUPS, '--list')).not.toContain(GROUP)
})
