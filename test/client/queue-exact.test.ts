// What a queue promises when things go wrong underneath: a full disk, a crash at any point, damage, a single message that stays for
// ever, handlers that misbehave.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { KafkaliteError } from '../../src/errors.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { LogAppend, LogConfig, LogStore } from '../../src/storage/storage.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { openBroker, receiveAll, recordsOf } from './queue-fixture.js'

const codeOf = (error: unknown): string => (error instanceof KafkaliteError ? error.code : String(error))
const values = (messages: readonly { value: string }[]): string[] => messages.map(({ value }) => value)
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** Time that passes while the event loop is blocked: no timer fires in between. */
class BlockedClock extends VirtualClock {
  blockedMs = 0

  override now(): number {
    return super.now() + this.blockedMs
  }
}

/** Refuses appends to logs whose name holds `full`, and reads that hold `damaged`. */
class FaultyStorage extends MemoryStorage {
  full = ''
  damaged = -1
  override log(name: string, config: LogConfig): LogStore {
    const log = super.log(name, config) as LogStore & { append(batches: readonly PackedBatch[]): void; read: LogStore['read'] }
    const append = log.append.bind(log)
    const read = log.read.bind(log)
    log.append = (batches) => {
      if (this.full !== '' && name.includes(this.full)) throw new KafkaliteError('DISK_FULL', 'full')
      append(batches)
    }
    log.read = (offset, maxBytes) => {
      const batches = read(offset, maxBytes) as readonly PackedBatch[]
      if (!name.startsWith('mail-')) return batches
      const at = batches.findIndex((batch) => batch.baseOffset <= this.damaged && batch.lastOffset >= this.damaged)
      if (at === 0) throw new KafkaliteError('CORRUPT_MESSAGE', `batch at ${batches[0]?.baseOffset}`)
      return at < 0 ? batches : batches.slice(0, at)
    }
    return log
  }
  override commit(appends: readonly LogAppend[]): void {
    if (this.full !== '' && appends.some(({ log }) => log.name.includes(this.full))) throw new KafkaliteError('DISK_FULL', 'full')
    super.commit(appends)
  }
}

describe('on a full disk', () => {
  test('messages are acknowledged and offsets committed in the room that is kept for it', async () => {
    const disk = new FaultyFileSystem({ capacityBytes: 2_000_000 })
    const { cluster, queue } = await openBroker({ storage: new FileStorage('data', { fileSystem: disk }) })
    const mail = await queue('mail')
    for (let n = 0; n < 20; n++) await mail.send({ value: `${n}` })
    disk.capacityBytes = disk.usedBytes
    let stop = ''
    while (stop === '') stop = await mail.send({ value: 'x'.repeat(5000) }).then(() => '', codeOf)
    expect(stop).toBe('DISK_FULL')
    for (const message of await mail.receive({ max: 20 })) await message.acknowledge()
    for (let n = 0; n < 50; n++) await cluster.commitOffsets('billing', [{ topic: 'mail', partition: 0, offset: n % 3 }])
    expect(cluster.committedOffsets('billing')).toMatchObject([{ offset: 1 }])
    expect(await mail.counts()).toMatchObject({ acquired: 0 })
    await cluster.close()
  })

  test('a message whose acknowledgement could not be written is still held, and can be acknowledged again', async () => {
    const storage = new FaultyStorage()
    const { queue, clock } = await openBroker({ storage })
    const mail = await queue('mail')
    await mail.send({ value: 'a' })
    const [a] = await mail.receive()
    storage.full = '__share_group_state'
    expect(await a?.acknowledge('one').catch(codeOf)).toBe('DISK_FULL')
    expect((await mail.counts()).acquired).toBe(1)
    expect(await a?.release({ delayMs: 5 }).catch(codeOf)).toBe('DISK_FULL')
    expect(await a?.reject().catch(codeOf)).toBe('DISK_FULL')
    storage.full = ''
    await a?.acknowledge('two')
    await clock.advance(60_000)
    expect(await mail.acknowledged('0-0')).toBe('two')
    expect(await receiveAll(mail)).toEqual([])
  })

  test('nothing is handed out whose count could not be written', async () => {
    const storage = new FaultyStorage()
    const { queue } = await openBroker({ storage })
    const mail = await queue('mail')
    await mail.send({ value: 'a' })
    storage.full = '__share_group_state'
    expect(await mail.receive().catch(codeOf)).toBe('DISK_FULL')
    storage.full = ''
    expect((await mail.receive()).map(({ deliveryCount }) => deliveryCount)).toEqual([1])
  })

  test('a handler that ended is not called again: its acknowledgement is written when there is room', async () => {
    const storage = new FaultyStorage()
    const { queue, clock } = await openBroker({ storage })
    const mail = await queue('mail')
    const errors: string[] = []
    mail.on('error', ({ code }) => errors.push(code))
    let calls = 0
    await mail.process(() => {
      calls++
      storage.full = '__share_group_state'
    })
    await mail.send({ value: 'a' })
    await clock.advance(2500)
    storage.full = ''
    await clock.advance(1000)
    expect([calls, await mail.status('0-0')]).toEqual([1, { state: 'acknowledged', deliveryCount: 1 }])
    expect(new Set(errors)).toEqual(new Set(['DISK_FULL']))
    await mail.close()
  })

  test('a list is in the queue as a whole or not at all, over all partitions', async () => {
    const storage = new FaultyStorage()
    const { queue } = await openBroker({ storage })
    const mail = await queue('mail', { partitions: 3 })
    const list = Array.from({ length: 30 }, (_, i) => ({ value: 'x'.repeat(100_000), key: String(i) }))
    storage.full = 'mail-2'
    expect(await mail.send(list).catch(codeOf)).toBe('DISK_FULL')
    expect((await mail.counts()).available).toBe(0)
    storage.full = ''
    await mail.send(list)
    expect((await mail.counts()).available).toBe(30)
    expect(await receiveAll(mail)).toHaveLength(30)
  })

  test('a dead letter that could not be copied is copied later, and its message is never delivered again', async () => {
    const storage = new FaultyStorage()
    const { queue, clock, cluster } = await openBroker({ storage })
    const mail = await queue('mail')
    mail.on('error', () => undefined)
    await mail.send({ value: 'a' })
    await (await mail.receive())[0]?.reject('first')
    await mail.send({ value: 'b' })
    const [b] = await mail.receive()
    storage.full = 'mail.dead'
    expect(await b?.reject('second').catch(codeOf)).toBe('DISK_FULL')
    expect(await receiveAll(mail)).toEqual([])
    storage.full = ''
    await clock.advance(2000)
    expect((await recordsOf(cluster, 'mail.dead')).map(({ headers }) => headers.text('kafkalite.dead.offset'))).toEqual(['0', '1'])
  })
})

test('a crash between the copy of a dead letter and the end of its message leaves one copy', async () => {
  const storage = new FaultyStorage()
  const first = await openBroker({ storage })
  const mail = await first.queue('mail')
  mail.on('error', () => undefined)
  await mail.send([{ value: 'a' }, { value: 'b' }])
  const [a] = await mail.receive()
  // The copy is written, the end of the message is not.
  const isDead = new Promise((resolve) => mail.on('deadLettered', resolve))
  first.cluster.events.on('topicCreated', () => (storage.full = '__share_group_state'))
  await Promise.race([a?.reject('bad').catch(() => undefined), isDead])
  await first.clock.settle()
  await storage.close()
  storage.full = ''
  const second = await openBroker({ storage, clock: first.clock })
  const again = await second.queue('mail')
  expect(values(await receiveAll(again))).toEqual(['b'])
  await second.clock.settle()
  expect(await recordsOf(second.cluster, 'mail.dead')).toHaveLength(1)
  expect(await again.status('0-0')).toMatchObject({ state: 'archived' })
})

test('damaged messages are passed over and told of, and the rest goes on', async () => {
  const storage = new FaultyStorage()
  const { queue } = await openBroker({ storage })
  const mail = await queue('mail')
  const errors: string[] = []
  mail.on('error', ({ code, message }) => errors.push(`${code}: ${message}`))
  for (const value of ['a', 'b', 'c', 'd']) await mail.send([{ value }, { value: `${value}2` }])
  storage.damaged = 3
  expect(values(await receiveAll(mail))).toEqual(['a', 'a2', 'c', 'c2', 'd', 'd2'])
  expect(errors).toHaveLength(1)
  expect(errors[0]).toContain('CORRUPT_MESSAGE: Messages 2 to 3 in partition 0 of queue mail cannot be read')
})

test.each(['always', 'interval'] as const)('at flush %s a queue comes back from a crash as it was acknowledged', async (flush) => {
  const folder = await mkdtemp(join(tmpdir(), 'kafkalite-queue-'))
  folders.push(folder)
  const first = await openBroker({ storage: new FileStorage(folder) })
  const mail = await first.queue('mail', { flush })
  await mail.send(['a', 'b', 'c'].map((value) => ({ value })))
  const [a, b] = await mail.receive({ max: 2 })
  await a?.acknowledge()
  await b?.release()
  await first.clock.advance(1000)
  await first.storage.close()
  const second = await openBroker({ storage: new FileStorage(folder), clock: first.clock })
  const again = await second.queue('mail', { flush })
  expect((await receiveAll(again)).map(({ value, deliveryCount }) => `${value}${deliveryCount}`)).toEqual(['b2', 'c1'])
  await second.cluster.close()
})

describe.each(['memory', 'file'])('messages that stay for ever, in %s storage', (kind) => {
  test('do not keep what came after them, and are still there after a crash', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kafkalite-queue-'))
    folders.push(folder)
    const memory = new MemoryStorage()
    const place = () => (kind === 'memory' ? memory : new FileStorage(folder))
    const options = { lockMs: 86_400_000, segmentBytes: 1_048_576, maxInFlight: 10_000 }
    let broker = await openBroker({ storage: place() })
    let mail = await broker.queue('mail', options)
    await mail.send(Array.from({ length: 10 }, (_, i) => ({ value: `stuck${i}`, id: `stuck${i}`, headers: { n: String(i) } })))
    let stuck = await mail.receive({ max: 10 })
    expect(stuck).toHaveLength(10)
    const sizes: number[] = []
    const work = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        await mail.send(Array.from({ length: 2000 }, () => ({ value: 'x'.repeat(200) })))
        await Promise.all((await mail.receive({ max: 2000 })).map((message) => message.acknowledge()))
        await broker.clock.settle()
        sizes.push(await broker.cluster.partitionSize({ topic: 'mail', partition: 0 }))
      }
    }
    await work(20)
    expect(Math.max(...sizes)).toBeLessThan(4 * 1_048_576)
    await stuck[3]?.acknowledge('free')
    await broker.storage.close()
    broker = await openBroker({ storage: place(), clock: broker.clock })
    mail = await broker.queue('mail', options)
    stuck = await mail.receive({ max: 20 })
    expect(stuck.map(({ id, value, deliveryCount, headers }) => [id, value, deliveryCount, headers.text('n')])).toEqual(
      [0, 1, 2, 4, 5, 6, 7, 8, 9].map((i) => [`stuck${i}`, `stuck${i}`, 2, String(i)]),
    )
    await work(15)
    expect(Math.max(...sizes)).toBeLessThan(4 * 1_048_576)
    expect(await mail.acknowledged('stuck3')).toBe('free')
    for (const message of stuck) await message.acknowledge()
    expect(await mail.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 0 })
    await broker.cluster.close()
  })
})

describe('a handler', () => {
  test('that settles twice gets LOCK_LOST the second time, and one that fails after settling is reported', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    const told: string[] = []
    mail.on('error', ({ code }) => told.push(code))
    await mail.process(async (message) => {
      await message.acknowledge()
      told.push(await message.acknowledge().then(() => 'twice', codeOf))
      throw new Error('too late')
    })
    await mail.send({ value: 'a' })
    await clock.settle()
    expect(told).toEqual(['LOCK_LOST', 'INVALID_STATE'])
    expect(await mail.counts()).toMatchObject({ available: 0, delayed: 0, acquired: 0 })
    await mail.close()
  })

  test('that blocks the event loop past its lock keeps its message, for the renewal that was due comes first', async () => {
    const clock = new BlockedClock()
    const { queue } = await openBroker({ clock })
    const mail = await queue('mail', { lockMs: 1000 })
    const told: string[] = []
    mail.on('stalled', () => told.push('stalled'))
    let go: () => void = () => undefined
    await mail.process(({ deliveryCount }) => {
      told.push(`delivery ${deliveryCount}`)
      clock.blockedMs += 5000
      return new Promise<void>((resolve) => (go = resolve))
    })
    await mail.send({ value: 'a' })
    await clock.advance(600)
    go()
    await clock.settle()
    expect(told).toEqual(['delivery 1'])
    expect(await mail.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 0 })
    await mail.close()
  })

  test("that ends after its lock was lost has lost it: the message comes again, and the late end is nobody's", async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { lockMs: 1000 })
    await mail.send({ value: 'a' })
    const [late] = await mail.receive()
    await clock.advance(1500)
    const [again] = await mail.receive()
    expect(await late?.acknowledge().then(() => 'acknowledged', codeOf)).toBe('LOCK_LOST')
    expect([again?.value, again?.deliveryCount, late?.signal.aborted]).toEqual(['a', 2, true])
    await again?.acknowledge()
    expect(await late?.release().then(() => 'released', codeOf)).toBe('LOCK_LOST')
    expect(await mail.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 0 })
    await mail.close()
  })

  test('that returns what cannot be encoded has failed for good', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    const told: string[] = []
    mail.on('error', ({ code }) => told.push(code))
    await mail.process(() => 1n)
    const receipt = await mail.send({ value: 'a' })
    const end = receipt.acknowledged.catch(codeOf)
    await clock.settle()
    expect([await end, told]).toEqual(['DEAD_LETTERED', ['SERDE_FAILED']])
    await mail.close()
  })

  test('whose backoff function throws does not keep its message', async () => {
    const { queue, clock } = await openBroker()
    const backoff = (): number => {
      throw new Error('no idea')
    }
    const mail = await queue('mail', { backoff, maxDeliveries: 2 })
    mail.on('error', () => undefined)
    let calls = 0
    await mail.process(() => {
      calls++
      throw new Error('no')
    })
    await mail.send({ value: 'a' })
    await clock.settle()
    expect([calls, (await mail.counts()).dead]).toEqual([2, 1])
    await mail.close()
  })

  test('that fails for a month is retried with growing waits, in no time', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { maxDeliveries: 40, backoff: { type: 'exponential', delayMs: 1000, maxMs: 86_400_000 } })
    const start = clock.now()
    const moments: number[] = []
    await mail.process(() => {
      moments.push(clock.now() - start)
      throw new Error('no')
    })
    await mail.send({ value: 'a' })
    await clock.advance('31 days')
    expect(moments.slice(0, 5)).toEqual([0, 1000, 3000, 7000, 15_000])
    expect((await mail.counts()).dead).toBe(1)
    await mail.close()
  })
})
