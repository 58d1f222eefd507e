// What kafkajs does to a server: records in, records out, single sends, and the hand-over to a consumer that waits.

import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs'
import { mustBe } from '../ratio.js'

/** Records in one request, and requests on the way at a time. */
const BATCH = 1_000
const IN_FLIGHT = 4

export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}

export const client = (address: string): Kafka =>
  new Kafka({ clientId: 'bench', brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 8, initialRetryTime: 20 } })

export async function createTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
  await admin.disconnect()
}

export async function withProducer<T>(kafka: Kafka, work: (producer: Producer) => Promise<T>): Promise<T> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    return await work(producer)
  } finally {
    await producer.disconnect()
  }
}

/** Records a second, after the first request. @param count a multiple of a thousand */
export function produce(kafka: Kafka, topic: string, count: number, bytes: number): Promise<number> {
  const value = Buffer.alloc(bytes, 'v')
  const messages = Array.from({ length: BATCH }, () => ({ value }))
  return withProducer(kafka, async (producer) => {
    await producer.send({ topic, messages })
    const start = performance.now()
    let left = count / BATCH - 1
    const send = async (): Promise<void> => {
      while (left-- > 0) await producer.send({ topic, messages })
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, send))
    return (count - BATCH) / ((performance.now() - start) / 1000)
  })
}

/** Records a second from the first fetched batch to the last, so without the wait for the group. */
export async function consume(kafka: Kafka, topic: string, count: number, bytes: number): Promise<number> {
  const consumer = kafka.consumer({ groupId: `group-${topic}`, maxBytesPerPartition: 1 << 20 })
  let seen = 0
  let first = 0
  let start = 0
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const rate = await new Promise<number>((resolve, reject) => {
    const eachBatch = async ({ batch: { messages } }: { batch: { messages: { value: Buffer | null }[] } }): Promise<void> => {
      for (const { value } of messages) if (value?.length !== bytes) reject(new Error(`a value of ${value?.length} bytes`))
      seen += messages.length
      if (first === 0) {
        first = seen
        start = performance.now()
      }
      if (seen >= count) resolve((seen - first) / ((performance.now() - start) / 1000))
    }
    consumer.run({ eachBatch }).catch(reject)
  })
  await consumer.disconnect()
  mustBe('records consumed', seen, count)
  return rate
}

function latency(times: number[]): Latency {
  times.sort((a, b) => a - b)
  return { p50Ms: times[Math.floor(times.length * 0.5)]!, p99Ms: times[Math.floor(times.length * 0.99)]! }
}

/** One send at a time, each awaited. */
export function sendLatency(kafka: Kafka, topic: string, count: number, bytes: number): Promise<Latency> {
  const messages = [{ value: Buffer.alloc(bytes, 'v') }]
  return withProducer(kafka, async (producer) => {
    const times: number[] = []
    for (let at = -100; at < count; at++) {
      const start = performance.now()
      await producer.send({ topic, messages })
      if (at >= 0) times.push(performance.now() - start)
    }
    return latency(times)
  })
}

/** A consumer that stays, and a way to wait for the next record it gets. */
async function waitingConsumer(kafka: Kafka, topic: string): Promise<{ consumer: Consumer; next(): Promise<void> }> {
  const consumer = kafka.consumer({ groupId: `group-${topic}`, maxWaitTimeInMs: 5_000 })
  let arrived: () => void = () => undefined
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async () => arrived() })
  return {
    consumer,
    next: () =>
      new Promise((resolve) => {
        arrived = resolve
      }),
  }
}

/** From the call of send to the call of a consumer's handler that had waited for it. */
export async function handOver(kafka: Kafka, topic: string, count: number, bytes: number): Promise<Latency> {
  const { consumer, next } = await waitingConsumer(kafka, topic)
  const messages = [{ value: Buffer.alloc(bytes, 'v') }]
  const result = await withProducer(kafka, async (producer) => {
    const times: number[] = []
    for (let at = -50; at < count; at++) {
      const arrival = next()
      const start = performance.now()
      const sent = producer.send({ topic, messages })
      await arrival
      if (at >= 0) times.push(performance.now() - start)
      await sent
    }
    return latency(times)
  })
  await consumer.disconnect()
  return result
}

/** One record in and out again. Resolves when it was consumed. */
export async function oneRecord(kafka: Kafka, topic: string): Promise<void> {
  await createTopic(kafka, topic)
  await withProducer(kafka, (producer) => producer.send({ topic, messages: [{ value: 'first' }] }))
  const consumer = kafka.consumer({ groupId: `group-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer.run({ eachMessage: async () => resolve() }).catch(reject)
  })
  await consumer.disconnect()
}
