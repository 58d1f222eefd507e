// Idempotence as Kafka's broker keeps it, on every storage and over a restart: a batch that comes twice is stored once, a gap and an
// older epoch are refused, and silence of a day forgets a producer.
import { afterEach, describe, expect, test } from 'vitest'
import type { EmbeddedCluster } from '../../src/core/embedded-cluster.js'
import { advance } from '../../src/core/producer-state.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { Storage } from '../../src/storage/storage.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { crashCopy, newFolder } from '../storage/data-folder.js'
import { batchOf, openCluster, readAll, valuesOf } from './cluster-fixture.js'
import { sentBy } from './transaction-fixture.js'

const T = { topic: 't', partition: 0 }
const ME = { producerId: 7, producerEpoch: 0 }
const MAX = 2_147_483_647

const opened: EmbeddedCluster[] = []
afterEach(async () => {
  for (const cluster of opened.splice(0)) await cluster.close()
})

async function open(storage: Storage, clock = new VirtualClock()): Promise<{ cluster: EmbeddedCluster; clock: VirtualClock }> {
  const { cluster } = await openCluster({ storage, clock })
  opened.push(cluster)
  if ((await cluster.topics()).length === 0) await cluster.createTopic('t')
  return { cluster, clock }
}

async function send(cluster: EmbeddedCluster, baseSequence: number, ...values: string[]): Promise<number> {
  return (await cluster.produce('t', 0, sentBy({ ...ME, baseSequence }, ...values))).baseOffset
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe.each([
  ['memory', () => new MemoryStorage()],
  ['files', () => new FileStorage(newFolder())],
])('a producer id on %s', (_, make) => {
  test('has each of its last five batches stored once, and answers with the first place', async () => {
    const { cluster } = await open(make())
    for (let i = 0; i < 7; i++) expect(await send(cluster, i * 2, `${i}a`, `${i}b`)).toBe(i * 2)
    for (let i = 2; i < 7; i++) expect(await send(cluster, i * 2, `${i}a`, `${i}b`)).toBe(i * 2)
    expect(await codeOf(() => send(cluster, 2, '1a', '1b'))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await codeOf(() => send(cluster, 12, '6a'))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(valuesOf(await cluster.fetch(readAll('t')))).toHaveLength(14)
  })

  test('is refused after a gap, and goes on where it stopped', async () => {
    const { cluster } = await open(make())
    await send(cluster, 0, 'a')
    expect(await codeOf(() => send(cluster, 2, 'c'))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await send(cluster, 1, 'b')).toBe(1)
  })

  test('may begin anywhere when it is new, and goes from the largest sequence to 0', async () => {
    const { cluster } = await open(make())
    await send(cluster, MAX - 1, 'a', 'b', 'c')
    expect(await send(cluster, MAX - 1, 'a', 'b', 'c')).toBe(0)
    expect(await codeOf(() => send(cluster, 0, 'x'))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await send(cluster, 1, 'd')).toBe(3)
  })

  test('is fenced by a higher epoch, which begins at 0', async () => {
    const { cluster } = await open(make())
    await send(cluster, 0, 'a')
    const next = { producerId: 7, producerEpoch: 1 }
    expect(await codeOf(() => cluster.produce('t', 0, sentBy({ ...next, baseSequence: 1 }, 'x')))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    await cluster.produce('t', 0, sentBy({ ...next, baseSequence: 0 }, 'b'))
    expect(await codeOf(() => send(cluster, 1, 'zombie'))).toBe('INVALID_PRODUCER_EPOCH')
    expect(valuesOf(await cluster.fetch(readAll('t')))).toEqual(['a', 'b'])
  })

  test('is forgotten after a day of silence', async () => {
    const { cluster, clock } = await open(make())
    await send(cluster, 0, 'a')
    await clock.advance('1 day')
    expect(await send(cluster, 40, 'b')).toBe(1)
  })

  test('is known again after a restart, with its batches', async () => {
    const storage = make()
    const first = await open(storage)
    for (let i = 0; i < 6; i++) await send(first.cluster, i, `${i}`)
    await first.cluster.produce('t', 0, batchOf(1, 'plain'))
    await first.cluster.close()
    const { cluster } = await open(storage, first.clock)
    expect(await send(cluster, 3, '3')).toBe(3)
    expect(await codeOf(() => send(cluster, 7, '7'))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await send(cluster, 6, '6')).toBe(7)
  })

  test('keeps order among batches that come while others are being stored', async () => {
    const { cluster } = await open(make())
    const sends = Array.from({ length: 20 }, (_none, i) => send(cluster, i, `${i}`))
    expect(await Promise.all(sends)).toEqual(Array.from({ length: 20 }, (_none, i) => i))
    const mixed = await Promise.allSettled([
      send(cluster, 20, 'a'),
      send(cluster, 22, 'gap'),
      send(cluster, 20, 'a'),
      send(cluster, 21, 'b'),
    ])
    expect(mixed.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  })
})

test('after a crash the log says what no snapshot said', async () => {
  const folder = newFolder()
  const first = await open(new FileStorage(folder))
  for (let i = 0; i < 6; i++) await send(first.cluster, i, `${i}`)
  const { cluster } = await open(new FileStorage(crashCopy(folder)))
  expect(await send(cluster, 5, '5')).toBe(5)
  expect(await codeOf(() => send(cluster, 7, '7'))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  expect(await send(cluster, 6, '6')).toBe(6)
})

test('a topic of the same name knows nothing of the producers of the one before', async () => {
  const storage = new MemoryStorage()
  const { cluster } = await open(storage)
  await send(cluster, 0, 'a')
  await cluster.deleteTopic('t')
  await cluster.createTopic('t')
  expect(await send(cluster, 0, 'a')).toBe(0)
  expect(await codeOf(() => send(cluster, 5, 'b'))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
})

test('a batch that could not be stored may come again', async () => {
  const storage = new MemoryStorage({ maxBytes: 20_000 })
  const { cluster } = await open(storage)
  await send(cluster, 0, 'a')
  expect(await codeOf(() => send(cluster, 1, 'x'.repeat(30_000)))).toBe('DISK_FULL')
  expect(await send(cluster, 1, 'b')).toBe(1)
})

test('sequences go round', () => {
  expect(advance(MAX, 1)).toBe(0)
  expect(advance(MAX - 1, 3)).toBe(1)
  expect(advance(5, 5)).toBe(10)
})

test('administrators see what a partition remembers', async () => {
  const { cluster } = await open(new MemoryStorage())
  await send(cluster, 0, 'a', 'b')
  expect(cluster.transactions.producers(T)).toMatchObject([
    { producerId: 7, producerEpoch: 0, lastSequence: 1, transactionStartOffset: -1 },
  ])
})
