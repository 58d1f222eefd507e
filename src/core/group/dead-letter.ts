// A message that is given up moves to the dead-letter topic as it was, key, value and headers unchanged, with headers that say where
// it came from and why it died. The copy is written before the original is archived: a crash between the two leaves both, never none.

import { assert } from '../../lib/assert.js'
import { encodeUtf8 } from '../../lib/text.js'
import { RecordCursor } from '../../record/batch-reader.js'
import { BatchWriter } from '../../record/batch-writer.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { EncodedHeader } from '../../record/record.js'
import type { QueueContext } from '../queue-context.js'
import type { DeathNote, RecordPlace } from '../queue-port.js'

/** Fourteen days: long enough to come back from a holiday. */
const RETENTION_MS = 14 * 24 * 60 * 60 * 1000
/** Twice the usual, for a message of the largest size gets headers on top. Bytes. */
const MAX_MESSAGE_BYTES = 2 * 1_048_588
const STACK_BYTES_MAX = 4096

export interface DeadRecord extends RecordPlace {
  readonly topic: string
  readonly batch: PackedBatch
  readonly deliveryCount: number
  readonly note: DeathNote
}

/** Appends the copy to the first partition of `deadTopic`, which is created when it is not there. */
export async function writeDeadLetter(context: QueueContext, deadTopic: string, dead: DeadRecord): Promise<void> {
  if (context.topic(deadTopic) === undefined) {
    await context.ensureTopic(deadTopic, { config: { retentionMs: RETENTION_MS, maxMessageBytes: MAX_MESSAGE_BYTES } })
  }
  const batch = packDeadLetter(dead, context.clock.now())
  await context.partition(deadTopic, 0).append(batch)
}

function packDeadLetter(dead: DeadRecord, now: number): PackedBatch {
  const cursor = new RecordCursor()
  cursor.open(dead.batch)
  while (cursor.next() && cursor.offset < dead.offset);
  assert(cursor.offset === dead.offset, 'the batch holds the record that is given up')
  const headers: EncodedHeader[] = [...cursor.headers, ...deadHeaders(dead, cursor.timestamp)]
  const writer = new BatchWriter()
  writer.append(cursor.key, cursor.value, now, headers)
  return writer.finish()
}

function deadHeaders(dead: DeadRecord, timestamp: number): EncodedHeader[] {
  const { note } = dead
  const headers: EncodedHeader[] = [
    ['kafkalite.dead.topic', dead.topic],
    ['kafkalite.dead.partition', String(dead.partition)],
    ['kafkalite.dead.offset', String(dead.offset)],
    ['kafkalite.dead.timestamp', String(timestamp)],
    ['kafkalite.dead.deliveries', String(dead.deliveryCount)],
    ['kafkalite.dead.reason', note.reason],
  ]
  if (note.errorName !== undefined) headers.push(['kafkalite.dead.error.name', note.errorName])
  if (note.errorMessage !== undefined) headers.push(['kafkalite.dead.error.message', cutText(note.errorMessage)])
  if (note.errorStack !== undefined) headers.push(['kafkalite.dead.error.stack', cutText(note.errorStack)])
  return headers
}

/** The longest start of the text that fits, ending with a whole character. */
function cutText(text: string): Uint8Array {
  const bytes = encodeUtf8(text.slice(0, STACK_BYTES_MAX))
  let end = Math.min(bytes.length, STACK_BYTES_MAX)
  while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}
