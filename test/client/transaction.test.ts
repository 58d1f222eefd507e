// Transactions as users see them, in one process: all or nothing, for records and offsets, whoever reads.
import { afterEach, describe, expect, test } from 'vitest'
import { Broker, FileStorage, KafkaliteError, MemoryStorage, type Storage } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { tempFolder } from '../storage/data-folder.js'

const open: Broker[] = []
afterEach(async () => {
  for (const broker of open.splice(0)) await broker.close()
})

async function openBroker(storage?: Storage, clock = new VirtualClock()): Promise<Broker> {
  const broker = await Broker.open({ clock, storage })
  open.push(broker)
  return broker
}

async function valuesOf(broker: Broker, topic: string, isolation: 'read_committed' | 'read_uncommitted' = 'read_committed'): Promise<string[]> {
  const consumer = broker.consumer({ topics: [topic], from: 'earliest', isolation })
  const values: string[] = []
  for (;;) {
    const records = await consumer.poll({ timeoutMs: 0 })
    if (records.length === 0) break
    values.push(...records.map(({ value }) => String(value)))
  }
  expect(await consumer.lag()).toBe(0)
  await consumer.close()
  return values
}

describe('a transaction', () => {
  test('makes its records visible together when it is committed', async () => {
    const broker = await openBroker()
    await broker.topic('a', { partitions: 2 })
    await broker.topic('b')
    const producer = broker.producer()
    const answer = await producer.transaction(async (tx) => {
      await tx.send('a', { value: '1', partition: 0 })
      await tx.send('a', [{ value: '2', partition: 1 }])
      void tx.send('b', { value: '3' })
      expect(await valuesOf(broker, 'a')).toEqual([])
      expect(await valuesOf(broker, 'a', 'read_uncommitted')).toEqual(['1', '2'])
      return 'done'
    })
    expect(answer).toBe('done')
    expect(await valuesOf(broker, 'a')).toEqual(['1', '2'])
    expect(await valuesOf(broker, 'b')).toEqual(['3'])
  })

  test('leaves nothing for readers of committed records when its function throws', async () => {
    const broker = await openBroker()
    const producer = broker.producer()
    const failure = new Error('no')
    await expect(
      producer.transaction(async (tx) => {
        await tx.send('a', { value: '1' })
        throw failure
      }),
    ).rejects.toBe(failure)
    await producer.transaction((tx) => void tx.send('a', { value: '2' }))
    expect(await valuesOf(broker, 'a')).toEqual(['2'])
    expect(await valuesOf(broker, 'a', 'read_uncommitted')).toEqual(['1', '2'])
  })
})
