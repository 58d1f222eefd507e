// Transactions in compacted topics, through the whole broker: what was committed is there by key, what was aborted never is, for
// readers of either isolation, whatever the cleaner took away and whenever the process died.

import { afterEach, describe, expect, it } from 'vitest'
import { Broker, FileStorage, type Isolation, MemoryStorage, type Producer, type Storage } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { crashCopy, newFolder } from '../storage/data-folder.js'

const open: Broker[] = []
afterEach(async () => {
  for (const broker of open.splice(0)) await broker.close()
})

async function openBroker(
  storage: Storage,
  clock = new VirtualClock(),
): Promise<{ broker: Broker; clock: VirtualClock; errors: unknown[] }> {
  const broker = await Broker.open({ storage, clock })
  open.push(broker)
  const errors: unknown[] = []
  broker.on('error', (error) => errors.push(error))
  await broker.topic('table', { cleanupPolicy: 'compact', deleteRetentionMs: 1000 })
  return { broker, clock, errors }
}

/** One transaction that sets these keys, and aborts when it is told to. */
async function set(producer: Producer, pairs: Record<string, string>, aborts = false): Promise<void> {
  const work = producer.transaction(async (tx) => {
    for (const [key, value] of Object.entries(pairs)) await tx.send('table', { key, value })
    if (aborts) throw new Error('no')
  })
  await (aborts ? work.catch(() => undefined) : work)
}

async function rows(broker: Broker, isolation: Isolation): Promise<string[]> {
  const found: string[] = []
  for await (const { key, value } of (await broker.topic('table')).read({ to: 'end', isolation })) found.push(`${key}=${value}`)
  return found
}

/** Rounds of cleaning until the horizons of all markers have passed. */
async function clean(broker: Broker, clock: VirtualClock, rounds = 4): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await (await broker.topic('table')).cleanUp()
    await clock.advance(1000)
  }
}

const storages: readonly (readonly [string, () => Storage])[] = [
  ['memory', () => new MemoryStorage()],
  ['files', () => new FileStorage(newFolder())],
]

describe.each(storages)('a compacted topic in %s', (_, newStorage) => {
  it('keeps the last committed value of each key and nothing that was aborted, also when it is opened again', async () => {
    const storage = newStorage()
    const { broker, clock, errors } = await openBroker(storage)
    const producer = broker.producer({ transactionalId: 'x' })
    await set(producer, { a: '1', b: '1' })
    await set(producer, { a: 'no', c: 'no' }, true)
    await set(producer, { a: '2' })
    await set(producer, { b: 'no' }, true)
    expect(await rows(broker, 'read_uncommitted')).toEqual(['a=1', 'b=1', 'a=no', 'c=no', 'a=2', 'b=no'])
    await clean(broker, clock)
    for (const isolation of ['read_committed', 'read_uncommitted'] as const) expect(await rows(broker, isolation)).toEqual(['b=1', 'a=2'])
    await set(producer, { c: '3' })
    await broker.close()
    const again = await openBroker(storage, clock)
    await clean(again.broker, clock)
    await set(again.broker.producer({ transactionalId: 'x' }), { d: '4' })
    for (const isolation of ['read_committed', 'read_uncommitted'] as const) {
      expect(await rows(again.broker, isolation)).toEqual(['b=1', 'a=2', 'c=3', 'd=4'])
    }
    expect([...errors, ...again.errors]).toEqual([])
  })

  it('touches nothing from the first open transaction on', async () => {
    const { broker, clock, errors } = await openBroker(newStorage())
    const producer = broker.producer()
    await set(producer, { a: '1' })
    await set(producer, { a: '2' })
    await broker.producer().transaction(async (tx) => {
      await tx.send('table', { key: 'a', value: 'open' })
      await set(producer, { b: '1' })
      await set(producer, { b: '2' })
      await clean(broker, clock)
      expect(await rows(broker, 'read_uncommitted')).toEqual(['a=2', 'a=open', 'b=1', 'b=2'])
      expect(await rows(broker, 'read_committed')).toEqual(['a=2'])
    })
    await clean(broker, clock)
    expect(await rows(broker, 'read_committed')).toEqual(['a=open', 'b=2'])
    expect(errors).toEqual([])
  })
})

describe('after a crash', () => {
  it('a transaction whose marker is gone hides nothing of what its producer committed later', async () => {
    const folder = newFolder()
    const { broker, clock, errors } = await openBroker(new FileStorage(folder))
    const producer = broker.producer({ transactionalId: 'x' })
    await set(producer, { a: 'no' }, true)
    await set(producer, { a: '1' })
    const crashes: string[] = []
    for (let round = 0; round < 5; round++) {
      await clean(broker, clock, 1)
      crashes.push(crashCopy(folder))
    }
    await set(producer, { b: '2' })
    crashes.push(crashCopy(folder))
    expect(errors).toEqual([])
    const expected = ['a=1', 'a=1', 'a=1', 'a=1', 'a=1', 'a=1 b=2']
    for (const [at, crashed] of crashes.entries()) {
      const again = await openBroker(new FileStorage(crashed), clock)
      expect((await rows(again.broker, 'read_committed')).join(' ')).toBe(expected[at])
      const [shown] = await again.broker.transactions()
      expect(shown?.state).toBe('completeCommit')
      await set(again.broker.producer({ transactionalId: 'x' }), { c: '3' })
      expect((await rows(again.broker, 'read_committed')).join(' ')).toBe(`${expected[at]} c=3`)
      expect(again.errors).toEqual([])
    }
  })
})
