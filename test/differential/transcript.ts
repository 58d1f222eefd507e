// What a broker answered in one case, made comparable: fields that no two brokers share (ids, addresses, times, the words of an error)
// become names in the order in which they are met, bytes of records become what they say, and lists without an order get one. What
// is left has to be the same, field by field.
import { readInt64 } from '../../src/lib/bytes.js'
import { records as recordsOf } from '../../src/record/batch-reader.js'
import { splitBatches } from '../../src/record/batch-check.js'
import * as F from '../../src/record/format.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { readMarker } from '../../src/record/control-batch.js'
import { ZERO_UUID } from '../../src/protocol/uuid.js'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** What a broker answered, by the labels of the requests. */
export type Transcript = Readonly<Record<string, Json>>

/** Times of a broker's clock are above, those that cases give are below. */
const CLOCK_TIMES_FROM = 1_600_000_000_000
const DROPPED = new Set(['throttleTimeMs', 'zkMigrationReady', 'batchIndexErrorMessage'])
const NAMED: Readonly<Record<string, string>> = {
  topicId: 'topic id',
  clusterId: 'cluster',
  memberId: 'member',
  leader: 'member',
  producerId: 'producer',
  logDir: 'log folder',
}
/** Where they begin differs between versions of Kafka. */
const EPOCHS = new Set(['memberEpoch', 'groupEpoch', 'assignmentEpoch'])
const TIMES = /time|timestamp/i
/** How large a disk is. */
const DISK_BYTES = new Set(['totalBytes', 'usableBytes'])
/** What lists are put in order by, when their elements have one of these. */
const ORDERS = ['name', 'topic', 'groupId', 'resourceName', 'partitionIndex', 'partition', 'index', 'transactionalId', 'key', 'apiKey']

/** One case's names for what has no common value. */
export class Names {
  private readonly given = new Map<string, string>()
  private readonly counts = new Map<string, number>()

  of(kind: string, value: string): string {
    const known = this.given.get(`${kind} ${value}`)
    if (known !== undefined) return known
    const count = (this.counts.get(kind) ?? 0) + 1
    this.counts.set(kind, count)
    const name = `<${kind} ${count}>`
    this.given.set(`${kind} ${value}`, name)
    return name
  }
}

/** The answer with names for what two brokers cannot share. */
export function comparable(value: unknown, names: Names, field = ''): Json {
  if (value instanceof Uint8Array) return field === 'records' ? batchesOf(value, names) : Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return ordered(value).map((each) => comparable(each, names, field))
  if (typeof value === 'object' && value !== null) {
    const hasFailed = !('errorCode' in value && value.errorCode === 0)
    const isKept = (name: string, of: unknown): boolean => !DROPPED.has(name) && (name !== 'errorMessage' || !(hasFailed || of === null))
    const entries = Object.entries(value).filter(([name, each]) => isKept(name, each))
    return Object.fromEntries(entries.map(([name, each]) => [name, comparable(each, names, name)]))
  }
  return scalar(value, names, field)
}

function scalar(value: unknown, names: Names, field: string): Json {
  if (typeof value === 'bigint') return scalar(Number(value), names, field)
  const kind = NAMED[field]
  const isNone = value === null || value === '' || value === -1 || value === ZERO_UUID
  if (kind !== undefined && !isNone) return names.of(kind, String(value))
  if (typeof value === 'number' && value >= CLOCK_TIMES_FROM && TIMES.test(field)) return '<now>'
  if (EPOCHS.has(field) && typeof value === 'number' && value > 0) return names.of('epoch', String(value))
  if (DISK_BYTES.has(field) && value !== -1) return '<bytes>'
  if (field === 'host' && value !== '') return '<host>'
  if (field === 'port' && value !== -1) return '<port>'
  return (value ?? null) as Json
}

function ordered(values: readonly unknown[]): readonly unknown[] {
  const first = values[0]
  if (typeof first !== 'object' || first === null) return values
  // Members are ordered by their ids, which are chance: by what they brought then.
  const order = 'memberId' in first && 'metadata' in first ? 'metadata' : ORDERS.find((name) => name in first)
  if (order === undefined) return values
  const keyOf = (value: unknown): string | number => (value as Record<string, string | number>)[order] ?? ''
  return values.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
}

/** Every whole batch in the bytes; what is cut off at the end is left out, as clients do. */
function batchesOf(bytes: Uint8Array, names: Names): Json {
  return splitBatches(bytes).batches.map((batch) => batchOf(batch, names))
}

function batchOf(batch: PackedBatch, names: Names): Json {
  const { bytes } = batch
  const marker = batch.isControl ? readMarker(batch) : undefined
  return {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    attributes: batch.attributes,
    leaderEpoch: Buffer.from(bytes).readInt32BE(F.LEADER_EPOCH),
    baseTimestamp: scalar(readInt64(bytes, F.BASE_TIMESTAMP), names, 'timestamp'),
    maxTimestamp: scalar(readInt64(bytes, F.MAX_TIMESTAMP), names, 'timestamp'),
    producerId: scalar(batch.producerId, names, 'producerId'),
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    count: batch.count,
    ...(marker === undefined ? { records: contentOf(batch) } : { marker: comparable(marker, names) }),
  }
}

function contentOf(batch: PackedBatch): Json {
  if ((batch.attributes & F.COMPRESSION_MASK) !== 0) return Buffer.from(batch.bytes.subarray(F.HEADER_BYTES)).toString('base64')
  try {
    return readable(batch)
  } catch {
    return Buffer.from(batch.bytes.subarray(F.HEADER_BYTES)).toString('hex')
  }
}

function readable(batch: PackedBatch): Json {
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString())
  return recordsOf(batch).map(({ key, value, headers }) => ({
    key: text(key),
    value: text(value),
    headers: [...headers].map(([name, content]) => `${name}=${text(content)}`),
  }))
}
