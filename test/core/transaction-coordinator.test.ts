// The coordinator as remote producers use it, with Kafka's codes: identities, fencing, the end of a transaction and what readers see of
// it, over restarts and time.
import { afterEach, describe, expect, test } from 'vitest'
import type { EmbeddedCluster } from '../../src/core/embedded-cluster.js'
import type { ProducerIdentity } from '../../src/core/transaction-port.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { Storage } from '../../src/storage/storage.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { crashCopy, newFolder } from '../storage/data-folder.js'
import { batchOf, openCluster, readAll } from './cluster-fixture.js'
import { sentBy, stableEnd, visible } from './transaction-fixture.js'

const T = { topic: 't', partition: 0 }
const U = { topic: 't', partition: 1 }
const ID = 'tx-1'

const opened: EmbeddedCluster[] = []
afterEach(async () => {
  for (const cluster of opened.splice(0)) await cluster.close()
})

async function open(
  storage: Storage = new MemoryStorage(),
  clock = new VirtualClock(),
): Promise<{ cluster: EmbeddedCluster; clock: VirtualClock }> {
  const { cluster } = await openCluster({ storage, clock })
  opened.push(cluster)
  if ((await cluster.topics()).length === 0) await cluster.createTopic('t', { partitions: 2 })
  return { cluster, clock }
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

async function init(cluster: EmbeddedCluster, timeoutMs = 60_000, transactionalId: string | null = ID): Promise<ProducerIdentity> {
  return cluster.transactions.initProducerId({ transactionalId, timeoutMs })
}

async function sendIn(cluster: EmbeddedCluster, me: ProducerIdentity, baseSequence: number, value: string, place = T): Promise<number> {
  const batch = sentBy({ ...me, baseSequence, transactional: true }, value)
  return (await cluster.produce(place.topic, place.partition, batch, { addToTransaction: true })).baseOffset
}

async function end(cluster: EmbeddedCluster, me: ProducerIdentity, commit: boolean, version: 1 | 2 = 2): Promise<ProducerIdentity> {
  return cluster.transactions.end({ transactionalId: ID, ...me, commit, version })
}

describe('identities', () => {
  test('a fresh id without a transactional id; a higher epoch of the same id with one', async () => {
    const { cluster } = await open()
    const one = await init(cluster, 60_000, null)
    const two = await init(cluster, 60_000, null)
    expect(two.producerId).not.toBe(one.producerId)
    const first = await init(cluster)
    expect(first.producerEpoch).toBe(0)
    expect(await init(cluster)).toEqual({ producerId: first.producerId, producerEpoch: 1 })
  })

  test('are never given out twice, also not after a crash', async () => {
    const folder = newFolder()
    const { cluster } = await open(new FileStorage(folder))
    const ids = new Set<number>()
    for (let i = 0; i < 5; i++) ids.add((await init(cluster, 1, null)).producerId)
    const after = await open(new FileStorage(crashCopy(folder)))
    expect(ids.has((await init(after.cluster, 1, null)).producerId)).toBe(false)
  })

  test('an empty id and a timeout out of range are refused', async () => {
    const { cluster } = await open()
    expect(await codeOf(() => init(cluster, 60_000, ''))).toBe('INVALID_REQUEST')
    expect(await codeOf(() => init(cluster, 0))).toBe('INVALID_TRANSACTION_TIMEOUT')
    expect(await codeOf(() => init(cluster, 900_001))).toBe('INVALID_TRANSACTION_TIMEOUT')
  })

  test('a producer that comes back with what it was goes on; one that was fenced does not', async () => {
    const { cluster } = await open()
    const first = await init(cluster)
    const back = await cluster.transactions.initProducerId({ transactionalId: ID, timeoutMs: 1000, current: first })
    expect(back.producerEpoch).toBe(1)
    expect(await codeOf(() => cluster.transactions.initProducerId({ transactionalId: ID, timeoutMs: 1000, current: first }))).toBe(
      'PRODUCER_FENCED',
    )
  })

  test('when the epochs are spent there is a new producer id', async () => {
    const { cluster } = await open()
    let me = await init(cluster)
    const { producerId } = me
    for (let i = 0; i < 33_000 && me.producerId === producerId; i++) me = await init(cluster)
    expect(me.producerId).not.toBe(producerId)
    expect(me.producerEpoch).toBe(0)
    await sendIn(cluster, me, 0, 'a')
    await end(cluster, me, true)
    expect(await visible(cluster, T, 'read_committed')).toEqual(['a'])
  })
})

describe('an open transaction', () => {
  test('holds back readers of committed records in its partitions, and shows when it began', async () => {
    const { cluster, clock } = await open()
    await cluster.produce('t', 0, batchOf(1, 'before'))
    const me = await init(cluster)
    await sendIn(cluster, me, 0, 'a')
    await cluster.produce('t', 0, batchOf(1, 'after'))
    await cluster.produce('t', 1, batchOf(1, 'elsewhere'))
    expect(await stableEnd(cluster, T)).toBe(1)
    expect(await visible(cluster, T, 'read_committed')).toEqual(['before'])
    expect(await visible(cluster, U, 'read_committed')).toEqual(['elsewhere'])
    expect(await visible(cluster, T, 'read_uncommitted')).toEqual(['before', 'a', 'after'])
    await clock.advance(5000)
    expect(cluster.transactions.list()).toMatchObject([
      { transactionalId: ID, ...me, state: 'ongoing', ageMs: 5000, timeoutMs: 60_000, partitions: [T], groups: [] },
    ])
    const found = await cluster.offset(T, { timestamp: 2 }, 'read_committed')
    expect(found).toBeNull()
  })

  test('wakes a waiting reader of committed records when it ends, not before', async () => {
    const { cluster } = await open()
    const me = await init(cluster)
    let answered = false
    const waiting = Promise.resolve(
      cluster.fetch({ ...readAll('t'), isolation: 'read_committed', maxWaitMs: Number.POSITIVE_INFINITY }),
    ).then((answers) => {
      answered = true
      return answers
    })
    await sendIn(cluster, me, 0, 'a')
    for (let turn = 0; turn < 20; turn++) await undefined
    expect(answered).toBe(false)
    await end(cluster, me, true)
    const [answer] = await waiting
    expect(answer).toMatchObject({ highWatermark: 2, stableOffset: 2, aborted: [] })
  })

  test('refuses a batch of the same producer outside of it, and a partition that was not added', async () => {
    const { cluster } = await open()
    const me = await init(cluster)
    await sendIn(cluster, me, 0, 'a')
    expect(await codeOf(() => cluster.produce('t', 0, sentBy({ ...me, baseSequence: 1 }, 'x')))).toBe('INVALID_TXN_STATE')
    const stray = sentBy({ ...me, baseSequence: 0, transactional: true }, 'x')
    expect(await codeOf(() => cluster.produce('t', 1, stray))).toBe('TRANSACTION_ABORTABLE')
    expect(
      await codeOf(() => cluster.produce('t', 1, sentBy({ producerId: 99, producerEpoch: 0, baseSequence: 0, transactional: true }, 'x'))),
    ).toBe('INVALID_TXN_STATE')
  })

  test('takes partitions by name as old clients add them, all or none', async () => {
    const { cluster } = await open()
    const me = { transactionalId: ID, ...(await init(cluster)) }
    const { transactions } = cluster
    expect(await codeOf(() => transactions.addPartitions(me, [T, { topic: 'none', partition: 0 }]))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(transactions.describe(ID).state).toBe('empty')
    await transactions.addPartitions(me, [T])
    await cluster.produce('t', 0, sentBy({ ...me, baseSequence: 0, transactional: true }, 'a'))
    expect(await end(cluster, me, true, 1)).toEqual({ producerId: me.producerId, producerEpoch: 0 })
    await transactions.addPartitions(me, [T])
    await cluster.produce('t', 0, sentBy({ ...me, baseSequence: 1, transactional: true }, 'b'))
    await end(cluster, me, false, 1)
    expect(await visible(cluster, T, 'read_committed')).toEqual(['a'])
    expect(await codeOf(() => transactions.addPartitions({ ...me, producerId: 4711 }, [T]))).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await codeOf(() => transactions.addPartitions({ ...me, producerEpoch: 7 }, [T]))).toBe('PRODUCER_FENCED')
  })
})

describe('the end of a transaction', () => {
  test('gives the producer a new epoch, and the old one can do nothing more', async () => {
    const { cluster } = await open()
    const me = await init(cluster)
    await sendIn(cluster, me, 0, 'a')
    const next = await end(cluster, me, true)
    expect(next).toEqual({ producerId: me.producerId, producerEpoch: 1 })
    expect(await codeOf(() => sendIn(cluster, me, 1, 'late'))).toBe('INVALID_PRODUCER_EPOCH')
    await sendIn(cluster, next, 0, 'b')
    await end(cluster, next, false)
    expect(await visible(cluster, T, 'read_committed')).toEqual(['a'])
    expect(await stableEnd(cluster, T)).toBe(4)
  })

  test('may be asked for again, but not the other way round', async () => {
    const { cluster } = await open()
    const me = await init(cluster)
    await sendIn(cluster, me, 0, 'a')
    const next = await end(cluster, me, true)
    expect(await end(cluster, me, true)).toEqual(next)
    expect(await codeOf(() => end(cluster, me, false))).toBe('PRODUCER_FENCED')
    expect(await codeOf(() => end(cluster, next, true))).toBe('INVALID_TXN_STATE')
    expect(await end(cluster, next, false)).toEqual({ ...next, producerEpoch: 2 })
  })

  test('lists aborted transactions of the range that was read, by their first offset', async () => {
    const { cluster } = await open()
    const [a, b] = [await init(cluster), await cluster.transactions.initProducerId({ transactionalId: 'other', timeoutMs: 1000 })]
    await sendIn(cluster, a, 0, 'a0') // 0
    await sendIn(cluster, b, 0, 'b1') // 1
    await cluster.transactions.end({ transactionalId: 'other', ...b, commit: false, version: 2 }) // 2
    await end(cluster, a, false) // 3
    const whole = await cluster.fetch({ ...readAll('t'), isolation: 'read_committed' })
    expect(whole[0]?.aborted).toMatchObject([
      { producerId: a.producerId, firstOffset: 0 },
      { producerId: b.producerId, firstOffset: 1 },
    ])
    const tail = await cluster.fetch({ ...readAll('t', 0, 3), isolation: 'read_committed' })
    expect(tail[0]?.aborted).toMatchObject([{ producerId: a.producerId, firstOffset: 0 }])
    const all = await cluster.fetch(readAll('t'))
    expect(all[0]?.aborted).toEqual([])
    await cluster.deleteRecords(T, 3)
    const rest = await cluster.fetch({ ...readAll('t', 0, 3), isolation: 'read_committed' })
    expect(rest[0]?.aborted).toHaveLength(1)
  })

  test('commits the offsets of a group, which nobody sees before', async () => {
    const { cluster } = await open()
    const me = { transactionalId: ID, ...(await init(cluster)) }
    await cluster.transactions.addGroup(me, 'g')
    await cluster.transactions.commitOffsets(me, { groupId: 'g', offsets: [{ ...T, offset: 3 }] })
    expect(cluster.committedOffsets('g')).toEqual([])
    expect(cluster.transactions.hasPendingOffset('g', T)).toBe(true)
    await end(cluster, me, true)
    expect(cluster.committedOffsets('g')).toMatchObject([{ ...T, offset: 3 }])
    expect(cluster.transactions.hasPendingOffset('g', T)).toBe(false)
    const next = { ...me, producerEpoch: 1 }
    await cluster.transactions.commitOffsets(next, { groupId: 'g', offsets: [{ ...T, offset: 9 }] })
    await end(cluster, next, false)
    expect(cluster.committedOffsets('g')).toMatchObject([{ ...T, offset: 3 }])
    const stranger = { groupId: 'g', member: { memberId: 'nobody' }, offsets: [{ ...T, offset: 1 }] }
    expect(await codeOf(() => cluster.transactions.commitOffsets({ ...me, producerEpoch: 2 }, stranger))).toBe('UNKNOWN_MEMBER_ID')
  })

  test('comes by itself when the transaction takes too long, and fences its producer', async () => {
    const { cluster, clock } = await open()
    const me = await init(cluster, 10_000)
    await sendIn(cluster, me, 0, 'a')
    await clock.advance(9999)
    expect(cluster.transactions.describe(ID).state).toBe('ongoing')
    await clock.advance(1)
    expect(cluster.transactions.describe(ID)).toMatchObject({ state: 'completeAbort', producerEpoch: 1 })
    expect(await stableEnd(cluster, T)).toBe(2)
    expect(await codeOf(() => sendIn(cluster, me, 1, 'b'))).toBe('INVALID_PRODUCER_EPOCH')
    expect(await codeOf(() => end(cluster, me, true))).toBe('PRODUCER_FENCED')
    expect(clock.pending).toBe(1) // retention
  })

  test('comes with the next producer of the id, which fences the one before', async () => {
    const { cluster } = await open()
    const zombie = await init(cluster)
    await sendIn(cluster, zombie, 0, 'lost')
    const heir = await init(cluster)
    expect(await stableEnd(cluster, T)).toBe(2)
    expect(await codeOf(() => sendIn(cluster, zombie, 1, 'x'))).toBe('INVALID_PRODUCER_EPOCH')
    expect(await codeOf(() => end(cluster, zombie, true))).toBe('PRODUCER_FENCED')
    await sendIn(cluster, heir, 0, 'kept')
    await end(cluster, heir, true)
    expect(await visible(cluster, T, 'read_committed')).toEqual(['kept'])
  })

  test('goes on without a topic that was deleted', async () => {
    const { cluster } = await open()
    await cluster.createTopic('gone')
    const me = await init(cluster)
    await sendIn(cluster, me, 0, 'a')
    await sendIn(cluster, me, 0, 'b', { topic: 'gone', partition: 0 })
    await cluster.deleteTopic('gone')
    await end(cluster, me, true)
    expect(await visible(cluster, T, 'read_committed')).toEqual(['a'])
  })
})

describe('over a restart', () => {
  test.each([
    ['a clean stop', true],
    ['a crash', false],
  ])('a remote transaction goes on after %s, with its offsets, and may be committed', async (_, clean) => {
    const folder = newFolder()
    const first = await open(new FileStorage(folder))
    const me = { transactionalId: ID, ...(await init(first.cluster)) }
    await sendIn(first.cluster, me, 0, 'a')
    await sendIn(first.cluster, me, 0, 'b', U)
    await first.cluster.transactions.commitOffsets(me, { groupId: 'g', offsets: [{ ...T, offset: 3 }] })
    if (clean) await first.cluster.close()
    const { cluster, clock } = await open(new FileStorage(clean ? folder : crashCopy(folder)), first.clock)
    expect(await stableEnd(cluster, T)).toBe(0)
    expect(cluster.transactions.describe(ID).partitions).toEqual([T, U])
    await sendIn(cluster, me, 1, 'c')
    await end(cluster, me, true)
    expect(await visible(cluster, T, 'read_committed')).toEqual(['a', 'c'])
    expect(await visible(cluster, U, 'read_committed')).toEqual(['b'])
    expect(cluster.committedOffsets('g')).toMatchObject([{ ...T, offset: 3 }])
    await clock.advance('1 hour')
    expect(cluster.transactions.describe(ID).state).toBe('completeCommit')
  })

  test('a remote transaction whose producer never comes back is aborted when its time is over', async () => {
    const storage = new MemoryStorage()
    const first = await open(storage)
    const me = await init(first.cluster)
    await sendIn(first.cluster, me, 0, 'a')
    await first.cluster.close()
    const { cluster, clock } = await open(storage, first.clock)
    await clock.advance('1 minute')
    expect(await stableEnd(cluster, T)).toBe(2)
    expect(await visible(cluster, T, 'read_committed')).toEqual([])
  })

  test('a transaction that was open in the process before is aborted', async () => {
    const folder = newFolder()
    const first = await open(new FileStorage(folder))
    const me = { transactionalId: null, ...(await init(first.cluster, 1000, null)) }
    await first.cluster.transactions.begin(me)
    await sendIn(first.cluster, me, 0, 'a')
    const { cluster } = await open(new FileStorage(crashCopy(folder)))
    expect(await stableEnd(cluster, T)).toBe(2)
    expect(await visible(cluster, T, 'read_committed')).toEqual([])
    expect(cluster.transactions.list()).toEqual([])
  })

  test.each([
    ['a clean stop', true],
    ['a crash', false],
  ])('aborted transactions stay aborted after %s', async (_, clean) => {
    const folder = newFolder()
    const first = await open(new FileStorage(folder))
    const me = await init(first.cluster)
    await sendIn(first.cluster, me, 0, 'a')
    const next = await end(first.cluster, me, false)
    await sendIn(first.cluster, next, 0, 'b')
    await end(first.cluster, next, true)
    if (clean) await first.cluster.close()
    const { cluster } = await open(new FileStorage(clean ? folder : crashCopy(folder)))
    expect(await visible(cluster, T, 'read_committed')).toEqual(['b'])
    expect(await codeOf(() => sendIn(cluster, next, 1, 'x'))).toBe('INVALID_PRODUCER_EPOCH')
    expect(await init(cluster)).toEqual({ producerId: me.producerId, producerEpoch: 3 })
  })
})
