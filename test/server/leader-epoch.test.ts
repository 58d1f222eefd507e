// Leader epochs over the wire (KIP-320): a client that comes back after a power cut sees that what it has read is not what stands there.
import { Broker, FileStorage } from 'kafkalite'
import { FaultyFileSystem } from 'kafkalite/testing'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import { type FetchResponse, fetchRequest, fetchResponse } from '../../src/protocol/messages/01-fetch.js'
import { type ListOffsetsResponse, listOffsetsRequest, listOffsetsResponse } from '../../src/protocol/messages/02-list-offsets.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import {
  type OffsetForLeaderEpochResponse,
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from '../../src/protocol/messages/23-offset-for-leader-epoch.js'
import { serveOn } from './server-fixture.js'
import type { WireClient } from './wire-client.js'

type Ends = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number]
type Fetched = FetchResponse['responses'][number]['partitions'][number]
type Listed = ListOffsetsResponse['topics'][number]['partitions'][number]

/** A partition with offsets 0 and 1 of epoch 0, 2 to 4 of epoch 1, and none of epoch 2, which is current. */
async function ledTwice(): Promise<WireClient> {
  let fileSystem = new FaultyFileSystem({ seed: 3 })
  for (const values of [
    ['a', 'b'],
    ['c', 'd', 'e'],
  ]) {
    const broker = await Broker.open({ storage: new FileStorage('/data', { fileSystem }) })
    const topic = await broker.topic('orders')
    for (const value of values) await topic.send({ value, timestamp: 1000 + value.charCodeAt(0) })
    fileSystem = fileSystem.crash('process')
  }
  const { client } = await serveOn({ storage: new FileStorage('/data', { fileSystem }) })
  return client()
}

async function endOf(client: WireClient, leaderEpoch: number, currentLeaderEpoch = -1): Promise<Ends | undefined> {
  const topics = [{ topic: 'orders', partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }]
  const answer = await client.call(offsetForLeaderEpochRequest, offsetForLeaderEpochResponse, 4, { replicaId: -1, topics })
  return answer.topics[0]?.partitions[0]
}

interface Asked {
  readonly fetchOffset: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
}

async function fetchFrom(client: WireClient, asked: Asked, version = 12, topicId?: string): Promise<Fetched | undefined> {
  const partitions = [{ partition: 0, partitionMaxBytes: 1e6, ...asked }]
  const topic = topicId === undefined ? { topic: 'orders' } : { topicId }
  const limits = { maxWaitMs: 60_000, minBytes: 1, maxBytes: 1e6, sessionEpoch: -1 }
  const answer = await client.call(fetchRequest, fetchResponse, version, { ...limits, topics: [{ ...topic, partitions }] })
  return answer.responses[0]?.partitions[0]
}

async function listed(client: WireClient, timestamp: number, currentLeaderEpoch = -1): Promise<Listed | undefined> {
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, currentLeaderEpoch, timestamp }] }]
  const answer = await client.call(listOffsetsRequest, listOffsetsResponse, 7, { replicaId: -1, isolationLevel: 0, topics })
  return answer.topics[0]?.partitions[0]
}

test('an epoch ends where the next one begins, the current one at the end of the log, and one that never was nowhere', async () => {
  const client = await ledTwice()
  expect(await endOf(client, 0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 2 })
  expect(await endOf(client, 1)).toMatchObject({ errorCode: 0, leaderEpoch: 1, endOffset: 5 })
  expect(await endOf(client, 2, 2)).toMatchObject({ errorCode: 0, leaderEpoch: 2, endOffset: 5 })
  expect(await endOf(client, 3)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 })
  expect(await endOf(client, 1, 1)).toMatchObject({ errorCode: ERROR_CODES.FENCED_LEADER_EPOCH })
  expect(await endOf(client, 1, 3)).toMatchObject({ errorCode: ERROR_CODES.UNKNOWN_LEADER_EPOCH })
})

test('the current epoch stands in the metadata, and is asked of those who fetch and look for offsets', async () => {
  const client = await ledTwice()
  const { topics } = await client.call(metadataRequest, metadataResponse, 12, { topics: [{ name: 'orders' }] })
  expect(topics[0]?.partitions[0]).toMatchObject({ leaderEpoch: 2 })
  const behind = { fetchOffset: 0, currentLeaderEpoch: 1 }
  expect(await fetchFrom(client, behind)).toMatchObject({ errorCode: ERROR_CODES.FENCED_LEADER_EPOCH, currentLeader: { leaderEpoch: -1 } })
  expect(await fetchFrom(client, behind, 17, topics[0]?.topicId)).toMatchObject({
    errorCode: ERROR_CODES.FENCED_LEADER_EPOCH,
    currentLeader: { leaderId: 1, leaderEpoch: 2 },
  })
  expect(await fetchFrom(client, { fetchOffset: 0, currentLeaderEpoch: 3 })).toMatchObject({ errorCode: ERROR_CODES.UNKNOWN_LEADER_EPOCH })
  expect(await fetchFrom(client, { fetchOffset: 0, currentLeaderEpoch: 2 })).toMatchObject({ errorCode: 0, highWatermark: 5 })
  expect(await listed(client, -1, 1)).toMatchObject({ errorCode: ERROR_CODES.FENCED_LEADER_EPOCH })
  expect(await listed(client, -1, 3)).toMatchObject({ errorCode: ERROR_CODES.UNKNOWN_LEADER_EPOCH })
})

test('an offset that is looked for comes with the epoch of its record', async () => {
  const client = await ledTwice()
  expect(await listed(client, -2)).toMatchObject({ offset: 0, leaderEpoch: 0 })
  expect(await listed(client, 1099)).toMatchObject({ offset: 2, leaderEpoch: 1 })
  expect(await listed(client, -3)).toMatchObject({ offset: 4, leaderEpoch: 1 })
  expect(await listed(client, -1)).toMatchObject({ offset: 5, leaderEpoch: 2 })
})

test('a reader whose history leaves that of the log hears at once where, and gets no records', async () => {
  const client = await ledTwice()
  expect(await fetchFrom(client, { fetchOffset: 2, lastFetchedEpoch: 0 })).toMatchObject({
    errorCode: 0,
    divergingEpoch: { epoch: -1, endOffset: -1 },
  })
  // It had read up to offset 4 in epoch 0, and a power cut took what stood from 2 on.
  const diverging = await fetchFrom(client, { fetchOffset: 4, lastFetchedEpoch: 0 })
  expect(diverging).toMatchObject({ errorCode: 0, highWatermark: 5, divergingEpoch: { epoch: 0, endOffset: 2 } })
  expect(diverging?.records?.length).toBe(0)
  expect(await fetchFrom(client, { fetchOffset: 6, lastFetchedEpoch: 2 })).toMatchObject({ divergingEpoch: { epoch: 2, endOffset: 5 } })
  expect(await fetchFrom(client, { fetchOffset: 2, lastFetchedEpoch: 7 })).toMatchObject({ errorCode: ERROR_CODES.OFFSET_OUT_OF_RANGE })
})
