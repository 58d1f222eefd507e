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
    const heard: unknown[] = []
    const hear =
      (name: string) =>
      (...args: unknown[]): void =>
        void heard.push([name, ...args])
    readOps(ops.take(), {
      acquired: hear('acquired'),
      acknowledged: hear('acknowledged'),
      available: hear('available'),
      gap: hear('gap'),
      place: hear('place'),
      forgotten: hear('forgotten'),
      topic: hear('topic'),
      outcome: hear('outcome'),
      dying: hear('dying'),
      sent: hear('sent'),
      repeat: hear('repeat'),
      redriven: hear('redriven'),
      parked: hear('parked'),
      returning: hear('returning'),
      returnsFrom: hear('returnsFrom'),
      expires: hear('expires'),
    })
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
    ])
    expect(ops.isEmpty).toBe(true)
  })
})
