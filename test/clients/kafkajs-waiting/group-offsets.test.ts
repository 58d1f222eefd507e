// What kafkajs does with pauses of its own: setting a group's offsets takes it five seconds, whatever the broker does.
import { expect, test } from 'vitest'
import { clients } from '../kafkajs/kafkajs-fixture.js'

test('offsets of a group are set, reset and read', async () => {
  const admin = await (await clients()).admin()
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] })
  const read = async (): Promise<unknown> => (await admin.fetchOffsets({ groupId: 'billing', topics: ['orders'] }))[0]?.partitions
  expect(await read()).toEqual([0, 1].map((partition) => ({ partition, offset: '-1', metadata: null })))
  await admin.setOffsets({ groupId: 'billing', topic: 'orders', partitions: [{ partition: 1, offset: '7' }] })
  expect(await read()).toEqual([
    { partition: 0, offset: '-1', metadata: null },
    { partition: 1, offset: '7', metadata: null },
  ])
  await admin.resetOffsets({ groupId: 'billing', topic: 'orders', earliest: true })
  expect(await read()).toEqual([0, 1].map((partition) => ({ partition, offset: '-2', metadata: null })))
})
