// Queues and transactions together: a message is done in the moment in which what came of it is there, or neither happens; and a queue
// hands out what was committed and nothing else.
import { afterEach, describe, expect, test } from 'vitest'
import { Broker, type BrokerOptions, FileStorage, type Message, MemoryStorage, type Queue, type Transaction } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { seededRandom } from '../core/cluster-fixture.js'
import { crashCopy, newFolder } from '../storage/data-folder.js'
import { memoryDisk } from '../transactions/crashing-storage.js'

const open: Broker[] = []
afterEach(async () => {
  for (const broker of open.splice(0)) await broker.close()
})

async function openBroker(options: BrokerOptions = {}): Promise<Broker & { time: VirtualClock }> {
  const time = (options.clock as VirtualClock | undefined) ?? new VirtualClock()
  const broker = await Broker.open({ ...options, clock: time, cluster: undefined })
  open.push(broker)
  return Object.assign(broker, { time })
}

async function committed(broker: Broker, topic: string): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const { value } of (await broker.topic(topic)).read({ to: 'end', isolation: 'read_committed' })) values.push(value)
  return values
}

async function one<R>(queue: Queue<unknown, R>): Promise<Message<unknown, R>> {
  const [message] = await queue.receive({ timeoutMs: 0 })
  if (message === undefined) throw new Error('there is no message')
  return message
}

const received = async (queue: Queue, max = 100): Promise<unknown[]> =>
  (await queue.receive({ max, timeoutMs: 0 })).map(({ value }) => value)
const no = new Error('no')

describe('a message acknowledged in a transaction', () => {
  test('is done when the transaction commits, and its sender hears the result', async () => {
    const broker = await openBroker()
    const queue = await broker.queue<number, string>('work')
    const { acknowledged } = await queue.send({ value: 1 })
    const heard: string[] = []
    queue.on('acknowledged', ({ id }) => heard.push(id))
    const message = await one(queue as Queue<unknown, string>)
    await broker.producer().transaction(async (tx) => {
      await tx.send('out', { value: 'done' })
      tx.acknowledge(message, 'one')
      expect(await queue.counts()).toMatchObject({ acquired: 1 })
    })
    expect(await acknowledged).toBe('one')
    expect(heard).toEqual(['0-0'])
    expect(await queue.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 0 })
    expect(await committed(broker, 'out')).toEqual(['done'])
    await expect(message.acknowledge()).rejects.toMatchObject({ code: 'LOCK_LOST' })
  })

  test('is still held after an abort: it can be settled, or comes again when its lock runs out', async () => {
    const broker = await openBroker()
    const queue = await broker.queue('work', { lockMs: 1000 })
    await queue.send([{ value: 1 }, { value: 2 }])
    const messages = await queue.receive({ max: 2 })
    const failed = broker.producer().transaction((tx) => {
      for (const message of messages) tx.acknowledge(message)
      throw no
    })
    await expect(failed).rejects.toBe(no)
    expect(await queue.counts()).toMatchObject({ acquired: 2 })
    await messages[0]?.acknowledge()
    await broker.time.advance(1000)
    expect(await received(queue)).toEqual([2])
  })

  test('that was handed to process() is not settled twice, and is released when the transaction fails', async () => {
    const broker = await openBroker()
    const queue = await broker.queue<number, string>('work', { backoff: [10] })
    const producer = broker.producer({ transactionalId: 'worker' })
    let failures = 1
    const receiver = await queue.process(async (message) => {
      await producer.transaction(async (tx) => {
        await tx.send('out', { value: `${message.value} at ${message.deliveryCount}` })
        tx.acknowledge(message, 'ok')
        if (failures-- > 0) throw no
      })
      return 'not this'
    })
    const receipts = await queue.send([{ value: 1 }, { value: 2 }])
    const results = Promise.all(receipts.map((receipt) => receipt.acknowledged))
    await broker.time.advance(1000)
    expect(await results).toEqual(['ok', 'ok'])
    await receiver.close()
    expect((await committed(broker, 'out')).sort()).toEqual(['1 at 2', '2 at 1'])
  })

  test.each([
    ['settled before', async (_: Broker, message: Message) => message.acknowledge()],
    ['lost to time', async (broker: Broker & { time: VirtualClock }) => broker.time.advance(30_000)],
    ['of a queue that was closed', async (_: Broker, __: Message, queue: Queue) => queue.close()],
  ])('%s aborts the whole transaction, noticed at once or at the commit', async (_, lose) => {
    for (const early of [true, false]) {
      const broker = await openBroker()
      const queue = await broker.queue('work')
      await queue.send({ value: 1 })
      const message = await one(queue)
      if (early) await lose(broker, message, queue)
      const failed = broker.producer().transaction(async (tx) => {
        await tx.send('out', { value: 'x' })
        try {
          tx.acknowledge(message)
        } catch {
          // Who goes on all the same commits nothing.
        }
        if (!early) await lose(broker, message, queue)
      })
      await expect(failed).rejects.toMatchObject({ code: 'LOCK_LOST' })
      expect(await committed(broker, 'out')).toEqual([])
    }
  })

  test('in two transactions, or twice in one, or of another broker, or which is none, is refused', async () => {
    const broker = await openBroker()
    const other = await openBroker()
    const queue = await broker.queue('work')
    const foreign = await other.queue('work')
    await queue.send({ value: 1 })
    await foreign.send({ value: 1 })
    const message = await one(queue)
    const peeked = (await queue.peek())[0] ?? message
    const bad: [unknown, string][] = [
      [await one(foreign), 'INVALID_ARGUMENT'],
      ['work', 'INVALID_ARGUMENT'],
      [undefined, 'INVALID_ARGUMENT'],
    ]
    for (const [given, code] of bad) {
      const failed = broker.producer().transaction(async (tx) => {
        await tx.send('out', { value: 'x' })
        tx.acknowledge(given as Message)
      })
      await expect(failed).rejects.toMatchObject({ code })
    }
    const twice = (tx: Transaction): void => {
      tx.acknowledge(message)
      tx.acknowledge(peeked)
    }
    await expect(broker.producer().transaction(twice)).rejects.toMatchObject({ code: 'LOCK_LOST' })
    const outer = broker.producer().transaction(async (tx) => {
      await tx.send('out', { value: 'slow' })
      tx.acknowledge(message)
      await broker.producer().transaction(async (fast) => {
        await fast.send('out', { value: 'fast' })
        fast.acknowledge(message)
      })
    })
    await expect(outer).rejects.toMatchObject({ code: 'LOCK_LOST' })
    expect(await committed(broker, 'out')).toEqual(['fast'])
    let kept: Transaction | undefined
    await broker.producer().transaction((tx) => {
      kept = tx
    })
    expect(() => kept?.acknowledge(message)).toThrowError(expect.objectContaining({ code: 'INVALID_TXN_STATE' }))
  })

  test('through two openings of one queue, and of several queues, goes with one commit', async () => {
    const broker = await openBroker()
    const queues = [await broker.queue('work'), await broker.queue('work'), await broker.queue('more', { partitions: 3 })] as const
    await queues[0].send([{ value: 1 }, { value: 2 }])
    await queues[2].send([{ value: 3 }])
    const messages = [await one(queues[0]), await one(queues[1]), await one(queues[2])]
    await broker.producer({ transactionalId: 'x' }).transaction((tx) => messages.forEach((message) => tx.acknowledge(message)))
    for (const queue of queues) expect(await queue.counts()).toMatchObject({ available: 0, acquired: 0 })
  })

  test('with a result that is too large, or cannot be encoded, aborts', async () => {
    const broker = await openBroker()
    const queue = await broker.queue('work')
    await queue.send({ value: 1 })
    const message = await one(queue)
    for (const [result, code] of [
      ['x'.repeat(1_100_000), 'MESSAGE_TOO_LARGE'],
      [1n, 'SERDE_FAILED'],
    ] as const) {
      await expect(broker.producer().transaction((tx) => tx.acknowledge(message, result))).rejects.toMatchObject({ code })
    }
    await message.acknowledge()
  })
})

describe.each(['os', 'always'] as const)('over a crash, with files and flush %s', (flush) => {
  test('the message is done if and only if what came of it is there', async () => {
    const folder = newFolder()
    const broker = await openBroker({ storage: new FileStorage(folder), flush })
    const queue = await broker.queue<number, string>('work', { partitions: 2 })
    const sent = await queue.send([{ value: 1 }, { value: 2, id: 'two' }])
    const messages = await queue.receive({ max: 2 })
    const crashes: string[] = []
    const producer = broker.producer({ transactionalId: 'worker' })
    for (const message of messages) {
      await producer.transaction(async (tx) => {
        await tx.send('out', { value: String(message.value) })
        tx.acknowledge(message, `done ${message.value}`)
        crashes.push(crashCopy(folder))
      })
      crashes.push(crashCopy(folder))
    }
    const last = crashCopy(folder)
    for (const [at, crashed] of crashes.entries()) {
      const again = await openBroker({ storage: new FileStorage(crashed), flush })
      const left = await (await again.queue<number>('work')).receive({ max: 9, timeoutMs: 0 })
      const done = await committed(again, 'out').catch(() => [])
      expect([...left.map(({ value }) => String(value)), ...done].sort()).toEqual(['1', '2'])
      expect(done).toHaveLength(at === 0 ? 0 : at < 3 ? 1 : 2)
    }
    const again = await openBroker({ storage: new FileStorage(last), flush })
    const reopened = await again.queue<number, string>('work')
    expect(await reopened.acknowledged(sent[0]?.id ?? '')).toBe('done 1')
    expect(await reopened.acknowledged('two')).toBe('done 2')
  })
})

test('a storage without atomic commits finishes after a crash what was decided, the acknowledgement included', async () => {
  let done = 0
  let left = 0
  for (let seed = 1; seed <= 60; seed++) {
    const disk = memoryDisk({ random: seededRandom(seed), atomic: seed % 4 === 0, slowness: seed % 3 === 0 ? 0.5 : 0 })
    const storage = disk.next()
    const broker = await Broker.open({ storage, clock: new VirtualClock() })
    broker.on('error', () => undefined)
    await broker.topic('out')
    const queue = await broker.queue<number, string>('work')
    await queue.send({ value: 1 })
    const message = await one(queue as Queue<unknown, string>)
    storage.crashAfter(Math.floor(seed / 10))
    const work = broker.producer({ transactionalId: 'x' }).transaction(async (tx) => {
      await tx.send('out', { value: 'done' })
      tx.acknowledge(message, 'result')
    })
    const isAcknowledged = await work.then(
      () => true,
      () => false,
    )
    await broker.close().catch(() => undefined)
    await storage.die()
    const again = await openBroker({ storage: disk.next() })
    const outcome = await committed(again, 'out')
    const reopened = await again.queue<number, string>('work')
    expect((await received(reopened as Queue)).length + outcome.length).toBe(1)
    if (isAcknowledged) expect(outcome).toEqual(['done'])
    if (outcome.length === 1) expect(await reopened.acknowledged('0-0')).toBe('result')
    if (outcome.length === 1) done++
    else left++
  }
  expect(Math.min(done, left)).toBeGreaterThan(5)
})

describe('a queue on a topic that transactions write to', () => {
  test.each(['its own', 'source'])('(%s) hands out what was committed, in its turn, and is drained then', async (kind) => {
    const broker = await openBroker()
    await broker.topic('orders')
    const queue = await broker.queue(kind === 'source' ? 'fan-out' : 'orders', {
      value: undefined,
      ...(kind === 'source' ? { source: 'orders' } : {}),
    })
    const producer = broker.producer()
    const send = (value: string, aborts = false): Promise<unknown> =>
      producer
        .transaction(async (tx) => {
          await tx.send('orders', { value: JSON.stringify(value) })
          expect(await received(queue)).toEqual([])
          expect(await queue.counts()).toMatchObject({ available: 0 })
          if (aborts) throw no
        })
        .catch((error: unknown) => expect(error).toBe(no))
    await send('aborted', true)
    expect(await received(queue)).toEqual([])
    await send('committed')
    const messages = await queue.receive({ max: 9, timeoutMs: 0 })
    expect(messages.map(({ value }) => value)).toEqual(['committed'])
    await send('aborted too', true)
    await messages[0]?.acknowledge()
    await queue.drained()
    await send('next')
    expect(await queue.counts()).toMatchObject({ available: 1 })
    const browsed: unknown[] = []
    for await (const { value } of queue.browse()) browsed.push(value)
    expect(browsed).toEqual(['next'])
    expect(await queue.purge()).toBe(1)
    await queue.drained()
  })

  test('knows after a restart what it has passed over', async () => {
    const storage = new MemoryStorage()
    const clock = new VirtualClock()
    const first = await openBroker({ storage, clock })
    await first.topic('orders')
    const producer = first.producer()
    for (let i = 0; i < 6; i++) {
      await producer
        .transaction(async (tx) => {
          await tx.send('orders', { value: String(i) })
          if (i % 2 === 0) throw no
        })
        .catch(() => undefined)
    }
    const queue = await first.queue('fan-out', { source: 'orders' })
    expect(await queue.counts()).toMatchObject({ available: 3 })
    expect(await received(queue, 1)).toEqual([1])
    await first.close()
    const again = await (await openBroker({ storage, clock })).queue('fan-out', { source: 'orders' })
    expect(await again.counts()).toMatchObject({ available: 3 })
    expect(await received(again)).toEqual([1, 3, 5])
  })

  test('waits for the first open transaction and wakes those who wait when it ends', async () => {
    const broker = await openBroker()
    await broker.topic('orders')
    const queue = await broker.queue('fan-out', { source: 'orders' })
    const waiting = queue.receive({ max: 5, timeoutMs: Infinity })
    await broker.producer().transaction(async (tx) => {
      await tx.send('orders', { value: '1' })
      await broker.producer().send('orders', { value: '2' })
      await broker.idle()
    })
    const values = [...(await waiting), ...(await queue.receive({ max: 5, timeoutMs: 0 }))].map(({ value }) => value)
    expect(values).toEqual([1, 2])
  })
})

test('lists that are sent and transactions that end hold several partitions at a time and never wait for each other for ever', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const disk = memoryDisk({ random: seededRandom(seed), atomic: seed % 2 === 0, slowness: 0.9 })
    const broker = await openBroker({ storage: disk.next() })
    const queue = await broker.queue('work', { partitions: 4 })
    const work: Promise<unknown>[] = []
    for (let i = 0; i < 6; i++) {
      work.push(queue.send(Array.from({ length: 8 }, (_, key) => ({ value: key, key: String(key + i) }))))
      work.push(
        broker.producer({ transactionalId: `x${i}` }).transaction(async (tx) => {
          for (const partition of [3, 1, 2, 0]) await tx.send('work', { value: '0', partition: (partition + i) % 4 })
        }),
      )
    }
    await Promise.all(work)
    expect(await queue.counts()).toMatchObject({ available: 6 * 8 + 6 * 4 })
  }
})
