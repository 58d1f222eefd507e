// The states of a queue's records: every pair of states either has an edge or is refused, pages come and go, and the words of the
// state log are read as they were written.

import { describe, expect, test } from 'vitest'
import { OpsWriter, readOps } from '../../src/core/group/queue-ops.js'
import { QueueRecovery } from '../../src/core/group/queue-recovery.js'
import {
  ACKNOWLEDGED,
  ACQUIRED,
  ARCHIVED,
  AVAILABLE,
  DELAYED,
  DYING,
  RecordStates,
  SETTLING,
  type State,
  UNTOUCHED,
} from '../../src/core/group/record-state.js'
import { seededRandom } from '../../src/testing/seeded-random.js'

const NAMES = ['untouched', 'available', 'delayed', 'acquired', 'acknowledged', 'archived', 'dying', 'settling'] as const
const STATES: readonly State[] = [UNTOUCHED, AVAILABLE, DELAYED, ACQUIRED, ACKNOWLEDGED, ARCHIVED, DYING, SETTLING]
const LEGAL = new Set([
  'untouched-available',
  'untouched-delayed',
  'untouched-acquired',
  'untouched-archived',
  'available-delayed',
  'available-acquired',
  'available-archived',
  'available-dying',
  'delayed-available',
  'delayed-archived',
  'acquired-available',
  'acquired-delayed',
  'acquired-archived',
  'acquired-dying',
  'acquired-settling',
  'dying-archived',
  'settling-available',
  'settling-delayed',
  'settling-acquired',
  'settling-acknowledged',
  'settling-archived',
  'settling-dying',
])

function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T
}

function acknowledge(states: RecordStates, offset: number): void {
  states.move(offset, SETTLING, 1)
  states.move(offset, ACKNOWLEDGED, 1)
}

describe('the state of a record', () => {
  test.each(STATES.flatMap((from) => STATES.map((to) => [NAMES[from], NAMES[to], from, to] as const)))(
    'goes from %s to %s only along an edge',
    (fromName, toName, from, to) => {
      const states = new RecordStates(0)
      if (from !== UNTOUCHED) states.restore(7, from, 1, 50)
      const move = (): void => states.move(7, to, 1, 50)
      if (LEGAL.has(`${fromName}-${toName}`)) {
        move()
        expect(states.state(7)).toBe(to)
      } else {
        expect(move).toThrow('does not become')
      }
    },
  )

  test('stays finished when its page is dropped, and moves the start over the finished', () => {
    const states = new RecordStates(100)
    for (let offset = 100; offset < 5000; offset++) {
      states.move(offset, ACQUIRED, 1, 10, 1)
      states.moveCursor(offset + 1)
    }
    for (let offset = 100; offset < 5000; offset++) if (offset !== 3000) acknowledge(states, offset)
    expect([states.advanceStart(), states.acquired, states.state(2000), states.state(4999), states.state(5000)]).toEqual([
      3000,
      1,
      ACKNOWLEDGED,
      ACKNOWLEDGED,
      UNTOUCHED,
    ])
    acknowledge(states, 3000)
    expect([states.advanceStart(), states.isQuiet, states.untouched(5100)]).toEqual([5000, true, 100])
  })

  test.each([1, 2, 3, 4, 5, 6])('is what a plain list of states says, while pages fill, thin out and fill again (seed %i)', (seed) => {
    const random = seededRandom(seed)
    const below = (end: number): number => Math.floor(random() * end)
    const states = new RecordStates(0)
    const plain: { state: State; count: number; until: number; lease: number }[] = []
    const open = new Set<number>()
    for (let step = 0; step < 20_000; step++) {
      if (random() < 0.35) {
        const offset = plain.length
        plain.push({ state: ACQUIRED, count: 1, until: below(1000), lease: step })
        states.move(offset, ACQUIRED, 1, (plain[offset] as { until: number }).until, step)
        states.moveCursor(offset + 1)
        open.add(offset)
        continue
      }
      const offset = [...open][random() < 0.9 ? below(Math.min(open.size, 40)) : below(open.size)]
      const record = offset === undefined ? undefined : plain[offset]
      if (offset === undefined || record === undefined) continue
      const to: State =
        record.state === ACQUIRED ? pick([AVAILABLE, DELAYED, SETTLING], random) : record.state === SETTLING ? ACKNOWLEDGED : ACQUIRED
      if (record.state === DELAYED) states.move(offset, AVAILABLE, record.count)
      if (random() < 0.05 && record.state === ACQUIRED) states.renew(offset, below(1000))
      Object.assign(record, { state: to, count: record.count + 1, until: below(1000), lease: step })
      states.move(offset, to, record.count, record.until, step)
      if (to === ACKNOWLEDGED) open.delete(offset)
    }
    // What a snapshot names again fills a page that was given up.
    for (let offset = 0; offset < 60; offset++) {
      if (open.has(offset * 3)) continue
      states.reopen(offset * 3, AVAILABLE, 7)
      plain[offset * 3] = { state: AVAILABLE, count: 7, until: 0, lease: 0 }
      open.add(offset * 3)
    }
    for (const [offset, { state, count, until, lease }] of plain.entries()) {
      if (states.state(offset) !== state) expect(states.state(offset), `offset ${offset}`).toBe(state)
      if (!open.has(offset)) continue
      expect([states.count(offset), states.until(offset), states.lease(offset)], `offset ${offset}`).toEqual([count, until, lease])
    }
    const told: number[] = []
    states.runs((first, length) => told.push(...Array.from({ length }, (_, i) => first + i)))
    expect(told.toSorted((a, b) => a - b)).toEqual([...open].toSorted((a, b) => a - b))
    expect(states.inWork).toBe(open.size)
    expect(states.firstUnfinished(0)).toBe(Math.min(...open))
    const due: number[] = []
    states.due(500, (offset) => due.push(offset))
    const late = [...open].filter(
      (offset) => [ACQUIRED, DELAYED].includes(plain[offset]?.state as never) && (plain[offset]?.until ?? 0) <= 500,
    )
    expect(due.toSorted((a, b) => a - b)).toEqual(late.toSorted((a, b) => a - b))
  })

  test('comes due at its moment and not before', () => {
    const states = new RecordStates(0)
    states.move(3, DELAYED, 0, 100)
    states.move(2000, DELAYED, 0, 50)
    const due: number[] = []
    expect(states.nextMs()).toBe(50)
    states.due(99, (offset) => due.push(offset))
    states.due(100, (offset) => due.push(offset))
    expect(due).toEqual([2000, 3])
  })

  test('is dropped when a power cut took the record, so that its offset can be given anew', () => {
    const recovery = new QueueRecovery([{ startOffset: 0, endOffset: 5 }])
    recovery.acquired(0, 0, 10, 1)
    recovery.acknowledged(0, 3, 5)
    expect(recovery.finish()).toBe(true)
    const states = recovery.states[0] as RecordStates
    expect([0, 2, 3, 4, 5, 7].map((offset) => states.state(offset))).toEqual([
      AVAILABLE,
      AVAILABLE,
      ACKNOWLEDGED,
      ACKNOWLEDGED,
      UNTOUCHED,
      UNTOUCHED,
    ])
    expect(states.cursor).toBe(5)
  })

  test('is the same when a snapshot is followed by words that it holds already', () => {
    const recovery = new QueueRecovery([{ startOffset: 0, endOffset: 10 }])
    recovery.begin()
    recovery.place(0, 2, 8)
    recovery.available(0, 4, 1, 3, 0)
    recovery.endSnapshot()
    recovery.acquired(0, 2, 6, 1)
    recovery.available(0, 5, 1, 1, 0)
    recovery.acquired(0, 4, 1, 3)
    recovery.acquired(0, 8, 1, 1)
    recovery.finish()
    const states = recovery.states[0] as RecordStates
    expect([2, 3, 4, 5, 7, 8, 9].map((offset) => states.state(offset))).toEqual([
      ACKNOWLEDGED,
      ACKNOWLEDGED,
      AVAILABLE,
      ACKNOWLEDGED,
      ACKNOWLEDGED,
      AVAILABLE,
      UNTOUCHED,
    ])
    expect(states.count(4)).toBe(3)
  })
})

describe('the words of the state log', () => {
  test('are read as they were written, neighbours as one', () => {
    const ops = new OpsWriter()
    for (let offset = 5; offset < 10; offset++) ops.acquired(1, offset, 1)
    ops.acknowledged(1, 5)
    ops.acknowledged(1, 6)
    ops.available(1, 7, 1, 1, 2 ** 45)
    ops.outcome({
      partition: 1,
      offset: 8,
      state: ACKNOWLEDGED,
      deliveryCount: 2,
      sentMs: 2 ** 41,
      id: 'ä',
      result: new Uint8Array([1, 2]),
      reason: undefined,
    })
    ops.delivered(2 ** 41, 3, 'ö')
    ops.delivered(2 ** 41, 1, undefined)
    ops.looked(2, 7)
    const heard = hear(ops.take())
    expect(heard).toEqual([
      ['acquired', 1, 5, 5, 1],
      ['acknowledged', 1, 5, 2],
      ['available', 1, 7, 1, 1, 2 ** 45],
      [
        'outcome',
        {
          partition: 1,
          offset: 8,
          state: ACKNOWLEDGED,
          deliveryCount: 2,
          sentMs: 2 ** 41,
          id: 'ä',
          result: new Uint8Array([1, 2]),
          reason: undefined,
        },
      ],
      ['delivered', 2 ** 41, 3, 'ö'],
      ['delivered', 2 ** 41, 1, undefined],
      ['looked', 2, 7],
    ])
    expect(ops.isEmpty).toBe(true)
  })
})

/** All that a reader hears of the words. */
function hear(words: Uint8Array): unknown[] {
  const heard: unknown[] = []
  const say =
    (name: string) =>
    (...args: unknown[]): void =>
      void heard.push([name, ...args])
  readOps(words, {
    acquired: say('acquired'),
    acknowledged: say('acknowledged'),
    available: say('available'),
    gap: say('gap'),
    place: say('place'),
    forgotten: say('forgotten'),
    topic: say('topic'),
    outcome: say('outcome'),
    dying: say('dying'),
    sent: say('sent'),
    repeat: say('repeat'),
    redriven: say('redriven'),
    parked: say('parked'),
    returning: say('returning'),
    returnsFrom: say('returnsFrom'),
    expires: say('expires'),
    delivered: say('delivered'),
    looked: say('looked'),
  })
  return heard
}

test('when nothing is in work there is no moment to wait for, though records had locks that would run out', () => {
  const states = new RecordStates(0)
  for (const offset of [0, 1]) {
    states.moveCursor(offset)
    states.move(offset, ACQUIRED, 1, 30_000 + offset, 7)
  }
  states.moveCursor(2)
  states.settling(0)
  states.move(0, ACKNOWLEDGED, 1)
  expect(states.nextMs()).toBeLessThanOrEqual(30_001)
  states.settling(1)
  states.move(1, ACKNOWLEDGED, 1)
  expect(states.nextMs()).toBe(Infinity)
})
