// How a handler can end, and what becomes of its message: each way to fail counts the same, and each kind of backoff waits as it says.

import { describe, expect, test } from 'vitest'
import type { QueueOptions } from '../../src/client/queue-options.js'
import { openBroker, recordsOf } from './queue-fixture.js'

describe('a handler', () => {
  test.each([
    [
      'throws',
      (): void => {
        throw new Error('no')
      },
    ],
    ['rejects', (): Promise<void> => Promise.reject(new Error('no'))],
    [
      'throws something that is no error',
      (): void => {
        throw 'no'
      },
    ],
  ] as const)(
    'that %s has its message released with the backoff, and dead-lettered with the error after maxDeliveries',
    async (_, fail) => {
      const { queue, clock, cluster } = await openBroker()
      const mail = await queue('mail', { maxDeliveries: 3, backoff: [10, 20] })
      const startMs = clock.now()
      const calls: string[] = []
      await mail.process(({ deliveryCount }) => {
        calls.push(`${deliveryCount} at ${clock.now() - startMs}`)
        return fail()
      })
      const receipt = await mail.send({ value: 'a' })
      const end = receipt.acknowledged.catch(String)
      await clock.advance(100)
      expect(calls).toEqual(['1 at 0', '2 at 10', '3 at 30'])
      expect(await end).toContain('was given up after 3 deliveries')
      const [dead] = await recordsOf(cluster, 'mail.dead')
      expect([dead?.headers.text('kafkalite.dead.deliveries'), dead?.headers.text('kafkalite.dead.reason')]).toEqual(['3', 'maxDeliveries'])
      expect(dead?.headers.text('kafkalite.dead.error.message')).toContain('no')
      await mail.close()
    },
  )

  test.each<[string, QueueOptions<string>['backoff'], readonly (readonly [from: number, to: number])[]]>([
    [
      'fixed',
      { type: 'fixed', delayMs: 100 },
      [
        [100, 100],
        [100, 100],
        [100, 100],
      ],
    ],
    [
      'exponential',
      { type: 'exponential', delayMs: 100, maxMs: 300 },
      [
        [100, 100],
        [200, 200],
        [300, 300],
      ],
    ],
    [
      'exponential with jitter',
      { type: 'exponential', delayMs: 1000, jitter: 0.5 },
      [
        [500, 1000],
        [1000, 2000],
        [2000, 4000],
      ],
    ],
    [
      'a list, whose last wait repeats',
      [10, 500],
      [
        [10, 10],
        [500, 500],
        [500, 500],
      ],
    ],
    [
      'a function of the attempt and the error',
      (attempt, error) => attempt * 10 + String(error).length,
      [
        [19, 19],
        [29, 29],
        [39, 39],
      ],
    ],
  ])('that fails is retried after a wait that is %s', async (_, backoff, waits) => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail', { maxDeliveries: 4, backoff })
    const moments: number[] = []
    await mail.process(() => {
      moments.push(clock.now())
      throw new Error('no')
    })
    await mail.send({ value: 'a' })
    await clock.advance(20_000)
    const waited = moments.slice(1).map((moment, i) => moment - (moments[i] as number))
    expect(waited).toHaveLength(3)
    for (const [i, [from, to]] of waits.entries()) {
      expect(waited[i]).toBeGreaterThanOrEqual(from)
      expect(waited[i]).toBeLessThanOrEqual(to)
    }
    await mail.close()
  })

  test('that answers at once and closes the queue meanwhile has its message acknowledged and its signal aborted', async () => {
    const { queue, clock } = await openBroker()
    const mail = await queue('mail')
    let closing: Promise<void> | undefined
    let aborted = false
    await mail.process((message) => {
      message.signal.addEventListener('abort', () => (aborted = true))
      closing = mail.close()
    })
    await mail.send([{ value: 'a' }, { value: 'b' }])
    await clock.settle()
    await closing
    const again = await queue('mail')
    expect([aborted, (await again.status('0-0')).state, (await again.status('0-1')).state]).toEqual([true, 'acknowledged', 'available'])
    const [next] = await again.receive()
    expect([next?.value, next?.deliveryCount]).toEqual(['b', 1])
    await again.close()
  })
})
