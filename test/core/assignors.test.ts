// The assignors: Kafka's table for range, and for uniform what it promises: everything assigned, evenly, with as few moves as that allows.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Assignment, type AssignorMember, keyOf } from '../../src/core/group/assignor.js'
import { assignRange } from '../../src/core/group/range-assignor.js'
import { assignUniform } from '../../src/core/group/uniform-assignor.js'

type Wishes = Readonly<Record<string, readonly string[]>>

const membersOf = (wishes: Wishes, before?: Assignment): AssignorMember[] =>
  Object.entries(wishes).map(([id, topics]) => ({ id, topics: new Set(topics), target: before?.get(id) ?? [] }))

const pictureOf = (assignment: Assignment): Record<string, string> =>
  Object.fromEntries(
    [...assignment].map(([id, partitions]) => [id, partitions.map(({ topic, partition }) => `${topic}:${partition}`).join(' ')]),
  )

const sizes = (counts: Readonly<Record<string, number>>) => (topic: string) => counts[topic] ?? 0

const NESTED = { A: ['t0'], B: ['t0', 't1'], C: ['t0', 't1', 't2'] }

describe('the range assignor', () => {
  it.each<[string, Wishes, Record<string, number>, Record<string, string>]>([
    ['two topics of 3', { A: ['t0', 't1'], B: ['t0', 't1'] }, { t0: 3, t1: 3 }, { A: 't0:0 t0:1 t1:0 t1:1', B: 't0:2 t1:2' }],
    ['7 for three', { A: ['t0'], B: ['t0'], C: ['t0'] }, { t0: 7 }, { A: 't0:0 t0:1 t0:2', B: 't0:3 t0:4', C: 't0:5 t0:6' }],
    ['2 for three', { A: ['t0'], B: ['t0'], C: ['t0'] }, { t0: 2 }, { A: 't0:0', B: 't0:1', C: '' }],
    ['different wishes', NESTED, { t0: 1, t1: 2, t2: 3 }, { A: 't0:0', B: 't1:0', C: 't1:1 t2:0 t2:1 t2:2' }],
    [
      '7 for four',
      { A: ['t0'], B: ['t0'], C: ['t0'], D: ['t0'] },
      { t0: 7 },
      { A: 't0:0 t0:1', B: 't0:2 t0:3', C: 't0:4 t0:5', D: 't0:6' },
    ],
  ])('deals %s as Kafka does', (_, wishes, counts, expected) => {
    expect(pictureOf(assignRange(membersOf(wishes), sizes(counts)))).toEqual(expected)
  })

  it('puts static members first, by their instance id', () => {
    const members = membersOf({ a: ['t0'], b: ['t0'], c: ['t0'] }).map((member) =>
      member.id === 'c' ? { ...member, instanceId: 'z' } : member,
    )
    expect(pictureOf(assignRange(members, sizes({ t0: 3 })))).toEqual({ c: 't0:0', a: 't0:1', b: 't0:2' })
  })
})

describe('the uniform assignor', () => {
  it('deals topics in blocks to fresh members', () => {
    expect(pictureOf(assignUniform(membersOf({ A: ['t0', 't1'], B: ['t0', 't1'] }), sizes({ t0: 3, t1: 3 })))).toEqual({
      A: 't0:0 t0:1 t0:2',
      B: 't1:0 t1:1 t1:2',
    })
  })

  it('gives each member what only it wants when wishes differ', () => {
    expect(pictureOf(assignUniform(membersOf(NESTED), sizes({ t0: 1, t1: 2, t2: 3 })))).toEqual({
      A: 't0:0',
      B: 't1:0 t1:1',
      C: 't2:0 t2:1 t2:2',
    })
  })

  it('moves one partition when a fourth member joins seven partitions, and only the free ones when one leaves', () => {
    const seven = sizes({ t0: 7 })
    const three = assignUniform(membersOf({ A: ['t0'], B: ['t0'], C: ['t0'] }), seven)
    const four = assignUniform(membersOf({ A: ['t0'], B: ['t0'], C: ['t0'], D: ['t0'] }, three), seven)
    expect(moved(three, four)).toBe(1)
    expect(four.get('D')).toHaveLength(1)
    const two = assignUniform(membersOf({ A: ['t0'], C: ['t0'] }, three), seven)
    expect(moved(three, two)).toBe(0)
    expect([...two.values()].map(({ length }) => length).sort()).toEqual([3, 4])
  })

  it('assigns everything once, evenly, and changes nothing when nothing changed', () => {
    const wish = fc.subarray(['t0', 't1', 't2', 't3'], { minLength: 1 })
    const wishes = fc.dictionary(
      fc.string({ minLength: 1, maxLength: 3 }).map((id) => `m${id}`),
      wish,
      { minKeys: 1, maxKeys: 8 },
    )
    const counts = fc.record({ t0: fc.nat(9), t1: fc.nat(9), t2: fc.nat(9), t3: fc.nat(9) })
    fc.assert(
      fc.property(fc.array(wishes, { minLength: 1, maxLength: 4 }), counts, (history, count) => {
        let before: Assignment | undefined
        for (const now of history) {
          const members = membersOf(now, before)
          const assignment = assignUniform(members, sizes(count))
          expectComplete(members, assignment, count)
          expectEven(members, assignment)
          const again = assignUniform(membersOf(now, assignment), sizes(count))
          expect(pictureOf(again)).toEqual(pictureOf(assignment))
          before = assignment
        }
      }),
      { numRuns: 300 },
    )
  })

  it('takes no partition from a member that has no more than its share, when all want the same', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (count, first, second) => {
        const named = (n: number): Wishes => Object.fromEntries(Array.from({ length: n }, (_, i) => [`m${i}`, ['t0']]))
        const before = assignUniform(membersOf(named(first)), sizes({ t0: count }))
        const after = assignUniform(membersOf(named(second), before), sizes({ t0: count }))
        const quota = Math.floor(count / second)
        let least = 0
        for (const [id, partitions] of before) if (after.has(id)) least += Math.max(0, partitions.length - quota - 1)
        const most = [...before].reduce((sum, [id, { length }]) => sum + (after.has(id) ? Math.max(0, length - quota) : 0), 0)
        expect(moved(before, after)).toBeGreaterThanOrEqual(least)
        expect(moved(before, after)).toBeLessThanOrEqual(most)
      }),
    )
  })
})

/** How many partitions left a member that is still there. */
function moved(before: Assignment, after: Assignment): number {
  let count = 0
  for (const [id, partitions] of before) {
    const now = new Set(after.get(id)?.map(keyOf))
    if (after.has(id)) count += partitions.filter((partition) => !now.has(keyOf(partition))).length
  }
  return count
}

function expectComplete(members: readonly AssignorMember[], assignment: Assignment, counts: Readonly<Record<string, number>>): void {
  const wanted = new Set(members.flatMap(({ topics }) => [...topics]))
  const expected = [...wanted].flatMap((topic) => Array.from({ length: counts[topic] ?? 0 }, (_, partition) => keyOf({ topic, partition })))
  expect([...assignment.values()].flat().map(keyOf).sort()).toEqual(expected.sort())
  for (const { id, topics } of members) for (const { topic } of assignment.get(id) ?? []) expect(topics).toContain(topic)
}

/** Nobody has a partition that somebody who wants its topic could take and still have less. */
function expectEven(members: readonly AssignorMember[], assignment: Assignment): void {
  const load = (id: string): number => assignment.get(id)?.length ?? 0
  for (const { id } of members) {
    for (const { topic } of assignment.get(id) ?? []) {
      for (const other of members) if (other.topics.has(topic)) expect(load(id) - load(other.id)).toBeLessThanOrEqual(1)
    }
  }
}
