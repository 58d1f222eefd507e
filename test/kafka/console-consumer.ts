// Kafka's console consumer on one partition from its start, and what it prints as records.
import type { KafkaNode } from './kafka-node.js'
import type { ReadableRecord } from './readable-record.js'

/** Between the fields, the headers and the records: characters that no record of these tests holds. */
const FIELD = '\u0001'
const HEADER = '\u0002'
const RECORD = '\u0003'
const NULL = '\u0004'

/** Every record that a consumer of that isolation is given; `end` is the offset after the last one. */
export async function consume(
  node: KafkaNode,
  topic: string,
  partition: number,
  isolation: 'read_committed' | 'read_uncommitted',
): Promise<ReadableRecord[]> {
  const properties = ['print.timestamp', 'print.offset', 'print.headers', 'print.key'].map((name) => `${name}=true`)
  properties.push(`key.separator=${FIELD}`, `headers.separator=${HEADER}`, `line.separator=${RECORD}`, `null.literal=${NULL}`)
  const printed = await node.command('consumer.ConsoleConsumer', [
    ...['--topic', topic, '--partition', String(partition), '--offset', 'earliest'],
    ...['--isolation-level', isolation, '--timeout-ms', '10000'],
    ...properties.flatMap((property) => ['--property', property]),
  ])
  return printed
    .split(RECORD)
    .slice(0, -1)
    .map((line) => recordOf(line.split(FIELD)))
    .sort((a, b) => a.offset - b.offset)
}

const nullable = (text: string): string | null => (text === NULL ? null : text)

function recordOf([time = '', offset = '', headers = '', key = '', value = '']: string[]): ReadableRecord {
  return {
    offset: Number(offset.replace('Offset:', '')),
    timestamp: Number(time.replace(/^\w+:/, '')),
    key: nullable(key),
    value: nullable(value),
    headers:
      headers === 'NO_HEADERS'
        ? []
        : headers.split(HEADER).map((header) => {
            const split = header.indexOf(':')
            return [header.slice(0, split), nullable(header.slice(split + 1))] as const
          }),
  }
}
