// What @platformatic/kafka does against a broker: one line `ok NAME` or `failed NAME: WHY` for each check. Both of its lines, 1 and 2.
//   node scenario.mjs FOLDER HOST:PORT COMPRESSION...      FOLDER has the package in node_modules
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [, , folder, address, ...compressions] = process.argv
const path = createRequire(join(folder, 'package.json')).resolve('@platformatic/kafka')
const kafka = await import(pathToFileURL(path).href)
const { Admin, Consumer, Producer, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } = kafka
const { stringDeserializers, stringSerializers } = kafka
const base = { clientId: 'shop', bootstrapBrokers: [address], retries: 2, retryDelay: 100 }
const LATEST = -1n
const READ_COMMITTED = 1
const READ_UNCOMMITTED = 0

const close = (client) => (client instanceof Admin ? client.close() : client.close(true))

/** Runs one check; what it opened is closed whatever came of it. */
async function check(name, body) {
  const opened = []
  const open = (client) => {
    opened.unshift(client)
    return client
  }
  try {
    await body({
      admin: () => open(new Admin(base)),
      producer: (options) => open(new Producer({ ...base, serializers: stringSerializers, ...options })),
      consumer: (options) =>
        open(new Consumer({ ...base, deserializers: stringDeserializers, maxWaitTime: 200, sessionTimeout: 10_000, ...options })),
    })
    for (const client of opened) await close(client)
    console.log(`ok ${name}`)
  } catch (error) {
    for (const client of opened) await close(client).catch(() => undefined)
    const causes = (error.errors ?? []).map((each) => `${each.message} ${(each.errors ?? []).map(({ message }) => message)}`)
    console.log(`failed ${name}: ${error.message} ${causes}`.replaceAll('\n', ' '))
  }
}

async function refused(body, word) {
  const error = await body().then(
    () => assert.fail(`Nothing refused it, expected ${word}`),
    (caught) => caught,
  )
  const ids = [error, ...(error.errors ?? []), ...(error.errors ?? []).flatMap((each) => each.errors ?? [])].map((each) => each?.apiId)
  assert.ok(ids.includes(word), `${word} is not in ${ids}: ${error.message}`)
}

/** The first so many values, and the stream ended. */
async function read(consumer, topics, count, options = {}) {
  const stream = await consumer.consume({ topics, mode: 'earliest', ...options })
  const messages = []
  for await (const message of stream) {
    messages.push(message)
    if (messages.length === count) break
  }
  await stream.close()
  return messages
}
const values = (messages) => messages.map(({ value }) => value).toSorted()

await check('topics are created, grown, listed and deleted', async ({ admin: open }) => {
  const admin = open()
  const [orders] = await admin.createTopics({ topics: ['orders'], partitions: 1, replicas: 1 })
  assert.equal(orders.partitions, 1)
  await admin.createPartitions({ topics: [{ name: 'orders', count: 2, assignments: null }] })
  await admin.createTopics({ topics: ['gone'], configs: [{ name: 'cleanup.policy', value: 'compact' }] })
  assert.deepEqual((await admin.listTopics()).toSorted(), ['gone', 'orders'])
  await admin.deleteTopics({ topics: ['gone'] })
  const metadata = await admin.metadata({ topics: ['orders'], forceUpdate: true })
  assert.equal(metadata.topics.get('orders').partitionsCount, 2)
  await refused(() => admin.createTopics({ topics: ['orders'] }), 'TOPIC_ALREADY_EXISTS')
})

await check('configs are described, altered and put back', async ({ admin: open }) => {
  const admin = open()
  const orders = { resourceType: ConfigResourceTypes.TOPIC, resourceName: 'orders' }
  const { SET, DELETE } = IncrementalAlterConfigOperationTypes
  const value = async () => {
    const [described] = await admin.describeConfigs({ resources: [{ ...orders, configurationKeys: ['retention.ms'] }] })
    return described.configs.map((config) => config.value)
  }
  const alter = (configOperation, to) =>
    admin.incrementalAlterConfigs({ resources: [{ ...orders, configs: [{ name: 'retention.ms', configOperation, value: to }] }] })
  await alter(SET, '60000')
  assert.deepEqual(await value(), ['60000'])
  await alter(DELETE, null)
  assert.deepEqual(await value(), ['604800000'])
  await admin.alterConfigs({ resources: [{ ...orders, configs: [{ name: 'retention.ms', value: '70000' }] }] })
  assert.deepEqual(await value(), ['70000'])
})

await check('records are sent with keys, headers and partitions', async ({ producer: open }) => {
  const producer = open({ acks: -1 })
  const messages = Array.from({ length: 100 }, (_, index) => ({
    topic: 'orders',
    key: `key ${index}`,
    value: `plain ${index}`,
    headers: { of: String(index) },
    partition: index % 2,
  }))
  const { offsets } = await producer.send({ messages })
  assert.deepEqual(offsets.map(({ partition, offset }) => [partition, offset]).toSorted(), [
    [0, 0n],
    [1, 0n],
  ])
})

for (const compression of compressions)
  await check(`a batch in ${compression} is sent and read`, async ({ producer, consumer }) => {
    const topic = `in-${compression}`
    const sent = Array.from({ length: 50 }, (_, index) => `${'much the same '.repeat(20)}${index}`)
    await producer({ compression, autocreateTopics: true }).send({ messages: sent.map((value) => ({ topic, key: 'k', value })) })
    assert.deepEqual(values(await read(consumer({ groupId: topic }), [topic], 50)), sent.toSorted())
  })

await check('an idempotent producer sends many batches one after the other', async ({ producer: open }) => {
  const producer = open({ idempotent: true, acks: -1 })
  const offsets = []
  for (let index = 0; index < 20; index += 1) {
    const result = await producer.send({ messages: [{ topic: 'orders', key: 'k', value: `once ${index}`, partition: 0 }] })
    offsets.push(Number(result.offsets[0].offset))
  }
  assert.deepEqual(
    offsets,
    Array.from({ length: 20 }, (_, index) => 50 + index),
  )
})

await check('a large message goes through, and one that is too large is refused', async ({ admin, producer: open, consumer }) => {
  await admin().createTopics({ topics: ['large'], configs: [{ name: 'max.message.bytes', value: '5000000' }] })
  const producer = open()
  const large = 'x'.repeat(4_000_000)
  await producer.send({ messages: [{ topic: 'large', key: 'k', value: large }] })
  await refused(() => producer.send({ messages: [{ topic: 'large', key: 'k', value: 'x'.repeat(5_000_001) }] }), 'MESSAGE_TOO_LARGE')
  const [message] = await read(consumer({ groupId: 'large' }), ['large'], 1)
  assert.equal(message.value.length, large.length)
})

await check('a stream of a producer sends what is written to it', async ({ producer: open, consumer, admin }) => {
  await admin().createTopics({ topics: ['stream'], partitions: 1 })
  const producer = open()
  const stream = producer.asStream({ batchSize: 10, batchTime: 10 })
  for (let index = 0; index < 30; index += 1) stream.write({ topic: 'stream', key: 'k', value: String(index) })
  await stream.close()
  const read30 = await read(consumer({ groupId: 'stream' }), ['stream'], 30)
  assert.deepEqual(
    read30.map(({ value }) => Number(value)),
    Array.from({ length: 30 }, (_, index) => index),
  )
})

for (const groupProtocol of ['classic', 'consumer'])
  await check(
    `a group of the ${groupProtocol} protocol reads all, commits, and goes on after what it committed`,
    async ({ consumer, producer }) => {
      const groupId = `reader-${groupProtocol}`
      const first = consumer({ groupId, groupProtocol })
      const messages = await read(first, ['orders'], 120, { autocommit: false })
      assert.equal(new Set(values(messages)).size, 120)
      const byKey = messages.find(({ key }) => key === 'key 7')
      assert.deepEqual([byKey.value, byKey.partition, byKey.headers.get('of')], ['plain 7', 1, '7'])
      const last = new Map(messages.map((message) => [message.partition, message]))
      for (const message of last.values()) await message.commit()
      const committed = await first.listCommittedOffsets({ topics: [{ topic: 'orders', partitions: [0, 1] }] })
      assert.deepEqual(
        committed.get('orders').map(Number),
        [0, 1].map((partition) => Number(last.get(partition).offset) + 1),
      )
      assert.deepEqual(await first.getLag({ topics: ['orders'] }).then((lag) => lag.get('orders').length), 2)
      await first.close(true)
      await producer().send({ messages: [{ topic: 'after', key: 'k', value: groupProtocol }], autocreateTopics: true })
      const next = consumer({ groupId, groupProtocol })
      const stream = await next.consume({ topics: ['orders'], mode: 'committed', fallbackMode: 'fail' })
      await producer().send({ messages: [{ topic: 'orders', key: 'k', value: `next ${groupProtocol}`, partition: 0 }] })
      for await (const message of stream) {
        assert.equal(message.value, `next ${groupProtocol}`)
        await message.commit()
        break
      }
      await stream.close()
      // Away again, so that the next one reads as many.
      await next.close(true)
    },
  )

for (const groupProtocol of ['classic', 'consumer'])
  await check(`two members of a group of the ${groupProtocol} protocol share the partitions`, async ({ admin, consumer, producer }) => {
    const topic = `shared-${groupProtocol}`
    await admin().createTopics({ topics: [topic], partitions: 4 })
    const sender = producer()
    const members = [1, 2].map(() =>
      consumer({ groupId: topic, groupProtocol, heartbeatInterval: 100, sessionTimeout: 6_000, rebalanceTimeout: 6_000 }),
    )
    // What each saw of a round: its value is the round's number, for who gets a partition reads it from the start.
    const seen = members.map(() => new Set())
    const ofAll = () => new Set(seen.flatMap((each) => [...each]))
    const streams = []
    let round = 0
    let arrived = () => undefined
    for (const [index, member] of members.entries()) {
      const stream = await member.consume({ topics: [topic], mode: 'earliest' })
      streams.push(stream)
      stream.on('data', ({ partition, value }) => {
        if (value !== String(round)) return
        seen[index].add(partition)
        if (ofAll().size === 4) arrived()
      })
    }
    // Sent again and again until both read, each of some partitions: the first member gives two up when it hears of the second.
    const until = performance.now() + 60_000
    const isShared = () => seen.every((each) => each.size === 2) && ofAll().size === 4
    for (; !isShared(); round += 1) {
      assert.ok(performance.now() < until, `Not shared: ${seen.map((each) => [...each])}`)
      for (const each of seen) each.clear()
      const all = new Promise((resolve) => {
        arrived = resolve
      })
      await sender.send({ messages: [0, 1, 2, 3].map((partition) => ({ topic, partition, key: 'k', value: String(round) })) })
      await all
    }
    for (const stream of streams) await stream.close()
  })

await check('a static member comes back to what it had', async ({ consumer, admin: open }) => {
  const groupId = 'static'
  const options = { groupId, groupInstanceId: 'one', groupProtocol: 'classic' }
  const first = consumer(options)
  await read(first, ['orders'], 1, { autocommit: false })
  const admin = open()
  const member = async () => [...(await admin.describeGroups({ groups: [groupId] })).get(groupId).members.values()]
  assert.deepEqual(
    (await member()).map(({ groupInstanceId }) => groupInstanceId),
    ['one'],
  )
  await first.close(true)
})

await check('reading starts at offsets and at a time', async ({ consumer: open }) => {
  const consumer = open({ groupId: 'seek' })
  const offsets = [
    { topic: 'orders', partition: 0, offset: 60n },
    { topic: 'orders', partition: 1, offset: 50n },
  ]
  const [message] = await read(consumer, ['orders'], 1, { mode: 'manual', offsets, autocommit: false })
  assert.equal(message.offset, 60n)
  const byTime = await consumer.listOffsetsWithTimestamps({ topics: ['orders'], timestamp: message.timestamp })
  assert.equal(byTime.get('orders').get(0).timestamp <= message.timestamp, true)
  assert.ok(byTime.get('orders').get(0).offset <= 60n)
})

await check('a transaction that commits is read, one that aborts is not', async ({ admin, producer: open, consumer }) => {
  await admin().createTopics({ topics: ['bills'], partitions: 1 })
  const producer = open({ transactionalId: 'shop', idempotent: true })
  for (const [name, end] of [
    ['committed', 'commit'],
    ['aborted', 'abort'],
    ['again', 'commit'],
  ]) {
    const transaction = await producer.beginTransaction()
    for (let index = 0; index < 3; index += 1)
      await transaction.send({ messages: [{ topic: 'bills', key: 'k', value: `${name} ${index}` }] })
    await transaction[end]()
  }
  const committed = await read(consumer({ groupId: 'committed' }), ['bills'], 6, { isolationLevel: READ_COMMITTED })
  assert.deepEqual(
    committed.map(({ value }) => value),
    ['committed', 'again'].flatMap((name) => [0, 1, 2].map((index) => `${name} ${index}`)),
  )
  assert.equal((await read(consumer({ groupId: 'all' }), ['bills'], 9, { isolationLevel: READ_UNCOMMITTED })).length, 9)
})

await check(
  'offsets are committed with a transaction, and not with one that aborts',
  async ({ producer: open, consumer: openConsumer }) => {
    const producer = open({ transactionalId: 'payer', idempotent: true })
    const consumer = openConsumer({ groupId: 'payer' })
    const stream = await consumer.consume({ topics: ['bills'], mode: 'earliest', autocommit: false, isolationLevel: READ_COMMITTED })
    const committed = async () =>
      Number((await consumer.listCommittedOffsets({ topics: [{ topic: 'bills', partitions: [0] }] })).get('bills')[0])
    const before = []
    for await (const message of stream) {
      const transaction = await producer.beginTransaction()
      await transaction.addConsumer(consumer)
      await transaction.send({ messages: [{ topic: 'orders', key: 'k', value: 'paid', partition: 1 }] })
      await transaction.addOffset(message)
      before.push(await committed())
      if (before.length === 1) await transaction.commit()
      else await transaction.abort()
      if (before.length === 2) break
    }
    assert.deepEqual([before, await committed()], [[-1, 1], 1])
    await stream.close()
  },
)

await check('groups are listed, described, their offsets altered, and deleted', async ({ admin: open }) => {
  const admin = open()
  const groups = await admin.listGroups()
  assert.equal(groups.get('reader-classic').state.toUpperCase(), 'EMPTY')
  const described = (await admin.describeGroups({ groups: ['reader-classic'] })).get('reader-classic')
  assert.deepEqual([described.state.toUpperCase(), described.members.size], ['EMPTY', 0])
  const topics = [{ name: 'orders', partitionOffsets: [{ partition: 0, offset: 3n }] }]
  await admin.alterConsumerGroupOffsets({ groupId: 'reader-classic', topics })
  const [listed] = await admin.listConsumerGroupOffsets({ groups: ['reader-classic'] })
  const [of] = listed.topics
  assert.equal(of.partitions.find(({ partitionIndex }) => partitionIndex === 0).committedOffset, 3n)
  await admin.deleteConsumerGroupOffsets({ groupId: 'reader-classic', topics: [{ name: 'orders', partitionIndexes: [0] }] })
  await admin.deleteGroups({ groups: ['reader-classic'] })
  assert.equal((await admin.listGroups()).has('reader-classic'), false)
})

await check('offsets are listed and records deleted', async ({ admin: open }) => {
  const admin = open()
  const ask = async (timestamp) => {
    const [topic] = await admin.listOffsets({ topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp }] }] })
    return Number(topic.partitions[0].offset)
  }
  assert.ok((await ask(LATEST)) > 70)
  const [deleted] = await admin.deleteRecords({ topics: [{ name: 'orders', partitions: [{ partition: 0, offset: 10n }] }] })
  assert.deepEqual(deleted.partitions, [{ partition: 0, lowWatermark: 10n }])
  assert.equal(await ask(-2n), 10)
})
