// Everything that waits can be called off: it rejects with the reason of the signal, and nothing of the wait is left.
import { expect, test } from 'vitest'
import { Broker } from 'kafkalite'
import { VirtualClock } from 'kafkalite/testing'

const reason = new Error('called off')
type Wait = (broker: Broker, signal: AbortSignal) => Promise<unknown>

const WAITS: readonly [name: string, wait: Wait][] = [
  ['consumer.poll', (broker, signal) => broker.consumer({ topics: ['t'] }).poll({ timeoutMs: Number.POSITIVE_INFINITY, signal })],
  ['topic.read, its next record', async (broker, signal) => (await broker.topic('t')).read({ signal })[Symbol.asyncIterator]().next()],
  [
    'topic.read, its next batch',
    async (broker, signal) => (await broker.topic('t')).read({ signal }).batches()[Symbol.asyncIterator]().next(),
  ],
  ['group.ready', (broker, signal) => broker.group('g').ready({ members: 1, signal })],
  ['queue.receive', async (broker, signal) => (await broker.queue('q')).receive({ timeoutMs: Number.POSITIVE_INFINITY, signal })],
  [
    'queue.drained',
    async (broker, signal) => {
      const queue = await broker.queue('q')
      await queue.send({ value: 1 })
      return queue.drained({ signal })
    },
  ],
  [
    'queue.acknowledged',
    async (broker, signal) => {
      const queue = await broker.queue('q')
      await queue.send({ value: 1, id: 'one' })
      return queue.acknowledged('one', { signal })
    },
  ],
]

test.each(WAITS)('%s', async (_name, wait) => {
  const clock = new VirtualClock()
  const broker = await Broker.open({ clock })
  await broker.topic('t')
  const stop = new AbortController()
  const waiting = wait(broker, stop.signal).then(
    () => 'resolved',
    (error: unknown) => error,
  )
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  stop.abort(reason)
  expect(await waiting).toBe(reason)
  await broker.close()
  expect(clock.pending).toBe(0)
})

test.each([
  ...WAITS,
  ['broker.idle', (broker, signal) => broker.idle({ signal })],
  ['producer.flush', (broker, signal) => broker.producer().flush({ signal })],
  ['producer.send', (broker, signal) => broker.producer().send('t', { value: 'a' }, { signal })],
] as readonly [string, Wait][])('%s does not begin with a signal that is aborted', async (_name, wait) => {
  await using broker = await Broker.open()
  expect(
    await wait(broker, AbortSignal.abort(reason)).then(
      () => 'resolved',
      (error: unknown) => error,
    ),
  ).toBe(reason)
})

test('an aborted reading rejects also when records are left in its batch', async () => {
  await using broker = await Broker.open()
  const topic = await broker.topic('t')
  await topic.send([{ value: 'a' }, { value: 'b' }])
  const stop = new AbortController()
  const iterator = topic.read({ from: 'earliest', signal: stop.signal })[Symbol.asyncIterator]()
  expect((await iterator.next()).value.value).toBe('a')
  stop.abort(reason)
  expect(await iterator.next().catch((error: unknown) => error)).toBe(reason)
})
