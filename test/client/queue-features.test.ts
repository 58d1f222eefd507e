// What a queue can do beyond handing out messages: order per key, once per id, urgency, limits, expiry, looking and clearing, repeats.

import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/client/message.js'
import { UnrecoverableError } from '../../src/client/retry-policy.js'
import { KafkaliteError } from '../../src/errors.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { openBroker, receiveAll, recordsOf } from './queue-fixture.js'

const codeOf = (error: unknown): string => (error instanceof KafkaliteError ? error.code : String(error))
const values = (messages: readonly { value: string }[]): string[] => messages.map(({ value }) => value)

describe('order per key', () => {
  test('has one message of a key in work at a time, also across retries, while others go on', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { order: 'key', backoff: [1000] })
    await mail.send(['a1', 'a2', 'b1', 'a3', 'b2', 'n'].map((value) => ({ value, key: value === 'n' ? null : value[0] })))
    const seen: string[] = []
    await mail.process(
      async ({ value, deliveryCount }) => {
        seen.push(value)
        if (value === 'a1' && deliveryCount === 1) throw new Error('again')
      },
      { concurrency: 10 },
    )
    await clock.advance(999)
    expect(seen).toEqual(['a1', 'b1', 'n', 'b2'])
    await clock.advance(1)
    expect(seen).toEqual(['a1', 'b1', 'n', 'b2', 'a1', 'a2', 'a3'])
    await mail.close()
  })

  test('goes on with the next of the key when one is given up', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { order: 'key' })
    await mail.send(['a1', 'a2'].map((value) => ({ value, key: 'a' })))
    const seen: string[] = []
    await mail.process(({ value }) => {
      seen.push(value)
      if (value === 'a1') throw new UnrecoverableError('never')
    })
    await clock.settle()
    expect(seen).toEqual(['a1', 'a2'])
    await mail.close()
  })

  test('is kept over a restart, behind a message that waits for its retry', async () => {
    const first = await openBroker()
    const mail = await first.queue('mail', { order: 'key' })
    await mail.send(['a1', 'a2', 'b1'].map((value) => ({ value, key: value[0] })))
    const [a1] = await mail.receive()
    await a1?.release({ delayMs: 5000 })
    await first.cluster.close()
    const second = await openBroker({ storage: first.storage, clock: first.clock })
    const again = await second.queue('mail', { order: 'key' })
    const [b1] = await again.receive({ max: 5 })
    expect(b1?.value).toBe('b1')
    await first.clock.advance(5000)
    const [back] = await again.receive({ max: 5 })
    expect([back?.value, back?.deliveryCount]).toEqual(['a1', 2])
    await back?.acknowledge()
    expect(values(await again.receive({ max: 5 }))).toEqual(['a2'])
  })
})

describe('an id', () => {
  test('is sent once within the window, also within a list and at the same time', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { dedupWindowMs: 1000 })
    const receipts = await mail.send([
      { value: 'a', id: 'x' },
      { value: 'b', id: 'x' },
      { value: 'c', id: 'y' },
    ])
    expect(receipts.map(({ offset, duplicate, id }) => [offset, duplicate, id])).toEqual([
      [0, false, 'x'],
      [0, true, 'x'],
      [1, false, 'y'],
    ])
    const both = await Promise.all([mail.send({ value: 'd', id: 'z' }), mail.send({ value: 'e', id: 'z' })])
    expect(both.map(({ offset, duplicate }) => [offset, duplicate])).toEqual([
      [2, false],
      [2, true],
    ])
    await clock.advance(999)
    expect((await mail.send({ value: 'f', id: 'x' })).duplicate).toBe(true)
    await clock.advance(1)
    expect(await mail.send({ value: 'g', id: 'x' })).toMatchObject({ duplicate: false, offset: 3 })
    expect(values(await receiveAll(mail))).toEqual(['a', 'c', 'd', 'g'])
  })

  test('is remembered over a restart, also of a message that was acknowledged and deleted', async () => {
    const first = await openBroker()
    const mail = await first.queue('mail')
    await mail.send([
      { value: 'a', id: 'done' },
      { value: 'b', id: 'waits' },
    ])
    const [a] = await mail.receive()
    await a?.acknowledge()
    await first.cluster.close()
    const second = await openBroker({ storage: first.storage, clock: first.clock })
    const again = await second.queue('mail')
    const receipts = await again.send([
      { value: 'a', id: 'done' },
      { value: 'b', id: 'waits' },
      { value: 'c', id: 'new' },
    ])
    expect(receipts.map(({ duplicate }) => duplicate)).toEqual([true, true, false])
    await first.clock.advance(120_000)
    expect((await again.send({ value: 'a', id: 'done' })).duplicate).toBe(false)
  })

  test('can be taken for as long as a message with it is not finished', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { dedupWindowMs: 1000 })
    const send = (value: string) => mail.send({ value, id: 'sync', unique: 'untilDone' })
    await send('a')
    await clock.advance('1 hour')
    expect((await send('b')).duplicate).toBe(true)
    const [a] = await mail.receive()
    expect((await send('c')).duplicate).toBe(true)
    await a?.acknowledge()
    expect((await send('d')).duplicate).toBe(false)
  })
})

test('the most urgent go first, and the least urgent do not starve', async () => {
  const { queue } = await openBroker()
  const mail = await queue<string>('mail', { priorities: 3 })
  await mail.send([
    ...Array.from({ length: 5 }, (_, i) => ({ value: `low${i}`, priority: 2 })),
    ...Array.from({ length: 200 }, (_, i) => ({ value: `urgent${i}` })),
    { value: 'middle', priority: 1 },
  ])
  const seen: string[] = []
  for (let i = 0; i < 100; i++) seen.push(...values(await mail.receive()))
  expect(seen.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => `urgent${i}`))
  expect(seen.filter((value) => value.startsWith('low')).length).toBeGreaterThan(1)
  const rest = values(await receiveAll(mail))
  expect(rest.filter((value) => value.startsWith('urgent')).length + seen.filter((value) => value.startsWith('urgent')).length).toBe(200)
})

describe('a rate limit', () => {
  test('lets no span of time have more deliveries', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { rateLimit: { max: 2, perMs: 300 } })
    await mail.send(['a', 'b', 'c', 'd', 'e'].map((value) => ({ value })))
    const start = clock.now()
    const seen: [string, number][] = []
    await mail.process(({ value }) => void seen.push([value, clock.now() - start]), { concurrency: 5 })
    await clock.advance(5000)
    expect(seen).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 300],
      ['d', 300],
      ['e', 600],
    ])
    await mail.close()
  })

  test('can hold for each key by itself', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { rateLimit: { max: 1, perMs: 1000, per: 'key' } })
    await mail.send(['a1', 'a2', 'b1', 'a3'].map((value) => ({ value, key: value[0] })))
    const start = clock.now()
    const seen: [string, number][] = []
    await mail.process(({ value }) => void seen.push([value, clock.now() - start]), { concurrency: 5 })
    await clock.advance(5000)
    expect(seen).toEqual([
      ['a1', 0],
      ['b1', 0],
      ['a2', 1000],
      ['a3', 2000],
    ])
    await mail.close()
  })
})

test('no more messages are in flight than maxInFlight, over all receivers', async () => {
  const { queue } = await openBroker()
  const mail = await queue('mail', { maxInFlight: 3 })
  await mail.send(['a', 'b', 'c', 'd', 'e'].map((value) => ({ value })))
  const held = [...(await mail.receive({ max: 2 })), ...(await mail.receive({ max: 2 }))]
  expect(values(held)).toEqual(['a', 'b', 'c'])
  const waiting = mail.receive({ max: 5 })
  await held[0]?.acknowledge()
  expect(values(await waiting)).toEqual(['d'])
})

describe('a queue of limited length', () => {
  test('refuses what does not fit, whole lists at once', async () => {
    const { queue } = await openBroker()
    const mail = await queue('mail', { maxLength: 3, overflow: 'reject' })
    await mail.send([{ value: 'a' }, { value: 'b' }])
    expect(await mail.send([{ value: 'c' }, { value: 'd' }]).catch(codeOf)).toBe('QUEUE_FULL')
    await mail.send({ value: 'c' })
    expect(await mail.send({ value: 'd' }).catch(codeOf)).toBe('QUEUE_FULL')
    await (await mail.receive())[0]?.acknowledge()
    await mail.send({ value: 'd' })
    expect(values(await receiveAll(mail))).toEqual(['b', 'c', 'd'])
  })

  test('lets senders wait in their order, until they give up', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { maxLength: 1 })
    await mail.send({ value: 'a' })
    const controller = new AbortController()
    const given = mail.send({ value: 'b' }, { signal: controller.signal })
    const waits = mail.send({ value: 'c' })
    await clock.settle()
    controller.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    await (await mail.receive())[0]?.acknowledge()
    expect((await waits).offset).toBe(1)
    const late = mail.send({ value: 'd' })
    await clock.settle()
    await mail.close()
    expect(await late.catch(codeOf)).toBe('CLOSED')
  })
})

describe('a message with a time to live', () => {
  test('is dropped when it was not received by then, and its sender is told at that moment', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { ttlMs: 1000 })
    const [a] = await mail.send([{ value: 'a' }, { value: 'b', ttlMs: 5000 }])
    let told = ''
    a?.acknowledged.catch((error) => (told = codeOf(error)))
    await clock.advance(999)
    expect(told).toBe('')
    await clock.advance(1)
    expect(told).toBe('DEAD_LETTERED')
    expect(values(await receiveAll(mail))).toEqual(['b'])
    expect(await mail.status(a?.id ?? '')).toMatchObject({ state: 'archived' })
  })

  test('is finished by who received it in time', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { ttlMs: 1000 })
    await mail.send({ value: 'a' })
    const [a] = await mail.receive()
    await clock.advance(5000)
    await a?.acknowledge('in time')
    expect(await mail.acknowledged('0-0')).toBe('in time')
  })
})

describe('looking at a queue', () => {
  test('shows each state without taking anything', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    await mail.send([{ value: 'held' }, { value: 'dead' }, { value: 'a' }, { value: 'later', delayMs: 1000 }, { value: 'b' }])
    const [, dead] = await mail.receive({ max: 2 })
    await dead?.reject('bad')
    const browse = async (state: 'available' | 'delayed' | 'acquired' | 'dead'): Promise<string[]> => {
      const seen: string[] = []
      for await (const { value } of mail.browse({ state })) seen.push(value)
      return seen
    }
    expect([await browse('available'), await browse('delayed'), await browse('acquired'), await browse('dead')]).toEqual([
      ['a', 'b'],
      ['later'],
      ['held'],
      ['dead'],
    ])
    const [peeked] = await mail.peek()
    expect(peeked?.value).toBe('a')
    expect(await peeked?.acknowledge().catch(codeOf)).toBe('LOCK_LOST')
    await clock.advance(1000)
    // Its moment has come, and it stands where it was sent.
    expect(values(await receiveAll(mail))).toEqual(['a', 'later', 'b'])
  })

  test('removes one, and purges the rest but for what is held', async () => {
    const { queue } = await openBroker()
    const mail = await queue('mail')
    const receipts = await mail.send(['held', 'a', 'b', 'c'].map((value) => ({ value, id: `id-${value}` })))
    const removed = receipts[1]?.acknowledged.catch(codeOf)
    const purged = receipts[3]?.acknowledged.catch(codeOf)
    const [held] = await mail.receive()
    expect([await mail.remove('id-a'), await mail.remove('id-a'), await mail.remove('id-held'), await mail.remove('nobody')]).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(await removed).toBe('DEAD_LETTERED')
    expect(await mail.purge()).toBe(2)
    expect(await purged).toBe('DEAD_LETTERED')
    expect(await receiveAll(mail)).toEqual([])
    await held?.acknowledge()
    await mail.send({ value: 'after' })
    expect(values(await receiveAll(mail))).toEqual(['after'])
  })
})

describe('dead letters', () => {
  test('go back all, by filter, by id, and so many', async () => {
    const { queue, cluster } = await openBroker()
    const mail = await queue('mail', { maxDeliveries: 1 })
    await mail.send(['a', 'b', 'c', 'd'].map((value) => ({ value, id: `id-${value}`, key: value, headers: { trace: value } })))
    for (const message of await mail.receive({ max: 9 })) await message.reject('bad')
    expect((await mail.counts()).dead).toBe(4)
    expect(await mail.redrive({ filter: ({ value }) => value === 'b' })).toBe(1)
    expect(await mail.redrive({ id: 'id-d' })).toBe(1)
    expect(await mail.redrive({ max: 1 })).toBe(1)
    expect((await mail.counts()).dead).toBe(1)
    const back = await mail.receive({ max: 9 })
    expect(back.map(({ value, key, id, deliveryCount }) => [value, key, id, deliveryCount])).toEqual([
      ['b', 'b', 'id-b', 1],
      ['d', 'd', 'id-d', 1],
      ['a', 'a', 'id-a', 1],
    ])
    expect([...(back[0]?.headers ?? [])].map(([name]) => name)).toEqual([
      'trace',
      'kafkalite.message.id',
      'kafkalite.redriven',
      'kafkalite.redriven.from',
    ])
    await back[0]?.reject('again')
    expect(await mail.redrive()).toBe(2)
    expect(await mail.redrive()).toBe(0)
    expect(values(await receiveAll(mail))).toEqual(['c', 'b'])
    expect(await recordsOf(cluster, 'mail.dead')).toEqual([])
  })
})

describe('batches', () => {
  test('are acknowledged as a whole, but for what the handler settled itself', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { backoff: [1000] })
    await mail.send(['a', 'b', 'c', 'd', 'e'].map((value) => ({ value })))
    const seen: string[][] = []
    const receiver = await mail.processBatch(
      async (messages) => {
        seen.push(values(messages as Message<string>[]))
        if (seen.length === 1) await messages[1]?.release()
        if (seen.length === 2) throw new Error('no')
      },
      { max: 3 },
    )
    await clock.advance(5000)
    expect(seen).toEqual([
      ['a', 'b', 'c'],
      ['b', 'd', 'e'],
      ['b', 'd', 'e'],
    ])
    expect(await mail.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 0 })
    await receiver.close()
  })
})

describe('a repeat', () => {
  test('sends at each moment for a month, never piles up, and goes on after a restart', async () => {
    const first = await openBroker()
    const { clock } = first
    const mail = await first.queue('reports')
    await mail.repeat('daily', { everyMs: 86_400_000 }, { value: 'report' })
    let done = 0
    await mail.process(() => void done++)
    await clock.advance('30 days')
    expect(done).toBe(30)
    await first.cluster.close()
    await mail.close()
    await clock.advance('3 days')
    const second = await openBroker({ storage: first.storage, clock })
    const again = await second.queue('reports')
    expect(await again.repeats()).toHaveLength(1)
    await clock.advance('10 days')
    // What was missed is one message, and nobody takes it.
    expect((await again.counts()).available).toBe(1)
    expect(await again.stopRepeat('daily')).toBe(true)
    expect([await again.stopRepeat('daily'), await again.repeats()]).toEqual([false, []])
    await again.close()
  })

  test('goes by cron expressions and the clock of a place when the package croner is installed', async () => {
    const { queue, clock } = await openBroker({ clock: new VirtualClock(Date.parse('2026-03-26T12:00:00Z')) })
    const reports = await queue('reports')
    await reports.repeat('mornings', { cron: '0 9 * * 1-5', timezone: 'Europe/Zurich' }, { value: 'report' })
    const moments: string[] = []
    await reports.process(() => void moments.push(new Date(clock.now()).toISOString()))
    await clock.advance('6 days')
    // The clocks of Zurich go forward on Sunday the 29th.
    expect(moments).toEqual(['27T08', '30T07', '31T07', '01T07'].map((at) => `2026-0${at < '02' ? 4 : 3}-${at}:00:00.000Z`))
    expect(await reports.repeat('never', { cron: 'nonsense' }, { value: 'x' }).catch(codeOf)).toBe('INVALID_ARGUMENT')
    await reports.close()
  })

  test('is sent once by two who keep the queue open, by the reader of cron expressions that was given', async () => {
    const { queue, clock } = await openBroker()
    const cron = (expression: string) => (afterMs: number) => (Math.floor(afterMs / 60_000) + Number(expression)) * 60_000
    const one = await queue('reports', { cron })
    const two = await queue('reports', { cron })
    await one.repeat('often', { cron: '5' }, { value: 'report' })
    await two.repeat('often', { cron: '5' }, { value: 'report' })
    await clock.advance('6 minutes')
    expect(values(await receiveAll(one))).toEqual(['report'])
    await one.close()
    await two.close()
  })
})

test('a queue hands out what comes to partitions that its source got later, also after a restart', async () => {
  const { queue, cluster, clock, storage } = await openBroker()
  await cluster.createTopic('orders', { partitions: 1 })
  const mail = await queue('mail', { source: 'orders' })
  const waiting = mail.receive({ timeoutMs: Infinity })
  await cluster.addPartitions('orders', 3)
  const orders = await queue('orders')
  await orders.send(Array.from({ length: 30 }, (_, i) => ({ value: String(i), key: String(i) })))
  const [first] = await waiting
  await first?.acknowledge()
  const rest = await mail.receive({ max: 20 })
  for (const message of rest) await message.acknowledge()
  await cluster.close()
  const second = await openBroker({ clock, storage })
  const again = await second.queue('mail', { source: 'orders' })
  const all = [first, ...rest, ...(await receiveAll(again))].map((message) => Number(message?.value))
  expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i))
  await second.cluster.close()
})

test('several queues hand out the records of one topic, which stay there', async () => {
  const { queue, cluster } = await openBroker()
  await cluster.createTopic('orders', { partitions: 2 })
  const orders = await queue('orders')
  await orders.send(['a', 'b'].map((value) => ({ value })))
  const mail = await queue('mail', { source: 'orders' })
  const audit = await queue('audit', { source: 'orders' })
  expect(await mail.send({ value: 'x' }).catch(codeOf)).toBe('INVALID_STATE')
  for (const message of await mail.receive({ max: 9 })) await message.acknowledge()
  expect(await mail.counts()).toMatchObject({ available: 0, acquired: 0 })
  expect(values(await audit.receive({ max: 9 })).toSorted()).toEqual(['a', 'b'])
  expect(
    (await recordsOf(cluster, 'orders')).length +
      (
        await cluster.fetch({
          positions: [{ topic: 'orders', partition: 1, offset: 0 }],
          maxWaitMs: 0,
          maxBytes: 1e6,
          maxPartitionBytes: 1e6,
          isolation: 'read_uncommitted',
        })
      ).length,
  ).toBeGreaterThan(0)
})

test('a queue on a topic that was deleted and made again begins anew, and leaves nothing of the old one', async () => {
  const { queue, cluster, storage } = await openBroker()
  await cluster.createTopic('orders', {})
  await (await queue('orders')).send([{ value: 'a' }, { value: 'b' }])
  const audit = await queue('audit', { source: 'orders' })
  for (const message of await audit.receive({ max: 9 })) await message.acknowledge()
  await cluster.deleteTopic('orders')
  expect(await audit.receive({ timeoutMs: 0 })).toEqual([])
  expect((await storage.list()).filter((name) => name.includes('orders'))).toEqual([])
  await cluster.createTopic('orders', {})
  await (await queue('orders')).send({ value: 'c' })
  expect(values(await (await queue('audit', { source: 'orders' })).receive({ max: 9 }))).toEqual(['c'])
})

test('progress renews the lock and is told', async () => {
  const { queue, clock } = await openBroker()
  const mail = await queue('mail', { lockMs: 1000 })
  const told: number[] = []
  mail.on('progress', (_message, value) => told.push(value))
  await mail.send({ value: 'a' })
  const [a] = await mail.receive()
  for (const value of [10, 50, 90]) {
    await clock.advance(900)
    a?.progress(value)
  }
  await a?.acknowledge()
  expect(told).toEqual([10, 50, 90])
})

test('a queue that is open already is refused with other options', async () => {
  const { queue } = await openBroker()
  await queue('mail', { partitions: 2, flush: 'always', deadLetter: false })
  expect(await queue('mail', { deadLetter: false, flush: 'os' }).catch(codeOf)).toBe('INVALID_STATE')
  expect(await queue('mail', { deadLetter: false, partitions: 3 }).catch(codeOf)).toBe('TOPIC_EXISTS_DIFFERENT')
  expect(await queue('mail', { deadLetter: false, order: 'key' }).catch(codeOf)).toBe('INVALID_STATE')
  expect((await queue('mail', { deadLetter: false })).name).toBe('mail')
})
