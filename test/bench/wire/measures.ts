// What is measured of each server in a round, and which of it has a mark to reach against Apache Kafka.

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Broker } from 'kafkalite'
import { client, consume, createTopic, handOver, oneRecord, produce, sendLatency } from './kafkajs-load.js'
import { javaRates, librdkafkaRates } from './programs.js'
import type { Server, ServerKind } from './servers.js'

export interface Measure {
  readonly name: string
  readonly unit: '/s' | 'ms' | 'MB'
  /** At least this many times as much as Kafka where more is better, at most this part of Kafka's where less is. */
  readonly target?: number
  readonly of?: readonly string[]
}

const SMALL = 100
const LARGE = 1_000

export const MEASURES: readonly Measure[] = [
  { name: 'start to first record consumed', unit: 'ms', target: 1 / 20 },
  { name: 'resident, idle', unit: 'MB' },
  { name: 'kafkajs, 100 B in', unit: '/s', target: 1.5 },
  { name: 'kafkajs, 100 B out', unit: '/s', target: 1 },
  { name: 'kafkajs, 1 KB in', unit: '/s' },
  { name: 'kafkajs, 1 KB out', unit: '/s' },
  { name: 'kafkajs, one send, p50', unit: 'ms', target: 1 },
  { name: 'kafkajs, one send, p99', unit: 'ms', target: 1 },
  { name: 'kafkajs, hand-over, p50', unit: 'ms', target: 1 },
  { name: 'kafkajs, hand-over, p99', unit: 'ms', target: 1 },
  { name: 'Java, 100 B in', unit: '/s', target: 0.5 },
  { name: 'Java, 100 B out', unit: '/s', target: 0.5 },
  { name: 'Java, 1 KB in', unit: '/s' },
  { name: 'Java, 1 KB out', unit: '/s' },
  { name: 'librdkafka in Python, 100 B in', unit: '/s' },
  { name: 'librdkafka in Python, 100 B out', unit: '/s' },
  { name: 'resident after the run', unit: 'MB', target: 1 / 3, of: ['kafkalite on files'] },
  { name: 'back after kill -9', unit: 'ms' },
]

/** Whether Kafka's part is compared for this server. */
export const isCompared = ({ target, of }: Measure, kind: string): boolean =>
  target !== undefined && (of === undefined || of.includes(kind)) && !(kind === 'Apache Kafka')

export type Figures = Map<string, number>

export interface Scale {
  readonly kafkajs: number
  readonly java: number
  readonly librdkafka: number
  readonly single: number
}

export interface Programs {
  readonly tools: string
  readonly python: string
}

const MEGABYTE = 1e6

async function load({ address }: Server, programs: Programs, scale: Scale, figures: Figures): Promise<void> {
  const kafka = client(address)
  const topic = async (name: string): Promise<string> => {
    await createTopic(kafka, name)
    return name
  }
  for (const [name, bytes, count] of [
    ['100 B', SMALL, scale.kafkajs],
    ['1 KB', LARGE, scale.kafkajs / 4],
  ] as const) {
    const of = await topic(`kafkajs-${bytes}`)
    figures.set(`kafkajs, ${name} in`, await produce(kafka, of, count, bytes))
    figures.set(`kafkajs, ${name} out`, await consume(kafka, of, count, bytes))
  }
  const sent = await sendLatency(kafka, await topic('single'), scale.single, SMALL)
  figures.set('kafkajs, one send, p50', sent.p50Ms).set('kafkajs, one send, p99', sent.p99Ms)
  const handed = await handOver(kafka, await topic('hand-over'), scale.single / 2, SMALL)
  figures.set('kafkajs, hand-over, p50', handed.p50Ms).set('kafkajs, hand-over, p99', handed.p99Ms)
  for (const [name, bytes, count] of [
    ['100 B', SMALL, scale.java],
    ['1 KB', LARGE, scale.java / 4],
  ] as const) {
    const { produced, consumed } = await javaRates(programs.tools, address, await topic(`java-${bytes}`), count, bytes)
    figures.set(`Java, ${name} in`, produced).set(`Java, ${name} out`, consumed)
  }
  const { produced, consumed } = await librdkafkaRates(programs.python, address, await topic('librdkafka'), scale.librdkafka, SMALL)
  figures.set('librdkafka in Python, 100 B in', produced).set('librdkafka in Python, 100 B out', consumed)
}

/** One round of one server, from its start to its end. */
export async function measure(kind: ServerKind, scratch: string, programs: Programs, scale: Scale): Promise<Figures> {
  const figures: Figures = new Map()
  const folder = mkdtempSync(join(scratch, 'server-'))
  await kind.prepare?.(folder)
  const start = performance.now()
  let server = await kind.start(folder)
  try {
    await oneRecord(client(server.address), 'first')
    figures.set('start to first record consumed', performance.now() - start)
    figures.set('resident, idle', server.residentBytes() / MEGABYTE)
    await load(server, programs, scale, figures)
    figures.set('resident after the run', server.residentBytes() / MEGABYTE)
    if (kind.keeps) {
      await server.kill()
      const again = performance.now()
      server = await kind.start(folder)
      const admin = client(server.address).admin()
      await admin.connect()
      const [offsets] = await admin.fetchTopicOffsets('kafkajs-100')
      figures.set('back after kill -9', performance.now() - again)
      await admin.disconnect()
      if (Number(offsets?.high) !== scale.kafkajs) throw new Error(`${offsets?.high} of ${scale.kafkajs} records are left after a kill`)
    }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return figures
}

/** The same start in this process, as a test has it: milliseconds to the first record consumed. */
export async function startInProcess(): Promise<number> {
  const start = performance.now()
  const broker = await Broker.open()
  const { address } = await broker.listen()
  await oneRecord(client(address), 'first')
  const took = performance.now() - start
  await broker.close()
  return took
}
