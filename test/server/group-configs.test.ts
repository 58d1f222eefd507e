// Configs of consumer groups over the wire: what is set for one group holds there, from the next heartbeat on, and nowhere else.
import { expect, test } from 'vitest'
import { VirtualClock } from 'kafkalite/testing'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '../../src/protocol/messages/44-incremental-alter-configs.js'
import { consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse } from '../../src/protocol/messages/68-consumer-group-heartbeat.js'
import { consumerGroupDescribeRequest, consumerGroupDescribeResponse } from '../../src/protocol/messages/69-consumer-group-describe.js'
import { serveOn } from './server-fixture.js'
import type { WireClient } from './wire-client.js'

const SET = 0
const DELETE = 1

async function alter(client: WireClient, groupId: string, configs: Readonly<Record<string, string | null>>): Promise<number | undefined> {
  const given = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: value === null ? DELETE : SET }))
  const resources = [{ resourceType: 32, resourceName: groupId, configs: given }]
  return (await client.call(incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, 1, { resources })).responses[0]?.errorCode
}

async function heartbeat(client: WireClient, groupId: string, memberEpoch: number) {
  const joining = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'], topicPartitions: [] }
  return client.call(consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse, 1, {
    groupId,
    memberId: `${groupId}-member`,
    memberEpoch,
    ...(memberEpoch === 0 && joining),
  })
}

async function members(client: WireClient, groupId: string): Promise<number | undefined> {
  const { groups } = await client.call(consumerGroupDescribeRequest, consumerGroupDescribeResponse, 1, { groupIds: [groupId] })
  return groups[0]?.members.length
}

test('a session time-out and a heartbeat interval that are set for a group hold for its members', async () => {
  const clock = new VirtualClock()
  const { broker, client: connect } = await serveOn({ clock })
  await broker.topic('orders')
  const client = await connect()
  expect(await alter(client, 'quick', { 'consumer.session.timeout.ms': '2000', 'consumer.heartbeat.interval.ms': '500' })).toBe(0)
  const quick = await heartbeat(client, 'quick', 0)
  const plain = await heartbeat(client, 'plain', 0)
  expect([quick.heartbeatIntervalMs, plain.heartbeatIntervalMs]).toEqual([500, 5000])
  await clock.advance(1999)
  await heartbeat(client, 'quick', quick.memberEpoch)
  await clock.advance(1999)
  expect(await members(client, 'quick')).toBe(1)
  await clock.advance(1)
  expect([await members(client, 'quick'), await members(client, 'plain')]).toEqual([0, 1])
  await clock.advance(41_000)
  expect(await members(client, 'plain')).toBe(1)
  await clock.advance(1)
  expect(await members(client, 'plain')).toBe(0)
})

test('a member that is there is given a shorter time with its next heartbeat, and a longer one', async () => {
  const clock = new VirtualClock()
  const { broker, client: connect } = await serveOn({ clock })
  await broker.topic('orders')
  const client = await connect()
  const { memberEpoch } = await heartbeat(client, 'group', 0)
  await alter(client, 'group', { 'consumer.session.timeout.ms': '6000' })
  await heartbeat(client, 'group', memberEpoch)
  await clock.advance(5999)
  expect(await members(client, 'group')).toBe(1)
  await alter(client, 'group', { 'consumer.session.timeout.ms': null })
  await heartbeat(client, 'group', memberEpoch)
  await clock.advance(44_999)
  expect(await members(client, 'group')).toBe(1)
  await clock.advance(1)
  expect(await members(client, 'group')).toBe(0)
})

test('a session that is no longer than the interval of heartbeats is refused', async () => {
  const { client: connect } = await serveOn({ clock: new VirtualClock() })
  const client = await connect()
  for (const kind of ['consumer', 'share']) {
    expect(await alter(client, 'group', { [`${kind}.session.timeout.ms`]: '5000' })).toBe(ERROR_CODES.INVALID_CONFIG)
    expect(await alter(client, 'group', { [`${kind}.session.timeout.ms`]: '5001' })).toBe(0)
    expect(await alter(client, 'group', { [`${kind}.heartbeat.interval.ms`]: '5001' })).toBe(ERROR_CODES.INVALID_CONFIG)
  }
})
