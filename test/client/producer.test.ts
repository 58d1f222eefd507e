// The producer as its users see it: what a send resolves with, what fails alone, what is kept in order, and what waits for room.
import { describe, expect, test } from 'vitest'
import { json } from '../../src/client/json.js'
import { Producer } from '../../src/client/producer.js'
import { KafkaliteError } from '../../src/errors.js'
import '../../src/record/node-gzip.js'
import { records } from '../../src/record/batch-reader.js'
import { openFixture, turns } from './client-fixture.js'

const code = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => 'resolved',
    (reason: unknown) => reason,
  )
  return KafkaliteError.is(error) ? error.code : String(error)
}
const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes))

describe('sending', () => {
  test('a send resolves with topic, partition, offset and timestamp', async () => {
    const { context, clock } = await openFixture()
    const producer = new Producer(context)
    expect(await producer.send('t', { value: 'a' })).toEqual({ topic: 't', partition: 0, offset: 0, timestamp: clock.now() })
    expect(await producer.send('t', { value: 'b', timestamp: 5 })).toEqual({ topic: 't', partition: 0, offset: 1, timestamp: 5 })
    expect((await producer.send('t', { value: 'c', timestamp: new Date(7) })).timestamp).toBe(7)
  })

  test('a list resolves with the places in the order of the list, over partitions', async () => {
    const { context, cluster } = await openFixture()
    await cluster.createTopic('t', { partitions: 3 })
    const producer = new Producer(context)
    const sent = await producer.send(
      't',
      [2, 0, 2, 1, 0].map((partition) => ({ value: 'x', partition })),
    )
    expect(sent.map(({ partition, offset }) => [partition, offset])).toEqual([
      [2, 0],
      [0, 0],
      [2, 1],
      [1, 0],
      [0, 1],
    ])
    expect(await producer.send('t', [])).toEqual([])
  })

  test('the sends of one tick share a batch', async () => {
    const { context, batches } = await openFixture()
    const producer = new Producer(context)
    await producer.send('t', { value: '0' })
    await Promise.all([
      producer.send('t', { value: 'a' }),
      producer.send('t', { value: 'b' }),
      producer.send('t', [{ value: 'c' }, { value: 'd' }]),
    ])
    expect(batches.map(({ values }) => values)).toEqual([['0'], ['a', 'b', 'c', 'd']])
  })

  test('a batch goes at batchBytes without waiting for the tick to end', async () => {
    const { context, batches } = await openFixture()
    const producer = new Producer(context, { batchBytes: 300 })
    await producer.send('t', { value: '0' })
    for (let i = 0; i < 10; i++) producer.write('t', { value: 'x'.repeat(100) })
    expect(batches.length).toBe(1 + 3)
    await producer.flush()
    expect(batches.length).toBe(1 + 4)
  })

  test('lingerMs gathers over ticks and the clock sends', async () => {
    const { context, batches, clock } = await openFixture()
    const producer = new Producer(context, { lingerMs: 5 })
    const first = producer.send('t', { value: 'a' })
    await turns()
    const second = producer.send('t', { value: 'b' })
    await turns()
    expect(batches).toEqual([])
    await clock.advance(5)
    await Promise.all([first, second])
    expect(batches.map(({ values }) => values)).toEqual([['a', 'b']])
    expect(clock.pending).toBe(0)
  })

  test('close sends what lingers and leaves no timer', async () => {
    const { context, batches, clock } = await openFixture()
    const producer = new Producer(context, { lingerMs: 5000 })
    producer.write('t', { value: 'a' })
    await turns()
    producer.write('t', { value: 'b' })
    await producer.close()
    expect(batches.flatMap(({ values }) => values)).toEqual(['a', 'b'])
    expect(clock.pending).toBe(0)
    expect(await code(producer.send('t', { value: 'c' }))).toBe('CLOSED')
    expect(() => producer.write('t', { value: 'c' })).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await producer.close()
  })

  test('records that were sent before their topic existed keep their order', async () => {
    const { context, batches } = await openFixture()
    const producer = new Producer(context)
    const sends = ['a', 'b', 'c'].map((value) => producer.send('new', { value }))
    producer.write('new', { value: 'd' })
    expect((await Promise.all(sends)).map(({ offset }) => offset)).toEqual([0, 1, 2])
    await producer.flush()
    expect(batches.flatMap(({ values }) => values)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a tombstone is a null value, and headers arrive', async () => {
    const { context, cluster } = await openFixture()
    await new Producer(context).send('t', { key: 'k', value: null, headers: { trace: 'é', twice: ['1', '2'], none: null } })
    const [fetched] = await cluster.fetch({
      positions: [{ topic: 't', partition: 0, offset: 0 }],
      maxWaitMs: 0,
      maxBytes: 1e6,
      maxPartitionBytes: 1e6,
      isolation: 'read_uncommitted',
    })
    const [record] = records(fetched!.batches[0]!)
    expect([text(record!.key), record!.value]).toEqual(['k', null])
    expect([...record!.headers].map(([name, value]) => [name, text(value)])).toEqual([
      ['trace', 'é'],
      ['twice', '1'],
      ['twice', '2'],
      ['none', null],
    ])
  })

  test('gzip makes the batch smaller and reads back', async () => {
    const { context, slow, held } = await openFixture()
    const producer = new Producer(context, { compression: 'gzip' })
    await producer.send('t', { value: '0' })
    slow()
    void producer.send('t', { value: 'abc'.repeat(1000) })
    await turns()
    expect(held[0]!.batch.compression).toBe('gzip')
    expect(held[0]!.batch.sizeBytes).toBeLessThan(200)
    expect(text(records(held[0]!.batch)[0]!.value)).toBe('abc'.repeat(1000))
    await held[0]!.go()
  })
})

describe('what fails, fails alone', () => {
  test('a value that the serde refuses rejects its own send, with the cause', async () => {
    const { context, batches } = await openFixture()
    const producer = new Producer(context)
    const topic = { name: 't', serdes: { value: json<unknown>(), key: json<unknown>() } }
    const outcomes = await Promise.allSettled([1, () => 1, 3].map((value) => producer.send(topic, { value })))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const { reason } = outcomes[1] as PromiseRejectedResult
    expect(reason).toMatchObject({ code: 'SERDE_FAILED' })
    expect((reason as Error).cause).toBeInstanceOf(TypeError)
    expect(batches.flatMap(({ values }) => values)).toEqual(['1', '3'])
  })

  test('a record that is too large rejects its own send', async () => {
    const { context, batches, cluster } = await openFixture()
    await cluster.createTopic('t', { config: { maxMessageBytes: 1000 } })
    const producer = new Producer(context)
    const values = ['a', 'x'.repeat(2000), 'b', 'y'.repeat(900), 'c']
    const outcomes = await Promise.allSettled(values.map((value) => producer.send('t', { value })))
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.offset : outcome.reason.code))).toEqual([
      0,
      'MESSAGE_TOO_LARGE',
      1,
      2,
      3,
    ])
    expect(batches.flatMap((batch) => batch.values)).toEqual(['a', 'b', 'y'.repeat(900), 'c'])
    expect(context.work.isQuiet).toBe(true)
  })

  test('a partition that is not there, a missing key on a compacted topic, a time far off: each its own code', async () => {
    const { context, cluster, clock } = await openFixture()
    await cluster.createTopic('t', { partitions: 2 })
    await cluster.createTopic('compacted', { config: { cleanupPolicy: 'compact' } })
    const producer = new Producer(context)
    expect(await code(producer.send('t', { value: 'a', partition: 2 }))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await code(producer.send('compacted', { value: 'a' }))).toBe('INVALID_RECORD')
    expect(await code(producer.send('t', { value: 'a', timestamp: clock.now() + 7_200_000 }))).toBe('INVALID_TIMESTAMP')
    expect((await producer.send('t', { value: 'a', partition: 1 })).offset).toBe(0)
  })

  test('a topic that is not there and may not be created', async () => {
    const { context, cluster } = await openFixture({ autoCreateTopics: false })
    const producer = new Producer(context)
    expect(await code(producer.send('t', { value: 'a' }))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    await cluster.createTopic('t')
    expect((await producer.send('t', { value: 'a' })).offset).toBe(0)
  })

  test('a topic that was deleted is created again by the next send', async () => {
    const { context, cluster } = await openFixture()
    const producer = new Producer(context)
    await producer.send('t', { value: 'a' })
    await cluster.deleteTopic('t')
    expect((await producer.send('t', { value: 'b' })).offset).toBe(0)
  })

  test('a failure of the storage rejects the sends of its batch, and the next batch goes', async () => {
    const { context, slow, held } = await openFixture()
    const producer = new Producer(context)
    await producer.send('t', { value: '0' })
    slow()
    const lost = [producer.send('t', { value: 'a' }), producer.send('t', { value: 'b' })]
    const outcomes = Promise.all(lost.map(code))
    await turns()
    const next = producer.send('t', { value: 'c' })
    await held[0]!.fail(new KafkaliteError('DISK_FULL', 'no room'))
    expect(await outcomes).toEqual(['DISK_FULL', 'DISK_FULL'])
    await held[1]!.go()
    expect((await next).offset).toBe(1)
  })

  test('a failure of write is an error event and rejects the next flush, once', async () => {
    const { context, slow, held } = await openFixture()
    const producer = new Producer(context)
    await producer.send('t', { value: '0' })
    slow()
    const errors: string[] = []
    producer.on('error', (error) => errors.push(error.code))
    producer.write('t', { value: 'a' })
    await turns()
    await held[0]!.fail(new KafkaliteError('DISK_FULL', 'no room'))
    expect(errors).toEqual(['DISK_FULL'])
    expect(await code(producer.flush())).toBe('DISK_FULL')
    expect(await code(producer.flush())).toBe('resolved')
  })

  test('an error that nobody listens to is a warning of the process', async () => {
    const { context } = await openFixture()
    const producer = new Producer(context)
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    producer.write('t', { value: 5 })
    expect((await warned).name).toBe('KafkaliteWarning')
    expect(await code(producer.flush())).toBe('SERDE_FAILED')
  })
})

describe('order and memory', () => {
  test('while an append is under way the next batch gathers, and only one is under way', async () => {
    const { context, slow, held, batches } = await openFixture()
    const producer = new Producer(context)
    await producer.send('t', { value: '0' })
    slow()
    const sends: Promise<{ offset: number }>[] = []
    for (const value of ['a', 'b', 'c', 'd']) {
      sends.push(producer.send('t', { value }))
      await turns()
    }
    expect(held.length).toBe(1)
    await held[0]!.go()
    expect(held.length).toBe(2)
    await held[1]!.go()
    expect((await Promise.all(sends)).map(({ offset }) => offset)).toEqual([1, 2, 3, 4])
    expect(batches.map(({ values }) => values)).toEqual([['0'], ['a'], ['b', 'c', 'd']])
  })

  test('a full buffer makes sends wait, in order, and write say false', async () => {
    const { context, slow, held, batches, clock } = await openFixture()
    const producer = new Producer(context, { bufferBytes: 400 })
    await producer.send('t', { value: '0' })
    slow()
    const value = 'x'.repeat(100)
    expect(producer.write('t', { value })).toBe(true)
    expect(producer.write('t', { value: `${value}2` })).toBe(true)
    expect(producer.write('t', { value: `${value}3`.repeat(2) })).toBe(false)
    const waiting = producer.send('t', { value: 'first' })
    const behind = producer.send('t', { value: 'second' })
    producer.write('t', { value: 'third' })
    await turns()
    for (let i = 0; i < 3; i++) if (held[i] !== undefined) await held[i]!.go()
    await Promise.all([waiting, behind])
    await producer.flush()
    expect(batches.flatMap(({ values }) => values).slice(-3)).toEqual(['first', 'second', 'third'])
    expect(clock.pending).toBe(0)
    expect(context.work.isQuiet).toBe(true)
  })

  test('waiting for room ends by the signal, and by deliveryTimeoutMs', async () => {
    const { context, slow, held, clock } = await openFixture()
    const producer = new Producer(context, { bufferBytes: 400, deliveryTimeoutMs: 1000 })
    await producer.send('t', { value: '0' })
    slow()
    for (const value of ['x', 'y', 'z', 'w']) producer.write('t', { value: value.repeat(100) })
    const stop = new AbortController()
    const aborted = code(producer.send('t', { value: 'a' }, { signal: stop.signal }))
    const late = code(producer.send('t', { value: 'b' }))
    await turns()
    stop.abort(new Error('enough'))
    expect(await aborted).toBe('Error: enough')
    await clock.advance(1000)
    expect(await late).toBe('REQUEST_TIMED_OUT')
    await held[0]!.go()
    await producer.flush()
    expect(held.length).toBe(1)
    expect(clock.pending).toBe(0)
  })

  test('a record larger than the buffer is refused at once', async () => {
    const { context } = await openFixture()
    const producer = new Producer(context, { bufferBytes: 200 })
    expect(await code(producer.send('t', { value: 'x'.repeat(300) }))).toBe('BUFFER_FULL')
    expect((await producer.send('t', { value: 'x' })).offset).toBe(0)
  })

  test('flush waits for what was given before it and not for what comes after', async () => {
    const { context, slow, held } = await openFixture()
    const producer = new Producer(context)
    await producer.send('t', { value: '0' })
    slow()
    producer.write('t', { value: 'a' })
    let flushed = false
    const flush = producer.flush().then(() => (flushed = true))
    await turns()
    producer.write('t', { value: 'b' })
    await turns()
    expect(flushed).toBe(false)
    await held[0]!.go()
    await flush
    expect(held.length).toBe(2)
    await held[1]!.go()
  })
})
