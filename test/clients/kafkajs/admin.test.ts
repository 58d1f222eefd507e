// kafkajs' admin client against the listener: topics, partitions, configs, offsets and groups.
import { ConfigResourceTypes, KafkaJSProtocolError } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { clients } from './kafkajs-fixture.js'

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => {
      const cause = error instanceof Error ? (error.cause ?? error) : error
      return cause instanceof KafkaJSProtocolError ? cause.type : cause
    },
  )

describe('topics', () => {
  test('are created, listed, described, grown and deleted', async () => {
    const { admin: connect, broker } = await clients()
    const admin = await connect()
    expect(await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }, { topic: 'mails' }] })).toBe(true)
    expect((await admin.listTopics()).sort()).toEqual(['mails', 'orders'])
    await admin.createPartitions({ topicPartitions: [{ topic: 'orders', count: 5 }] })
    const { topics } = await admin.fetchTopicMetadata({ topics: ['orders'] })
    expect(topics[0]?.partitions.map(({ partitionId, leader, replicas, isr }) => [partitionId, leader, replicas, isr])).toEqual(
      [0, 1, 2, 3, 4].map((partition) => [partition, 1, [1], [1]]),
    )
    await admin.deleteTopics({ topics: ['orders'] })
    expect(await admin.listTopics()).toEqual(['mails'])
    expect((await broker.topics()).map(({ name }) => name)).toEqual(['mails'])
  })

  test('that are there already are not created again', async () => {
    const admin = await (await clients()).admin()
    await admin.createTopics({ topics: [{ topic: 'orders' }] })
    expect(await admin.createTopics({ topics: [{ topic: 'orders' }] })).toBe(false)
  })

  test('that cannot be are refused with Kafka’s errors', async () => {
    const admin = await (await clients({ autoCreateTopics: false })).admin()
    await expect(admin.createTopics({ topics: [{ topic: 'a b' }] })).rejects.toMatchObject({
      errors: [{ type: 'INVALID_TOPIC_EXCEPTION' }],
    })
    await expect(admin.createTopics({ topics: [{ topic: 'none', numPartitions: 0 }] })).rejects.toMatchObject({
      errors: [{ type: 'INVALID_PARTITIONS' }],
    })
    await expect(admin.createTopics({ topics: [{ topic: 'three', replicationFactor: 3 }] })).rejects.toMatchObject({
      errors: [{ type: 'INVALID_REPLICATION_FACTOR' }],
    })
    await expect(
      admin.createTopics({ topics: [{ topic: 'odd', configEntries: [{ name: 'retention.moons', value: '1' }] }] }),
    ).rejects.toMatchObject({ errors: [{ type: 'INVALID_CONFIG' }] })
    expect(await codeOf(admin.deleteTopics({ topics: ['ghost'] }))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await codeOf(admin.fetchTopicOffsets('ghost'))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await admin.listTopics()).toEqual([])
  })
})

describe('configs', () => {
  test('are described and altered', async () => {
    const admin = await (await clients()).admin()
    await admin.createTopics({ topics: [{ topic: 'orders', configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }] })
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'orders', configEntries: [{ name: 'retention.ms', value: '60000' }] }],
    })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'orders', configNames: ['retention.ms', 'cleanup.policy'] }],
    })
    // What AlterConfigs does not name goes back to its default: that is how it differs from its successor.
    expect(Object.fromEntries(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [])).toEqual({
      'retention.ms': '60000',
      'cleanup.policy': 'delete',
    })
  })
})

describe('offsets', () => {
  test('are found by their time, and records before one are deleted', async () => {
    const { admin: connect, producer: produce } = await clients()
    const admin = await connect()
    const producer = await produce()
    await producer.send({ topic: 'orders', messages: [1000, 2000, 3000].map((time) => ({ value: `at ${time}`, timestamp: String(time) })) })
    expect(await admin.fetchTopicOffsets('orders')).toEqual([{ partition: 0, offset: '3', low: '0', high: '3' }])
    expect(await admin.fetchTopicOffsetsByTimestamp('orders', 1500)).toEqual([{ partition: 0, offset: '1' }])
    expect(await admin.fetchTopicOffsetsByTimestamp('orders', 9999)).toEqual([{ partition: 0, offset: '3' }])
    await admin.deleteTopicRecords({ topic: 'orders', partitions: [{ partition: 0, offset: '2' }] })
    expect(await admin.fetchTopicOffsets('orders')).toEqual([{ partition: 0, offset: '3', low: '2', high: '3' }])
  })
})

describe('groups administered', () => {
  test('a group is listed, described and deleted', async () => {
    const { admin: connect, consumer: consume } = await clients()
    const admin = await connect()
    const consumer = await consume({ groupId: 'billing' })
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] })
    await consumer.subscribe({ topics: ['orders'] })
    const running = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
    await consumer.run({ eachMessage: async () => undefined })
    await running
    expect((await admin.listGroups()).groups).toEqual([{ groupId: 'billing', protocolType: 'consumer' }])
    const described = (await admin.describeGroups(['billing', 'ghost'])).groups
    expect(described.map(({ groupId, state, members }) => [groupId, state, members.length])).toEqual([
      ['billing', 'Stable', 1],
      ['ghost', 'Dead', 0],
    ])
    expect(described[0]).toMatchObject({ protocol: 'RoundRobinAssigner', members: [{ clientId: 'shop', clientHost: '/127.0.0.1' }] })
    await expect(admin.deleteGroups(['billing'])).rejects.toMatchObject({ groups: [{ error: { type: 'NON_EMPTY_GROUP' } }] })
    await consumer.disconnect()
    expect(await admin.deleteGroups(['billing'])).toMatchObject([{ groupId: 'billing', errorCode: 0 }])
    expect((await admin.listGroups()).groups).toEqual([])
    await expect(admin.deleteGroups(['billing'])).rejects.toMatchObject({ groups: [{ error: { type: 'GROUP_ID_NOT_FOUND' } }] })
  })
})

describe('cluster', () => {
  test('is one node, where the client found it', async () => {
    const { admin: connect, listener } = await clients()
    const { brokers, controller, clusterId } = await (await connect()).describeCluster()
    expect(brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port: listener.port }])
    expect(controller).toBe(1)
    expect(clusterId).toMatch(/^[\w-]{22}$/)
  })
})
