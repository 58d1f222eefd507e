// Puts records that no handler could deal with into a dead-letter topic, byte for byte as they were, with headers that tell what
// happened. The record counts as done only when this is acknowledged, so a crash in between brings it again but never loses it.

import type { Appended, Cluster } from '../core/cluster.js'
import { describe, KafkaliteError } from '../errors.js'
import { encodeUtf8, readUtf8 } from '../lib/text.js'
import { BatchWriter } from '../record/batch-writer.js'
import type { EncodedHeader } from '../record/record.js'
import type { ConsumerRecord } from './consumer-record.js'

const STACK_BYTES_MAX = 4096

export class DeadLetters {
  /** How many partitions each dead-letter topic has. */
  private readonly partitions = new Map<string, number>()

  constructor(
    private readonly cluster: Cluster,
    private readonly groupId: string | undefined,
    private readonly topic: string | undefined,
  ) {}

  /** Resolves when the record is in the dead-letter topic, in the partition of its number. */
  async append(record: ConsumerRecord<unknown, unknown>, error: unknown, attempts: number): Promise<Appended> {
    const topic = this.topic ?? `${record.topic}.dead`
    const partitions = this.partitions.get(topic) ?? (await this.ensure(topic, record.topic))
    const writer = new BatchWriter({ slabBytes: 1024 })
    const headers = [...record.headers, ...deathHeaders(record, error, attempts, this.groupId)]
    writer.append(record.keyBytes, record.valueBytes, this.cluster.clock.now(), headers)
    try {
      return await this.cluster.produce(topic, record.partition % partitions, writer.finish())
    } catch (failure) {
      // It may have been deleted: the next try looks again.
      this.partitions.delete(topic)
      throw failure
    }
  }

  private async ensure(topic: string, source: string): Promise<number> {
    const partitions = await this.find(topic, source)
    this.partitions.set(topic, partitions)
    return partitions
  }

  private async find(topic: string, source: string): Promise<number> {
    try {
      return (await this.cluster.topic(topic)).partitions
    } catch (error) {
      if (!KafkaliteError.is(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
    }
    try {
      return (await this.cluster.createTopic(topic, { partitions: (await this.cluster.topic(source)).partitions })).partitions
    } catch (error) {
      // Another consumer was faster.
      if (KafkaliteError.is(error, 'TOPIC_ALREADY_EXISTS')) return (await this.cluster.topic(topic)).partitions
      throw error
    }
  }
}

function deathHeaders(
  record: ConsumerRecord<unknown, unknown>,
  error: unknown,
  attempts: number,
  groupId: string | undefined,
): EncodedHeader[] {
  const headers: EncodedHeader[] = [
    ['kafkalite.dead.topic', record.topic],
    ['kafkalite.dead.partition', String(record.partition)],
    ['kafkalite.dead.offset', String(record.offset)],
    ['kafkalite.dead.timestamp', String(record.timestamp)],
  ]
  if (groupId !== undefined) headers.push(['kafkalite.dead.group', groupId])
  headers.push(['kafkalite.dead.attempts', String(attempts)])
  if (error instanceof Error) {
    headers.push(['kafkalite.dead.error.name', error.name], ['kafkalite.dead.error.message', short(error.message)])
    if (typeof error.stack === 'string') headers.push(['kafkalite.dead.error.stack', short(error.stack)])
  } else {
    headers.push(
      ['kafkalite.dead.error.name', typeof error],
      ['kafkalite.dead.error.message', short(typeof error === 'string' ? error : describe(error))],
    )
  }
  return headers
}

/** At most 4 KiB of the text, cut between characters. */
function short(text: string): string {
  const bytes = encodeUtf8(text)
  if (bytes.length <= STACK_BYTES_MAX) return text
  let end = STACK_BYTES_MAX
  while (((bytes[end] as number) & 0xc0) === 0x80) end--
  return readUtf8(bytes, 0, end)
}
