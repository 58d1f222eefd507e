// Transactions as users see them, in one process: all or nothing, for records and offsets, whoever reads and however.
import { afterEach, describe, expect, test } from 'vitest'
import { Broker, type BrokerOptions, type Consumer, FileStorage, type Isolation, MemoryStorage } from '../../src/index.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { crashCopy, newFolder } from '../storage/data-folder.js'

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

/** All that a reader of that isolation finds, by polling; nothing is left behind then. */
async function valuesOf(broker: Broker, topic: string, isolation: Isolation = 'read_committed'): Promise<string[]> {
  const consumer = broker.consumer({ topics: [topic], from: 'earliest', isolation })
  const values = await pollAll(consumer)
  expect(await consumer.lag()).toBe(0)
  await consumer.close()
  return values
}

async function pollAll(consumer: Consumer<unknown, string>): Promise<string[]> {
  const values: string[] = []
  for (;;) {
    const records = await consumer.poll({ timeoutMs: 0 })
    if (records.length === 0) return values
    values.push(...records.map(({ value }) => String(value)))
  }
}

const no = new Error('no')

describe('a transaction', () => {
  test('makes its records visible together when it is committed', async () => {
    const broker = await openBroker()
    await broker.topic('a', { partitions: 2 })
    await broker.topic('b')
    const producer = broker.producer()
    const answer = await producer.transaction(async (tx) => {
      await tx.send('a', { value: '1', partition: 0 })
      await tx.send('a', [{ value: '2', partition: 1 }])
      void tx.send('b', { value: '3' })
      expect(await valuesOf(broker, 'a')).toEqual([])
      expect(await valuesOf(broker, 'a', 'read_uncommitted')).toEqual(['1', '2'])
      return 'done'
    })
    expect(answer).toBe('done')
    expect(await valuesOf(broker, 'a')).toEqual(['1', '2'])
    expect(await valuesOf(broker, 'b')).toEqual(['3'])
  })

  test('leaves nothing for readers of committed records when its function throws', async () => {
    const broker = await openBroker()
    const producer = broker.producer()
    const failed = producer.transaction(async (tx) => {
      await tx.send('a', { value: '1' })
      throw no
    })
    await expect(failed).rejects.toBe(no)
    await producer.transaction((tx) => void tx.send('a', { value: '2' }))
    expect(await valuesOf(broker, 'a')).toEqual(['2'])
    expect(await valuesOf(broker, 'a', 'read_uncommitted')).toEqual(['1', '2'])
  })

  test('that sent nothing writes nothing', async () => {
    const broker = await openBroker()
    await broker.topic('a')
    expect(await broker.producer().transaction(() => 5)).toBe(5)
    expect((await broker.topic('a')).partitions[0] && (await (await broker.topic('a')).partition(0).endOffset())).toBe(0)
  })

  test('is aborted when one of its records cannot be sent, also when nobody waits for it', async () => {
    const broker = await openBroker()
    await broker.topic('a')
    const producer = broker.producer()
    const failed = producer.transaction(async (tx) => {
      await tx.send('a', { value: '1' })
      void tx.send('a', { value: '2', partition: 9 })
    })
    await expect(failed).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    expect(await valuesOf(broker, 'a')).toEqual([])
    expect(await broker.transactions()).toEqual([])
  })

  test('is shown while it is open, with its age and its partitions', async () => {
    const broker = await openBroker()
    await broker.topic('a', { partitions: 2 })
    const producer = broker.producer({ transactionalId: 'transfers', transactionTimeoutMs: 5000 })
    await producer.transaction(async (tx) => {
      await tx.send('a', { value: '1', partition: 1 })
      await broker.time.advance(1000)
      const [shown] = await broker.transactions()
      expect(shown).toMatchObject({ transactionalId: 'transfers', producerEpoch: 0, state: 'ongoing', ageMs: 1000, timeoutMs: 5000 })
      expect(shown?.partitions).toEqual([{ topic: 'a', partition: 1 }])
      const partition = (await broker.topic('a')).partition(1)
      expect(await partition.endOffset({ isolation: 'read_committed' })).toBe(0)
      expect(await partition.endOffset()).toBe(1)
    })
    expect(await broker.transactions()).toMatchObject([{ state: 'completeCommit', ageMs: 0, partitions: [], producerEpoch: 1 }])
  })

  test('that takes too long is aborted, its function is left behind, and the producer goes on', async () => {
    const broker = await openBroker()
    const producer = broker.producer({ transactionTimeoutMs: 1000 })
    let late: unknown
    let goOn = (): void => undefined
    const running = producer.transaction(async (tx) => {
      await tx.send('a', { value: '1' })
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      late = await tx.send('a', { value: '2' }).catch((error: unknown) => error)
    })
    const failed = expect(running).rejects.toMatchObject({ code: 'PRODUCER_FENCED' })
    await broker.time.advance(1000)
    await failed
    goOn()
    await broker.time.settle()
    expect(late).toMatchObject({ code: 'INVALID_TXN_STATE' })
    await producer.transaction((tx) => tx.send('a', { value: '3' }))
    expect(await valuesOf(broker, 'a')).toEqual(['3'])
  })

  test('fences the producer of the same transactional id before it, whose transaction is aborted', async () => {
    const broker = await openBroker()
    const zombie = broker.producer({ transactionalId: 'x' })
    const failed = zombie.transaction(async (tx) => {
      await tx.send('a', { value: 'zombie' })
      await broker.producer({ transactionalId: 'x' }).transaction((heir) => heir.send('a', { value: 'heir' }))
      await tx.send('a', { value: 'again' })
    })
    await expect(failed).rejects.toMatchObject({ code: 'INVALID_PRODUCER_EPOCH' })
    await expect(zombie.transaction((tx) => tx.send('a', { value: 'more' }))).rejects.toMatchObject({ code: 'PRODUCER_FENCED' })
    expect(await valuesOf(broker, 'a')).toEqual(['heir'])
  })

  test('is aborted by its signal, by closing its producer and by closing the broker', async () => {
    const broker = await openBroker()
    const controller = new AbortController()
    const producer = broker.producer()
    const never = new Promise<void>(() => undefined)
    const first = producer.transaction(
      async (tx) => {
        await tx.send('a', { value: '1' })
        controller.abort(no)
        await never
      },
      { signal: controller.signal },
    )
    await expect(first).rejects.toBe(no)
    const second = producer.transaction(async (tx) => {
      await tx.send('a', { value: '2' })
      void producer.close()
      await never
    })
    await expect(second).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await valuesOf(broker, 'a')).toEqual([])
    await expect(producer.transaction(() => 1)).rejects.toMatchObject({ code: 'CLOSED' })
    const third = broker.producer().transaction(async (tx) => {
      await tx.send('a', { value: '3' })
      void broker.close()
      await never
    })
    await expect(third).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('bad input', () => {
  test('one transaction in another, and two at a time, are refused', async () => {
    const broker = await openBroker()
    const producer = broker.producer()
    await producer.transaction(async (tx) => {
      await expect(producer.transaction(() => 1)).rejects.toMatchObject({ code: 'INVALID_TXN_STATE' })
      await tx.send('a', { value: '1' })
    })
    expect(await valuesOf(broker, 'a')).toEqual(['1'])
  })

  test('a send outside while a transaction is open, and any with a transactionalId, are refused', async () => {
    const broker = await openBroker()
    const producer = broker.producer()
    await producer.transaction(async () => {
      await expect(producer.send('a', { value: 'x' })).rejects.toMatchObject({ code: 'INVALID_TXN_STATE' })
      expect(() => producer.write('a', { value: 'x' })).toThrowError(expect.objectContaining({ code: 'INVALID_TXN_STATE' }))
    })
    await producer.send('a', { value: 'after' })
    const named = broker.producer({ transactionalId: 'x' })
    await expect(named.send('a', { value: 'x' })).rejects.toMatchObject({ code: 'INVALID_TXN_STATE' })
    expect(await valuesOf(broker, 'a')).toEqual(['after'])
  })

  test('use after the end is refused', async () => {
    const broker = await openBroker()
    const consumer = broker.consumer({ topics: ['a'], groupId: 'g', autoCommit: false })
    let kept: Parameters<Parameters<ReturnType<Broker['producer']>['transaction']>[0]>[0] | undefined
    await broker.producer().transaction((tx) => {
      kept = tx
    })
    await expect(kept?.send('a', { value: 'x' })).rejects.toMatchObject({ code: 'INVALID_TXN_STATE' })
    expect(() => kept?.commitOffsets(consumer)).toThrowError(expect.objectContaining({ code: 'INVALID_TXN_STATE' }))
  })

  test('a topic or a consumer of another broker, one without a group and one that commits by itself are refused', async () => {
    const broker = await openBroker()
    const other = await openBroker()
    const foreign = await other.topic('a')
    await broker.topic('a')
    const producer = broker.producer()
    await expect(producer.transaction((tx) => tx.send(foreign, { value: 'x' }))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const options = { topics: ['a'], groupId: 'g' }
    const consumers = [
      other.consumer({ ...options, autoCommit: false }),
      broker.consumer({ topics: ['a'] }),
      broker.consumer(options),
      broker.consumer({ ...options, autoCommit: true }),
    ]
    const codes: unknown[] = []
    for (const consumer of consumers) {
      codes.push(await producer.transaction((tx) => tx.commitOffsets(consumer)).catch((error: { code: string }) => error.code))
    }
    expect(codes).toEqual(['INVALID_ARGUMENT', 'INVALID_GROUP_ID', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'])
    expect(await valuesOf(broker, 'a')).toEqual([])
  })

  test('more than transactionMaxBytes is refused as a whole', async () => {
    const broker = await openBroker()
    const producer = broker.producer({ transactionMaxBytes: 10_000 })
    const failed = producer.transaction(async (tx) => {
      for (let i = 0; i < 20; i++) await tx.send('a', { value: 'x'.repeat(1000) })
    })
    await expect(failed).rejects.toMatchObject({ code: 'TRANSACTION_TOO_LARGE' })
    expect(await valuesOf(broker, 'a')).toEqual([])
    await producer.transaction((tx) => tx.send('a', { value: 'small' }))
    expect(await valuesOf(broker, 'a')).toEqual(['small'])
  })

  test('wrong arguments are refused at once', async () => {
    const broker = await openBroker()
    const producer = broker.producer()
    await expect(producer.transaction('work' as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(producer.transaction((tx) => tx.commitOffsets('me' as never))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(() => broker.producer({ transactionTimeoutMs: 900_001 })).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => broker.producer({ transactionalId: '' })).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

describe('offsets in a transaction', () => {
  test('are committed with its records, and only then', async () => {
    const broker = await openBroker()
    const input = await broker.topic('in')
    for (const value of ['1', '2', '3']) await input.send({ value })
    const consumer = broker.consumer({ topics: ['in'], groupId: 'g', autoCommit: false, from: 'earliest' })
    const producer = broker.producer({ transactionalId: 'copy' })
    const records = await consumer.poll()
    const failed = producer.transaction(async (tx) => {
      for (const { value } of records) await tx.send('out', { value: `${value}!` })
      tx.commitOffsets(consumer)
      throw no
    })
    await expect(failed).rejects.toBe(no)
    expect(await consumer.committed()).toEqual([])
    await producer.transaction(async (tx) => {
      for (const { value } of records) await tx.send('out', { value: `${value}?` })
      tx.commitOffsets(consumer, records[1] as (typeof records)[number])
    })
    expect(await consumer.committed()).toMatchObject([{ topic: 'in', partition: 0, offset: 2 }])
    expect(await valuesOf(broker, 'out')).toEqual(['1?', '2?', '3?'])
    await producer.transaction((tx) => tx.commitOffsets(consumer))
    expect(await consumer.committed()).toMatchObject([{ offset: 3 }])
    expect((await broker.group('g').lag()).total).toBe(0)
  })

  test('of partitions that went to another member are refused, with everything else', async () => {
    const broker = await openBroker()
    const input = await broker.topic('in')
    await input.send({ value: '1' })
    const options = { topics: ['in'], groupId: 'g', autoCommit: false, from: 'earliest', maxPollIntervalMs: 1000 } as const
    const slow = broker.consumer(options)
    await slow.poll()
    const fast = broker.consumer(options)
    const failed = broker.producer().transaction(async (tx) => {
      await tx.send('out', { value: 'slow' })
      tx.commitOffsets(slow)
      await broker.time.advance(2000)
      expect(await pollAll(fast)).toEqual(['1'])
    })
    await expect(failed).rejects.toMatchObject({ code: expect.stringMatching(/UNKNOWN_MEMBER_ID|FENCED_MEMBER_EPOCH/) })
    await broker.producer().transaction(async (tx) => {
      await tx.send('out', { value: 'fast' })
      tx.commitOffsets(fast)
    })
    expect(await valuesOf(broker, 'out')).toEqual(['fast'])
  })

  test('go with each record under run(), and under for await', async () => {
    const broker = await openBroker()
    const input = await broker.topic('in', { partitions: 2 })
    for (let i = 0; i < 6; i++) await input.send({ value: String(i), partition: i % 2 })
    const producer = broker.producer({ transactionalId: 'copy' })
    const consumer = broker.consumer({ topics: ['in'], groupId: 'g', autoCommit: false, from: 'earliest' })
    let failures = 2
    await consumer.run(
      (record) =>
        producer.transaction(async (tx) => {
          await tx.send('out', { value: record.value as string })
          tx.commitOffsets(consumer, record)
          if (failures-- > 0) throw no
        }),
      { onError: { strictOrder: true, backoff: [0] } },
    )
    const settled = broker.group('g').caughtUp()
    await broker.time.advance(1000)
    await settled
    await consumer.close()
    expect((await valuesOf(broker, 'out')).sort()).toEqual(['0', '1', '2', '3', '4', '5'])
    const again = broker.consumer({ topics: ['out'], groupId: 'h', autoCommit: false, from: 'earliest', isolation: 'read_committed' })
    const seen: string[] = []
    for await (const record of again) {
      seen.push(String(record.value))
      await producer.transaction((tx) => tx.commitOffsets(again, record))
      if (seen.length === 6) break
    }
    await broker.group('h').caughtUp()
    expect(await pollAll(broker.consumer({ topics: ['out'], groupId: 'h' }))).toEqual([])
  })

  test('never pass a record that is still in work', async () => {
    const broker = await openBroker()
    const input = await broker.topic('in')
    await input.send([{ value: '1' }, { value: '2' }])
    const producer = broker.producer()
    const consumer = broker.consumer({ topics: ['in'], groupId: 'g', autoCommit: false, from: 'earliest' })
    const codes: string[] = []
    let first = (): void => undefined
    const { done } = await consumer.run(
      async (record) => {
        if (record.value === '1') return new Promise<void>((resolve) => (first = resolve))
        await producer.transaction((tx) => tx.commitOffsets(consumer, record)).catch((error: { code: string }) => codes.push(error.code))
        first()
        void consumer.close()
      },
      { concurrency: 2 },
    )
    await done
    expect(codes).toEqual(['INVALID_STATE'])
    expect(await broker.group('g').lag()).toMatchObject({ total: 0, partitions: [] })
  })
})

describe('readers of committed records', () => {
  test('see the same by poll, run, for await and read(), and move over what is hidden', async () => {
    const broker = await openBroker()
    const topic = await broker.topic('a')
    const producer = broker.producer()
    for (let i = 0; i < 10; i++) {
      await producer
        .transaction(async (tx) => {
          await tx.send('a', [{ value: `${i}a` }, { value: `${i}b` }])
          if (i % 2 === 1) throw no
        })
        .catch(() => undefined)
    }
    const expected = [0, 2, 4, 6, 8].flatMap((i) => [`${i}a`, `${i}b`])
    expect(await valuesOf(broker, 'a')).toEqual(expected)
    const read: string[] = []
    for await (const { value } of topic.read({ to: 'end', isolation: 'read_committed' })) read.push(value as string)
    expect(read).toEqual(expected)
    const uncommitted: string[] = []
    for await (const { value } of topic.read({ to: 'end' })) uncommitted.push(value as string)
    expect(uncommitted).toHaveLength(20)
    const pushed: string[] = []
    const consumer = topic.consumer({ groupId: 'g', from: 'earliest', isolation: 'read_committed' })
    await consumer.run(({ value }) => void pushed.push(value as string))
    await broker.group('g').caughtUp()
    expect(pushed).toEqual(expected)
    await consumer.close()
  })

  test("begin at 'latest' where an open transaction begins", async () => {
    const broker = await openBroker()
    const topic = await broker.topic('a')
    await topic.send({ value: 'before' })
    await broker.producer().transaction(async (tx) => {
      await tx.send('a', { value: 'inside' })
      const consumer = topic.consumer({ isolation: 'read_committed' })
      expect(await consumer.poll({ timeoutMs: 0 })).toEqual([])
      expect(await consumer.lag()).toBe(0)
      await topic.send({ value: 'after' })
      void broker.idle().then(async () => consumer.close())
      expect(await consumer.poll({ timeoutMs: 0 })).toEqual([])
    })
  })
})

describe.each(['os', 'interval', 'always'] as const)('with files and flush %s', (flush) => {
  test('what was committed is there after a crash, and nothing of what was not', async () => {
    const folder = newFolder()
    const broker = await openBroker({ storage: new FileStorage(folder), flush })
    await broker.topic('a', { partitions: 3 })
    const producer = broker.producer({ transactionalId: 'x' })
    const input = await broker.topic('in')
    await input.send({ value: 'i' })
    const consumer = broker.consumer({ topics: ['in'], groupId: 'g', autoCommit: false, from: 'earliest' })
    await consumer.poll()
    await producer.transaction(async (tx) => {
      for (let i = 0; i < 9; i++) await tx.send('a', { value: `${i}`, partition: i % 3 })
      tx.commitOffsets(consumer)
    })
    let crashed = ''
    await producer
      .transaction(async (tx) => {
        for (let i = 0; i < 9; i++) await tx.send('a', { value: `lost ${i}`, partition: i % 3 })
        crashed = crashCopy(folder)
        throw no
      })
      .catch(() => undefined)
    const again = await openBroker({ storage: new FileStorage(crashed), flush })
    expect((await valuesOf(again, 'a')).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8'])
    expect((await again.group('g').lag()).total).toBe(0)
    await again.producer({ transactionalId: 'x' }).transaction((tx) => tx.send('a', { value: 'next' }))
    expect(await valuesOf(again, 'a')).toHaveLength(10)
  })
})

test('a storage that is opened again knows which transactions were aborted', async () => {
  const storage = new MemoryStorage()
  const time = new VirtualClock()
  const first = await openBroker({ storage, clock: time })
  const producer = first.producer()
  await producer.transaction((tx) => tx.send('a', { value: '1' }))
  await producer.transaction((tx) => tx.send('a', { value: '2' }).then(() => Promise.reject(no))).catch(() => undefined)
  await first.close()
  expect(time.pending).toBe(0)
  expect(await valuesOf(await openBroker({ storage, clock: time }), 'a')).toEqual(['1'])
})
