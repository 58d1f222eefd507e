// A broker in this process with a listener, and kafkajs on it; clients are disconnected and the broker is closed when the test ends.
import { type Admin, type Consumer, type ConsumerConfig, Kafka, logLevel, type Message, type Producer, type ProducerConfig } from 'kafkajs'
import { onTestFinished } from 'vitest'
import { Broker, type BrokerOptions, type Listener } from 'kafkalite'

export interface Clients {
  readonly broker: Broker
  readonly listener: Listener
  readonly kafka: Kafka
  admin(): Promise<Admin>
  producer(config?: ProducerConfig): Promise<Producer>
  /** Quick to notice changes. */
  consumer(config: ConsumerConfig): Promise<Consumer>
}

export async function clients(options?: BrokerOptions): Promise<Clients> {
  const broker = await Broker.open(options)
  const listener = await broker.listen()
  const kafka = new Kafka({
    clientId: 'shop',
    brokers: [listener.address],
    logLevel: logLevel.NOTHING,
    retry: { retries: 2, initialRetryTime: 50 },
  })
  const opened: { disconnect(): Promise<void> }[] = []
  onTestFinished(async () => {
    for (const client of opened) await client.disconnect()
    await broker.close()
  })
  const connected = async <T extends { connect(): Promise<void>; disconnect(): Promise<void> }>(client: T): Promise<T> => {
    opened.unshift(client)
    await client.connect()
    return client
  }
  return {
    broker,
    listener,
    kafka,
    admin: () => connected(kafka.admin()),
    producer: (config) => connected(kafka.producer(config)),
    consumer: (config) => connected(kafka.consumer({ heartbeatInterval: 50, maxWaitTimeInMs: 500, rebalanceTimeout: 5_000, ...config })),
  }
}

/** What a consumer reads, as it comes. */
export class Inbox {
  readonly records: {
    topic: string
    partition: number
    offset: number
    key: string | null
    value: string | null
    headers: Record<string, string>
  }[] = []
  private waiting: (() => void)[] = []

  readonly take = async ({
    topic,
    partition,
    message,
  }: {
    readonly topic: string
    readonly partition: number
    readonly message: Message & { readonly offset: string }
  }): Promise<void> => {
    const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)] as const)
    this.records.push({
      topic,
      partition,
      offset: Number(message.offset),
      key: message.key === null || message.key === undefined ? null : message.key.toString(),
      value: message.value === null ? null : message.value.toString(),
      headers: Object.fromEntries(headers),
    })
    for (const wake of this.waiting.splice(0)) wake()
  }

  /** Resolves when there are so many. */
  async count(count: number): Promise<readonly string[]> {
    while (this.records.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve))
    return this.records.map(({ value }) => String(value))
  }
}

/** The partitions that a consumer gets when it joins next. */
export function joined(consumer: Consumer): Promise<Readonly<Record<string, readonly number[]>>> {
  return new Promise((resolve) => {
    const stop = consumer.on('consumer.group_join', ({ payload }) => {
      stop()
      resolve(payload.memberAssignment as Record<string, number[]>)
    })
  })
}
