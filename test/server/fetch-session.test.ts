// Sessions of Fetch (KIP-227), with raw frames: what is asked once and answered when it changes, and what ends a session.
import { expect, test } from 'vitest'
import { VirtualClock } from 'kafkalite/testing'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import type { Outgoing } from '../../src/protocol/message.js'
import { type FetchRequest, type FetchResponse, fetchRequest, fetchResponse } from '../../src/protocol/messages/01-fetch.js'
import { FetchSessions } from '../../src/server/fetch-session.js'
import { batchOf, produceTo, serve } from './server-fixture.js'
import type { WireClient } from './wire-client.js'

const OPENS = 0
const CLOSES = -1

function fetch(client: WireClient, given: Outgoing<FetchRequest>, version = 12): Promise<FetchResponse> {
  const body = { replicaId: -1, maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, ...given }
  return client.call(fetchRequest, fetchResponse, version, body)
}

function from(topic: string, ...offsets: readonly (readonly [partition: number, offset: number])[]): FetchRequest['topics'] {
  const partitions = offsets.map(([partition, fetchOffset]) => ({ partition, fetchOffset, partitionMaxBytes: 1 << 20 }))
  return [{ topic, partitions }] as unknown as FetchRequest['topics']
}

const partitionsOf = ({ responses }: FetchResponse): readonly number[] =>
  responses.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex))

test('a session is told its partitions once, and answers those that have something new', async () => {
  const { broker, client } = await serve()
  await broker.topic('orders', { partitions: 3 })
  const one = await client()
  const opened = await fetch(one, { sessionEpoch: OPENS, topics: from('orders', [0, 0], [1, 0], [2, 0]) })
  const { sessionId } = opened
  expect(sessionId).toBeGreaterThan(0)
  expect(partitionsOf(opened)).toEqual([0, 1, 2])
  expect(partitionsOf(await fetch(one, { sessionId, sessionEpoch: 1 }))).toEqual([])
  await produceTo(one, 'orders', batchOf('a'))
  // On another connection, as a client does that has lost its own.
  const other = await client()
  const news = await fetch(other, { sessionId, sessionEpoch: 2 })
  expect(partitionsOf(news)).toEqual([0])
  expect(news.sessionId).toBe(sessionId)
  expect(news.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(0)
  expect(partitionsOf(await fetch(other, { sessionId, sessionEpoch: 3, topics: from('orders', [0, 1]) }))).toEqual([])
})

test('a session waits for something new', async () => {
  const { broker, client } = await serve()
  await broker.topic('orders')
  const one = await client()
  const { sessionId } = await fetch(one, { sessionEpoch: OPENS, topics: from('orders', [0, 0]) })
  const waiting = fetch(one, { sessionId, sessionEpoch: 1, maxWaitMs: 60_000 })
  await produceTo(await client(), 'orders', batchOf('a'))
  expect(partitionsOf(await waiting)).toEqual([0])
})

test('partitions are added and forgotten, and an error is told every time', async () => {
  const { broker, client } = await serve()
  await broker.topic('orders', { partitions: 2 })
  const one = await client()
  const { sessionId } = await fetch(one, { sessionEpoch: OPENS, topics: from('orders', [0, 0]) })
  expect(partitionsOf(await fetch(one, { sessionId, sessionEpoch: 1, topics: from('orders', [1, 0], [7, 0]) }))).toEqual([1, 7])
  expect(partitionsOf(await fetch(one, { sessionId, sessionEpoch: 2 }))).toEqual([7])
  const forgottenTopicsData = [{ topic: 'orders', partitions: [0, 7] }]
  await produceTo(one, 'orders', batchOf('a'))
  expect(partitionsOf(await fetch(one, { sessionId, sessionEpoch: 3, forgottenTopicsData }))).toEqual([])
})

test('a wrong id, a wrong epoch and topics named another way are errors; the last request ends the session', async () => {
  const { broker, client } = await serve()
  await broker.topic('orders')
  const one = await client()
  const { sessionId } = await fetch(one, { sessionEpoch: OPENS, topics: from('orders', [0, 0]) })
  const wrong = await fetch(one, { sessionId: sessionId + 1, sessionEpoch: 1 })
  expect([wrong.errorCode, wrong.sessionId]).toEqual([ERROR_CODES.FETCH_SESSION_ID_NOT_FOUND, 0])
  const late = await fetch(one, { sessionId, sessionEpoch: 5 })
  expect([late.errorCode, late.sessionId]).toEqual([ERROR_CODES.INVALID_FETCH_SESSION_EPOCH, 0])
  expect((await fetch(one, { sessionId, sessionEpoch: 1 }, 13)).errorCode).toBe(ERROR_CODES.FETCH_SESSION_TOPIC_ID_ERROR)
  const closed = await fetch(one, { sessionId, sessionEpoch: CLOSES, topics: from('orders', [0, 0]) })
  expect([closed.errorCode, closed.sessionId, partitionsOf(closed)]).toEqual([0, 0, [0]])
  expect((await fetch(one, { sessionId, sessionEpoch: 1 })).errorCode).toBe(ERROR_CODES.FETCH_SESSION_ID_NOT_FOUND)
})

test('topics named by their ids have sessions, too', async () => {
  const { broker, client } = await serve()
  const { id: topicId } = await broker.topic('orders')
  const one = await client()
  const topics = [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }]
  const opened = await fetch(one, { sessionEpoch: OPENS, topics }, 17)
  expect(opened.sessionId).toBeGreaterThan(0)
  expect(partitionsOf(await fetch(one, { sessionId: opened.sessionId, sessionEpoch: 1 }, 17))).toEqual([])
})

test('when there is no room a session that nobody used for two minutes gives way, and none that is in use', async () => {
  const clock = new VirtualClock()
  const sessions = new FetchSessions(clock, () => 0)
  const open = (): number => {
    const request = {
      sessionId: 0,
      sessionEpoch: OPENS,
      topics: from('orders', [0, 0]),
      forgottenTopicsData: [],
    } as unknown as FetchRequest
    return sessions.contextOf(request, 12).answer([]).sessionId
  }
  const first = open()
  for (let count = 1; count < 1000; count++) open()
  expect(sessions.size).toBe(1000)
  expect(open()).toBe(0)
  await clock.advance(119_000)
  const next = { sessionId: first, sessionEpoch: 1, topics: [], forgottenTopicsData: [] } as unknown as FetchRequest
  expect(sessions.contextOf(next, 12).errorCode).toBe(0)
  await clock.advance(2_000)
  expect(open()).toBeGreaterThan(0)
  expect(sessions.size).toBe(1000)
  expect(sessions.contextOf({ ...next, sessionEpoch: 2 }, 12).errorCode).toBe(0)
})
