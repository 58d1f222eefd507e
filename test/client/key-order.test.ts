// Order per key: the promise that records of one key are worked on one after the other, whatever fails and however many handlers run.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyLanes, laneOf } from '../../src/client/key-lanes.js'
import { UnfinishedOffsets } from '../../src/client/unfinished-offsets.js'
import { openBroker } from './consumer-fixture.js'

test('a lane gives its records one after the other and is free behind the last', () => {
  const lanes = new KeyLanes<number>()
  lanes.enter('a')
  lanes.wait('a', 1)
  lanes.wait('a', 2)
  expect([lanes.isBusy('a'), lanes.isBusy('b'), lanes.size]).toEqual([true, false, 1])
  expect([lanes.leave('a'), lanes.leave('a'), lanes.leave('a')]).toEqual([1, 2, undefined])
  expect(lanes.isBusy('a')).toBe(false)
  expect(laneOf(null)).toBe(null)
})

test('the first unfinished offset is right after any order of finishing', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(
        Array.from({ length: 30 }, (_, index) => index * 3),
        { minLength: 0 },
      ),
      (finished) => {
        const unfinished = new UnfinishedOffsets()
        const open = new Set<number>()
        for (let index = 0; index < 30; index++) {
          unfinished.begin(index * 3)
          open.add(index * 3)
        }
        for (const offset of finished) {
          unfinished.finish(offset)
          open.delete(offset)
        }
        expect(unfinished.first).toBe(open.size === 0 ? undefined : Math.min(...open))
      },
    ),
  )
})

interface Plan {
  keys: (number | null)[]
  fails: number[]
  concurrency: number
  isSlow: boolean
}

const plans = fc.record<Plan>({
  keys: fc.array(fc.option(fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 30 }),
  fails: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 30, maxLength: 30 }),
  concurrency: fc.integer({ min: 1, max: 5 }),
  isSlow: fc.boolean(),
})

test('records of one key stay in order with any concurrency, failures and waits, and each is done once', async () => {
  await fc.assert(
    fc.asyncProperty(plans, async ({ keys, fails, concurrency, isSlow }) => {
      await using fixture = await openBroker()
      await fixture.send(0, keys.length - 1, (index) => (keys[index] == null ? null : `key-${keys[index]}`))
      const done: number[] = []
      const busy = new Set<string>()
      let most = 0
      let running = 0
      await fixture.topic.consumer({ groupId: 'g', from: 'earliest' }).run(
        (record, { attempt }) => {
          const index = Number(record.value)
          if (record.key !== null && busy.has(record.key)) throw new Error('two records of one key at once')
          const settle = (): void => {
            if (attempt <= (fails[index] ?? 0)) throw new Error('planned')
            done.push(index)
          }
          if (!isSlow) return settle()
          most = Math.max(most, ++running)
          if (record.key !== null) busy.add(record.key)
          return fixture.clock.settle().then(() => {
            running--
            if (record.key !== null) busy.delete(record.key)
            settle()
          })
        },
        { concurrency, onError: { retries: 3, backoff: [10, 30], afterRetries: 'stop' } },
      )
      const caughtUp = fixture.broker.group('g').caughtUp()
      for (let round = 0; round < 300 && done.length < keys.length; round++) await fixture.clock.advance(10)
      await caughtUp
      expect([...done].sort((a, b) => a - b)).toEqual(keys.map((_, index) => index))
      for (const key of new Set(keys)) {
        if (key === null) continue
        const ofKey = done.filter((index) => keys[index] === key)
        expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b))
      }
      expect(most).toBeLessThanOrEqual(concurrency)
    }),
    { numRuns: 40 },
  )
})
