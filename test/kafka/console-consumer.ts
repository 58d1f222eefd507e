// Kafka's console consumer on one partition, and what it prints as records; and where Kafka says that partitions end.
import type { KafkaNode } from './kafka-node.js'
import type { ReadableRecord } from './readable-record.js'

/** Between the fields, the headers and the records: characters that no record of these tests holds. */
const FIELD = '\u0001'
const HEADER = '\u0002'
const RECORD = '\u0003'
const NULL = '\u0004'

/** What to read: `count` records, from an offset on. */
export interface Reading {
  readonly topic: string
  readonly partition?: number
  readonly from?: number
  readonly count: number
  readonly isolation?: 'read_committed' | 'read_uncommitted'
}

/** Fewer records than asked for come back only when no more came for half a minute. */
export async function consume(node: KafkaNode, reading: Reading): Promise<ReadableRecord[]> {
  const { topic, partition = 0, from = 'earliest', count, isolation = 'read_uncommitted' } = reading
  if (count === 0) return []
  const properties = ['print.timestamp', 'print.offset', 'print.headers', 'print.key'].map((name) => `${name}=true`)
  properties.push(`key.separator=${FIELD}`, `headers.separator=${HEADER}`, `line.separator=${RECORD}`, `null.literal=${NULL}`)
  const printed = await node.command('consumer.ConsoleConsumer', [
    ...['--topic', topic, '--partition', String(partition), '--offset', String(from), '--max-messages', String(count)],
    ...['--isolation-level', isolation, '--timeout-ms', '30000'],
    ...properties.flatMap((property) => ['--formatter-property', property]),
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

/** The end offset of every partition that is not Kafka's own, by its name: `orders-0`. */
export async function endOffsets(node: KafkaNode): Promise<Map<string, number>> {
  const printed = await node.command('GetOffsetShell', ['--exclude-internal-topics', '--time', '-1'])
  const lines = printed.trim().split('\n')
  return new Map(
    lines.map((line) => {
      const [topic, partition, offset] = line.split(':')
      return [`${topic}-${partition}`, Number(offset)] as const
    }),
  )
}
