// offsets.retention.minutes: committed offsets that nobody uses go, and nothing else does.

import { expect, onTestFinished, test } from 'vitest'
import { MemoryStorage } from '../../src/storage/memory.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { openCluster } from './cluster-fixture.js'

const MINUTE = 60_000
const RETENTION = { offsetsRetentionMinutes: 60, offsetsRetentionCheckIntervalMs: MINUTE }
const AT_1 = (topic: string) => ({ topic, partition: 0, offset: 1 })

async function opened(options: Parameters<typeof openCluster>[0] = {}) {
  const { cluster, clock } = await openCluster({ ...RETENTION, ...options })
  onTestFinished(() => cluster.close())
  const passed = async (minutes: number): Promise<void> => {
    await clock.advance(minutes * MINUTE)
    await cluster.idle()
  }
  const committed = (group: string): string[] => cluster.committedOffsets(group).map(({ topic }) => topic)
  return { cluster, clock, passed, committed }
}

test('the offsets of a group without members go after their time, and the group with them', async () => {
  const { cluster, passed, committed } = await opened()
  await cluster.createTopic('t')
  await cluster.commitOffsets('g', [AT_1('t')])
  await passed(58)
  expect(committed('g')).toEqual(['t'])
  await passed(4)
  expect(committed('g')).toEqual([])
  expect(cluster.groups()).toEqual([])
})

test('a later commit counts anew, each partition by itself', async () => {
  const { cluster, passed, committed } = await opened()
  for (const topic of ['a', 'b']) await cluster.createTopic(topic)
  await cluster.commitOffsets('g', [AT_1('a'), AT_1('b')])
  await passed(30)
  await cluster.commitOffsets('g', [AT_1('b')])
  await passed(40)
  expect(committed('g')).toEqual(['b'])
  await passed(30)
  expect(committed('g')).toEqual([])
})

test('what members read stays however old it is, and from when they leave the time counts anew', async () => {
  const { cluster, passed, committed } = await opened()
  for (const topic of ['read', 'other']) await cluster.createTopic(topic)
  await cluster.commitOffsets('g', [AT_1('read'), AT_1('other')])
  const listener = { assigned: () => undefined, revoke: () => undefined, lost: () => undefined }
  const member = await cluster.joinGroup({ groupId: 'g', topics: ['read'], maxPollIntervalMs: Number.MAX_SAFE_INTEGER, listener })
  await passed(100)
  expect(committed('g')).toEqual(['read'])
  await member.leave()
  await passed(58)
  expect(committed('g')).toEqual(['read'])
  await passed(4)
  expect(committed('g')).toEqual([])
})

test('with -1 they stay for ever, and nobody looks', async () => {
  const { cluster, clock, passed, committed } = await opened({ offsetsRetentionMinutes: -1 })
  await cluster.createTopic('t')
  const timers = clock.pending
  await cluster.commitOffsets('g', [AT_1('t')])
  expect(clock.pending).toBe(timers)
  await passed(1_000_000)
  expect(committed('g')).toEqual(['t'])
})

test('the time in which the broker is closed does not count', async () => {
  const storage = new MemoryStorage()
  const clock = new VirtualClock()
  const { cluster } = await openCluster({ ...RETENTION, storage, clock })
  await cluster.createTopic('t')
  await cluster.commitOffsets('g', [AT_1('t')])
  await cluster.close()
  await clock.advance(1000 * MINUTE)
  const { passed, committed } = await opened({ storage, clock })
  await passed(58)
  expect(committed('g')).toEqual(['t'])
  await passed(4)
  expect(committed('g')).toEqual([])
})

test('a producer may ask for transactions as long as transaction.max.timeout.ms, and no longer', async () => {
  const { cluster } = await opened({ transactionMaxTimeoutMs: 5000 })
  const asked = (timeoutMs: number): unknown => cluster.transactions.initProducerId({ transactionalId: 'id', timeoutMs })
  expect(() => asked(5001)).toThrow(expect.objectContaining({ code: 'INVALID_TRANSACTION_TIMEOUT' }))
  await expect(asked(5000)).resolves.toMatchObject({ producerEpoch: 0 })
})
