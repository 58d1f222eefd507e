// What a record costs as things grow: records that are kept, partitions, groups, consumers that wait, bytes of a value. Each case
// measures the same work at every size; a cost that rises is a search or a copy that nobody wants.

import { Broker, type Topic } from 'kafkalite'
import { mustBe } from './ratio.js'

export interface Point {
  readonly size: number
  readonly nanoseconds: number
}
export interface GrowthCase {
  readonly name: string
  readonly grows: string
  /** What `nanoseconds` is the cost of. */
  readonly cost: string
  measure(scale: number): AsyncGenerator<Point>
}

const ROUNDS = 5
const VALUE = 'ten bytes.'
const WRITES_PER_FLUSH = 1_000

const powers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i))

/** The middle of some rounds, in nanoseconds for each unit. */
async function nanosecondsOf(units: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await work()
    times.push(((performance.now() - start) * 1e6) / units)
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1]!
}

async function write(broker: Broker, topic: Topic<string>, count: number, partitions: number, value = VALUE): Promise<void> {
  const producer = broker.producer()
  for (let at = 0; at < count; at++) {
    const room = producer.write(topic, { value, partition: at % partitions })
    if (!room || at % WRITES_PER_FLUSH === WRITES_PER_FLUSH - 1) await producer.flush()
  }
  await producer.close()
}

async function read(topic: Topic<string>, from: 'earliest' | { offset: number }, count: number): Promise<void> {
  let records = 0
  for await (const batch of topic.read({ from, limit: count }).batches()) records += batch.length
  mustBe('records', records, count)
}

/** One partition that grows in memory; at each size a block is written, and the newest record is looked up. */
async function* keptRecords(scale: number, measure: (broker: Broker, topic: Topic<string>, kept: number) => Promise<number>) {
  const broker = await Broker.open()
  const topic = await broker.topic('bench')
  await write(broker, topic, 200_000, 1)
  await topic.partition(0).deleteRecords(200_000)
  let kept = 0
  for (const size of powers(4, scale < 1 ? 6 : 8)) {
    await write(broker, topic, size - kept, 1)
    kept = size
    yield { size, nanoseconds: await measure(broker, topic, 200_000 + kept) }
    kept = (await topic.partition(0).endOffset()) - 200_000
  }
  await broker.close()
}

const BLOCK = 10_000

export const GROWTH_CASES: readonly GrowthCase[] = [
  {
    name: 'write, by records kept in the partition',
    grows: 'records kept',
    cost: 'a record written',
    measure: (scale) => keptRecords(scale, (broker, topic) => nanosecondsOf(BLOCK, () => write(broker, topic, BLOCK, 1))),
  },
  {
    name: 'read the newest record, by records kept in the partition',
    grows: 'records kept',
    cost: 'a read of the newest record',
    measure: (scale) =>
      keptRecords(scale, (_, topic, end) =>
        nanosecondsOf(1_000, async () => {
          for (let i = 0; i < 1_000; i++) await read(topic, { offset: end - 1 }, 1)
        }),
      ),
  },
  {
    name: 'write and read, by partitions',
    grows: 'partitions',
    cost: 'a record written and read',
    async *measure(scale) {
      const count = 200_000 * scale
      for (const size of powers(0, 4)) {
        const broker = await Broker.open()
        const topic = await broker.topic('bench', { partitions: size })
        let written = 0
        const nanoseconds = await nanosecondsOf(count, async () => {
          await write(broker, topic, count, size)
          written += count
          await read(topic, 'earliest', written)
          for (let partition = 0; partition < size; partition++) {
            await topic.partition(partition).deleteRecords(await topic.partition(partition).endOffset())
          }
          written = 0
        })
        yield { size, nanoseconds }
        await broker.close()
      }
    },
  },
  {
    name: 'deliver, by groups',
    grows: 'groups of one member each',
    cost: 'a record delivered',
    async *measure(scale) {
      const deliveries = 500_000 * scale
      for (const size of powers(0, 3)) {
        const broker = await Broker.open()
        const topic = await broker.topic('bench')
        const groups = Array.from({ length: size }, (_, i) => `group-${i}`)
        let delivered = 0
        const consumers = groups.map((groupId) => topic.consumer({ groupId, from: 'earliest' }))
        const count = (records: readonly unknown[]): void => {
          delivered += records.length
        }
        await Promise.all(consumers.map((consumer) => consumer.runBatch(count)))
        const nanoseconds = await nanosecondsOf(deliveries, async () => {
          delivered = 0
          await write(broker, topic, deliveries / size, 1)
          await Promise.all(groups.map((group) => broker.group(group).caughtUp()))
          mustBe('deliveries', delivered, deliveries)
        })
        yield { size, nanoseconds }
        await Promise.all(consumers.map((consumer) => consumer.close()))
        await broker.close()
      }
    },
  },
  {
    name: 'hand over, by consumers that wait elsewhere',
    grows: 'consumers that wait for other partitions',
    cost: 'a record handed over',
    async *measure(scale) {
      const count = 20_000 * scale
      for (const size of powers(0, 4)) {
        const broker = await Broker.open()
        const topic = await broker.topic('bench', { partitions: size + 1 })
        const stop = new AbortController()
        const waiting = Array.from({ length: size }, async (_, i) => {
          for await (const record of topic.read({ partitions: [i + 1], signal: stop.signal })) mustBe('a record for nobody', record, null)
        })
        for (const each of waiting) each.catch(() => undefined)
        const producer = broker.producer()
        const nanoseconds = await nanosecondsOf(count, async () => {
          const from = { offset: await topic.partition(0).endOffset() }
          const reading = topic.read({ partitions: [0], from, limit: count })[Symbol.asyncIterator]()
          for (let at = 0; at < count; at++) {
            const next = reading.next()
            void producer.send(topic, { value: VALUE, partition: 0 })
            mustBe('done', (await next).done, false)
          }
        })
        yield { size, nanoseconds }
        stop.abort()
        await Promise.allSettled(waiting)
        await broker.close()
      }
    },
  },
  {
    name: 'write and read, by bytes of a value',
    grows: 'bytes of a value',
    cost: '100 bytes written and read',
    async *measure(scale) {
      const bytes = 100_000_000 * scale
      for (const size of powers(2, 6)) {
        const broker = await Broker.open()
        const topic = await broker.topic('bench', { maxMessageBytes: 2_000_000 })
        const count = bytes / size
        const value = 'x'.repeat(size)
        const nanoseconds = await nanosecondsOf(bytes / 100, async () => {
          await write(broker, topic, count, 1, value)
          const end = await topic.partition(0).endOffset()
          await read(topic, 'earliest', count)
          await topic.partition(0).deleteRecords(end)
        })
        yield { size, nanoseconds }
        await broker.close()
      }
    },
  },
]
