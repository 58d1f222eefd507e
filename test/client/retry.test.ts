// What becomes of a record whose handler fails: retries with their waits, dead letters, skip, stop, strict order, bad records.
import { describe, expect, test } from 'vitest'
import { json, UnrecoverableError } from '../../src/index.js'
import { backoffMs, checkBackoff } from '../../src/client/retry-policy.js'
import { Collector, nextEvent, openBroker, texts, valuesOf } from './consumer-fixture.js'

describe('backoff', () => {
  test.each([
    [{ type: 'fixed', delayMs: 50 } as const, [50, 50, 50]],
    [{ type: 'exponential', delayMs: 100, maxMs: 350 } as const, [100, 200, 350]],
    [
      [10, 20],
      [10, 20, 20],
    ],
    [[], [0, 0, 0]],
    [(attempt: number) => attempt * 7, [7, 14, 21]],
  ])('%o', (backoff, waits) => {
    expect([1, 2, 3].map((attempt) => backoffMs(backoff, attempt, null, () => 0.5))).toEqual(waits)
  })

  test('jitter only shortens the wait', () => {
    const backoff = { type: 'fixed', delayMs: 100, jitter: 0.2 } as const
    expect([0, 0.5, 1].map((chance) => backoffMs(backoff, 1, null, () => chance))).toEqual([100, 90, 80])
  })

  test('what is no backoff is refused', () => {
    expect(() => checkBackoff([-1], 'onError')).toThrow(/milliseconds from 0/)
    expect(() => checkBackoff({ type: 'linear' } as never, 'onError')).toThrow(/'fixed' or 'exponential'/)
    expect(() => checkBackoff({ delayMs: 5 } as never, 'onError')).toThrow(/needs type and delayMs/)
  })
})

test('a record that fails is tried again after its wait, with the number of the attempt', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 1)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const attempts: [number, number][] = []
  const start = fixture.clock.now()
  await consumer.run(
    (_record, { attempt }) => {
      attempts.push([attempt, fixture.clock.now() - start])
      if (attempt < 3) throw new Error('not yet')
    },
    { onError: { backoff: [100, 1000] } },
  )
  await fixture.clock.advance(1100)
  expect(attempts).toEqual([
    [1, 0],
    [2, 100],
    [3, 1100],
  ])
  await fixture.broker.group('g').caughtUp()
  expect((await fixture.broker.group('g').lag()).total).toBe(0)
})

test('after five retries the record goes to the dead-letter topic as it was, and the rest goes on', async () => {
  await using fixture = await openBroker()
  await fixture.topic.send({ key: 'k', value: 'bad', headers: { trace: 'abc' } })
  await fixture.send(1, 3)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const collector = new Collector()
  let tries = 0
  const told = nextEvent(consumer, 'deadLettered')
  await consumer.run(async (record) => {
    if (record.value !== 'bad') return collector.add(record)
    tries++
    throw new TypeError('no such customer')
  })
  await fixture.clock.advance('1 minute')
  const [error, record] = (await told) as [Error, { value: string }]
  expect([error.message, record.value, tries]).toEqual(['no such customer', 'bad', 6])
  expect(collector.values).toEqual(texts(1, 3))
  const dead = fixture.broker.consumer({ topics: ['orders.dead'], from: 'earliest' })
  const [letter] = await dead.poll()
  expect([letter?.key, letter?.value, letter?.headers.text('trace')]).toEqual(['k', 'bad', 'abc'])
  const note = Object.fromEntries([...(letter?.headers ?? [])].map(([name, value]) => [name, new TextDecoder().decode(value ?? undefined)]))
  expect(note).toMatchObject({
    'kafkalite.dead.topic': 'orders',
    'kafkalite.dead.partition': '0',
    'kafkalite.dead.offset': '0',
    'kafkalite.dead.group': 'g',
    'kafkalite.dead.attempts': '6',
    'kafkalite.dead.error.name': 'TypeError',
    'kafkalite.dead.error.message': 'no such customer',
    'kafkalite.dead.error.stack': expect.stringContaining('no such customer'),
  })
  await fixture.broker.group('g').caughtUp()
  expect((await fixture.broker.group('g').lag()).total).toBe(0)
})

test('an UnrecoverableError and a value that cannot be decoded are not tried again', async () => {
  await using fixture = await openBroker()
  await fixture.topic.send([{ value: '{"n":1}' }, { value: 'no json' }, { value: '{"n":3}' }])
  const consumer = fixture.broker.consumer<{ n: number }>({
    topics: ['orders'],
    value: json<{ n: number }>(),
    groupId: 'g',
    from: 'earliest',
  })
  const dead: unknown[] = []
  let retries = 0
  consumer.on('deadLettered', (error, record) => dead.push([record.offset, (error as Error).name]))
  consumer.on('retry', () => retries++)
  await consumer.run((record) => {
    if (record.value?.n === 3) throw new UnrecoverableError('nothing to do')
  })
  await fixture.broker.group('g').caughtUp()
  expect(dead).toEqual([
    [1, 'KafkaliteError'],
    [2, 'UnrecoverableError'],
  ])
  expect(retries).toBe(0)
})

test('the offset counts as done only when the dead letter is acknowledged', async () => {
  await using fixture = await openBroker()
  await fixture.broker.topic('orders.dead', { maxMessageBytes: 100 })
  await fixture.send(1, 2)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const failed = nextEvent(consumer, 'error')
  await consumer.run((record) => {
    if (record.value === '1') throw new UnrecoverableError('bad')
  })
  expect(await failed).toEqual([expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' })])
  await consumer.commit()
  expect((await consumer.committed()).filter(({ offset }) => offset > 0)).toEqual([])
  const dead = await fixture.broker.topic('orders.dead')
  const buried = nextEvent(consumer, 'deadLettered')
  await dead.alter({ maxMessageBytes: 1_000_000 })
  consumer.on('error', () => undefined)
  await fixture.clock.advance('1 minute')
  await buried
  await fixture.broker.group('g').caughtUp()
  expect(await consumer.committed()).toEqual([expect.objectContaining({ offset: 2 })])
})

test("'skip' goes on without the record, and a function decides record by record", async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 4)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const collector = new Collector()
  await consumer.run(
    (record) => {
      if (Number(record.value) % 2 === 1) throw new Error('odd')
      collector.add(record)
    },
    { onError: { retries: 0, afterRetries: (_error, record) => (record.value === '1' ? 'skip' : 'deadLetter') } },
  )
  await fixture.broker.group('g').caughtUp()
  expect(collector.values).toEqual(['2', '4'])
  const dead = fixture.broker.consumer({ topics: ['orders.dead'], from: 'earliest' })
  expect(valuesOf(await dead.poll())).toEqual(['3'])
})

test("'stop' rejects done with the error, closes the consumer, and leaves the record to come again", async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 4)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const { done } = await consumer.run(
    (record) => {
      if (record.value === '3') throw new RangeError('three')
    },
    { onError: { retries: 0, afterRetries: 'stop' } },
  )
  await expect(done).rejects.toThrow(RangeError)
  await expect(consumer.poll()).rejects.toMatchObject({ code: 'CLOSED' })
  const next = fixture.topic.consumer({ groupId: 'g' })
  expect(valuesOf(await next.poll())).toEqual(['3', '4'])
})

test('a record in retry holds up records of its key and no others', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 6, (index) => (index % 2 === 1 ? 'odd' : 'even'))
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const collector = new Collector()
  await consumer.run(
    (record, { attempt }) => {
      if (record.value === '1' && attempt === 1) throw new Error('once')
      collector.add(record)
    },
    { onError: { backoff: [500] } },
  )
  await collector.reach(3)
  expect(collector.values).toEqual(['2', '4', '6'])
  await consumer.commit()
  expect((await consumer.committed()).filter(({ offset }) => offset > 0)).toEqual([])
  await fixture.clock.advance(500)
  expect(collector.values).toEqual(['2', '4', '6', '1', '3', '5'])
})

test('in strict order a record in retry holds up its whole partition, and only that', async () => {
  await using fixture = await openBroker(2)
  await fixture.send(0, 7)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const collector = new Collector()
  await consumer.run(
    (record, { attempt }) => {
      if (record.value === '1' && attempt === 1) throw new Error('once')
      collector.add(record)
    },
    { onError: { backoff: [500], strictOrder: true } },
  )
  await collector.reach(4)
  await fixture.clock.settle()
  expect(collector.values).toEqual(['0', '2', '4', '6'])
  await fixture.clock.advance(500)
  expect(collector.values.slice(4)).toEqual(['1', '3', '5', '7'])
})

test('a batch that failed is tried again as a whole', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 3)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const batches: unknown[][] = []
  await consumer.runBatch(
    (records, { attempt }) => {
      batches.push(valuesOf(records))
      if (attempt === 1) throw new Error('once')
    },
    { onError: { backoff: [100] } },
  )
  await fixture.clock.advance(100)
  expect(batches).toEqual([texts(1, 3), texts(1, 3)])
  await fixture.broker.group('g').caughtUp()
})

test('close() during a wait for a retry leaves the record to come again and no timer', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 2)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const retried = nextEvent(consumer, 'retry')
  await consumer.run(() => {
    throw new Error('always')
  })
  await retried
  await consumer.close()
  expect(fixture.clock.pending).toBe(0)
  const next = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  expect(valuesOf(await next.poll())).toEqual(texts(1, 2))
})

test('a listener that throws is an error event and stops nothing', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 1)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const told = nextEvent(consumer, 'error')
  consumer.on('retry', () => {
    throw new Error('a listener')
  })
  await consumer.run(
    (_record, { attempt }) => {
      if (attempt === 1) throw new Error('once')
    },
    { onError: { backoff: [10] } },
  )
  expect(await told).toEqual([expect.objectContaining({ code: 'INVALID_STATE' })])
  await fixture.clock.advance(10)
  await fixture.broker.group('g').caughtUp()
  expect((await fixture.broker.group('g').lag()).total).toBe(0)
})
