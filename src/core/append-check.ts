// The rules that a batch must keep before it enters a partition, in Kafka's order: size, keys of a compacted topic, timestamps,
// and the form in which it is stored.
// The header answers nearly all of them; records are walked over only where a rule is about each of them.

import { KafkaliteError } from '../errors.js'
import { RecordCursor } from '../record/batch-reader.js'
import type { PackedBatch } from '../record/packed-batch.js'
import { repack } from '../record/repacked-batch.js'
import { isCompacted, type ResolvedTopicConfig } from './topic-config.js'

const cursor = new RecordCursor()

/**
 * The batch as it is to be stored: packed anew where the topic's compression.type says so, else the batch itself. Throws MESSAGE_TOO_LARGE,
 * RECORD_LIST_TOO_LARGE, INVALID_RECORD, INVALID_TIMESTAMP, CORRUPT_MESSAGE or UNSUPPORTED_COMPRESSION_TYPE; nothing is appended then.
 */
export function checkAppend(batch: PackedBatch, config: ResolvedTopicConfig, now: number, owner: string): PackedBatch {
  checkSize(batch, config, owner)
  if (batch.count <= 0 || batch.lastOffsetDelta + 1 !== batch.count) {
    throw new KafkaliteError(
      'INVALID_RECORD',
      `A batch for ${owner} has ${batch.count} records and a last offset delta of ${batch.lastOffsetDelta}`,
    )
  }
  if (batch.isControl) throw new KafkaliteError('INVALID_RECORD', `A batch for ${owner} has the control bit, which only the broker sets`)
  if (isCompacted(config)) checkKeys(batch, owner)
  if (config.messageTimestampType === 'CreateTime') checkTimestamps(batch, config, now, owner)
  const { compressionType } = config
  if (compressionType === 'producer' || compressionType === batch.compression) return batch
  const stored = repack(batch, compressionType)
  checkSize(stored, config, owner)
  return stored
}

function checkSize({ sizeBytes }: PackedBatch, { maxMessageBytes, segmentBytes }: ResolvedTopicConfig, owner: string): void {
  if (sizeBytes > maxMessageBytes) {
    throw new KafkaliteError('MESSAGE_TOO_LARGE', `A batch for ${owner} has ${sizeBytes} bytes; maxMessageBytes is ${maxMessageBytes}`)
  }
  if (sizeBytes > segmentBytes) {
    throw new KafkaliteError('RECORD_LIST_TOO_LARGE', `A batch for ${owner} has ${sizeBytes} bytes; segmentBytes is ${segmentBytes}`)
  }
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
