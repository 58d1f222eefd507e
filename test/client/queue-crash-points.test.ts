// A queue whose process dies between any two writes to the storage: dead letters go back exactly once, what was acknowledged never comes
// again, and a count is written before a handler sees its message. And what expires goes from the disk with nobody there to receive it.

import { describe, expect, test } from 'vitest'
import type { QueueOptions } from '../../src/client/queue-options.js'
import { KafkaliteError } from '../../src/errors.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import type { LogAppend, LogConfig, LogStore } from '../../src/storage/storage.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { openBroker, receiveAll } from './queue-fixture.js'

/** Writes so many times, then no more: the process died there. */
class DyingStorage extends MemoryStorage {
  writesLeft = Infinity

  override log(name: string, config: LogConfig): LogStore {
    const log = super.log(name, config) as LogStore & { append(batches: readonly PackedBatch[]): void }
    const append = log.append.bind(log)
    log.append = (batches) => {
      this.count()
      append(batches)
    }
    return log
  }

  override commit(appends: readonly LogAppend[]): void {
    this.count()
    super.commit(appends)
  }

  private count(): void {
    if (this.writesLeft <= 0) throw new KafkaliteError('STORAGE_FAILED', 'the process died here')
    this.writesLeft--
  }
}

const silent = (): void => undefined

/** Does `work` on a queue whose process dies after so many writes, then opens the queue anew. */
async function diesAfter(
  writes: number,
  options: QueueOptions<string>,
  prepare: (queue: Awaited<ReturnType<typeof openQueue>>['queue']) => Promise<unknown>,
  work: (queue: Awaited<ReturnType<typeof openQueue>>['queue']) => Promise<unknown>,
) {
  const storage = new DyingStorage()
  const clock = new VirtualClock()
  const first = await openQueue(storage, clock, options)
  await prepare(first.queue)
  storage.writesLeft = writes
  const isWhole = await work(first.queue).then(
    () => true,
    () => false,
  )
  await clock.settle()
  await storage.close()
  storage.writesLeft = Infinity
  return { ...(await openQueue(storage, clock, options)), clock, isWhole }
}

async function openQueue(storage: MemoryStorage, clock: VirtualClock, options: QueueOptions<string>) {
  const broker = await openBroker({ storage, clock })
  const queue = await broker.queue('mail', options)
  queue.on('error', silent)
  return { cluster: broker.cluster, queue }
}

const WRITES = Array.from({ length: 12 }, (_, writes) => writes)
const MANY = Array.from({ length: 20 }, (_, i) => `m${i}`)

describe.each(WRITES)('a process that dies after %i writes', (writes) => {
  test('has sent each dead letter back once or not at all', async () => {
    const { queue, cluster } = await diesAfter(
      writes,
      { partitions: 3 },
      async (mail) => {
        await mail.send(MANY.map((value) => ({ value, key: value })))
        for (const message of await receiveAll(mail)) await message.reject('bad')
      },
      (mail) => mail.redrive(),
    )
    const back = await queue.counts()
    expect(back.available + back.dead).toBe(MANY.length)
    expect(await queue.redrive()).toBe(back.dead)
    expect((await receiveAll(queue)).map(({ value }) => value).toSorted()).toEqual(MANY.toSorted())
    expect(await queue.redrive()).toBe(0)
    await cluster.close()
  })

  test('never gets back what it acknowledged, and has counted what a handler saw', async () => {
    const seen = new Map<string, number>()
    const acknowledged = new Set<string>()
    const { queue, cluster } = await diesAfter(
      writes,
      { maxDeliveries: 9 },
      (mail) => mail.send(MANY.map((value) => ({ value }))),
      async (mail) => {
        for (;;) {
          const messages = await mail.receive({ max: 3, timeoutMs: 0 })
          if (messages.length === 0) return
          for (const { value, deliveryCount } of messages) seen.set(value, deliveryCount)
          for (const message of messages) {
            await message.acknowledge()
            acknowledged.add(message.value)
          }
        }
      },
    )
    const left = await receiveAll(queue)
    expect(left.filter(({ value }) => acknowledged.has(value)).map(({ value }) => value)).toEqual([])
    for (const { value, deliveryCount } of left) expect([value, deliveryCount >= 1 + (seen.get(value) ?? 0)]).toEqual([value, true])
    expect(acknowledged.size + left.length).toBeGreaterThanOrEqual(MANY.length - 1)
    await cluster.close()
  })
})

test('two who send dead letters back at a time send each once', async () => {
  const { queue, cluster } = await openQueue(new MemoryStorage(), new VirtualClock(), {})
  await queue.send(MANY.map((value) => ({ value })))
  for (const message of await receiveAll(queue)) await message.reject('bad')
  expect(await Promise.all([queue.redrive(), queue.redrive()])).toEqual([MANY.length, 0])
  expect(await receiveAll(queue)).toHaveLength(MANY.length)
  await cluster.close()
})

describe('messages that expire', () => {
  test('go from the disk with nobody there to receive them, and those that do not stay', async () => {
    const clock = new VirtualClock()
    const { queue, cluster } = await openQueue(new MemoryStorage(), clock, {})
    for (let i = 0; i < 3000; i += 500)
      await queue.send(Array.from({ length: 500 }, (_, at) => ({ value: String(i + at), ttlMs: 60_000 + i })))
    await queue.send([{ value: 'short', ttlMs: 1000 }, { value: 'stays' }])
    await clock.advance(2000)
    expect(await queue.counts()).toMatchObject({ available: 3001 })
    await clock.advance(70_000)
    expect(await queue.counts()).toMatchObject({ available: 1 })
    expect(await cluster.offset({ topic: 'mail', partition: 0 }, 'earliest')).toMatchObject({ offset: 3001 })
    expect((await receiveAll(queue)).map(({ value }) => value)).toEqual(['stays'])
    await cluster.close()
  })

  test('go also after a restart, when they were held at their moment, and when they were delayed', async () => {
    const clock = new VirtualClock()
    const storage = new MemoryStorage()
    const first = await openQueue(storage, clock, { lockMs: 5000 })
    await first.queue.send({ value: 'held', ttlMs: 1000 })
    await first.queue.receive()
    await first.queue.send([
      { value: 'delayed', delayMs: 8000, ttlMs: 1000 },
      { value: 'plain', ttlMs: 20_000 },
    ])
    await clock.advance(2000)
    expect(await first.queue.counts()).toMatchObject({ available: 1, delayed: 1, acquired: 1 })
    await clock.advance(7000)
    expect(await first.queue.counts()).toMatchObject({ available: 1, delayed: 0, acquired: 0 })
    await storage.close()
    const second = await openQueue(storage, clock, { lockMs: 5000 })
    await clock.advance(20_000)
    expect(await second.queue.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 0 })
    expect(await second.cluster.offset({ topic: 'mail', partition: 0 }, 'earliest')).toMatchObject({ offset: 3 })
    await second.cluster.close()
  })
})
