// The memory path against what keeps nothing or a pointer: an array, an emitter, an in-process queue.

import { Broker, type Topic } from 'kafkalite'
import type { Peers } from './peers.js'
import type { Prepare, Row } from './ratio.js'
import { LARGE, Received, SMALL, freshValue } from './values.js'

const WRITES_PER_FLUSH = 1_000

async function writeAll(broker: Broker, topic: Topic<string>, count: number, size: number): Promise<void> {
  const producer = broker.producer()
  for (let at = 0; at < count; at++) {
    const room = producer.write(topic, { value: freshValue(size, at) })
    if (!room || at % WRITES_PER_FLUSH === WRITES_PER_FLUSH - 1) await producer.flush()
  }
  await producer.close()
}

/** Publish, then read from the beginning: the values as strings, or left packed. */
const log =
  (count: number, size: number, take: 'values' | 'offsets'): Prepare =>
  async () => {
    const broker = await Broker.open()
    const topic = await broker.topic('bench')
    return {
      units: count,
      async work() {
        const received = new Received(size)
        await writeAll(broker, topic, count, size)
        for await (const records of topic.read({ from: 'earliest', limit: count }).batches()) {
          if (take === 'values') for (const record of records) received.value(record.value)
          else for (const record of records) received.offset(record.offset)
        }
        received.check(count, take)
      },
      end: () => broker.close(),
    }
  }

/** The least a program can do: keep an object for each record and read them. */
const array =
  (count: number, size: number, take: 'values' | 'offsets'): Prepare =>
  () => ({
    units: count,
    work() {
      const received = new Received(size)
      const records: { key: null; value: string; offset: number; timestamp: number; headers: undefined }[] = []
      for (let at = 0; at < count; at++) {
        records.push({ key: null, value: freshValue(size, at), offset: at, timestamp: Date.now(), headers: undefined })
      }
      if (take === 'values') for (const record of records) received.value(record.value)
      else for (const record of records) received.offset(record.offset)
      received.check(count, take)
    },
  })

/** Each send awaited, with a subscriber that gets every record. */
const awaitedSends =
  (count: number): Prepare =>
  async () => {
    const broker = await Broker.open()
    const topic = await broker.topic('bench')
    const producer = broker.producer()
    return {
      units: count,
      async work() {
        const received = new Received(SMALL)
        const reading = topic.read({ from: 'earliest', limit: count })
        const read = (async () => {
          for await (const records of reading.batches()) for (const record of records) received.value(record.value)
        })()
        for (let at = 0; at < count; at++) await producer.send(topic, { value: freshValue(SMALL, at) })
        await read
        received.check(count, 'values')
      },
      end: () => broker.close(),
    }
  }

const emittery =
  ({ Emittery }: Peers, count: number): Prepare =>
  () => ({
    units: count,
    async work() {
      const received = new Received(SMALL)
      const emitter = new Emittery()
      // Versions differ in whether a listener gets the data or an event that holds it.
      emitter.on('record', (event) => received.value(typeof event === 'string' ? event : event.data))
      for (let at = 0; at < count; at++) await emitter.emit('record', freshValue(SMALL, at))
      received.check(count, 'values')
    },
  })

const fastq =
  ({ fastq: makeQueue }: Peers, count: number): Prepare =>
  () => ({
    units: count,
    async work() {
      const received = new Received(SMALL)
      const queue = makeQueue.promise(async (value: string) => received.value(value), 1)
      for (let at = 0; at < count; at++) await queue.push(freshValue(SMALL, at))
      received.check(count, 'values')
    },
  })

export function memoryRows(peers: Peers, scale: number): Row[] {
  const many = 1_000_000 * scale
  const large = 200_000 * scale
  const single = 100_000 * scale
  const yardstick = 'array of objects'
  return [
    {
      name: 'memory, 100 B, write and read, values left packed',
      yardstick,
      target: 1.5,
      ours: log(many, SMALL, 'offsets'),
      theirs: array(many, SMALL, 'offsets'),
    },
    {
      name: 'memory, 100 B, write and read, values as strings',
      yardstick,
      target: 1,
      ours: log(many, SMALL, 'values'),
      theirs: array(many, SMALL, 'values'),
    },
    {
      name: 'memory, 1 KB, write and read, values left packed',
      yardstick,
      target: 0.6,
      ours: log(large, LARGE, 'offsets'),
      theirs: array(large, LARGE, 'offsets'),
    },
    {
      name: 'memory, 1 KB, write and read, values as strings',
      yardstick,
      target: 0.6,
      ours: log(large, LARGE, 'values'),
      theirs: array(large, LARGE, 'values'),
    },
    {
      name: 'memory, 100 B, each send awaited',
      yardstick: 'emittery, each emit awaited',
      target: 1,
      ours: awaitedSends(single),
      theirs: emittery(peers, single),
    },
    {
      name: 'memory, 100 B, each send awaited',
      yardstick: 'fastq, each push awaited',
      target: 1,
      ours: awaitedSends(single),
      theirs: fastq(peers, single),
    },
  ]
}
