// Compressed batches over the wire: kept as they are sent, looked into when they come, found by time, read in process, and packed anew
// where the topic's compression.type says so.

import { Broker, type Compression } from 'kafkalite'
import { expect, onTestFinished, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import { fetchRequest, fetchResponse } from '../../src/protocol/messages/01-fetch.js'
import { listOffsetsRequest, listOffsetsResponse } from '../../src/protocol/messages/02-list-offsets.js'
import { createTopicsRequest, createTopicsResponse } from '../../src/protocol/messages/19-create-topics.js'
import { describeConfigsRequest, describeConfigsResponse } from '../../src/protocol/messages/32-describe-configs.js'
import { checkBatch } from '../../src/record/batch-check.js'
import * as F from '../../src/record/format.js'
import { PackedBatch } from '../../src/record/packed-batch.js'
import { CASES, captured, hex } from '../captured/captured-case.js'
import { produceTo, serve } from './server-fixture.js'
import type { WireClient } from './wire-client.js'

const HUNDRED = CASES.find(({ name }) => name === 'hundred')?.records ?? []
const SENT = ['java', 'librdkafka'].flatMap((maker) => ['snappy', 'lz4', 'zstd'].map((codec) => [maker, codec] as const))

/** The records that come from the topic, as one batch. */
async function fetched(client: WireClient, topic: string): Promise<PackedBatch> {
  const { responses } = await client.call(fetchRequest, fetchResponse, 11, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1_000_000,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }],
  })
  const records = responses[0]?.partitions[0]?.records ?? new Uint8Array(0)
  const verdict = checkBatch(records, 0, records.length)
  if (!verdict.ok) throw new Error(verdict.message)
  return verdict.batch
}

/** With a checksum that is right for what is in it. */
function sealed(bytes: Uint8Array): Uint8Array {
  return new PackedBatch(bytes, 0, bytes.length, false).bytes
}

test.each(SENT)('a batch of %s under %s is kept as it was sent, found by time, and read in process', async (maker, codec) => {
  const { broker, client } = await serve()
  const connected = await client()
  const sent = captured(maker, `hundred-${codec}`)
  // The captured sequence is not that of a new producer, so the batch comes without one.
  sent.fill(0xff, F.PRODUCER_ID, F.RECORDS_COUNT)
  const batch = sealed(sent)
  await expect(produceTo(connected, 'hundred', new Uint8Array(batch))).resolves.toMatchObject({ errorCode: 0, baseOffset: 0 })
  const kept = await fetched(connected, 'hundred')
  expect(hex(kept.bytes.subarray(F.MAGIC))).toBe(hex(batch.subarray(F.MAGIC)))

  const wanted = HUNDRED[42]
  const { topics } = await connected.call(listOffsetsRequest, listOffsetsResponse, 7, {
    topics: [{ name: 'hundred', partitions: [{ partitionIndex: 0, timestamp: wanted?.timestamp ?? 0 }] }],
  })
  const first = HUNDRED.findIndex(({ timestamp }) => timestamp >= (wanted?.timestamp ?? 0))
  expect(topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, offset: first, timestamp: HUNDRED[first]?.timestamp })

  const read: [string | null, string | null][] = []
  for await (const { key, value } of broker.consumer({ topics: ['hundred'], from: 'earliest' })) {
    read.push([key as string | null, value as string | null])
    if (read.length === HUNDRED.length) break
  }
  expect(read).toEqual(HUNDRED.map(({ key, value }) => [key, value]))
})

/** A batch of `hundred` under snappy, changed before its checksum is made. */
function changed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = captured('java', 'hundred-snappy')
  bytes.fill(0xff, F.PRODUCER_ID, F.RECORDS_COUNT)
  change(bytes)
  return sealed(bytes)
}

test('compressed batches are looked into: what does not unpack, or has not what it announces, is refused', async () => {
  const { client } = await serve()
  const connected = await client()
  const codeOf = async (bytes: Uint8Array): Promise<number> => (await produceTo(connected, 'looked-into', bytes)).errorCode
  const { UNKNOWN_SERVER_ERROR, INVALID_RECORD, CORRUPT_MESSAGE } = ERROR_CODES
  await expect(codeOf(changed((bytes) => bytes.fill(0, 90)))).resolves.toBe(UNKNOWN_SERVER_ERROR)
  await expect(codeOf(changed((bytes) => (bytes[F.ATTRIBUTES + 1] = 6)))).resolves.toBe(UNKNOWN_SERVER_ERROR)
  const announced = changed((bytes) => {
    bytes[F.RECORDS_COUNT + 3] = 99
    bytes[F.LAST_OFFSET_DELTA + 3] = 98
  })
  await expect(codeOf(announced)).resolves.toBe(INVALID_RECORD)
  const broken = changed(() => undefined)
  broken[100] = (broken[100] as number) ^ 1
  await expect(codeOf(broken)).resolves.toBe(CORRUPT_MESSAGE)
})

test('a small batch that unpacks to gigabytes is refused, and the broker goes on', async () => {
  const { client } = await serve()
  const connected = await client()
  // A frame of zstd: twenty thousand blocks of four bytes, each of which says "128 KiB of zeros".
  const head = changed(() => undefined).slice(0, F.HEADER_BYTES)
  const block = Buffer.concat([
    Buffer.from('28b52ffd0070', 'hex'),
    Buffer.alloc(80_000, Buffer.from('02001000', 'hex')),
    Buffer.from([1, 0, 0]),
  ])
  const bytes = new Uint8Array(head.length + block.length)
  bytes.set(head)
  bytes.set(block, head.length)
  new DataView(bytes.buffer).setInt32(F.BATCH_LENGTH, bytes.length - F.LOG_OVERHEAD)
  bytes[F.ATTRIBUTES + 1] = F.COMPRESSION_NAMES.indexOf('zstd')
  await expect(produceTo(connected, 'bomb', sealed(bytes))).resolves.toMatchObject({ errorCode: ERROR_CODES.UNKNOWN_SERVER_ERROR })
  await expect(
    produceTo(
      connected,
      'bomb',
      changed(() => undefined),
    ),
  ).resolves.toMatchObject({ errorCode: 0, baseOffset: 0 })
})

test('what the header says of the latest record is made true', async () => {
  const { client } = await serve()
  const connected = await client()
  await produceTo(
    connected,
    'times',
    changed((bytes) => new DataView(bytes.buffer).setBigInt64(F.MAX_TIMESTAMP, 5n)),
  )
  const latest = Math.max(...HUNDRED.map(({ timestamp }) => timestamp))
  expect((await fetched(connected, 'times')).maxTimestamp).toBe(latest)
})

test.each(['gzip', 'snappy', 'lz4', 'uncompressed'])('compression.type=%s packs what comes otherwise anew', async (type) => {
  const { client } = await serve()
  const connected = await client()
  await connected.call(createTopicsRequest, createTopicsResponse, 5, {
    topics: [{ name: 'anew', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'compression.type', value: type }] }],
    timeoutMs: 1000,
  })
  const { results } = await connected.call(describeConfigsRequest, describeConfigsResponse, 1, {
    resources: [{ resourceType: 2, resourceName: 'anew', configurationKeys: ['compression.type'] }],
  })
  expect(results[0]?.configs[0]?.value).toBe(type)
  await produceTo(
    connected,
    'anew',
    changed(() => undefined),
  )
  const batch = await fetched(connected, 'anew')
  expect(batch.compression).toBe(type === 'uncompressed' ? 'none' : type)
  expect(batch.count).toBe(100)
})

test('"none" is no compression.type of a topic, as in Kafka', async () => {
  const { client } = await serve()
  const connected = await client()
  const { topics } = await connected.call(createTopicsRequest, createTopicsResponse, 5, {
    topics: [{ name: 'none', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'compression.type', value: 'none' }] }],
    timeoutMs: 1000,
  })
  expect(topics[0]).toMatchObject({ errorCode: ERROR_CODES.INVALID_CONFIG })
  expect(topics[0]?.errorMessage).toContain('uncompressed')
})

test.each(['gzip', 'snappy', 'lz4'] as const)('a producer in this process packs with %s', async (compression: Compression) => {
  const broker = await Broker.open()
  onTestFinished(() => broker.close())
  const topic = await broker.topic('packed')
  const producer = broker.producer({ compression })
  const values = Array.from({ length: 200 }, (_, i) => `the value of record ${i}`)
  await Promise.all(values.map((value) => producer.send('packed', { value })))
  expect(await topic.partition(0).size()).toBeLessThan(values.join('').length)
  const read: unknown[] = []
  for await (const { value } of broker.consumer({ topics: ['packed'], from: 'earliest' })) {
    read.push(value)
    if (read.length === values.length) break
  }
  expect(read).toEqual(values)
})
