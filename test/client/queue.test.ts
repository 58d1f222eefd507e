// A queue as its users see it: who gets a message, what happens when a receiver fails or is slow, what the sender learns.

import { describe, expect, test } from 'vitest'
import { UnrecoverableError } from '../../src/client/retry-policy.js'
import { KafkaliteError } from '../../src/errors.js'
import { openBroker, receiveAll, recordsOf } from './queue-fixture.js'

const codeOf = (error: unknown): string => (error instanceof KafkaliteError ? error.code : String(error))
const values = (messages: readonly { value: string }[]): string[] => messages.map(({ value }) => value)

describe('a queue', () => {
  test('hands out messages in the order of sending, each once', async () => {
    const { queue } = await openBroker()
    const mail = await queue('mail')
    await mail.send([{ value: 'a' }, { value: 'b' }])
    await mail.send({ value: 'c' })
    const first = await mail.receive({ max: 2 })
    const second = await mail.receive({ max: 2 })
    expect([values(first), values(second)]).toEqual([['a', 'b'], ['c']])
    expect(first.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1])
    for (const message of [...first, ...second]) await message.acknowledge()
    expect(await mail.receive({ timeoutMs: 0 })).toEqual([])
    expect(await mail.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 0 })
  })

  test('delivers a message again with count 2 when its lock runs out, and refuses the late acknowledgement', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { lockMs: 1000 })
    await mail.send({ value: 'a' })
    const [late] = await mail.receive()
    await clock.advance(999)
    expect(await mail.receive({ timeoutMs: 0 })).toEqual([])
    await clock.advance(1)
    const [again] = await mail.receive({ timeoutMs: 0 })
    expect(again?.deliveryCount).toBe(2)
    expect(await late?.acknowledge().catch(codeOf)).toBe('LOCK_LOST')
    await again?.acknowledge()
    expect(await again?.acknowledge().catch(codeOf)).toBe('LOCK_LOST')
  })

  test('keeps a message locked as long as it is renewed', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { lockMs: 1000 })
    await mail.send({ value: 'a' })
    const [message] = await mail.receive()
    for (let i = 0; i < 5; i++) {
      await clock.advance(900)
      await message?.renew()
    }
    expect((await mail.counts()).acquired).toBe(1)
    await message?.acknowledge()
    expect((await mail.counts()).acquired).toBe(0)
  })

  test('copies a message that fails every time to the dead letters, with where it came from and why', async () => {
    const { queue, clock, cluster } = await openBroker()
    const mail = await queue('mail', { maxDeliveries: 2, backoff: [100, 100] })
    const receipt = await mail.send({ value: 'poison', key: 'k', headers: { trace: 't1' } })
    const outcome = receipt.acknowledged.catch(codeOf)
    const counts: number[] = []
    await mail.process((message) => {
      counts.push(message.deliveryCount)
      throw new TypeError('cannot swallow')
    })
    await clock.advance(1000)
    expect(counts).toEqual([1, 2])
    expect(await outcome).toBe('DEAD_LETTERED')
    const [dead] = await recordsOf(cluster, 'mail.dead')
    const texts = Object.fromEntries(
      [...(dead?.headers ?? [])].map(([name]) => [name.replace('kafkalite.dead.', ''), dead?.headers.text(name)]),
    )
    expect(texts).toMatchObject({
      trace: 't1',
      topic: 'mail',
      partition: '0',
      offset: '0',
      deliveries: '2',
      reason: 'maxDeliveries',
      'error.name': 'TypeError',
      'error.message': 'cannot swallow',
    })
    expect(texts['error.stack']).toContain('TypeError: cannot swallow')
    expect(new TextDecoder().decode(dead?.key ?? undefined)).toBe('k')
    expect(await mail.counts()).toEqual({ available: 0, delayed: 0, acquired: 0, dead: 1 })
    await mail.close()
  })

  test('rejects at once what a handler calls unrecoverable or cannot decode', async () => {
    const { queue, clock, cluster } = await openBroker()
    const mail = await queue('mail')
    await mail.send([{ value: 'bad' }, { value: 'good' }])
    const seen: string[] = []
    await mail.process((message) => {
      seen.push(message.value)
      if (message.value === 'bad') throw new UnrecoverableError('never')
    })
    await clock.settle()
    expect(seen).toEqual(['bad', 'good'])
    expect((await recordsOf(cluster, 'mail.dead'))[0]?.headers.text('kafkalite.dead.reason')).toBe('rejected')
    await mail.close()
  })

  test('gives a released message back after its delay, before new ones', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    await mail.send([{ value: 'a' }, { value: 'b' }, { value: 'c' }])
    const [a, b] = await mail.receive({ max: 2 })
    await a?.release({ delayMs: 500 })
    await b?.release()
    expect(await mail.counts()).toMatchObject({ available: 2, delayed: 1 })
    expect(values(await mail.receive({ max: 1 }))).toEqual(['b'])
    await clock.advance(500)
    expect(values(await mail.receive({ max: 9 }))).toEqual(['a', 'c'])
  })

  test('holds a message back until its time', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    await mail.send([{ value: 'late', delayMs: 2000 }, { value: 'at', at: new Date(clock.now() + 1000) }, { value: 'now' }])
    expect(await mail.counts()).toMatchObject({ available: 1, delayed: 2 })
    expect(values(await receiveAll(mail))).toEqual(['now'])
    const waiting = mail.receive({ timeoutMs: Infinity })
    await clock.advance(1000)
    expect(values(await waiting)).toEqual(['at'])
    await clock.advance(1000)
    expect(values(await mail.receive())).toEqual(['late'])
  })

  test('resolves a receipt with the result of the handler', async () => {
    const { queue } = await openBroker()
    const sums = await queue<number[], number>('sums')
    const receipts = await sums.send([{ value: [1, 2] }, { value: [3, 4], id: 'second' }])
    const results = Promise.all(receipts.map(({ acknowledged }) => acknowledged))
    const receiver = await sums.process(async ({ value }) => value.reduce((a, b) => a + b))
    expect(await results).toEqual([3, 7])
    expect(await sums.acknowledged('second')).toBe(7)
    expect(await sums.acknowledged('0-0')).toBe(3)
    expect(await sums.status('second')).toEqual({ state: 'acknowledged', deliveryCount: 1, result: 7 })
    expect(await sums.acknowledged('third').catch(codeOf)).toBe('MESSAGE_NOT_FOUND')
    await receiver.close()
  })

  test('rejects a receipt that waits when the queue closes, and leaves no unhandled rejection', async () => {
    const { queue } = await openBroker()
    const mail = await queue('mail')
    const receipt = await mail.send({ value: 'a' })
    const waiting = receipt.acknowledged
    await mail.close()
    expect(await waiting.catch(codeOf)).toBe('CLOSED')
    expect(await mail.send({ value: 'b' }).catch(codeOf)).toBe('CLOSED')
  })

  test('gives each message to exactly one of four receivers', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue<number>('mail', { partitions: 3 })
    const seen: number[] = []
    for (let i = 0; i < 4; i++) {
      await mail.process(
        async ({ value }) => {
          await Promise.resolve()
          seen.push(value)
        },
        { concurrency: 3 },
      )
    }
    await mail.send(Array.from({ length: 1000 }, (_, value) => ({ value, key: String(value % 17) })))
    await mail.drained()
    await clock.settle()
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    await mail.close()
  })

  test('runs as many handlers at a time as concurrency says', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue<number>('mail')
    let running = 0
    let most = 0
    const gates: (() => void)[] = []
    const receiver = await mail.process(
      async () => {
        most = Math.max(most, ++running)
        await new Promise<void>((resolve) => gates.push(resolve))
        running--
      },
      { concurrency: 3 },
    )
    await mail.send(Array.from({ length: 10 }, (_, value) => ({ value })))
    for (let done = 0; done < 10; done++) {
      await clock.settle()
      gates.shift()?.()
    }
    await mail.drained()
    expect(most).toBe(3)
    await receiver.close()
  })

  test('renews the locks while a handler runs, until maxHandlerMs; then it has failed and another takes its place', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { lockMs: 1000 })
    const released: string[] = []
    mail.on('released', ({ id }, error) => released.push(`${id} ${codeOf(error)}`))
    let aborted = false
    await mail.process(
      (message) => {
        if (message.deliveryCount > 1) return
        message.signal.addEventListener('abort', () => (aborted = true))
        return new Promise(() => undefined)
      },
      { maxHandlerMs: 5000 },
    )
    await mail.send({ value: 'slow' })
    await clock.advance(4900)
    expect([aborted, released]).toEqual([false, []])
    await clock.advance(3000)
    expect([aborted, released]).toEqual([true, ['0-0 REQUEST_TIMED_OUT']])
    expect(await mail.status('0-0')).toEqual({ state: 'acknowledged', deliveryCount: 2 })
  })

  test('gives back uncounted what was received and not settled when it is closed', async () => {
    const { queue } = await openBroker()
    const one = await queue('mail')
    const two = await queue('mail')
    await one.send([{ value: 'a' }, { value: 'b' }])
    const [held] = await one.receive()
    expect(held?.value).toBe('a')
    await one.close()
    expect((await two.receive({ max: 2 })).map(({ value, deliveryCount }) => [value, deliveryCount])).toEqual([
      ['a', 1],
      ['b', 1],
    ])
    expect(await held?.acknowledge().catch(codeOf)).toBe('LOCK_LOST')
  })

  test('finishes what its handlers began and gives back the rest when a receiver closes', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    await mail.send([{ value: 'a' }, { value: 'b' }, { value: 'c' }])
    let finish = (): void => undefined
    const receiver = await mail.process(() => new Promise<void>((resolve) => (finish = resolve)), { prefetch: 5 })
    await clock.settle()
    expect((await mail.counts()).acquired).toBe(3)
    const closing = receiver.close()
    await clock.settle()
    finish()
    await closing
    expect((await receiveAll(mail)).map(({ value, deliveryCount }) => [value, deliveryCount])).toEqual([
      ['b', 1],
      ['c', 1],
    ])
  })

  test('waits for messages, ends the wait by time and by signal, and iterates', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    const nothing = mail.receive({ timeoutMs: 1000 })
    await clock.advance(1000)
    expect(await nothing).toEqual([])
    const controller = new AbortController()
    const aborted = mail.receive({ timeoutMs: Infinity, signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await mail.send([{ value: 'a' }, { value: 'b' }])
    const seen: string[] = []
    for await (const message of mail) {
      seen.push(message.value)
      await message.acknowledge()
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['a', 'b'])
  })

  test('hands out nothing while paused', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    await mail.pause()
    await mail.send({ value: 'a' })
    const waiting = mail.receive({ timeoutMs: Infinity })
    await clock.settle()
    expect((await mail.counts()).available).toBe(1)
    await mail.resume()
    expect(values(await waiting)).toEqual(['a'])
  })

  test('tells its listeners what became of messages', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { maxDeliveries: 2, backoff: [10] })
    const told: string[] = []
    mail.on('acknowledged', ({ value }) => told.push(`acknowledged ${value}`))
    mail.on('released', ({ value }, error) => told.push(`released ${value}: ${String(error)}`))
    mail.on('deadLettered', ({ value }, error) => told.push(`dead ${value}: ${String(error)}`))
    await mail.process(({ value }) => {
      if (value === 'bad') throw new Error('no')
    })
    await mail.send([{ value: 'good' }, { value: 'bad' }])
    await clock.advance(100)
    expect(told).toEqual(['acknowledged good', 'released bad: Error: no', 'dead bad: KafkaliteError: no'])
    await mail.close()
  })

  test('leaves no timer behind when it is idle', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    await mail.send({ value: 'a' })
    const [message] = await mail.receive()
    expect(clock.pending).toBe(1)
    await message?.acknowledge()
    await clock.advance(1000)
    expect(clock.pending).toBe(0)
  })

  test.each([
    [{ lockMs: 0 }, 'INVALID_ARGUMENT'],
    [{ maxDeliveries: 0 }, 'INVALID_ARGUMENT'],
    [{ lockms: 5 }, 'INVALID_ARGUMENT'],
    [{ order: 'key', priorities: 2 }, 'INVALID_ARGUMENT'],
    [{ rateLimit: { max: 1 } }, 'INVALID_ARGUMENT'],
    [{ source: 'orders', maxLength: 5 }, 'INVALID_ARGUMENT'],
    [{ source: 'nowhere' }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [{ backoff: [1, 2, 3], maxDeliveries: 2 }, 'INVALID_ARGUMENT'],
  ])('refuses the options %j with %s', async (options, code) => {
    const { queue } = await openBroker()
    expect(await queue('mail', options as object).catch(codeOf)).toBe(code)
  })

  test.each([
    [{}, 'INVALID_ARGUMENT'],
    [{ value: 'a', delayMs: 1, at: new Date(0) }, 'INVALID_ARGUMENT'],
    [{ value: 'a', id: '0-1' }, 'INVALID_ARGUMENT'],
    [{ value: 'a', priority: 1 }, 'INVALID_ARGUMENT'],
    [{ value: 'a', unique: 'untilDone' }, 'INVALID_ARGUMENT'],
    [{ value: 1n }, 'SERDE_FAILED'],
  ])('refuses the message %o with %s', async (message, code) => {
    const { queue } = await openBroker()
    const mail = await queue<unknown>('mail')
    expect(await mail.send(message as { value: unknown }).catch(codeOf)).toBe(code)
    expect((await mail.counts()).available).toBe(0)
  })
})
