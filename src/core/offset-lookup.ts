// Finds a place in a partition by name or by time. The log finds the batch; the record inside it is found by walking over its
// timestamps, because a batch says only how late its latest record is.

import { type Awaitable, chain } from '../lib/awaitable.js'
import { RecordCursor } from '../record/batch-reader.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { LogStore } from '../storage/storage.js'
import type { OffsetQuery } from './cluster.js'

export interface FoundOffset {
  readonly offset: number
  /** -1 when a place was asked for by name. */
  readonly timestamp: number
}

/** The part of a partition that is searched. */
export interface Searched {
  readonly log: LogStore
  readonly startOffset: number
  readonly endOffset: number
  read(offset: number, maxBytes: number): Awaitable<readonly PackedBatch[]>
}

/** The place of `query`; null when no record is that late, for 'maxTimestamp' when there is no record. */
export function findOffset(place: Searched, query: OffsetQuery): Awaitable<FoundOffset | null> {
  if (query === 'earliest') return { offset: place.startOffset, timestamp: -1 }
  if (query === 'latest') return { offset: place.endOffset, timestamp: -1 }
  if (query === 'maxTimestamp') {
    return chain(place.log.findMaxTimestamp(), (batch) => (batch === null ? null : firstLatest(place, batch)))
  }
  const { timestamp } = query
  return chain(place.log.findByTimestamp(timestamp), (batch) => (batch === null ? null : firstFrom(place, batch, timestamp)))
}

/** The first record in log order, of those that can be read, whose timestamp is at or above `timestamp`. */
async function firstInLater(place: Searched, offset: number, timestamp: number): Promise<FoundOffset | null> {
  for (let next = offset; next < place.endOffset; ) {
    const batches = await place.read(next, 1)
    const batch = batches[0]
    if (batch === undefined) return null
    const found = batch.maxTimestamp >= timestamp ? recordFrom(place, batch, timestamp) : null
    if (found !== null) return found
    next = batch.lastOffset + 1
  }
  return null
}

function firstFrom(place: Searched, batch: PackedBatch, timestamp: number): Awaitable<FoundOffset | null> {
  if (batch.baseOffset >= place.endOffset) return null
  // The record that makes the batch late enough may lie before the start, then a later batch has the answer.
  return recordFrom(place, batch, timestamp) ?? firstInLater(place, batch.lastOffset + 1, timestamp)
}

function recordFrom(place: Searched, batch: PackedBatch, timestamp: number): FoundOffset | null {
  const cursor = new RecordCursor()
  cursor.open(batch)
  while (cursor.next()) {
    if (cursor.timestamp >= timestamp && cursor.offset >= place.startOffset) return { offset: cursor.offset, timestamp: cursor.timestamp }
  }
  return null
}

function firstLatest(place: Searched, batch: PackedBatch): FoundOffset | null {
  if (batch.baseOffset >= place.endOffset) return null
  const cursor = new RecordCursor()
  cursor.open(batch)
  let found: FoundOffset | null = null
  while (cursor.next()) {
    if (cursor.offset < place.startOffset) continue
    if (found === null || cursor.timestamp > found.timestamp) found = { offset: cursor.offset, timestamp: cursor.timestamp }
  }
  return found
}
