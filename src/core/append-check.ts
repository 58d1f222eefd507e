// The rules that a batch must keep before it enters a partition, in Kafka's order: size, keys of a compacted topic, timestamps.
// The header answers nearly all of them; records are walked over only where a rule is about each of them.

import { KafkaliteError } from '../errors.js'
import { RecordCursor } from '../record/batch-reader.js'
import type { PackedBatch } from '../record/packed-batch.js'
import { isCompacted, type ResolvedTopicConfig } from './topic-config.js'

const cursor = new RecordCursor()

/** Throws MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_RECORD or INVALID_TIMESTAMP; the batch is not appended then. */
export function checkAppend(batch: PackedBatch, config: ResolvedTopicConfig, now: number, owner: string): void {
  const { sizeBytes } = batch
  if (sizeBytes > config.maxMessageBytes) {
    throw new KafkaliteError(
      'MESSAGE_TOO_LARGE',
      `A batch for ${owner} has ${sizeBytes} bytes; maxMessageBytes is ${config.maxMessageBytes}`,
    )
  }
  if (sizeBytes > config.segmentBytes) {
    throw new KafkaliteError('RECORD_LIST_TOO_LARGE', `A batch for ${owner} has ${sizeBytes} bytes; segmentBytes is ${config.segmentBytes}`)
  }
  if (batch.count <= 0 || batch.lastOffsetDelta + 1 !== batch.count) {
    throw new KafkaliteError(
      'INVALID_RECORD',
      `A batch for ${owner} has ${batch.count} records and a last offset delta of ${batch.lastOffsetDelta}`,
    )
  }
  if (batch.isControl) throw new KafkaliteError('INVALID_RECORD', `A batch for ${owner} has the control bit, which only the broker sets`)
  if (isCompacted(config)) checkKeys(batch, owner)
  if (config.messageTimestampType === 'CreateTime') checkTimestamps(batch, config, now, owner)
}

function checkKeys(batch: PackedBatch, owner: string): void {
  cursor.open(batch)
  for (let index = 0; cursor.next(); index++) {
    if (cursor.keyStart < 0)
      throw new KafkaliteError('INVALID_RECORD', `Record ${index} of a batch for ${owner} has no key; the topic is compacted`)
  }
}

function checkTimestamps(batch: PackedBatch, config: ResolvedTopicConfig, now: number, owner: string): void {
  const latest = now + config.messageTimestampAfterMaxMs
  if (batch.maxTimestamp > latest) {
    throw new KafkaliteError(
      'INVALID_TIMESTAMP',
      `A record for ${owner} is stamped ${batch.maxTimestamp}; the latest allowed is ${latest} (messageTimestampAfterMaxMs)`,
    )
  }
  if (config.messageTimestampBeforeMaxMs === Number.MAX_SAFE_INTEGER) return
  const earliest = now - config.messageTimestampBeforeMaxMs
  cursor.open(batch)
  for (let index = 0; cursor.next(); index++) {
    // Kafka lets a record without a time (-1) pass.
    if (cursor.timestamp >= earliest || cursor.timestamp === -1) continue
    throw new KafkaliteError(
      'INVALID_TIMESTAMP',
      `Record ${index} for ${owner} is stamped ${cursor.timestamp}; the earliest allowed is ${earliest} (messageTimestampBeforeMaxMs)`,
    )
  }
}
