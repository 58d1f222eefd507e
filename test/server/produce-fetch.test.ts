// What is produced over the wire is read over the wire and in the process, byte by byte the same.
import { describe, expect, test } from 'vitest'
import { fetchRequest, fetchResponse } from '../../src/protocol/messages/01-fetch.js'
import { listOffsetsRequest, listOffsetsResponse } from '../../src/protocol/messages/02-list-offsets.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { splitBatches } from '../../src/record/batch-check.js'
import { batchOf, produceTo, serve } from './server-fixture.js'
import type { WireClient } from './wire-client.js'

const fetchFrom = async (
  client: WireClient,
  fetchOffset: number,
  limits: { minBytes?: number; maxBytes?: number; maxWaitMs?: number } = {},
) => {
  const { minBytes = 1, maxBytes = 1_000_000, maxWaitMs = 0 } = limits
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }]
  const answer = await client.call(fetchRequest, fetchResponse, 11, {
    maxWaitMs,
    minBytes,
    maxBytes,
    sessionEpoch: -1,
    topics: [{ topic: 'orders', partitions }],
  })
  const partition = answer.responses[0]?.partitions[0]
  if (partition === undefined) throw new Error('No partition was answered')
  return { ...partition, batches: splitBatches(partition.records ?? new Uint8Array(0)).batches }
}

describe('records', () => {
  test('come back as they were sent, with their offsets', async () => {
    const { broker, client } = await serve()
    const connection = await client()
    expect(await produceTo(connection, 'orders', batchOf('a', 'b'))).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect(await produceTo(connection, 'orders', batchOf('c'))).toMatchObject({ errorCode: 0, baseOffset: 2 })
    const { batches, highWatermark, errorCode } = await fetchFrom(connection, 1)
    expect([errorCode, highWatermark, batches.map(({ baseOffset, count }) => [baseOffset, count])]).toEqual([
      0,
      3,
      [
        [0, 2],
        [2, 1],
      ],
    ])
    const consumer = broker.consumer({ topics: ['orders'], groupId: 'g', from: 'earliest' })
    const values: unknown[] = []
    for await (const { value } of consumer) {
      values.push(value)
      if (values.length === 3) break
    }
    expect(values).toEqual(['a', 'b', 'c'])
  })

  test('at the end are none, beyond it an error', async () => {
    const { client } = await serve()
    const connection = await client()
    await produceTo(connection, 'orders', batchOf('a'))
    const atEnd = await fetchFrom(connection, 1)
    expect([atEnd.errorCode, atEnd.highWatermark, atEnd.records?.length]).toEqual([0, 1, 0])
    const beyond = await fetchFrom(connection, 2)
    expect([beyond.errorCode, beyond.highWatermark]).toEqual([1, -1])
  })

  test('larger than the limit come when they are the first', async () => {
    const { client } = await serve()
    const connection = await client()
    await produceTo(connection, 'orders', batchOf('x'.repeat(500)))
    await produceTo(connection, 'orders', batchOf('y'))
    const { batches } = await fetchFrom(connection, 0, { maxBytes: 1 })
    expect(batches.map(({ baseOffset }) => baseOffset)).toEqual([0])
  })

  test('fewer than minBytes are waited for', async () => {
    const { client } = await serve()
    const connection = await client()
    const producer = await client()
    const size = batchOf('a').length
    await produceTo(producer, 'orders', batchOf('a'))
    const waiting = fetchFrom(connection, 0, { minBytes: size + 1, maxWaitMs: 60_000 })
    await produceTo(producer, 'orders', batchOf('b'))
    expect((await waiting).batches.length).toBe(2)
  })
})

describe('a batch is refused', () => {
  const damaged = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = batchOf('a')
    change(bytes)
    return bytes
  }

  test.each([
    ['with a wrong checksum', damaged((bytes) => bytes.set([1], bytes.length - 1)), 2],
    ['of an old format', damaged((bytes) => bytes.set([1], 16)), 87],
    ['that does not begin at 0', damaged((bytes) => bytes.set([1], 7)), 87],
    ['with another behind it', new Uint8Array(Buffer.concat([batchOf('a'), batchOf('b')])), 87],
    ['that is none', new Uint8Array(0), 87],
  ])('%s', async (_, records, errorCode) => {
    const { client } = await serve()
    expect(await produceTo(await client(), 'orders', records)).toMatchObject({ errorCode, baseOffset: -1 })
  })
})

describe('places', () => {
  test('are found by name and by time', async () => {
    const { client } = await serve()
    const connection = await client()
    await produceTo(connection, 'orders', batchOf('a', 'b'))
    const look = async (timestamp: number): Promise<readonly number[]> => {
      const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp }] }]
      const found = (await connection.call(listOffsetsRequest, listOffsetsResponse, 7, { replicaId: -1, topics })).topics[0]?.partitions[0]
      return [found?.errorCode ?? -9, found?.offset ?? -9, found?.timestamp ?? -9]
    }
    expect(await Promise.all([-1, -2, -3, 1_000, 1_001, -4].map(look))).toEqual([
      [0, 2, -1],
      [0, 0, -1],
      [0, 0, 1_000],
      [0, 0, 1_000],
      [0, -1, -1],
      [35, -1, -1],
    ])
  })

  test('of a topic that does not exist are an error, and looking does not create it', async () => {
    const { broker, client } = await serve()
    const connection = await client()
    const topics = [{ name: 'nothing', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
    const answer = await connection.call(listOffsetsRequest, listOffsetsResponse, 7, { topics })
    expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(3)
    expect(await broker.topics()).toEqual([])
  })
})

describe('metadata', () => {
  test('creates what is asked for and may be, and lists nothing else', async () => {
    const { broker, listener, client } = await serve()
    await broker.topic('other')
    const connection = await client()
    const answer = await connection.call(metadataRequest, metadataResponse, 12, {
      topics: [{ name: 'orders' }],
      allowAutoTopicCreation: true,
    })
    expect(answer.brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port: listener.port, rack: null }])
    expect(answer.topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length])).toEqual([['orders', 0, 1]])
  })
  test('says what is missing when it may not create', async () => {
    const { client } = await serve()
    const connection = await client()
    const answer = await connection.call(metadataRequest, metadataResponse, 12, {
      topics: [{ name: 'orders' }, { name: null, topicId: 'BBBBBBBBBBBBBBBBBBBBBA' }, { name: 'bad name' }],
      allowAutoTopicCreation: false,
    })
    expect(answer.topics.map(({ errorCode }) => errorCode)).toEqual([3, 100, 17])
  })
})
