// Reading by poll() and by iteration: what comes, from where, what counts as done, and how it ends.
import { describe, expect, test } from 'vitest'
import { type ConsumerOptions, KafkaliteError } from '../../src/index.js'
import { gate, nextEvent, openBroker, texts, valuesOf } from './consumer-fixture.js'

const PLACE = { topic: 'orders', partition: 0 }

describe('options', () => {
  test('an unknown option is refused at once and the legal ones are listed', async () => {
    await using fixture = await openBroker()
    const wrong = { groupID: 'billing' } as unknown as ConsumerOptions
    expect(() => fixture.broker.consumer(wrong)).toThrow(/no option "groupID".*groupId.*maxPollRecords/)
  })

  test.each([
    [{ groupId: '' }, /groupId.*a string that is not empty/],
    [{ groupId: 'a', maxPollRecords: 0 }, /maxPollRecords/],
    [{ from: 'newest' }, /'earliest', 'latest', a Date/],
    [{ from: { agoMs: -1 } }, /'earliest', 'latest', a Date/],
    [{ topics: 'orders' }, /topics.*a list of topics or names/],
    [{ topics: [7] }, /one entry is 7/],
    [{ autoCommit: true }, /go with a groupId/],
    [{ isolation: 'serializable' }, /read_uncommitted/],
  ])('%o is refused', async (options, message) => {
    await using fixture = await openBroker()
    expect(() => fixture.broker.consumer(options as ConsumerOptions)).toThrow(message)
  })

  test('poll(), run() and seek() refuse what they do not take', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer({ from: 'earliest' })
    await expect(consumer.poll({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(consumer.run(undefined as unknown as () => void)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(consumer.run(() => undefined, { concurrency: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(consumer.seek(PLACE, -1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(consumer.seek({ topic: 'other', partition: 0 }, 0)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await expect(consumer.commit()).rejects.toMatchObject({ code: 'INVALID_GROUP_ID' })
  })
})

describe('poll()', () => {
  test('gives what is there, at most maxRecords, and goes on behind it', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 10)
    const consumer = fixture.topic.consumer({ from: 'earliest' })
    expect(valuesOf(await consumer.poll({ maxRecords: 4 }))).toEqual(texts(1, 4))
    expect(consumer.position(PLACE)).toBe(4)
    expect(await consumer.lag()).toBe(6)
    expect(valuesOf(await consumer.poll())).toEqual(texts(5, 10))
    expect(await consumer.lag()).toBe(0)
  })

  test('waits for the first record', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer()
    const polled = consumer.poll()
    await nextEvent(consumer, 'caughtUp')
    await fixture.send(1, 1)
    expect(valuesOf(await polled)).toEqual(['1'])
  })

  test('ends with nothing after timeoutMs and leaves no timer', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer()
    const polled = consumer.poll({ timeoutMs: 250 })
    await fixture.clock.advance(249)
    let ended = false
    void polled.then(() => {
      ended = true
    })
    await fixture.clock.settle()
    expect(ended).toBe(false)
    await fixture.clock.advance(1)
    expect(await polled).toEqual([])
    await consumer.close()
    expect(fixture.clock.pending).toBe(0)
  })

  test('rejects with the reason of an aborted signal', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer()
    const controller = new AbortController()
    const polled = consumer.poll({ timeoutMs: Infinity, signal: controller.signal })
    await nextEvent(consumer, 'caughtUp')
    controller.abort(new Error('enough'))
    await expect(polled).rejects.toThrow('enough')
    await fixture.send(1, 2)
    expect(valuesOf(await consumer.poll())).toEqual(texts(1, 2))
  })

  test('a second way of reading fails at once', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer({ from: 'earliest' })
    await consumer.poll({ timeoutMs: 0 })
    await expect(consumer.run(() => undefined)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    expect(() => consumer[Symbol.asyncIterator]()).toThrow(KafkaliteError)
  })

  test('partitions take turns', async () => {
    await using fixture = await openBroker(2)
    await fixture.send(0, 19)
    const consumer = fixture.topic.consumer({ from: 'earliest' })
    await consumer.subscribe([fixture.topic])
    const partitions = new Set<number>()
    for (let i = 0; i < 2; i++) for (const { partition } of await consumer.poll({ maxRecords: 5 })) partitions.add(partition)
    expect([...partitions].sort()).toEqual([0, 1])
  })

  test('close() ends a waiting poll with nothing', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer()
    const polled = consumer.poll({ timeoutMs: Infinity })
    await nextEvent(consumer, 'caughtUp')
    await consumer.close()
    expect(await polled).toEqual([])
    await expect(consumer.poll()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('where reading begins', () => {
  test('without a word at the latest, and what is sent after subscribe() is seen', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 3)
    const consumer = fixture.broker.consumer()
    await consumer.subscribe(['orders'])
    await fixture.send(4, 5)
    expect(valuesOf(await consumer.poll())).toEqual(texts(4, 5))
  })

  test('at a moment, so many milliseconds back, or at an offset', async () => {
    await using fixture = await openBroker()
    const start = fixture.clock.now()
    for (let index = 1; index <= 5; index++) {
      await fixture.send(index, index)
      await fixture.clock.advance(1000)
    }
    const read = async (from: ConsumerOptions['from']): Promise<unknown[]> => {
      const consumer = fixture.topic.consumer({ from })
      const values = valuesOf(await consumer.poll({ timeoutMs: 0 }))
      await consumer.close()
      return values
    }
    expect(await read(new Date(start + 3000))).toEqual(texts(4, 5))
    expect(await read({ agoMs: 2000 })).toEqual(texts(4, 5))
    expect(await read({ offset: 3 })).toEqual(texts(4, 5))
    expect(await read({ offset: 99 })).toEqual([])
    expect(await read(new Date(start + 60_000))).toEqual([])
    expect(await read('earliest')).toEqual(texts(1, 5))
  })

  test('seek() goes to an offset and to a moment', async () => {
    await using fixture = await openBroker()
    const start = fixture.clock.now()
    for (let index = 1; index <= 5; index++) {
      await fixture.send(index, index)
      await fixture.clock.advance(1000)
    }
    const consumer = fixture.topic.consumer()
    await consumer.seek(PLACE, 1)
    expect(valuesOf(await consumer.poll())).toEqual(texts(2, 5))
    await consumer.seek(PLACE, new Date(start + 2500))
    expect(valuesOf(await consumer.poll())).toEqual(texts(4, 5))
    await consumer.seek(PLACE, 'earliest')
    expect(valuesOf(await consumer.poll({ maxRecords: 1 }))).toEqual(['1'])
  })

  test('an offset that is no longer there is reset as from says, with an error event', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 10)
    const consumer = fixture.topic.consumer({ from: 'earliest' })
    const told = nextEvent(consumer, 'error')
    expect(valuesOf(await consumer.poll({ maxRecords: 1 }))).toEqual(['1'])
    await fixture.topic.partition(0).deleteRecords(6)
    await consumer.seek(PLACE, 2)
    expect(valuesOf(await consumer.poll())).toEqual(texts(7, 10))
    expect(await told).toEqual([expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE' })])
  })
})

test('pause() keeps the position, and resume() goes on there', async () => {
  await using fixture = await openBroker()
  await fixture.send(1, 6)
  const consumer = fixture.topic.consumer({ from: 'earliest' })
  expect(valuesOf(await consumer.poll({ maxRecords: 2 }))).toEqual(texts(1, 2))
  consumer.pause()
  expect(await consumer.poll({ timeoutMs: 0 })).toEqual([])
  expect(consumer.position(PLACE)).toBe(2)
  consumer.resume()
  expect(valuesOf(await consumer.poll())).toEqual(texts(3, 6))
})

describe('iteration', () => {
  test('a record is done when the next is asked for, so the one in hand when the loop is left comes again', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 5)
    const seen: unknown[] = []
    for await (const record of fixture.topic.consumer({ groupId: 'g', from: 'earliest' })) {
      seen.push(record.value)
      if (seen.length === 3) break
    }
    for await (const record of fixture.topic.consumer({ groupId: 'g' })) {
      seen.push(record.value)
      if (record.value === '5') break
    }
    expect(seen).toEqual(['1', '2', '3', '3', '4', '5'])
    expect(fixture.clock.pending).toBe(0)
  })

  test('a loop that throws closes the consumer', async () => {
    await using fixture = await openBroker()
    await fixture.send(1, 2)
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
    const loop = async (): Promise<void> => {
      for await (const record of consumer) throw new Error(`no use for ${record.value}`)
    }
    await expect(loop()).rejects.toThrow('no use for 1')
    await expect(consumer.poll()).rejects.toMatchObject({ code: 'CLOSED' })
    expect((await fixture.broker.group('g').lag()).partitions).toEqual([])
  })

  test('waits for records, and close() from outside ends the loop', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer({ groupId: 'g', from: 'earliest' })
    const seen: unknown[] = []
    const first = gate()
    const loop = (async () => {
      for await (const record of consumer) {
        seen.push(record.value)
        first.open()
      }
    })()
    await nextEvent(consumer, 'caughtUp')
    await fixture.send(1, 1)
    await first.opened
    await consumer.close()
    await loop
    expect(seen).toEqual(['1'])
  })

  test('a second iteration is refused', async () => {
    await using fixture = await openBroker()
    const consumer = fixture.topic.consumer()
    consumer[Symbol.asyncIterator]()
    expect(() => consumer[Symbol.asyncIterator]()).toThrow(/second iteration/)
  })
})

test('broker.close() ends a loop that waits', async () => {
  const fixture = await openBroker()
  const consumer = fixture.topic.consumer({ groupId: 'g' })
  const loop = (async () => {
    for await (const record of consumer) expect(record).toBeUndefined()
  })()
  await nextEvent(consumer, 'caughtUp')
  await fixture.broker.close()
  await loop
  expect(fixture.clock.pending).toBe(0)
})
