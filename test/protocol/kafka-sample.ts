// What Kafka's own classes made of random messages (java/README.md), by the name of the message.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { APIS } from '../../src/protocol/apis.js'
import type { Message } from '../../src/protocol/message.js'

export interface KafkaSample {
  readonly name: string
  readonly version: number
  readonly header: string
  readonly bytes: string
  readonly value: Readonly<Record<string, unknown>>
  /** The same value in other versions; null where Kafka refuses to write it. */
  readonly others: Readonly<Record<string, string | null>>
}

export const KAFKA_SAMPLES: readonly KafkaSample[] = gunzipSync(readFileSync(new URL('./java/kafka-4.4.0.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as KafkaSample)

export const MESSAGES: readonly Message<unknown>[] = [...APIS.values()].flatMap(({ request, response }) => [request, response])

export function samplesOf(message: Message<unknown>): readonly KafkaSample[] {
  return KAFKA_SAMPLES.filter(({ name }) => name === message.name)
}

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
