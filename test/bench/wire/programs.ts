// What clients in other languages do to a server, as programs of their own: Kafka's performance tools, and librdkafka through Python.

import { fileURLToPath } from 'node:url'
import { run } from '../../kafka/tools.js'

const LIBRDKAFKA = fileURLToPath(new URL('librdkafka.py', import.meta.url))
const INSTALL = fileURLToPath(new URL('../../../.ci/librdkafka/install.sh', import.meta.url))

/** Records a second, in and out. */
export interface Rates {
  readonly produced: number
  readonly consumed: number
}

const tool = (tools: string, main: string, args: readonly string[]): Promise<string> =>
  run('java', ['-Xms256m', '-Xmx512m', '-cp', `${tools}/libs/*`, `org.apache.kafka.tools.${main}`, ...args])

export async function javaRates(tools: string, address: string, topic: string, count: number, bytes: number): Promise<Rates> {
  const size = ['--num-records', String(count), '--record-size', String(bytes), '--throughput', '-1']
  const producing = await tool(tools, 'ProducerPerformance', [
    '--topic',
    topic,
    ...size,
    '--producer-props',
    `bootstrap.servers=${address}`,
  ])
  const produced = Number(/records sent, ([\d.]+) records\/sec.*99\.9th/.exec(producing)?.[1])
  const messages = ['--messages', String(count), '--timeout', '60000']
  const consuming = await tool(tools, 'ConsumerPerformance', ['--bootstrap-server', address, '--topic', topic, ...messages])
  // start, end, MB, MB a second, records, records a second, the wait for the group, the time of fetching, and both rates again of that.
  const columns = consuming.trim().split('\n').at(-1)?.split(',') ?? []
  const [seen, consumed] = [Number(columns[4]), Number(columns[9])]
  if (!(produced > 0 && consumed > 0 && seen >= count)) throw new Error(`the performance tools said\n${producing}\n${consuming}`)
  return { produced, consumed }
}

export async function installLibrdkafka(): Promise<string> {
  return (await run(INSTALL, [])).trim().split('\n').at(-1) ?? ''
}

export async function librdkafkaRates(python: string, address: string, topic: string, count: number, bytes: number): Promise<Rates> {
  return JSON.parse(await run(python, [LIBRDKAFKA, address, topic, String(count), String(bytes)])) as Rates
}
