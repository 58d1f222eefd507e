// What the codecs promise beyond Kafka's own samples: views instead of copies, unknown tags skipped, numbers that do not fit refused.
import { describe, expect, test } from 'vitest'
import { APIS } from '../../src/protocol/apis.js'
import { produceRequest, produceResponse } from '../../src/protocol/messages/00-produce.js'
import { fetchResponse } from '../../src/protocol/messages/01-fetch.js'
import { listOffsetsRequest } from '../../src/protocol/messages/02-list-offsets.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { heartbeatRequest } from '../../src/protocol/messages/12-heartbeat.js'
import { formatUuid, writeUuid, ZERO_UUID } from '../../src/protocol/uuid.js'
import { WireReader } from '../../src/protocol/wire-reader.js'

const joined = (chunks: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(chunks))

describe('records', () => {
  test('are a view on the frame when read', () => {
    const records = new Uint8Array(1000).fill(7)
    const frame = joined(produceRequest.encode({ acks: 1, topicData: [{ name: 'a', partitionData: [{ index: 0, records }] }] }, 9))
    const read = produceRequest.read(new WireReader(frame), 9).topicData[0]?.partitionData[0]?.records
    expect(read).toEqual(records)
    expect(read?.buffer).toBe(frame.buffer)
  })

  test('are handed on as the chunks they are when written', () => {
    const batches = [new Uint8Array(5000).fill(1), new Uint8Array(3000).fill(2)]
    const chunks = fetchResponse.encode(
      { responses: [{ topic: 'a', partitions: [{ partitionIndex: 0, highWatermark: 9, records: batches }] }] },
      11,
    )
    for (const batch of batches) expect(chunks.includes(batch)).toBe(true)
    const read = fetchResponse.read(new WireReader(joined(chunks)), 11)
    expect(read.responses[0]?.partitions[0]?.records).toEqual(joined(batches))
  })

  test('may be null where Kafka allows it', () => {
    const chunks = fetchResponse.encode(
      { responses: [{ topic: 'a', partitions: [{ partitionIndex: 0, highWatermark: 0, records: null }] }] },
      12,
    )
    expect(fetchResponse.read(new WireReader(joined(chunks)), 12).responses[0]?.partitions[0]?.records).toBe(null)
  })
})

describe('versions', () => {
  test('a value that the version cannot carry is refused', () => {
    expect(() => heartbeatRequest.encode({ groupId: 'g', memberId: 'm', groupInstanceId: 'i' }, 2)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_VERSION' }),
    )
  })
  test('a value that may be ignored is left out', () => {
    const chunks = metadataResponse.encode({ clusterId: 'abc' }, 0)
    expect(metadataResponse.read(new WireReader(joined(chunks)), 0).clusterId).toBe(null)
  })
  test('a version that does not exist is refused', () => {
    expect(() => produceRequest.encode({}, 2)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION' }))
  })
  test('null where there is none is refused', () => {
    expect(() => metadataRequest.encode({ topics: null }, 0)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION' }))
  })
})

describe('tags', () => {
  test('that nobody knows are skipped', () => {
    const frame = new Uint8Array([1, 1, 0, 0, 2, 5, 3, 9, 9, 9, 6, 0])
    const reader = new WireReader(frame)
    expect(metadataRequest.read(reader, 9)).toMatchObject({ topics: [], allowAutoTopicCreation: true })
    expect(reader.remaining).toBe(0)
  })
  test('must ascend', () => {
    expect(() => metadataRequest.read(new WireReader(new Uint8Array([1, 1, 0, 0, 2, 6, 0, 5, 0])), 9)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    )
  })
  test('cost one byte a struct while they have their default', () => {
    expect(joined(produceResponse.encode({}, 10)).length).toBe(6)
  })
})

describe('numbers', () => {
  test('that a field cannot hold are refused, not wrapped', () => {
    const codes = [2 ** 31, 1.5, Number.NaN].map((replicaId) => {
      try {
        listOffsetsRequest.encode({ replicaId }, 1)
        return 'written'
      } catch (error) {
        return (error as { code?: string }).code
      }
    })
    expect(codes).toEqual(['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'])
  })
  test('of 64 bits beyond 2^53 are read as what is no safe integer', () => {
    const topics = [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp: 0 }] }]
    const frame = joined(listOffsetsRequest.encode({ topics }, 1))
    frame.set([0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], frame.length - 8)
    const timestamp = listOffsetsRequest.read(new WireReader(frame), 1).topics[0]?.partitions[0]?.timestamp ?? 0
    expect(Number.isSafeInteger(timestamp)).toBe(false)
    expect(timestamp).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
  })
})

test('the text of an id and its 16 bytes are each other', () => {
  const bytes = new Uint8Array(16).map((_, i) => i * 17)
  const text = formatUuid(bytes, 0)
  expect(text).toBe(Buffer.from(bytes).toString('base64url'))
  const back = new Uint8Array(16)
  writeUuid(back, 0, text)
  expect(back).toEqual(bytes)
  expect(formatUuid(new Uint8Array(16), 0)).toBe(ZERO_UUID)
})

test('every API has a request and a response of the same key and versions', () => {
  for (const [key, { name, request, response }] of APIS) {
    expect([request.name, request.key, response.name, response.key]).toEqual([`${name}Request`, key, `${name}Response`, key])
    expect(response.versions).toEqual(request.versions)
  }
})
