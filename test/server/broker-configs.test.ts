// Broker configs in Kafka's names, as `kafkalite serve --set` takes them: each one does what it says, is shown as what it is, or is refused
// by its name. A config that is added has to be tried here too.
import { Broker } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { offsetCommitRequest, offsetCommitResponse } from '../../src/protocol/messages/08-offset-commit.js'
import { joinGroupRequest, joinGroupResponse } from '../../src/protocol/messages/11-join-group.js'
import { createTopicsRequest, createTopicsResponse } from '../../src/protocol/messages/19-create-topics.js'
import { initProducerIdRequest, initProducerIdResponse } from '../../src/protocol/messages/22-init-producer-id.js'
import { describeConfigsRequest, describeConfigsResponse } from '../../src/protocol/messages/32-describe-configs.js'
import { consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse } from '../../src/protocol/messages/68-consumer-group-heartbeat.js'
import { shareGroupHeartbeatRequest, shareGroupHeartbeatResponse } from '../../src/protocol/messages/76-share-group-heartbeat.js'
import { BROKER_CONFIGS, parseBrokerConfigs } from '../../src/server/broker-configs.js'
import { batchOf, produceTo } from './server-fixture.js'
import { WireClient } from './wire-client.js'

interface Set {
  readonly broker: Broker
  readonly clock: VirtualClock
  readonly client: WireClient
  /** A further connection. */
  connect(): Promise<WireClient>
}

/** A broker with a listener, told these configs. */
async function told(configs: Readonly<Record<string, string>>): Promise<Set> {
  const clock = new VirtualClock()
  const { broker: options, topicDefaults, listener: listening } = parseBrokerConfigs(Object.entries(configs))
  const broker = await Broker.open({ ...options, topicDefaults, clock })
  const listener = await broker.listen(listening)
  const clients: WireClient[] = []
  const connect = async (): Promise<WireClient> => {
    const client = await WireClient.connect(listener)
    clients.push(client)
    return client
  }
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await broker.close()
  })
  return { broker, clock, client: await connect(), connect }
}

/** Every config of the topic or of the broker. */
async function described({ client }: Set, resourceType: 2 | 4, resourceName: string): Promise<Readonly<Record<string, string | null>>> {
  const resources = [{ resourceType, resourceName, configurationKeys: null }]
  const { results } = await client.call(describeConfigsRequest, describeConfigsResponse, 4, { resources })
  return Object.fromEntries(results[0]?.configs.map(({ name, value }) => [name, value]) ?? [])
}

const join = ({ client }: Set, groupId: string, sessionTimeoutMs = 30_000) =>
  client.call(joinGroupRequest, joinGroupResponse, 1, {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: new Uint8Array() }],
  })
const consume = ({ client }: Set, memberId: string, memberEpoch = 0) =>
  client.call(consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse, 1, {
    groupId: 'group',
    memberId,
    memberEpoch,
    ...(memberEpoch === 0 && { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t'], topicPartitions: [] }),
  })
const share = ({ client }: Set, memberId: string, memberEpoch = 0) =>
  client.call(shareGroupHeartbeatRequest, shareGroupHeartbeatResponse, 1, {
    groupId: 'group',
    memberId,
    memberEpoch,
    ...(memberEpoch === 0 && { subscribedTopicNames: ['t'] }),
  })
const begin = async ({ client }: Set, transactionTimeoutMs: number): Promise<number> =>
  (await client.call(initProducerIdRequest, initProducerIdResponse, 1, { transactionalId: 'id', transactionTimeoutMs })).errorCode
const create = async ({ client }: Set, name: string): Promise<number | undefined> => {
  const topics = [{ name, numPartitions: -1, replicationFactor: -1 }]
  return (await client.call(createTopicsRequest, createTopicsResponse, 5, { topics })).topics[0]?.numPartitions
}
const commitTo = ({ client }: Set) =>
  client.call(offsetCommitRequest, offsetCommitResponse, 7, {
    groupId: 'group',
    generationIdOrMemberEpoch: -1,
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 0 }] }],
  })
const MINUTE = 60_000
const HOUR = 3_600_000

/** What is tried of each config of the broker and of its listeners. */
const EFFECTS: Readonly<Record<string, () => Promise<void>>> = {
  async 'auto.create.topics.enable'() {
    const { client } = await told({ 'auto.create.topics.enable': 'false' })
    const asked = { topics: [{ name: 't' }], allowAutoTopicCreation: true }
    expect((await client.call(metadataRequest, metadataResponse, 4, asked)).topics[0]?.errorCode).toBe(
      ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION,
    )
  },
  async 'connections.max.idle.ms'() {
    const { client, clock } = await told({ 'connections.max.idle.ms': '5000' })
    await client.call(metadataRequest, metadataResponse, 4, { topics: [] })
    await clock.advance(5000)
    await expect(client.closed).resolves.toBeUndefined()
  },
  async 'group.consumer.heartbeat.interval.ms'() {
    expect((await consume(await told({ 'group.consumer.heartbeat.interval.ms': '1234' }), 'a')).heartbeatIntervalMs).toBe(1234)
  },
  async 'group.consumer.session.timeout.ms'() {
    const set = await told({ 'group.consumer.session.timeout.ms': '7000' })
    const { memberEpoch } = await consume(set, 'a')
    await set.clock.advance(6999)
    expect((await consume(set, 'a', memberEpoch)).errorCode).toBe(0)
    await set.clock.advance(7000)
    expect((await consume(set, 'a', memberEpoch)).errorCode).not.toBe(0)
  },
  async 'group.initial.rebalance.delay.ms'() {
    const set = await told({ 'group.initial.rebalance.delay.ms': '3000' })
    let isIn = false
    const joined = join(set, 'group').then(({ errorCode }) => {
      isIn = true
      return errorCode
    })
    // Behind it on the wire, so the group has heard of the member.
    const other = await set.connect()
    await other.call(metadataRequest, metadataResponse, 4, { topics: [] })
    await set.clock.advance(2999)
    expect(isIn).toBe(false)
    while (!isIn) {
      await set.clock.advance(1)
      await other.call(metadataRequest, metadataResponse, 4, { topics: [] })
    }
    expect(await joined).toBe(0)
  },
  async 'group.max.session.timeout.ms'() {
    const set = await told({ 'group.max.session.timeout.ms': '20000' })
    expect((await join(set, 'group', 20_001)).errorCode).toBe(ERROR_CODES.INVALID_SESSION_TIMEOUT)
    expect((await join(set, 'group', 20_000)).errorCode).toBe(0)
  },
  async 'group.max.size'() {
    const set = await told({ 'group.max.size': '1' })
    expect((await join(set, 'group')).errorCode).toBe(0)
    const second = { ...set, client: await set.connect() }
    expect((await join(second, 'group')).errorCode).toBe(ERROR_CODES.GROUP_MAX_SIZE_REACHED)
  },
  async 'group.min.session.timeout.ms'() {
    const set = await told({ 'group.min.session.timeout.ms': '100' })
    expect((await join(set, 'group', 99)).errorCode).toBe(ERROR_CODES.INVALID_SESSION_TIMEOUT)
    expect((await join(set, 'group', 100)).errorCode).toBe(0)
  },
  async 'group.share.heartbeat.interval.ms'() {
    expect((await share(await told({ 'group.share.heartbeat.interval.ms': '1234' }), 'a')).heartbeatIntervalMs).toBe(1234)
  },
  async 'group.share.max.size'() {
    const set = await told({ 'group.share.max.size': '1' })
    expect((await share(set, 'a')).errorCode).toBe(0)
    expect((await share(set, 'b')).errorCode).toBe(ERROR_CODES.GROUP_MAX_SIZE_REACHED)
  },
  async 'group.share.session.timeout.ms'() {
    const set = await told({ 'group.share.session.timeout.ms': '7000' })
    const { memberEpoch } = await share(set, 'a')
    await set.clock.advance(6999)
    expect((await share(set, 'a', memberEpoch)).errorCode).toBe(0)
    await set.clock.advance(7001)
    expect((await share(set, 'a', memberEpoch)).errorCode).toBe(ERROR_CODES.UNKNOWN_MEMBER_ID)
  },
  async 'log.retention.check.interval.ms'() {
    const set = await told({ 'log.retention.check.interval.ms': '1000', 'log.retention.ms': '500', 'log.roll.ms': '1' })
    for (const value of ['a', 'b']) await produceTo(set.client, 't', batchOf(value))
    await set.clock.advance(2000)
    expect(await (await set.broker.topic('t')).partition(0).startOffset()).toBeGreaterThan(0)
  },
  async 'max.connections'() {
    const { connect } = await told({ 'max.connections': '1' })
    await expect((await connect()).closed).resolves.toBeUndefined()
  },
  async 'max.connections.per.ip'() {
    const { client, connect } = await told({ 'max.connections.per.ip': '2' })
    await connect()
    await expect((await connect()).closed).resolves.toBeUndefined()
    client.close()
    await client.closed
    // The place is free when the broker has seen that, too.
    let isIn = false
    while (!isIn) {
      const next = await connect()
      const answer = await next.call(metadataRequest, metadataResponse, 4, { topics: [] }).catch(() => null)
      isIn = answer !== null
    }
  },
  async 'num.partitions'() {
    expect(await create(await told({ 'num.partitions': '7' }), 't')).toBe(7)
  },
  async 'offsets.retention.minutes'() {
    const set = await told({ 'offsets.retention.minutes': '2', 'offsets.retention.check.interval.ms': '1000' })
    await set.broker.topic('t')
    expect((await commitTo(set)).topics[0]?.partitions[0]?.errorCode).toBe(0)
    await set.clock.advance(MINUTE)
    expect(await set.broker.groups()).toHaveLength(1)
    await set.clock.advance(MINUTE + 2000)
    expect(await set.broker.groups()).toHaveLength(0)
  },
  async 'socket.request.max.bytes'() {
    const { client } = await told({ 'socket.request.max.bytes': '1000' })
    client.write(Buffer.alloc(1001))
    await expect(client.closed).resolves.toBeUndefined()
  },
  async 'transaction.max.timeout.ms'() {
    const set = await told({ 'transaction.max.timeout.ms': '5000' })
    expect(await begin(set, 5001)).toBe(ERROR_CODES.INVALID_TRANSACTION_TIMEOUT)
    expect(await begin(set, 5000)).toBe(0)
  },
}

/** Tried where their work is: offsets, flushing, the cleaner, re-authentication, access rules; and in share groups, where each group has its own. */
const TRIED_ELSEWHERE: readonly string[] = [
  'allow.everyone.if.no.acl.found',
  'authorizer.class.name',
  'connections.max.reauth.ms',
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.flush.interval.ms',
  'offsets.retention.check.interval.ms',
  'super.users',
]

/** Another value than the default for each config of topics. */
const OF_TOPICS: Readonly<Record<string, readonly [value: string, config: string, shown: string]>> = {
  'compression.type': ['gzip', 'compression.type', 'gzip'],
  'log.cleaner.delete.retention.ms': ['1234', 'delete.retention.ms', '1234'],
  'log.cleaner.max.compaction.lag.ms': ['1234', 'max.compaction.lag.ms', '1234'],
  'log.cleaner.min.cleanable.ratio': ['0.25', 'min.cleanable.dirty.ratio', '0.25'],
  'log.cleaner.min.compaction.lag.ms': ['1234', 'min.compaction.lag.ms', '1234'],
  'log.cleanup.policy': ['compact', 'cleanup.policy', 'compact'],
  'log.index.size.max.bytes': ['123456', 'segment.index.bytes', '123456'],
  'log.message.timestamp.after.max.ms': ['1234', 'message.timestamp.after.max.ms', '1234'],
  'log.message.timestamp.before.max.ms': ['1234', 'message.timestamp.before.max.ms', '1234'],
  'log.message.timestamp.type': ['LogAppendTime', 'message.timestamp.type', 'LogAppendTime'],
  'log.retention.bytes': ['123456', 'retention.bytes', '123456'],
  'log.retention.hours': ['3', 'retention.ms', String(3 * HOUR)],
  'log.retention.minutes': ['3', 'retention.ms', String(3 * MINUTE)],
  'log.retention.ms': ['1234', 'retention.ms', '1234'],
  'log.roll.hours': ['3', 'segment.ms', String(3 * HOUR)],
  'log.roll.ms': ['1234', 'segment.ms', '1234'],
  'log.segment.bytes': ['1048576', 'segment.bytes', '1048576'],
  'message.max.bytes': ['5000', 'max.message.bytes', '5000'],
}

/** The defaults of what a share group may be told for itself. */
const OF_SHARE_GROUPS = Object.keys(BROKER_CONFIGS).filter((name) => name.startsWith('group.share.') && EFFECTS[name] === undefined)

describe('every broker config', () => {
  test('is tried, or has one value', () => {
    const tried = [...Object.keys(EFFECTS), ...Object.keys(OF_TOPICS), ...TRIED_ELSEWHERE, ...OF_SHARE_GROUPS]
    const rest = Object.entries(BROKER_CONFIGS).filter(([, known]) => known.of !== 'none')
    expect(tried.toSorted()).toEqual(rest.map(([name]) => name).toSorted())
  })

  test.each(Object.keys(EFFECTS))('%s takes effect', async (name) => {
    await EFFECTS[name]?.()
  })

  test.each(Object.entries(OF_TOPICS))('%s is the default of new topics', async (name, [value, config, shown]) => {
    const set = await told({ [name]: value })
    await create(set, 't')
    expect((await described(set, 2, 't'))[config]).toBe(shown)
  })

  test.each(OF_SHARE_GROUPS)('%s is the default of share groups', async (name) => {
    const value = name.endsWith('limit') ? '7' : '7000'
    const set = await told({ [name]: value })
    expect(await described(set, 4, '1')).toMatchObject({ [name]: value })
    const resources = [{ resourceType: 32, resourceName: 'group', configurationKeys: [name.replace('group.', '')] }]
    const { results } = await set.client.call(describeConfigsRequest, describeConfigsResponse, 4, { resources })
    expect(results[0]?.configs.map((config) => config.value)).toEqual([value])
  })

  test.each(Object.entries(BROKER_CONFIGS).flatMap(([name, known]) => (known.of === 'none' ? [[name, known.value] as const] : [])))(
    '%s can be %s and nothing else',
    (name, value) => {
      expect(() => parseBrokerConfigs([[name, value]])).not.toThrow()
      const other = value === 'true' ? 'false' : '17'
      expect(() => parseBrokerConfigs([[name, other]])).toThrow(
        expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining(name) }),
      )
    },
  )

  test.each([
    'group.consumer.max.size',
    'group.share.max.groups',
    'log.dirs',
    'max.connections.per.ip.overrides',
    'listeners',
    'num.partition',
  ])('that means nothing here is refused by its name: %s', (name) => {
    expect(() => parseBrokerConfigs([[name, '1']])).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining(name) }),
    )
  })
})
