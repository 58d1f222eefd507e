// Messages sent to queues in transactions, with all that a message can be given: they are there when the transaction commits, or were
// never there; and an id is taken by what was committed alone.
import { afterEach, describe, expect, test } from 'vitest'
import { Broker, type BrokerOptions, FileStorage, type Queue, type Receipt } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { crashCopy, newFolder } from '../storage/data-folder.js'

const open: Broker[] = []
afterEach(async () => {
  for (const broker of open.splice(0)) await broker.close()
})

async function openBroker(options: BrokerOptions = {}): Promise<Broker & { time: VirtualClock }> {
  const time = new VirtualClock()
  const broker = await Broker.open({ ...options, clock: time, cluster: undefined })
  open.push(broker)
  return Object.assign(broker, { time })
}

const received = async (queue: Queue<never> | Queue<string> | Queue<number>, max = 100): Promise<unknown[]> =>
  (await queue.receive({ max, timeoutMs: 0 })).map(({ value }) => value)
const no = new Error('no')

test('a message sent in a transaction is handed out when that commits, as the queue encodes it, and its sender hears the result', async () => {
  const broker = await openBroker()
  const queue = await broker.queue<{ to: string }, string>('mail')
  let receipt: Receipt<string> | undefined
  let list: Receipt<string>[] = []
  await broker.producer().transaction(async (tx) => {
    receipt = await tx.send(queue, { value: { to: 'ann' }, key: 'k', headers: { from: 'me' } })
    list = await tx.send(queue, [{ value: { to: 'bob' } }, { value: { to: 'cid' }, id: 'c' }])
    expect(await queue.receive({ timeoutMs: 0 })).toEqual([])
    expect(await queue.counts()).toMatchObject({ available: 0 })
  })
  expect([receipt?.id, receipt?.duplicate, ...list.map(({ id }) => id)]).toEqual(['0-0', false, '0-1', 'c'])
  const messages = await queue.receive({ max: 9 })
  expect(messages.map(({ value }) => value.to)).toEqual(['ann', 'bob', 'cid'])
  expect(messages[0]?.key).toBe('k')
  expect(messages[0]?.headers.text('from')).toBe('me')
  for (const message of messages) await message.acknowledge(`to ${message.value.to}`)
  expect(await receipt?.acknowledged).toBe('to ann')
  expect(await Promise.all(list.map(({ acknowledged }) => acknowledged))).toEqual(['to bob', 'to cid'])
  expect(await queue.acknowledged('c')).toBe('to cid')
})

test('what an aborted transaction sent never was: its id is free, its room is free, and its receipt says so', async () => {
  const broker = await openBroker()
  const queue = await broker.queue<string>('mail', { maxLength: 2, overflow: 'reject' })
  const receipts: Receipt[] = []
  const aborted = broker.producer().transaction(async (tx) => {
    receipts.push(...(await tx.send(queue, [{ value: 'a', id: 'one' }, { value: 'b' }])))
    throw no
  })
  await expect(aborted).rejects.toBe(no)
  for (const { acknowledged } of receipts) await expect(acknowledged).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' })
  expect((await queue.send({ value: 'c', id: 'one' })).duplicate).toBe(false)
  await queue.send({ value: 'd' })
  expect(await received(queue)).toEqual(['c', 'd'])
})

describe('the id of a message in a transaction', () => {
  test('is taken by what was sent before, in the transaction or outside, and by what the transaction committed', async () => {
    const broker = await openBroker()
    const queue = await broker.queue<string>('mail')
    const first = await queue.send({ value: 'outside', id: 'x' })
    const duplicates = await broker.producer().transaction(async (tx) => {
      const sent = [await tx.send(queue, { value: 'again', id: 'x' }), await tx.send(queue, { value: 'y', id: 'y' })]
      const twice = tx.send(queue, [
        { value: 'y again', id: 'y' },
        { value: 'z', id: 'z' },
        { value: 'z again', id: 'z' },
      ])
      return [...sent, ...(await twice)].map(({ duplicate, offset }) => [duplicate, offset])
    })
    expect(duplicates).toEqual([
      [true, first.offset],
      [false, 1],
      [true, 1],
      [false, 2],
      [true, 2],
    ])
    expect(await queue.send({ value: 'y at last', id: 'y' })).toMatchObject({ duplicate: true, offset: 1 })
    expect(await received(queue)).toEqual(['outside', 'y', 'z'])
    await broker.time.advance(120_001)
    expect((await queue.send({ value: 'later', id: 'y' })).duplicate).toBe(false)
  })

  test('is waited for by an ordinary send, and refused to another transaction', async () => {
    const broker = await openBroker()
    const queue = await broker.queue<string>('mail')
    for (const commits of [true, false]) {
      const id = `commits ${commits}`
      let outside: Promise<Receipt> | undefined
      const work = broker.producer().transaction(async (tx) => {
        await tx.send(queue, { value: 'inside', id })
        outside = queue.send({ value: 'outside', id })
        const other = broker.producer().transaction((second) => second.send(queue, { value: 'other', id }))
        await expect(other).rejects.toMatchObject({ code: 'CONCURRENT_TRANSACTIONS' })
        if (!commits) throw no
      })
      await work.catch((error: unknown) => expect(error).toBe(no))
      expect((await outside)?.duplicate).toBe(commits)
      expect(await received(queue)).toEqual([commits ? 'inside' : 'outside'])
    }
  })

  test('that is unique until done is free when the message is done', async () => {
    const broker = await openBroker()
    const queue = await broker.queue<string>('mail')
    const send = (value: string): Promise<Receipt> =>
      broker.producer().transaction((tx) => tx.send(queue, { value, id: 'job', unique: 'untilDone' }))
    expect((await send('a')).duplicate).toBe(false)
    expect((await send('b')).duplicate).toBe(true)
    const [message] = await queue.receive()
    await message?.acknowledge()
    expect((await send('c')).duplicate).toBe(false)
  })
})

test('delay, moment, time to live and priority hold for messages of transactions', async () => {
  const broker = await openBroker()
  const queue = await broker.queue<string>('mail', { priorities: 2 })
  const at = new Date(broker.time.now() + 2000)
  const receipts = await broker
    .producer()
    .transaction((tx) =>
      tx.send(queue, [
        { value: 'lazy', priority: 1 },
        { value: 'delayed', delayMs: 1000 },
        { value: 'at', at },
        { value: 'short', ttlMs: 500, priority: 1, delayMs: 100 },
        { value: 'urgent' },
      ]),
    )
  expect(await queue.counts()).toMatchObject({ available: 2, delayed: 3 })
  expect([...(await received(queue, 1)), ...(await received(queue, 1))]).toEqual(['urgent', 'lazy'])
  const expired = expect(receipts[3]?.acknowledged).rejects.toMatchObject({ code: 'DEAD_LETTERED' })
  await broker.time.advance(1000)
  await expired
  expect(await received(queue)).toEqual(['delayed'])
  await broker.time.advance(1000)
  expect(await received(queue)).toEqual(['at'])
})

test('a limited queue is full for a transaction too, which then aborts, or waits until there is room', async () => {
  const broker = await openBroker()
  const full = await broker.queue<string>('full', { maxLength: 1, overflow: 'reject' })
  await full.send({ value: 'a' })
  const refused = broker.producer().transaction((tx) => tx.send(full, { value: 'b' }))
  await expect(refused).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  const waits = await broker.queue<string>('waits', { maxLength: 1 })
  await waits.send({ value: 'a' })
  const sent = broker.producer().transaction((tx) => tx.send(waits, { value: 'b' }))
  const [message] = await waits.receive()
  await message?.acknowledge()
  await sent
  expect(await received(waits)).toEqual(['b'])
  const late = broker.producer({ transactionTimeoutMs: 1000 }).transaction((tx) => tx.send(waits, { value: 'c' }))
  const tooLate = expect(late).rejects.toMatchObject({ code: 'PRODUCER_FENCED' })
  await broker.time.advance(1000)
  await tooLate
})

test('messages that nobody waits for are sent in the order of the calls, before the transaction commits', async () => {
  const broker = await openBroker()
  const queue = await broker.queue<number>('mail')
  await broker.producer().transaction((tx) => {
    for (let i = 0; i < 20; i++) void tx.send(queue, i % 3 === 0 ? { value: i, id: `id ${i}` } : { value: i })
  })
  expect(await received(queue)).toEqual(Array.from({ length: 20 }, (_, i) => i))
})

test('what cannot be sent aborts the transaction: another broker, another topic, a value, an option, a closed queue', async () => {
  const broker = await openBroker()
  const other = await openBroker()
  const queue = await broker.queue<unknown>('mail')
  await broker.topic('orders')
  const closed = await broker.queue<unknown>('closed')
  await closed.close()
  const bad: [Queue, object, string][] = [
    [await other.queue('mail'), { value: 1 }, 'INVALID_ARGUMENT'],
    [await broker.queue('fan-out', { source: 'orders' }), { value: 1 }, 'INVALID_STATE'],
    [queue, { value: 1n }, 'SERDE_FAILED'],
    [queue, { value: 1, delay: 5 }, 'INVALID_ARGUMENT'],
    [queue, { value: 'x'.repeat(1_100_000) }, 'MESSAGE_TOO_LARGE'],
    [closed, { value: 1 }, 'CLOSED'],
  ]
  for (const [to, message, code] of bad) {
    const work = broker.producer().transaction(async (tx) => {
      await tx.send(queue, { value: 'before' })
      // Who does not wait for it commits nothing all the same.
      void tx.send(to, message as { value: unknown }).catch(() => undefined)
    })
    await expect(work).rejects.toMatchObject({ code })
  }
  expect(await queue.counts()).toMatchObject({ available: 0 })
})

describe.each(['os', 'always'] as const)('over a crash at flush %s', (flush) => {
  test('the messages and their ids are there if and only if the transaction was committed', async () => {
    const folder = newFolder()
    const broker = await openBroker({ storage: new FileStorage(folder), flush })
    const queue = await broker.queue<string, string>('mail', { partitions: 2 })
    await queue.send({ value: 'in' })
    const [message] = await queue.receive()
    if (message === undefined) throw new Error('there is no message')
    let open = ''
    await broker.producer().transaction(async (tx) => {
      await tx.send(queue, [
        { value: 'out', id: 'out', key: 'a' },
        { value: 'later', key: 'b', delayMs: 1000 },
      ])
      tx.acknowledge(message)
      open = crashCopy(folder)
    })
    const done = crashCopy(folder)
    const before = await openBroker({ storage: new FileStorage(open), flush })
    const old = await before.queue<string, string>('mail')
    expect(await received(old)).toEqual(['in'])
    expect((await old.send({ value: 'new', id: 'out' })).duplicate).toBe(false)
    const after = await openBroker({ storage: new FileStorage(done), flush })
    const again = await after.queue<string, string>('mail')
    expect((await again.send({ value: 'new', id: 'out' })).duplicate).toBe(true)
    const [out, ...others] = await again.receive({ max: 9 })
    expect([out?.value, others.length]).toEqual(['out', 0])
    expect(await again.counts()).toMatchObject({ delayed: 1 })
    await out?.acknowledge('sent')
    expect(await again.acknowledged('out')).toBe('sent')
    await after.time.advance(1000)
    expect(await received(again)).toEqual(['later'])
  })
})
