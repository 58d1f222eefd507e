// run() and runBatch(): readiness, what is done and committed, concurrency, and how a run ends.
import { describe, expect, test } from 'vitest'
import { Collector, gate, nextEvent, openBroker, texts } from './consumer-fixture.js'

const PLACE = { topic: 'orders', partition: 0 }

test('run() resolves when the member has its partitions, and what is sent from then on is seen', async () => {
  await using fixture = await openBroker(2)
  await fixture.send(0, 3)
  const consumer = fixture.topic.consumer({ groupId: 'g' })
  const collector = new Collector()
  await consumer.run(collector.add)
  expect(consumer.assignment()).toHaveLength(2)
  await fixture.send(4, 9)
  await collector.reach(6)
  expect(collector.values.sort()).toEqual(texts(4, 9))
})

test('a start at the latest is kept for the next member, so nothing that is sent in between is skipped', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 3)
  const first = fixture.topic.consumer({ groupId: 'g', autoCommit: false })
  await first.run(() => undefined)
  await first.close()
  await fixture.send(4, 6)
  const collector = new Collector()
  await fixture.topic.consumer({ groupId: 'g' }).run(collector.add)
  await collector.reach(3)
  expect(collector.values).toEqual(texts(4, 6))
})

test('what is done is committed at the interval, and there is no timer when nothing is to be committed', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 3)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest', maxPollIntervalMs: 3_600_000 })
  const caughtUp = nextEvent(consumer, 'caughtUp')
  await consumer.run(() => undefined)
  await caughtUp
  expect(await consumer.committed()).toEqual([])
  await fixture.clock.advance(4999)
  expect(await consumer.committed()).toEqual([])
  const timers = fixture.clock.pending
  await fixture.clock.advance(1)
  expect(await consumer.committed()).toEqual([expect.objectContaining({ ...PLACE, offset: 3 })])
  expect(fixture.clock.pending).toBe(timers - 1)
})

test('with one handler at a time records come one after the other', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 5)
  let running = 0
  let most = 0
  const collector = new Collector()
  await fixture.topic.consumer({ groupId: 'g', from: 'earliest' }).run(async (record) => {
    most = Math.max(most, ++running)
    await undefined
    running--
    collector.add(record)
  })
  await collector.reach(5)
  expect(collector.values).toEqual(texts(1, 5))
  expect(most).toBe(1)
})

test('with concurrency so many handlers run at once, and the offset waits for the slowest', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 6)
  const slow = gate()
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const collector = new Collector()
  await consumer.run(
    async (record) => {
      if (record.value === '2') await slow.opened
      collector.add(record)
    },
    { concurrency: 3 },
  )
  await collector.reach(5)
  await consumer.commit()
  expect(await consumer.committed()).toEqual([expect.objectContaining({ offset: 1 })])
  slow.open()
  await fixture.broker.group('g').caughtUp()
  expect(await consumer.committed()).toEqual([expect.objectContaining({ offset: 6 })])
})

describe('close()', () => {
  test('aborts the signal of a running handler, waits for it and commits what it did', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 2)
    const begun = gate()
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
    const run = await consumer.run(async (_record, { signal }) => {
      begun.open()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    })
    await begun.opened
    await consumer.close()
    await run.done
    expect((await fixture.broker.group('g').lag()).partitions).toMatchObject([{ committed: 1 }])
    expect(fixture.clock.pending).toBe(0)
  })

  test('called by a handler does not wait for that handler, whose record is committed', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 3)
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
    const seen: unknown[] = []
    const { done } = await consumer.run(async (record) => {
      seen.push(record.value)
      await consumer.close()
    })
    await done
    expect(seen).toEqual(['1'])
    expect((await fixture.broker.group('g').lag()).partitions).toMatchObject([{ committed: 1 }])
  })

  test('gives up waiting for a handler that never returns when its signal is aborted, and leaves the record uncommitted', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 2)
    const second = gate()
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
    await consumer.run((record) => {
      if (record.value === '1') return undefined
      second.open()
      return new Promise(() => undefined)
    })
    await second.opened
    const controller = new AbortController()
    const closed = consumer.close({ signal: controller.signal })
    controller.abort()
    await closed
    expect((await fixture.broker.group('g').lag()).partitions).toMatchObject([{ committed: 1 }])
  })

  test('is idempotent and leaves the group', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer({ groupId: 'g' })
    const { done } = await consumer.run(() => undefined)
    const revoked = nextEvent(consumer, 'revoked')
    await Promise.all([consumer.close(), consumer.close()])
    await consumer.close()
    await done
    expect(await revoked).toEqual([[PLACE]])
    expect((await fixture.broker.group('g').describe()).members).toEqual([])
  })
})

test('pause() inside a handler holds after this record, and resume() goes on with the next', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 4)
  const consumer = fixture.topic.consumer({ from: 'earliest' })
  const collector = new Collector()
  await consumer.run((record) => {
    collector.add(record)
    if (record.value === '2') consumer.pause()
  })
  await collector.reach(2)
  await fixture.clock.settle()
  expect(collector.values).toEqual(texts(1, 2))
  expect(consumer.position(PLACE)).toBe(2)
  consumer.resume()
  await collector.reach(4)
  expect(collector.values).toEqual(texts(1, 4))
})

test('seek() inside a handler goes on from there', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 3)
  const consumer = fixture.topic.consumer({ from: 'earliest' })
  const collector = new Collector()
  let again = true
  await consumer.run(async (record) => {
    collector.add(record)
    if (record.value !== '3' || !again) return
    again = false
    await consumer.seek(PLACE, 1)
  })
  await collector.reach(5)
  expect(collector.values).toEqual(['1', '2', '3', '2', '3'])
})

test('runBatch() gives at most maxPollRecords of one partition, and commits whole batches', async () => {
  await using fixture = await openBroker(2)
  await fixture.send(0, 19)
  const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest', maxPollRecords: 4 })
  const batches: { partitions: number; count: number }[] = []
  const collector = new Collector()
  await consumer.runBatch(
    async (records) => {
      batches.push({ partitions: new Set(records.map(({ partition }) => partition)).size, count: records.length })
      await undefined
      for (const record of records) collector.add(record)
    },
    { concurrency: 2 },
  )
  await collector.reach(20)
  expect(batches.every(({ partitions, count }) => partitions === 1 && count <= 4)).toBe(true)
  await fixture.broker.group('g').caughtUp()
  expect((await fixture.broker.group('g').lag()).total).toBe(0)
})

test('a handler without waits lets timers and input have their turn', async () => {
  await using fixture = await openBroker()
  const producer = fixture.broker.producer()
  for (let index = 0; index < 200_000; index++) producer.write(fixture.topic, { value: 'x' })
  await producer.flush()
  const consumer = fixture.topic.consumer({ from: 'earliest' })
  let seen = 0
  let seenAtTurn = -1
  const all = gate()
  await consumer.run(() => {
    if (seen === 0) setImmediate(() => (seenAtTurn = seen))
    if (++seen === 200_000) all.open()
  })
  await all.opened
  await new Promise<void>((resolve) => setImmediate(resolve))
  expect(seenAtTurn).toBeGreaterThan(0)
  expect(seenAtTurn).toBeLessThan(200_000)
})

test('broker.idle() waits for handlers', async () => {
  await using fixture = await openBroker()
  const slow = gate()
  const begun = gate()
  let finished = false
  await fixture.topic.consumer({ groupId: 'g', from: 'earliest' }).run(async () => {
    begun.open()
    await slow.opened
    finished = true
  })
  await fixture.send(1, 1)
  await begun.opened
  const idle = fixture.broker.idle()
  slow.open()
  await idle
  expect(finished).toBe(true)
})
