// What a queue promises over a restart, on both storages: the acknowledged never comes back, the rest always does, counts are kept.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { QueueOptions } from '../../src/client/queue-options.js'
import type { Queue } from '../../src/client/queue.js'
import type { EmbeddedClusterOptions } from '../../src/core/embedded-cluster.js'
import { Partition } from '../../src/core/partition.js'
import { KafkaliteError } from '../../src/errors.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { type OpenBroker, openBroker, receiveAll, recordsOf } from './queue-fixture.js'

type Storage = EmbeddedClusterOptions['storage']
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function places(kind: string): Promise<() => Storage> {
  if (kind === 'memory') {
    const storage = new MemoryStorage()
    return () => storage
  }
  const folder = await mkdtemp(join(tmpdir(), 'kafkalite-queue-'))
  folders.push(folder)
  return () => new FileStorage(folder)
}

/** Opens the same queue again and again, after a close or after a crash that only the storage survives. */
class Restarts {
  readonly clock = new VirtualClock()
  broker: OpenBroker | undefined
  constructor(
    private readonly storage: () => Storage,
    private readonly options: QueueOptions<string>,
  ) {}

  async open(): Promise<Queue<string>> {
    this.broker = await openBroker({ clock: this.clock, storage: this.storage() })
    const queue = await this.broker.queue<string>('mail', this.options)
    // What was crashed goes on for a moment and fails; that is no news.
    return queue.on('error', () => undefined)
  }
  async crash(): Promise<Queue<string>> {
    await this.broker?.storage.close()
    return this.open()
  }
  async restart(): Promise<Queue<string>> {
    await this.broker?.cluster.close()
    return this.open()
  }
}

const seen = (messages: readonly { value: string; deliveryCount: number }[]): string[] =>
  messages.map(({ value, deliveryCount }) => `${value}${deliveryCount}`)
const codeOf = (error: unknown): string => (error instanceof KafkaliteError ? error.code : String(error))

describe.each(['memory', 'file'])('a queue in %s storage', (kind) => {
  test('never brings back what was acknowledged, and always what was not, with its count', async () => {
    const restarts = new Restarts(await places(kind), {})
    let mail = await restarts.open()
    await mail.send(['a', 'b', 'c', 'd', 'e'].map((value) => ({ value })))
    const [a, , c] = await mail.receive({ max: 4 })
    await a?.acknowledge()
    await c?.acknowledge()
    mail = await restarts.crash()
    expect(seen(await receiveAll(mail))).toEqual(['b2', 'd2', 'e1'])
    // A close that nothing interrupts gives back uncounted.
    mail = await restarts.restart()
    expect(seen(await receiveAll(mail))).toEqual(['b2', 'd2', 'e1'])
    mail = await restarts.crash()
    expect(seen(await receiveAll(mail))).toEqual(['b3', 'd3', 'e2'])
    await restarts.broker?.cluster.close()
  })

  test('gives up a message that takes the process down with every delivery', async () => {
    const restarts = new Restarts(await places(kind), { maxDeliveries: 2 })
    let mail = await restarts.open()
    const { id } = await mail.send({ value: 'bomb', id: 'the-bomb' })
    for (const count of [1, 2]) {
      expect(seen(await mail.receive({ timeoutMs: 0 }))).toEqual([`bomb${count}`])
      mail = await restarts.crash()
    }
    expect(await mail.acknowledged(id).catch(codeOf)).toBe('DEAD_LETTERED')
    expect(await receiveAll(mail)).toEqual([])
    const { cluster } = restarts.broker as OpenBroker
    expect((await recordsOf(cluster, 'mail.dead')).map(({ headers }) => headers.text('kafkalite.dead.deliveries'))).toEqual(['2'])
    await cluster.close()
  })

  test('remembers results, delays and ids', async () => {
    const restarts = new Restarts(await places(kind), {})
    let mail = await restarts.open()
    await mail.send([
      { value: 'a', id: 'first' },
      { value: 'b' },
      { value: 'c', id: 'third', delayMs: 60_000 },
      { value: 'd', id: 'fourth' },
    ])
    const [a, b, d] = await mail.receive({ max: 4 })
    await a?.acknowledge({ sum: 1 })
    await b?.acknowledge('two')
    await d?.release({ delayMs: 30_000 })
    for (const reopen of ['crash', 'restart', 'crash'] as const) {
      mail = await restarts[reopen]()
      expect([await mail.acknowledged('first'), await mail.acknowledged('0-1')]).toEqual([{ sum: 1 }, 'two'])
      expect(await mail.status('third')).toEqual({ state: 'delayed', deliveryCount: 0 })
      expect(await mail.status('fourth')).toEqual({ state: 'delayed', deliveryCount: 1 })
      expect(await mail.counts()).toEqual({ available: 0, delayed: 2, acquired: 0, dead: 0 })
    }
    const waiting = mail.acknowledged('third')
    await mail.process(({ value }) => value.toUpperCase())
    await restarts.clock.advance(60_000)
    expect(await waiting).toBe('C')
    await restarts.broker?.cluster.close()
  })

  test('deletes what was consumed, and keeps its own log short', async () => {
    const restarts = new Restarts(await places(kind), {})
    let mail = await restarts.open()
    for (let round = 0; round < 12; round++) {
      await mail.send(Array.from({ length: 1000 }, (_, i) => ({ value: `${round}-${i}` })))
      await Promise.all((await mail.receive({ max: 1000 })).map((message) => message.acknowledge('r'.repeat(100))))
    }
    mail = await restarts.restart()
    const { cluster, storage } = restarts.broker as OpenBroker
    expect(await cluster.offset({ topic: 'mail', partition: 0 }, 'earliest')).toMatchObject({ offset: 12_000 })
    expect(await mail.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 0 })
    expect(await mail.acknowledged('0-11999')).toBe('r'.repeat(100))
    expect(await mail.acknowledged('0-5').catch(codeOf)).toBe('MESSAGE_NOT_FOUND')
    expect(await storage.list()).toContain('__share_group_state-mail-0')
    await restarts.broker?.cluster.close()
  })
})

test('a queue that could not be opened leaves no listener, and opens when its messages can be read again', async () => {
  const storage = new MemoryStorage()
  const restarts = new Restarts(() => storage, { order: 'key' })
  const queue = await restarts.open()
  await queue.send({ key: 'a', value: 'first' })
  expect(seen(await queue.receive())).toEqual(['first1'])
  await restarts.broker?.storage.close()

  const timers = restarts.clock.pending
  let listeners = 0
  const onAppend = Partition.prototype.onAppend
  const listening = vi.spyOn(Partition.prototype, 'onAppend').mockImplementation(function (this: Partition, listener) {
    const stop = onAppend.call(this, listener)
    listeners++
    return () => {
      listeners--
      stop()
    }
  })
  const reading = vi.spyOn(Partition.prototype, 'read').mockImplementationOnce(() => {
    throw new KafkaliteError('STORAGE_FAILED', 'the disk does not answer')
  })
  try {
    await expect(restarts.open()).rejects.toThrow('the disk does not answer')
    expect(listeners).toBe(0)
    expect(restarts.clock.pending).toBe(timers)
    const again = (await restarts.broker?.queue<string>('mail', { order: 'key' })) as Queue<string>
    expect(listeners).toBe(1)
    expect(seen(await again.receive())).toEqual(['first2'])
    await again.close()
  } finally {
    reading.mockRestore()
    listening.mockRestore()
  }
})

test.each(['queue', 'key'] as const)(
  'a limit to the rate of a %s counts what was delivered before a restart, a crash and a snapshot',
  async (per) => {
    const storage = new MemoryStorage()
    const restarts = new Restarts(() => storage, { rateLimit: { max: 3, perMs: 1000, per } })
    const { clock } = restarts
    let queue = await restarts.open()
    await queue.send(Array.from({ length: 20 }, (_, i) => ({ key: 'a', value: `${i}` })))
    const take = async (): Promise<number> => {
      const messages = await queue.receive({ max: 20, timeoutMs: 0 })
      await Promise.all(messages.map((message) => message.acknowledge()))
      return messages.length
    }
    const receiveOne = async (): Promise<number> => {
      const [message] = await queue.receive({ max: 1, timeoutMs: 0 })
      await message?.acknowledge()
      return message === undefined ? 0 : 1
    }
    expect(await receiveOne()).toBe(1)
    await clock.advance(400)
    expect(await receiveOne()).toBe(1)
    queue = await restarts.crash()
    expect(await take()).toBe(1)
    queue = await restarts.restart()
    expect(await take()).toBe(0)
    // So many words that a snapshot takes their place.
    for (let i = 0; i < 40; i++) await queue.repeat(`r${i}`, { everyMs: 1e9 }, { value: 'x'.repeat(30_000) })
    queue = await restarts.crash()
    await clock.advance(599)
    expect(await take()).toBe(0)
    await clock.advance(1)
    expect(await take()).toBe(1)
    await clock.advance(400)
    expect(await take()).toBe(2)
  },
)

test('delays are counted without reading the messages again, after a restart too', async () => {
  const storage = new MemoryStorage()
  const restarts = new Restarts(() => storage, {})
  let queue = await restarts.open()
  const messages = Array.from({ length: 1500 }, (_, i) => ({ value: `${i}`, delayMs: i % 500 === 7 ? 5000 : undefined }))
  await queue.send(messages)
  const reading = vi.spyOn(Partition.prototype, 'read')
  try {
    const expected = { available: 1497, delayed: 3, acquired: 0, dead: 0 }
    expect(await queue.counts()).toEqual(expected)
    queue = await restarts.restart()
    expect(await queue.counts()).toEqual(expected)
    expect(reading).not.toHaveBeenCalled()
    expect((await queue.status('0-507')).state).toBe('delayed')
    await queue.send({ value: 'one more', delayMs: 1 })
    // What was said since the last write of the state is looked for.
    queue = await restarts.crash()
    expect(await queue.counts()).toEqual({ ...expected, delayed: 4 })
    await restarts.clock.advance(5000)
    expect(await queue.counts()).toEqual({ available: 1501, delayed: 0, acquired: 0, dead: 0 })
  } finally {
    reading.mockRestore()
  }
  const received = await receiveAll(queue)
  expect(received.map(({ value }) => value)).toEqual([...messages.map(({ value }) => value), 'one more'])
})

test("a delay that is over does not let a message overtake those of its key with order 'key'", async () => {
  const restarts = new Restarts(() => new MemoryStorage(), { order: 'key' })
  const queue = await restarts.open()
  await queue.send([
    { key: 'k', value: 'first' },
    { key: 'k', value: 'second', delayMs: 100 },
    { key: 'k', value: 'third' },
  ])
  expect((await queue.counts()).delayed).toBe(1)
  await restarts.clock.advance(100)
  for (const expected of ['first', 'second', 'third']) {
    const [message] = await queue.receive({ max: 3, timeoutMs: 0 })
    expect(message?.value).toBe(expected)
    await message?.acknowledge()
  }
})
