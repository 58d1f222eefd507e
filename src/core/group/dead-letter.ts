// A message that is given up moves to the dead-letter topic as it was, key, value and headers unchanged, with headers that say where
// it came from and why it died. Before the copy is written the state log says that the message dies and where its copy will be; after
// a crash the copy is looked for from there, so that it is written once, and the message is never handed out again.

import { assert } from '../../lib/assert.js'
import { RecordCursor } from '../../record/batch-reader.js'
import { BatchWriter } from '../../record/batch-writer.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { EncodedHeader } from '../../record/record.js'
import type { QueueContext } from '../queue-context.js'
import { DEAD_HEADERS } from '../queue-port.js'
import { cutText, type DeathEntry } from './queue-ops.js'

/** Fourteen days: long enough to come back from a holiday. */
const RETENTION_MS = 14 * 24 * 60 * 60 * 1000
/** Twice the usual, for a message of the largest size gets headers on top. Bytes. */
const MAX_MESSAGE_BYTES = 2 * 1_048_588
const READ_BYTES = 1024 * 1024

export interface DeadRecord {
  readonly topic: string
  readonly batch: PackedBatch
  readonly entry: DeathEntry
}

/** Where the copy of a record will be: its partition, and the offset from which on it can be. */
export function deadPlace(
  context: QueueContext,
  deadTopic: string,
  partition: number,
  partitions: number,
): { partition: number; from: number } {
  const topic = context.topic(deadTopic)
  const place = partition % (topic?.partitions ?? partitions)
  return { partition: place, from: topic === undefined ? 0 : context.partition(deadTopic, place).log.endOffset }
}

/** Appends the copy; the topic is created with as many partitions as the queue has when it is not there. */
export async function writeDeadLetter(context: QueueContext, deadTopic: string, partitions: number, dead: DeadRecord): Promise<void> {
  if (context.topic(deadTopic) === undefined) {
    await context.ensureTopic(deadTopic, { partitions, config: { retentionMs: RETENTION_MS, maxMessageBytes: MAX_MESSAGE_BYTES } })
  }
  await context.produce(deadTopic, dead.entry.deadPartition, packDeadLetter(dead, context.clock.now()))
}

/** Whether the copy was written before. */
export async function hasDeadLetter(context: QueueContext, deadTopic: string, { topic, entry }: DeadRecord): Promise<boolean> {
  if (context.topic(deadTopic) === undefined) return false
  const partition = context.partition(deadTopic, entry.deadPartition)
  const cursor = new RecordCursor()
  let offset = Math.max(entry.deadFrom, partition.startOffset)
  while (offset < partition.endOffset) {
    const batches = await partition.read(offset, READ_BYTES)
    if (batches.length === 0) return false
    for (const batch of batches) {
      cursor.open(batch)
      while (cursor.next()) if (cursor.offset >= entry.deadFrom && isCopy(cursor, topic, entry)) return true
      offset = batch.lastOffset + 1
    }
  }
  return false
}

function isCopy(cursor: RecordCursor, topic: string, { partition, offset }: DeathEntry): boolean {
  if (cursor.headerCount === 0) return false
  const { headers } = cursor
  return (
    headers.text(`${DEAD_HEADERS}offset`) === String(offset) &&
    headers.text(`${DEAD_HEADERS}partition`) === String(partition) &&
    headers.text(`${DEAD_HEADERS}topic`) === topic
  )
}

function packDeadLetter(dead: DeadRecord, now: number): PackedBatch {
  const cursor = new RecordCursor()
  const { offset } = dead.entry
  cursor.open(dead.batch)
  while (cursor.next() && cursor.offset < offset);
  assert(cursor.offset === offset, 'the batch holds the record that is given up')
  // A message that died before and came back tells of its last death only.
  const own = [...cursor.headers].filter(([name]) => !name.startsWith(DEAD_HEADERS))
  const headers: EncodedHeader[] = [...own, ...deadHeaders(dead, cursor.timestamp)]
  const writer = new BatchWriter({ slabBytes: 64 * 1024 })
  writer.append(cursor.key, cursor.value, now, headers)
  return writer.finish()
}

function deadHeaders({ topic, entry }: DeadRecord, timestamp: number): EncodedHeader[] {
  const { note } = entry
  const headers: EncodedHeader[] = [
    [`${DEAD_HEADERS}topic`, topic],
    [`${DEAD_HEADERS}partition`, String(entry.partition)],
    [`${DEAD_HEADERS}offset`, String(entry.offset)],
    [`${DEAD_HEADERS}timestamp`, String(timestamp)],
    [`${DEAD_HEADERS}deliveries`, String(entry.deliveryCount)],
    [`${DEAD_HEADERS}reason`, note.reason],
  ]
  if (note.errorName !== undefined) headers.push([`${DEAD_HEADERS}error.name`, note.errorName])
  if (note.errorMessage !== undefined) headers.push([`${DEAD_HEADERS}error.message`, cutText(note.errorMessage)])
  if (note.errorStack !== undefined) headers.push([`${DEAD_HEADERS}error.stack`, cutText(note.errorStack)])
  return headers
}
