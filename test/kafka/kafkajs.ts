// What these tests use of kafkajs, which is fetched with Kafka and is no dependency of the project.
import { createRequire } from 'node:module'

export interface JsRecord {
  readonly key?: string | null
  readonly value: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly timestamp?: string
}

interface Batch {
  readonly topic: string
  /** 0 none, 1 gzip. */
  readonly compression?: 0 | 1
  readonly messages: readonly JsRecord[]
}

export interface JsTransaction {
  send(batch: Batch): Promise<unknown>
  commit(): Promise<void>
  abort(): Promise<void>
}

export interface JsProducer {
  connect(): Promise<void>
  disconnect(): Promise<void>
  send(batch: Batch): Promise<unknown>
  transaction(): Promise<JsTransaction>
}

interface KafkaJs {
  Kafka: new (options: object) => { producer(options?: object): JsProducer }
}

export async function withProducer(
  tools: string,
  address: string,
  options: object,
  use: (producer: JsProducer) => Promise<void>,
): Promise<void> {
  const { Kafka } = createRequire(`${tools}/`)('kafkajs') as KafkaJs
  const producer = new Kafka({ brokers: [address], logLevel: 0 }).producer(options)
  await producer.connect()
  await use(producer)
  await producer.disconnect()
}
