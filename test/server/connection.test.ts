// The rules of a connection, as a running Kafka keeps them: answers in the order of requests, silence for acks=0, a closed socket for
// what nobody offered.
import { describe, expect, test } from 'vitest'
import { produceRequest } from '../../src/protocol/messages/00-produce.js'
import { fetchRequest } from '../../src/protocol/messages/01-fetch.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { apiVersionsRequest, apiVersionsResponse } from '../../src/protocol/messages/18-api-versions.js'
import { batchOf, produceBody, produceTo, serve } from './server-fixture.js'

const fetchBody = (topic: string, maxWaitMs: number) => ({
  maxWaitMs,
  minBytes: 1,
  maxBytes: 1_000_000,
  sessionEpoch: -1,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }],
})
const correlationIds = (frames: readonly Uint8Array[]): number[] => frames.map((frame) => Buffer.from(frame).readInt32BE(0))

describe('order', () => {
  test('a request behind a fetch that waits is answered after it', async () => {
    const { broker, client } = await serve()
    await broker.topic('orders')
    const reader = await client()
    const first = reader.next()
    reader.send(fetchRequest, 11, fetchBody('orders', 60_000))
    const second = reader.next()
    reader.send(metadataRequest, 9, { topics: [] })
    await produceTo(await client(), 'orders', batchOf('one'))
    await Promise.all([first, second])
    expect(correlationIds(reader.frames)).toEqual([0, 1])
  })

  test('requests that come in one piece are all answered', async () => {
    const { client } = await serve()
    const connection = await client()
    const answers = Array.from({ length: 200 }, () => connection.call(metadataRequest, metadataResponse, 9, { topics: [] }))
    expect((await Promise.all(answers)).every(({ brokers }) => brokers.length === 1)).toBe(true)
  })
})

describe('acks=0', () => {
  test('gets no answer and does not hold up the next one', async () => {
    const { broker, client } = await serve()
    const topic = await broker.topic('orders')
    const connection = await client()
    connection.send(produceRequest, 9, produceBody('orders', batchOf('one'), 0))
    await connection.call(metadataRequest, metadataResponse, 9, { topics: [] })
    expect(correlationIds(connection.frames)).toEqual([1])
    expect(await topic.partitions[0]?.endOffset()).toBe(1)
  })

  test('that fails closes the connection', async () => {
    const { client } = await serve()
    const connection = await client()
    connection.send(produceRequest, 9, produceBody('no such name!', batchOf('one'), 0))
    await connection.closed
    expect(connection.frames).toEqual([])
  })
})

describe('versions', () => {
  test('ApiVersions that is too new is answered in the oldest form', async () => {
    const { client } = await serve()
    const connection = await client()
    const frame = connection.next()
    connection.write(new Uint8Array([0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff]))
    expect(Buffer.from(await frame).toString('hex')).toBe('0000000700230000000100120000' + '0004')
  })

  test('ApiVersions with a name that is none is refused', async () => {
    const { client } = await serve()
    const connection = await client()
    const names = { clientSoftwareName: '-', clientSoftwareVersion: '1' }
    expect((await connection.call(apiVersionsRequest, apiVersionsResponse, 3, names)).errorCode).toBe(42)
  })

  test('all that is offered lies in one range each, and Produce is named from 0 on', async () => {
    const { client } = await serve()
    const connection = await client()
    const { apiKeys } = await connection.call(apiVersionsRequest, apiVersionsResponse, 0, {})
    expect(apiKeys.find(({ apiKey }) => apiKey === 0)).toEqual({ apiKey: 0, minVersion: 0, maxVersion: 13 })
    expect(apiKeys.every(({ minVersion, maxVersion }) => minVersion <= maxVersion)).toBe(true)
    expect(new Set(apiKeys.map(({ apiKey }) => apiKey)).size).toBe(apiKeys.length)
  })

  test.each([
    ['a key that nobody offered', [0, 17, 0, 0, 0, 0, 0, 0, 0xff, 0xff]],
    ['a version above the range', [0, 3, 0, 99, 0, 0, 0, 0, 0xff, 0xff]],
    ['a version that is only named', [0, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff]],
    ['a body that cannot be read', [0, 3, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]],
  ])('%s closes the connection without an answer', async (_, bytes) => {
    const { client } = await serve()
    const connection = await client()
    connection.write(new Uint8Array(bytes))
    await connection.closed
    expect(connection.frames).toEqual([])
  })

  test('bytes that are not Kafka close the connection', async () => {
    const { client } = await serve()
    const connection = await client()
    connection.raw(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await connection.closed
    expect(connection.frames).toEqual([])
  })
})

describe('the end', () => {
  test('closing the broker closes the listener and its connections, also one that waits', async () => {
    const { broker, listener, client } = await serve()
    await broker.topic('orders')
    const connection = await client()
    connection.send(fetchRequest, 11, fetchBody('orders', 600_000))
    await broker.close()
    await listener.closed
    await connection.closed
    await expect(client()).rejects.toThrow('ECONNREFUSED')
  })

  test('a port that is taken is said so', async () => {
    const { broker, listener } = await serve()
    await expect(broker.listen({ port: listener.port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  test('connections above the limit are closed', async () => {
    const { client } = await serve({ maxConnections: 1 })
    const first = await client()
    const second = await client()
    await second.closed
    expect((await first.call(metadataRequest, metadataResponse, 9, { topics: [] })).controllerId).toBe(1)
  })
})

describe('a client that has closed its side', () => {
  test('gets the answers to all that it sent, without waiting for what may come', async () => {
    const { broker, client } = await serve()
    await broker.topic('orders')
    const reader = await client()
    reader.send(fetchRequest, 11, fetchBody('orders', 2_000_000_000))
    reader.send(fetchRequest, 11, fetchBody('orders', 2_000_000_000))
    reader.send(metadataRequest, 9, { topics: [] })
    reader.end()
    await reader.closed
    expect(correlationIds(reader.frames)).toEqual([0, 1, 2])
  })

  test('while it waits leaves nothing behind', async () => {
    const { broker, client } = await serve()
    await broker.topic('orders')
    const reader = await client()
    const answer = reader.next()
    reader.send(metadataRequest, 9, { topics: [] })
    await answer
    reader.send(fetchRequest, 11, fetchBody('orders', 2_000_000_000))
    reader.end()
    await reader.closed
    expect(correlationIds(reader.frames)).toEqual([0, 1])
    await broker.idle()
  })
})

describe('memory', () => {
  test('a client that never reads is answered no further than a few megabytes ahead, and others are served', async () => {
    const { broker, client } = await serve()
    await broker.topic('large')
    const value = 'x'.repeat(1_000_000)
    const writer = await client()
    expect((await produceTo(writer, 'large', batchOf(value))).errorCode).toBe(0)
    const before = process.memoryUsage().rss
    const lazy = await client()
    lazy.reads(false)
    for (let i = 0; i < 300; i++) lazy.send(fetchRequest, 11, fetchBody('large', 0))
    for (let i = 0; i < 20; i++) await produceTo(writer, 'orders', batchOf('one'))
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
    const last = Array.from({ length: 300 }, () => lazy.next())
    lazy.reads(true)
    await Promise.all(last)
    expect(correlationIds(lazy.frames)).toEqual(Array.from({ length: 300 }, (_, index) => index))
  })

  test('is taken for what has come of a request and not for what was announced', async () => {
    const { client } = await serve()
    const before = process.memoryUsage()
    const announced = Buffer.alloc(100_000)
    announced.writeInt32BE(90_000_000)
    const halves = await Promise.all(Array.from({ length: 100 }, () => client()))
    for (const half of halves) half.raw(announced)
    const other = await client()
    expect((await other.call(metadataRequest, metadataResponse, 9, { topics: [] })).brokers).toHaveLength(1)
    const after = process.memoryUsage()
    expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(150_000_000)
  })
  test('is bounded when a hundred clients send the half of a large request, and others are served', async () => {
    const { client } = await serve()
    const before = process.memoryUsage().rss
    const announced = Buffer.alloc(4)
    announced.writeInt32BE(90_000_000)
    const piece = Buffer.alloc(45_000_000)
    for (let i = 0; i < 100; i++) {
      const half = await client()
      half.raw(announced)
      half.raw(piece)
    }
    const other = await client()
    for (let i = 0; i < 50; i++) expect((await other.call(metadataRequest, metadataResponse, 9, { topics: [] })).brokers).toHaveLength(1)
    expect(process.memoryUsage().rss - before).toBeLessThan(900_000_000)
  })
})
