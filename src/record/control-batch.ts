// Transaction markers: a batch of one record that says in the log itself how a transaction of a producer ended. It takes an
// offset like any record; consumers are not shown it.

import { KafkaliteError } from '../errors.js'
import { readInt16, readInt32, writeInt16, writeInt32 } from '../lib/bytes.js'
import { RecordCursor } from './batch-reader.js'
import { BatchWriter } from './batch-writer.js'
import type { PackedBatch } from './packed-batch.js'

/** How a transaction ended. */
export interface Marker {
  readonly kind: 'commit' | 'abort'
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** The key: version i16 = 0, type i16. The value: version i16 = 0, coordinator epoch i32. */
const KEY_BYTES = 4
const VALUE_BYTES = 6
const ABORT = 0
const COMMIT = 1
/** A marker is 78 bytes; its slab need not be larger. */
const SLAB_BYTES = 128

/** The batch that ends a transaction. */
export function packMarker(marker: Marker): PackedBatch {
  const key = new Uint8Array(KEY_BYTES)
  writeInt16(key, 2, marker.kind === 'commit' ? COMMIT : ABORT)
  const value = new Uint8Array(VALUE_BYTES)
  writeInt32(value, 2, marker.coordinatorEpoch)
  const writer = new BatchWriter({ slabBytes: SLAB_BYTES })
  writer.append(key, value, marker.timestamp, null)
  return writer.finish({ transactional: true, control: true, producerId: marker.producerId, producerEpoch: marker.producerEpoch })
}

/** What the control batch says; undefined when it is a control batch of another kind. `CORRUPT_MESSAGE` when it is none at all. */
export function readMarker(batch: PackedBatch): Marker | undefined {
  const cursor = new RecordCursor()
  cursor.open(batch)
  const { key, value } = batch.isControl && cursor.next() ? cursor : NOTHING
  if (key === null || value === null || key.length < KEY_BYTES || value.length < VALUE_BYTES) {
    throw new KafkaliteError('CORRUPT_MESSAGE', `The batch at offset ${batch.baseOffset} should be a transaction marker and is not one.`)
  }
  const type = readInt16(key, 2)
  if (type !== ABORT && type !== COMMIT) return undefined
  return {
    kind: type === COMMIT ? 'commit' : 'abort',
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    coordinatorEpoch: readInt32(value, 2),
    timestamp: cursor.timestamp,
  }
}

const NOTHING: { key: Uint8Array | null; value: Uint8Array | null } = { key: null, value: null }
