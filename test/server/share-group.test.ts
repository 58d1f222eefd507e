// Share groups over the wire, with raw frames: who is a member, what is acquired, and what becomes of it.
import { describe, expect, test } from 'vitest'
import { MemoryStorage } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import { joinGroupRequest, joinGroupResponse } from '../../src/protocol/messages/11-join-group.js'
import { listGroupsRequest, listGroupsResponse } from '../../src/protocol/messages/16-list-groups.js'
import { deleteGroupsRequest, deleteGroupsResponse } from '../../src/protocol/messages/42-delete-groups.js'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '../../src/protocol/messages/44-incremental-alter-configs.js'
import { consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse } from '../../src/protocol/messages/68-consumer-group-heartbeat.js'
import { shareGroupDescribeRequest, shareGroupDescribeResponse } from '../../src/protocol/messages/77-share-group-describe.js'
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
} from '../../src/protocol/messages/90-describe-share-group-offsets.js'
import { alterShareGroupOffsetsRequest, alterShareGroupOffsetsResponse } from '../../src/protocol/messages/91-alter-share-group-offsets.js'
import {
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
} from '../../src/protocol/messages/92-delete-share-group-offsets.js'
import { batchOf, produceTo, serve, type Served, serveOn } from './server-fixture.js'
import { ShareMember, values } from './share-member.js'
import type { WireClient } from './wire-client.js'

const GAP = 0
const ACCEPT = 1
const RELEASE = 2
const REJECT = 3
const RENEW = 4

interface Shared extends Served {
  readonly topicId: string
  readonly member: ShareMember
  readonly admin: WireClient
  readonly clock: VirtualClock
}

/** A group that starts at the earliest, with these records in a topic of one partition. */
async function shared(...given: readonly string[]): Promise<Shared> {
  const clock = new VirtualClock()
  const served = await serveOn({ clock })
  const { id: topicId } = await served.broker.topic('orders')
  const admin = await served.client()
  await configure(admin, 'billing', { 'share.auto.offset.reset': 'earliest' })
  if (given.length > 0) await produceTo(admin, 'orders', batchOf(...given))
  const member = await ShareMember.join(await served.client(), 'billing', ['orders'])
  return { ...served, topicId, member, admin, clock }
}

async function configure(client: WireClient, group: string, configs: Readonly<Record<string, string>>): Promise<number> {
  const given = Object.entries(configs).map(([name, value]) => ({ name, configOperation: 0, value }))
  const resources = [{ resourceType: 32, resourceName: group, configs: given }]
  const answer = await client.call(incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, 1, { resources })
  return answer.responses[0]?.errorCode ?? -1
}

async function places(client: WireClient, group: string): Promise<readonly { startOffset: number; lag: number }[]> {
  const answer = await client.call(describeShareGroupOffsetsRequest, describeShareGroupOffsetsResponse, 1, {
    groups: [{ groupId: group, topics: null }],
  })
  return (answer.groups[0]?.topics ?? []).flatMap(({ partitions }) => partitions.map(({ startOffset, lag }) => ({ startOffset, lag })))
}

test('a member joins, fetches what comes, accepts it, and gets nothing twice', async () => {
  const { broker, client } = await serve()
  const topic = await broker.topic('orders')
  const member = await ShareMember.join(await client(), 'billing', ['orders'])
  expect(member.assignment).toEqual([{ topicId: topic.id, partitions: [0] }])
  const opened = await member.fetch(topic.id, { maxWaitMs: 0 })
  expect(values(opened)).toEqual([])
  expect(opened.partitionErrorCode).toBe(0)
  const waiting = member.fetch(topic.id, { maxWaitMs: 60_000 })
  await produceTo(await client(), 'orders', batchOf('a', 'b', 'c'))
  const fetched = await waiting
  expect(values(fetched)).toEqual(['a', 'b', 'c'])
  expect(fetched.acquired).toEqual([{ firstOffset: 0, lastOffset: 2, deliveryCount: 1 }])
  expect(fetched.response.acquisitionLockTimeoutMs).toBe(30_000)
  expect(await member.acknowledge(topic.id, 0, 2, [ACCEPT])).toBe(0)
  const after = await member.fetch(topic.id, { maxWaitMs: 0 })
  expect(after.response.responses).toEqual([])
})

test('a group that says nothing begins at the latest', async () => {
  const { broker, client } = await serve()
  const topic = await broker.topic('orders')
  await topic.send({ value: 'before' })
  const member = await ShareMember.join(await client(), 'billing', ['orders'])
  expect(values(await member.fetch(topic.id, { maxWaitMs: 0 }))).toEqual([])
  await topic.send({ value: 'after' })
  expect(values(await member.fetch(topic.id))).toEqual(['after'])
})

describe('what is acquired', () => {
  test('is accepted, released, rejected or a gap, each record for itself', async () => {
    const { member, topicId } = await shared('a', 'b', 'c', 'd')
    expect(values(await member.fetch(topicId))).toEqual(['a', 'b', 'c', 'd'])
    expect(await member.acknowledge(topicId, 0, 3, [ACCEPT, RELEASE, REJECT, GAP])).toBe(0)
    const again = await member.fetch(topicId)
    expect(again.acquired).toEqual([{ firstOffset: 1, lastOffset: 1, deliveryCount: 2 }])
    expect(values(again)).toEqual(['b'])
  })

  test('is acknowledged on the back of the next fetch', async () => {
    const { member, topicId, admin } = await shared('a', 'b')
    await member.fetch(topicId)
    const next = await member.fetch(topicId, { acknowledge: [[0, 1, [ACCEPT]]], maxWaitMs: 0 })
    expect(next.acknowledgeErrorCode).toBe(0)
    expect(values(next)).toEqual([])
    expect(await places(admin, 'billing')).toEqual([{ startOffset: 2, lag: 0 }])
  })

  test('goes to nobody else until it is released', async () => {
    const { member, topicId, client } = await shared('a')
    await member.fetch(topicId)
    const other = await ShareMember.join(await client(), 'billing', ['orders'], 'other')
    expect(values(await other.fetch(topicId, { maxWaitMs: 0 }))).toEqual([])
    expect(await other.acknowledge(topicId, 0, 0, [ACCEPT])).toBe(ERROR_CODES.INVALID_RECORD_STATE)
    const waiting = other.fetch(topicId, { maxWaitMs: 60_000 })
    expect(await member.acknowledge(topicId, 0, 0, [RELEASE])).toBe(0)
    expect((await waiting).acquired).toEqual([{ firstOffset: 0, lastOffset: 0, deliveryCount: 2 }])
  })

  test('comes back when its lock runs out, and a late acknowledgement is refused', async () => {
    const { member, topicId, clock, admin } = await shared('a')
    await configure(admin, 'billing', { 'share.record.lock.duration.ms': '15000' })
    expect((await member.fetch(topicId)).response.acquisitionLockTimeoutMs).toBe(15_000)
    await clock.advance(15_001)
    expect(await member.acknowledge(topicId, 0, 0, [ACCEPT])).toBe(ERROR_CODES.INVALID_RECORD_STATE)
    expect((await member.fetch(topicId, { maxWaitMs: 0 })).acquired).toEqual([{ firstOffset: 0, lastOffset: 0, deliveryCount: 2 }])
  })

  test('is held longer when it is renewed, which only the request that says so can do', async () => {
    const { member, topicId, clock } = await shared('a')
    await member.fetch(topicId)
    await clock.advance(20_000)
    expect(await member.acknowledge(topicId, 0, 0, [RENEW])).toBe(ERROR_CODES.INVALID_REQUEST)
    expect(await member.acknowledge(topicId, 0, 0, [RENEW], true)).toBe(0)
    await clock.advance(20_000)
    expect(await member.acknowledge(topicId, 0, 0, [ACCEPT])).toBe(0)
  })

  test('is given up after five deliveries', async () => {
    const { member, topicId } = await shared('poison', 'good')
    for (let delivery = 1; delivery <= 5; delivery++) {
      const { acquired } = await member.fetch(topicId, { maxWaitMs: 0 })
      expect(acquired[0]).toMatchObject({ firstOffset: 0, deliveryCount: delivery })
      expect(await member.acknowledge(topicId, 0, 0, [RELEASE])).toBe(0)
    }
    expect(values(await member.fetch(topicId, { maxWaitMs: 0 }))).toEqual([])
  })

  test('is at most what was asked for in record_limit mode, and ends with a batch in the other', async () => {
    const { member, topicId, admin } = await shared('a', 'b', 'c')
    await produceTo(admin, 'orders', batchOf('d', 'e', 'f'))
    const strict = await member.fetch(topicId, { maxRecords: 2, shareAcquireMode: 1 })
    expect(values(strict)).toEqual(['a', 'b'])
    const soft = await member.fetch(topicId, { maxRecords: 2 })
    expect(values(soft)).toEqual(['c', 'd', 'e', 'f'])
  })

  test('is taken as a whole or refused as a whole', async () => {
    const { member, topicId } = await shared('a', 'b')
    await member.fetch(topicId)
    expect(await member.acknowledge(topicId, 0, 2, [ACCEPT])).toBe(ERROR_CODES.INVALID_RECORD_STATE)
    expect(await member.acknowledge(topicId, 0, 1, [ACCEPT, ACCEPT, ACCEPT])).toBe(ERROR_CODES.INVALID_REQUEST)
    expect(await member.acknowledge(topicId, 0, 1, [9])).toBe(ERROR_CODES.INVALID_REQUEST)
    expect(await member.acknowledge(topicId, 0, 1, [ACCEPT])).toBe(0)
    expect(await member.acknowledge(topicId, 0, 1, [ACCEPT])).toBe(0)
  })
})

describe('a session', () => {
  test('counts its requests, and is closed by the last of them, which releases what is held', async () => {
    const { member, topicId, client } = await shared('a', 'b')
    const stranger = new ShareMember(await client(), 'billing', 'stranger')
    expect((await stranger.fetch(topicId, { shareSessionEpoch: 3 })).errorCode).toBe(ERROR_CODES.SHARE_SESSION_NOT_FOUND)
    expect((await member.fetch(topicId, { acknowledge: [[0, 0, [ACCEPT]]] })).errorCode).toBe(ERROR_CODES.INVALID_REQUEST)
    await member.fetch(topicId)
    expect((await member.fetch(topicId, { shareSessionEpoch: 7 })).errorCode).toBe(ERROR_CODES.INVALID_SHARE_SESSION_EPOCH)
    const last = await member.fetch(topicId, { shareSessionEpoch: -1, acknowledge: [[0, 0, [ACCEPT]]] })
    expect(last.acknowledgeErrorCode).toBe(0)
    const other = await ShareMember.join(await client(), 'billing', ['orders'], 'other')
    expect((await other.fetch(topicId)).acquired).toEqual([{ firstOffset: 1, lastOffset: 1, deliveryCount: 2 }])
    expect((await member.fetch(topicId)).errorCode).toBe(ERROR_CODES.SHARE_SESSION_NOT_FOUND)
  })

  test('dies with its connection, and others get what it held', async () => {
    const { member, topicId, client } = await shared('a')
    await member.fetch(topicId)
    const other = await ShareMember.join(await client(), 'billing', ['orders'], 'other')
    const waiting = other.fetch(topicId, { maxWaitMs: 60_000 })
    member.client.close()
    expect((await waiting).acquired).toEqual([{ firstOffset: 0, lastOffset: 0, deliveryCount: 2 }])
  })

  test('fetches from topics that are added, and not from those that are forgotten', async () => {
    const { member, topicId, broker, admin } = await shared('a')
    const { id: second } = await broker.topic('second')
    await member.fetch(topicId)
    const both = member.fetch(second, { maxWaitMs: 0 })
    expect((await both).partitionErrorCode).toBeUndefined()
    await produceTo(admin, 'second', batchOf('x'))
    expect(values(await member.fetch(second, { topics: [] }))).toEqual(['x'])
    await produceTo(admin, 'second', batchOf('y'))
    const forgotten = await member.fetch(second, { topics: [], maxWaitMs: 0, forgottenTopicsData: [{ topicId: second, partitions: [0] }] })
    expect(values(forgotten)).toEqual([])
  })

  test('is told of topics and partitions that are not there', async () => {
    const { member, topicId } = await shared()
    expect((await member.fetch(topicId, { partition: 7 })).partitionErrorCode).toBe(ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION)
    const nowhere = 'AAAAAAAAAAAAAAAAAAAAAQ'
    expect((await member.fetch(nowhere)).partitionErrorCode).toBe(ERROR_CODES.UNKNOWN_TOPIC_ID)
  })
})

describe('members', () => {
  test('share the partitions, and a partition when there are more members', async () => {
    const { broker, client } = await serve()
    const { id } = await broker.topic('wide', { partitions: 3 })
    const members: ShareMember[] = []
    for (const name of ['a', 'b']) members.push(await ShareMember.join(await client(), 'wide', ['wide'], name))
    for (const member of members) await member.heartbeat()
    const all = members.flatMap(({ assignment }) => assignment.flatMap(({ partitions }) => partitions)).sort()
    expect(all).toEqual([0, 1, 2])
    const narrow = await broker.topic('narrow')
    for (const name of ['a', 'b']) {
      const member = await ShareMember.join(await client(), 'narrow', ['narrow'], name)
      expect(member.assignment).toEqual([{ topicId: narrow.id, partitions: [0] }])
    }
    expect(id).not.toBe(narrow.id)
  })

  test('are fenced by their epoch, unknown after they left, and refused without an id or topics', async () => {
    const { member, client } = await shared()
    expect(await member.heartbeat(null, 9)).toBe(ERROR_CODES.FENCED_MEMBER_EPOCH)
    expect(await new ShareMember(await client(), 'billing', 'x').heartbeat(null, 1)).toBe(ERROR_CODES.UNKNOWN_MEMBER_ID)
    expect(await new ShareMember(await client(), 'nobody', 'x').heartbeat(null, 1)).toBe(ERROR_CODES.GROUP_ID_NOT_FOUND)
    expect(await new ShareMember(await client(), 'billing', '').heartbeat(['orders'], 0)).toBe(ERROR_CODES.INVALID_REQUEST)
    expect(await new ShareMember(await client(), 'billing', 'x').heartbeat(null, 0)).toBe(ERROR_CODES.INVALID_REQUEST)
    expect(await member.heartbeat(null, -1)).toBe(0)
    expect(await member.heartbeat(null, 1)).toBe(ERROR_CODES.UNKNOWN_MEMBER_ID)
  })

  test('that are not heard of are removed', async () => {
    const { member, clock, admin } = await shared()
    await clock.advance(45_001)
    expect(await member.heartbeat()).toBe(ERROR_CODES.UNKNOWN_MEMBER_ID)
    const described = await admin.call(shareGroupDescribeRequest, shareGroupDescribeResponse, 1, { groupIds: ['billing', 'none'] })
    expect(described.groups.map(({ errorCode, groupState }) => [errorCode, groupState])).toEqual([
      [0, 'Empty'],
      [ERROR_CODES.GROUP_ID_NOT_FOUND, ''],
    ])
  })

  test('are described, and the group is listed as what it is', async () => {
    const { topicId, admin } = await shared()
    const described = await admin.call(shareGroupDescribeRequest, shareGroupDescribeResponse, 1, { groupIds: ['billing'] })
    expect(described.groups[0]).toMatchObject({ groupState: 'Stable', assignorName: 'simple' })
    expect(described.groups[0]?.members[0]).toMatchObject({
      memberId: 'billing-1',
      subscribedTopicNames: ['orders'],
      assignment: { topicPartitions: [{ topicId, topicName: 'orders', partitions: [0] }] },
    })
    const listed = await admin.call(listGroupsRequest, listGroupsResponse, 5, { typesFilter: ['SHARE'] })
    expect(listed.groups).toEqual([{ groupId: 'billing', protocolType: 'share', groupState: 'Stable', groupType: 'share' }])
  })

  test('of another kind are not let into a share group, nor the other way round', async () => {
    const { admin, client, broker } = await shared()
    const consumer = {
      groupId: 'billing',
      memberId: 'm',
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['orders'],
      topicPartitions: [],
    }
    expect(await admin.call(consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse, 1, consumer)).toMatchObject({
      errorCode: ERROR_CODES.GROUP_ID_NOT_FOUND,
    })
    const protocols = [{ name: 'range', metadata: new Uint8Array(0) }]
    const classic = {
      groupId: 'billing',
      memberId: '',
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 1000,
      protocolType: 'consumer',
      protocols,
    }
    expect(await admin.call(joinGroupRequest, joinGroupResponse, 3, classic)).toMatchObject({
      errorCode: ERROR_CODES.INCONSISTENT_GROUP_PROTOCOL,
    })
    const reader = broker.consumer({ groupId: 'readers', topics: ['orders'] })
    await reader.poll({ timeoutMs: 0 })
    expect(await new ShareMember(await client(), 'readers', 'x').heartbeat(['orders'], 0)).toBe(ERROR_CODES.GROUP_ID_NOT_FOUND)
    await reader.close()
  })
})

describe('where a group stands', () => {
  test('is told, moved and forgotten, when nobody is in it', async () => {
    const { member, topicId, admin } = await shared('a', 'b', 'c')
    await member.fetch(topicId)
    await member.acknowledge(topicId, 0, 1, [ACCEPT])
    await member.fetch(topicId, { shareSessionEpoch: -1 })
    const alter = { groupId: 'billing', topics: [{ topicName: 'orders', partitions: [{ partitionIndex: 0, startOffset: 1 }] }] }
    expect(await admin.call(alterShareGroupOffsetsRequest, alterShareGroupOffsetsResponse, 0, alter)).toMatchObject({
      errorCode: ERROR_CODES.NON_EMPTY_GROUP,
    })
    await member.heartbeat(null, -1)
    expect(await places(admin, 'billing')).toEqual([{ startOffset: 2, lag: 1 }])
    const altered = await admin.call(alterShareGroupOffsetsRequest, alterShareGroupOffsetsResponse, 0, alter)
    expect(altered.responses[0]?.partitions[0]?.errorCode).toBe(0)
    expect(await places(admin, 'billing')).toEqual([{ startOffset: 1, lag: 2 }])
    member.epoch = 0
    await member.heartbeat(['orders'], 0)
    expect(values(await member.fetch(topicId))).toEqual(['b', 'c'])
    await member.fetch(topicId, { shareSessionEpoch: -1 })
    await member.heartbeat(null, -1)
    const forget = { groupId: 'billing', topics: [{ topicName: 'orders' }] }
    const forgotten = await admin.call(deleteShareGroupOffsetsRequest, deleteShareGroupOffsetsResponse, 0, forget)
    expect(forgotten.responses[0]?.errorCode).toBe(0)
    expect(await places(admin, 'billing')).toEqual([])
    const deleted = await admin.call(deleteGroupsRequest, deleteGroupsResponse, 2, { groupsNames: ['billing'] })
    expect(deleted.results[0]?.errorCode).toBe(0)
  })

  test('outlives the broker, with the counts of deliveries and the configs', async () => {
    const storage = new MemoryStorage()
    const clock = new VirtualClock()
    const first = await serveOn({ storage, clock })
    const { id: topicId } = await first.broker.topic('orders')
    const admin = await first.client()
    await configure(admin, 'billing', { 'share.auto.offset.reset': 'earliest', 'share.record.lock.duration.ms': '20000' })
    await produceTo(admin, 'orders', batchOf('a', 'b', 'c'))
    const member = await ShareMember.join(await first.client(), 'billing', ['orders'])
    await member.fetch(topicId)
    await member.acknowledge(topicId, 0, 1, [ACCEPT, RELEASE])
    await first.broker.close()
    const second = await serveOn({ storage, clock })
    const again = await ShareMember.join(await second.client(), 'billing', ['orders'])
    const fetched = await again.fetch(topicId)
    expect(values(fetched)).toEqual(['b', 'c'])
    expect(fetched.acquired).toEqual([{ firstOffset: 1, lastOffset: 2, deliveryCount: 2 }])
    expect(fetched.response.acquisitionLockTimeoutMs).toBe(20_000)
  })

  test('is forgotten with the topic', async () => {
    const { member, topicId, admin, broker } = await shared('a')
    await member.fetch(topicId)
    await broker.deleteTopic('orders')
    expect(await places(admin, 'billing')).toEqual([])
    const again = await broker.topic('orders')
    await produceTo(admin, 'orders', batchOf('new'))
    await member.fetch(topicId, { topics: [], maxWaitMs: 0, forgottenTopicsData: [{ topicId, partitions: [0] }] })
    expect(values(await member.fetch(again.id))).toEqual(['new'])
  })
})

test('a receiver in this process and a remote member share one group', async () => {
  const { broker, client } = await serve()
  const { id: topicId } = await broker.topic('orders')
  const queue = await broker.queue('billing', { source: 'orders' })
  const admin = await client()
  await produceTo(admin, 'orders', batchOf('"a"', '"b"', '"c"'))
  const [here] = await queue.receive({ max: 1 })
  expect(here?.value).toBe('a')
  const member = await ShareMember.join(await client(), 'billing', ['orders'])
  const there = await member.fetch(topicId)
  expect(values(there)).toEqual(['"b"', '"c"'])
  await here?.acknowledge()
  expect(await member.acknowledge(topicId, 1, 2, [ACCEPT])).toBe(0)
  expect(await queue.counts()).toMatchObject({ available: 0, acquired: 0 })
  expect(await places(admin, 'billing')).toEqual([{ startOffset: 3, lag: 0 }])
  await member.heartbeat(null, -1)
  const remove = async (): Promise<number | undefined> =>
    (await admin.call(deleteGroupsRequest, deleteGroupsResponse, 2, { groupsNames: ['billing'] })).results[0]?.errorCode
  expect(await remove()).toBe(ERROR_CODES.NON_EMPTY_GROUP)
  await queue.close()
  expect(await remove()).toBe(0)
})

test('aborted records are handed out, unless the group wants committed ones only', async () => {
  const { member, topicId, broker, admin, client } = await shared()
  const producer = broker.producer({ transactionalId: 'tx' })
  const aborting = producer.transaction(async (transaction) => {
    await transaction.send('orders', { value: 'aborted' })
    throw new Error('No')
  })
  await expect(aborting).rejects.toThrow('No')
  await broker.producer().send('orders', { value: 'plain' })
  expect(values(await member.fetch(topicId))).toEqual(['aborted', 'plain'])
  await configure(admin, 'careful', { 'share.auto.offset.reset': 'earliest', 'share.isolation.level': 'read_committed' })
  const careful = await ShareMember.join(await client(), 'careful', ['orders'])
  expect(values(await careful.fetch(topicId))).toEqual(['plain'])
})

test('configs of groups that are none are refused', async () => {
  const { admin } = await shared()
  expect(await configure(admin, 'billing', { 'share.no.such': '1' })).toBe(ERROR_CODES.INVALID_CONFIG)
  expect(await configure(admin, 'billing', { 'share.auto.offset.reset': 'sometime' })).toBe(ERROR_CODES.INVALID_CONFIG)
  expect(await configure(admin, 'billing', { 'share.auto.offset.reset': 'by_duration:PT1H' })).toBe(0)
})
