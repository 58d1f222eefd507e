// Members of a group: rebalances lose nothing, commits of who has lost a partition are refused, and a group seen from outside.
import { describe, expect, test } from 'vitest'
import type { Consumer } from '../../src/index.js'
import { Collector, gate, nextEvent, openBroker, texts, valuesOf } from './consumer-fixture.js'

const PLACE = { topic: 'orders', partition: 0 }

test('three members that come and go lose nothing, and give nothing twice that was committed', async () => {
  await using fixture = await openBroker(6)
  const collector = new Collector()
  const join = async (): Promise<Consumer<string, string>> => {
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
    await consumer.run(async (record) => {
      await undefined
      collector.add(record)
    })
    return consumer
  }
  const first = await join()
  await fixture.send(0, 49)
  const second = await join()
  await fixture.send(50, 99)
  const third = await join()
  await fixture.send(100, 149)
  await fixture.broker.group('g').ready({ members: 3 })
  expect([first, second, third].map((consumer) => consumer.assignment().length)).toEqual([2, 2, 2])
  await second.close()
  await fixture.send(150, 199)
  await first.close()
  await fixture.send(200, 249)
  await fixture.broker.group('g').caughtUp()
  expect([...collector.values].map(Number).sort((a, b) => a - b)).toEqual(texts(0, 249).map(Number))
})

test('a partition goes to another member only when the handler on it has ended, and what it did is committed', async () => {
  await using fixture = await openBroker(2)
  await fixture.topic.send({ value: 'slow', partition: 0 })
  await fixture.topic.send({ value: 'slow', partition: 1 })
  const slow = gate()
  const begun = new Collector()
  const first = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  await first.run(
    async (record) => {
      begun.add(record)
      await slow.opened
    },
    { concurrency: 2 },
  )
  await begun.reach(2)
  const second = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const collector = new Collector()
  const running = second.run(collector.add)
  await fixture.clock.settle()
  expect(second.assignment()).toEqual([])
  slow.open()
  await running
  expect(second.assignment()).toHaveLength(1)
  await fixture.broker.group('g').caughtUp()
  expect(collector.values).toEqual([])
})

test('with poll() what was handed out holds its partition until the next poll, and is not given twice', async () => {
  await using fixture = await openBroker(2)
  await fixture.send(0, 3)
  const first = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const seen = valuesOf(await first.poll())
  expect(seen).toHaveLength(4)
  const second = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const polled = second.poll({ timeoutMs: Infinity })
  await fixture.clock.settle()
  expect(second.assignment()).toEqual([])
  const revoked = nextEvent(first, 'revoked')
  await first.poll({ timeoutMs: 0 })
  expect(((await revoked)[0] as unknown[]).length).toBe(1)
  await fixture.broker.group('g').ready({ members: 2 })
  await fixture.send(4, 5)
  expect(valuesOf(await polled)).toHaveLength(1)
})

test('records of a partition that was revoked are dropped from the buffer', async () => {
  await using fixture = await openBroker(2)
  await fixture.send(0, 9)
  const first = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  await first.poll({ maxRecords: 1 })
  const second = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
  const collector = new Collector()
  const running = second.run(collector.add)
  await fixture.clock.settle()
  const seen: unknown[] = []
  const [kept] = [first.assignment()]
  for (let round = 0; round < 20; round++) for (const record of await first.poll({ timeoutMs: 0 })) seen.push(record.partition)
  await running
  await collector.reach(4)
  expect(kept).toHaveLength(1)
  expect(new Set(seen)).toEqual(new Set(kept?.map(({ partition }) => partition)))
})

describe('a handler that is slower than maxPollIntervalMs', () => {
  test('loses the partition: its signal is aborted, its commit is refused, and the consumer joins again', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 1)
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest', maxPollIntervalMs: 10_000 })
    const lost = nextEvent(consumer, 'lost')
    consumer.on('error', () => undefined)
    const begun = gate()
    const attempts: string[] = []
    const second = gate()
    await consumer.run(async (record, { signal }) => {
      attempts.push(record.value as string)
      if (attempts.length > 1) return second.open()
      begun.open()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      await expect(consumer.commit(record)).rejects.toMatchObject({ code: 'UNKNOWN_MEMBER_ID' })
    })
    await begun.opened
    await fixture.clock.advance(10_000)
    expect(await lost).toEqual([[PLACE]])
    await second.opened
    expect(attempts).toEqual(['1', '1'])
    await fixture.broker.group('g').caughtUp()
  })

  test('poll() joins again after it was away for too long, and a late commit is refused', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 3)
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest', maxPollIntervalMs: 10_000, autoCommit: false })
    consumer.on('error', () => undefined)
    const [record] = await consumer.poll({ maxRecords: 1 })
    const lost = nextEvent(consumer, 'lost')
    await fixture.clock.advance(10_000)
    await lost
    await expect(consumer.commit(record as never)).rejects.toMatchObject({ code: 'UNKNOWN_MEMBER_ID' })
    await expect(consumer.commit()).rejects.toMatchObject({ code: 'UNKNOWN_MEMBER_ID' })
    expect(valuesOf(await consumer.poll())).toEqual(texts(1, 3))
  })

  test('a member that waits for records stays a member', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer({ groupId: 'g', maxPollIntervalMs: 10_000 })
    const collector = new Collector()
    await consumer.run(collector.add)
    await fixture.clock.advance('1 hour')
    await fixture.send(1, 1)
    await collector.reach(1)
    expect((await fixture.broker.group('g').describe()).epoch).toBe(1)
  })
})

test('a commit for a partition that another member has is refused', async () => {
  await using fixture = await openBroker(2)
  await fixture.send(0, 1)
  const first = fixture.topic.consumer({ groupId: 'g', from: 'earliest', autoCommit: false })
  const records = await first.poll()
  const second = fixture.topic.consumer({ groupId: 'g', from: 'earliest', autoCommit: false })
  const running = second.run(() => undefined)
  await fixture.clock.settle()
  await first.poll({ timeoutMs: 0 })
  await running
  const [gone] = second.assignment()
  const late = records.find(({ partition }) => partition === gone?.partition)
  await expect(first.commit(late as never)).rejects.toMatchObject({ code: 'FENCED_MEMBER_EPOCH' })
})

test('a static member that comes back has the same partitions without a rebalance', async () => {
  await using fixture = await openBroker(4)
  const join = async (groupInstanceId: string): Promise<Consumer<string, string>> => {
    const consumer = fixture.topic.consumer({ groupId: 'g', groupInstanceId })
    await consumer.run(() => undefined)
    return consumer
  }
  const first = await join('one')
  await join('two')
  await fixture.broker.group('g').ready({ members: 2 })
  const before = first.assignment()
  await first.close()
  const { epoch } = await fixture.broker.group('g').describe()
  const again = await join('one')
  expect(again.assignment()).toEqual(before)
  expect((await fixture.broker.group('g').describe()).epoch).toBe(epoch)
  await expect(fixture.topic.consumer({ groupId: 'g', groupInstanceId: 'two' }).poll()).rejects.toMatchObject({
    code: 'UNRELEASED_INSTANCE_ID',
  })
})

describe('commit()', () => {
  test('takes a record, records, offsets, or nothing for the positions', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 10)
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest', autoCommit: false })
    const records = await consumer.poll()
    await consumer.commit(records[2] as never)
    expect(await consumer.committed()).toMatchObject([{ offset: 3 }])
    await consumer.commit(records.slice(0, 5))
    expect(await consumer.committed()).toMatchObject([{ offset: 5 }])
    await consumer.commit([{ ...PLACE, offset: 7, metadata: 'note' }])
    expect(await consumer.committed([PLACE])).toMatchObject([{ offset: 7, metadata: 'note' }])
    await consumer.commit()
    expect(await consumer.committed()).toMatchObject([{ offset: 10 }])
    await expect(consumer.commit([{ ...PLACE, offset: -1 }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('without autoCommit nothing is committed by itself', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 3)
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest', autoCommit: false })
    await consumer.poll()
    await consumer.poll({ timeoutMs: 0 })
    await consumer.close()
    expect(valuesOf(await fixture.topic.consumer({ groupId: 'g', from: 'earliest' }).poll())).toEqual(texts(1, 3))
  })
})

describe('a group seen from outside', () => {
  test('lag() counts from what is committed, and from the start where nothing is', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 10)
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest', autoCommit: false })
    await consumer.poll({ maxRecords: 4 })
    const group = fixture.broker.group('g')
    expect(await group.lag()).toEqual({ total: 10, partitions: [{ ...PLACE, committed: null, end: 10, lag: 10 }] })
    await consumer.commit()
    expect(await group.lag()).toEqual({ total: 6, partitions: [{ ...PLACE, committed: 4, end: 10, lag: 6 }] })
  })

  test('ready() and caughtUp() wait for what happens, and can be called off', async () => {
    await using fixture = await openBroker()
    const group = fixture.broker.group('g')
    const ready = group.ready({ members: 2 })
    const caughtUp = group.caughtUp()
    const controller = new AbortController()
    const called = group.ready({ members: 9, signal: controller.signal })
    await fixture.send(1, 5)
    const collector = new Collector()
    for (let index = 0; index < 2; index++) await fixture.topic.consumer({ groupId: 'g', from: 'earliest' }).run(collector.add)
    await ready
    await caughtUp
    expect(collector.values).toEqual(texts(1, 5))
    controller.abort(new Error('enough'))
    await expect(called).rejects.toThrow('enough')
    await expect(group.describe()).resolves.toMatchObject({ state: 'stable', members: [{}, {}] })
  })

  test('a wait ends when the broker closes', async () => {
    const fixture = await openBroker()
    const waiting = fixture.broker.group('g').ready()
    await fixture.clock.settle()
    const refused = expect(waiting).rejects.toMatchObject({ code: 'CLOSED' })
    await fixture.broker.close()
    await refused
  })

  test('reset() moves the place within the partitions, and is refused while there are members', async () => {
    await using fixture = await openBroker()
    const start = fixture.clock.now()
    for (let index = 1; index <= 5; index++) {
      await fixture.send(index, index)
      await fixture.clock.advance(1000)
    }
    const group = fixture.broker.group('g')
    const committed = async (): Promise<number | null | undefined> => (await group.lag()).partitions[0]?.committed
    await group.reset([{ ...PLACE, offset: 99 }])
    expect(await committed()).toBe(5)
    await group.reset({ shiftBy: -2 })
    expect(await committed()).toBe(3)
    await group.reset({ shiftBy: -20 })
    expect(await committed()).toBe(0)
    await group.reset(new Date(start + 2000))
    expect(await committed()).toBe(2)
    await group.reset({ agoMs: 1000 })
    expect(await committed()).toBe(4)
    await group.reset({ offset: 1 }, { topics: ['orders'] })
    expect(await committed()).toBe(1)
    await group.reset('latest')
    expect(await committed()).toBe(5)
    await group.reset('earliest')
    expect(await committed()).toBe(0)
    const consumer = fixture.topic.consumer({ groupId: 'g' })
    expect(valuesOf(await consumer.poll())).toEqual(texts(1, 5))
    await expect(group.reset('latest')).rejects.toMatchObject({ code: 'NON_EMPTY_GROUP' })
    await expect(group.delete()).rejects.toMatchObject({ code: 'NON_EMPTY_GROUP' })
    await consumer.close()
    await group.delete()
    await expect(group.describe()).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' })
  })
})
