// Groups of the classic protocol as their members see them, with time moved by hand.
import { describe, expect, test } from 'vitest'
import { VirtualClock } from 'kafkalite/testing'
import type { ClassicJoinAnswer, ClassicJoinRequest, ClassicSyncAnswer } from '../../src/core/classic-group-port.js'
import { BridgedMembers } from '../../src/core/group/bridged-members.js'
import { BROKER_DEFAULTS } from '../../src/core/broker-settings.js'
import { ClassicGroups } from '../../src/core/group/classic-groups.js'

const METADATA = new Uint8Array([1])
const SHARE = new Uint8Array([7, 7])

function openGroups() {
  const clock = new VirtualClock()
  let seed = 1
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
  const committed: unknown[] = []
  const groups = new ClassicGroups({
    settings: BROKER_DEFAULTS,
    clock,
    random,
    onChange: () => undefined,
    isTaken: (id) => id === 'taken',
    hasOffsets: () => false,
    read: () => [],
    readBy: () => new Set(),
    remove: () => undefined,
    bridged: new BridgedMembers(() => undefined),
    checkEpoch: () => undefined,
    write: (_, offsets) => void committed.push(...offsets),
  })
  const join = async (more: Partial<ClassicJoinRequest> = {}): Promise<ClassicJoinAnswer> => {
    const answer = await groups.join({
      groupId: 'g',
      memberId: '',
      instanceId: null,
      clientId: 'c',
      clientHost: '/h',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: METADATA }],
      requireMemberId: false,
      canSkipAssignment: false,
      ...more,
    })
    if ('memberIdRequired' in answer) throw new Error(`id: ${answer.memberIdRequired}`)
    return answer
  }
  const identity = ({ memberId, generation }: ClassicJoinAnswer) => ({ groupId: 'g', memberId, instanceId: null, generation })
  const sync = async (joined: ClassicJoinAnswer, given: readonly ClassicJoinAnswer[] = []): Promise<ClassicSyncAnswer> =>
    groups.sync({
      ...identity(joined),
      protocolType: null,
      protocol: null,
      assignments: given.map(({ memberId }) => ({ memberId, assignment: SHARE })),
    })
  return { clock, groups, committed, join, sync, identity }
}

const code = (expected: string) => expect.objectContaining({ code: expected })
const caught = async (work: () => unknown): Promise<unknown> => {
  try {
    return await work()
  } catch (error) {
    return error
  }
}

describe('a new generation', () => {
  test('is the first one of a single member at once, and it leads', async () => {
    const { join, sync } = openGroups()
    const first = await join()
    expect(first).toMatchObject({ generation: 1, protocol: 'range', leader: first.memberId })
    expect(first.members).toHaveLength(1)
    expect((await sync(first, [first])).assignment).toEqual(SHARE)
  })

  test('waits until all members have joined again, and tells the leader alone who they are', async () => {
    const { groups, join, sync, identity } = openGroups()
    const first = await join()
    await sync(first, [first])
    const joining = join()
    expect(await caught(() => groups.heartbeat(identity(first)))).toEqual(code('REBALANCE_IN_PROGRESS'))
    const again = await join({ memberId: first.memberId })
    const second = await joining
    expect([again.generation, second.generation, again.members.length, second.members.length]).toEqual([2, 2, 2, 0])
    const waiting = sync(second)
    await sync(again, [again])
    expect((await waiting).assignment).toEqual(new Uint8Array(0))
  })

  test('is without those who did not come within the rebalance timeout', async () => {
    const { clock, groups, join, sync, identity } = openGroups()
    const first = await join({ sessionTimeoutMs: 100_000 })
    await sync(first, [first])
    const joining = join({ sessionTimeoutMs: 100_000 })
    await clock.advance(60_000)
    expect(await joining).toMatchObject({ generation: 2 })
    expect(await caught(() => groups.heartbeat(identity(first)))).toEqual(code('UNKNOWN_MEMBER_ID'))
  })

  test('drops who has its answer and does not sync', async () => {
    const { clock, groups, join } = openGroups()
    await join({ sessionTimeoutMs: 100_000 })
    await clock.advance(60_000)
    expect(groups.describe('g')).toMatchObject({ state: 'Empty', members: [] })
  })
})

describe('a member', () => {
  test('gets an id first when it is asked to, and joins with that', async () => {
    const { groups, join } = openGroups()
    const refused = await caught(() => join({ requireMemberId: true }))
    const memberId = String(refused).replace(/.*id: /, '')
    expect((await join({ requireMemberId: true, memberId })).memberId).toBe(memberId)
    expect(groups.describe('g')?.members).toHaveLength(1)
  })

  test('that is silent for its session timeout is out', async () => {
    const { clock, groups, join, sync, identity } = openGroups()
    const first = await join()
    await sync(first, [first])
    await clock.advance(9_000)
    groups.heartbeat(identity(first))
    await clock.advance(9_000)
    expect(groups.describe('g')?.state).toBe('Stable')
    await clock.advance(2_000)
    expect(groups.describe('g')?.state).toBe('Empty')
  })

  test('is refused with what does not fit', async () => {
    const { groups, join, identity } = openGroups()
    const first = await join()
    expect(await caught(() => join({ groupId: '' }))).toEqual(code('INVALID_GROUP_ID'))
    expect(await caught(() => join({ groupId: 'taken' }))).toEqual(code('INCONSISTENT_GROUP_PROTOCOL'))
    expect(await caught(() => join({ protocols: [{ name: 'other', metadata: METADATA }] }))).toEqual(code('INCONSISTENT_GROUP_PROTOCOL'))
    expect(await caught(() => join({ memberId: 'nobody' }))).toEqual(code('UNKNOWN_MEMBER_ID'))
    expect(await caught(() => join({ sessionTimeoutMs: 1 }))).toEqual(code('INVALID_SESSION_TIMEOUT'))
    expect(await caught(() => groups.heartbeat({ ...identity(first), generation: 9 }))).toEqual(code('ILLEGAL_GENERATION'))
  })

  test('that leaves makes the others join again', async () => {
    const { groups, join, sync, identity } = openGroups()
    const first = await join()
    await sync(first, [first])
    groups.leave({ groupId: 'g', memberId: first.memberId, instanceId: null })
    expect(await caught(() => groups.heartbeat(identity(first)))).toEqual(code('UNKNOWN_MEMBER_ID'))
    expect((await join()).generation).toBe(3)
  })
})

describe('a static member', () => {
  test('that comes back keeps its share without a new generation, and its old id is fenced', async () => {
    const { groups, join, sync } = openGroups()
    const first = await join({ instanceId: 'i' })
    await sync(first, [first])
    const back = await join({ instanceId: 'i' })
    expect(back).toMatchObject({ generation: 1, leader: first.memberId, members: [] })
    expect((await sync(back)).assignment).toEqual(SHARE)
    const old = { groupId: 'g', memberId: first.memberId, instanceId: 'i', generation: 1 }
    expect(await caught(() => groups.heartbeat(old))).toEqual(code('FENCED_INSTANCE_ID'))
  })

  test('that leads and may skip assigning is told so', async () => {
    const { join, sync } = openGroups()
    const first = await join({ instanceId: 'i' })
    await sync(first, [first])
    const back = await join({ instanceId: 'i', canSkipAssignment: true })
    expect(back).toMatchObject({ generation: 1, leader: back.memberId, skipAssignment: true })
    expect(back.members).toHaveLength(1)
  })
})

describe('a commit', () => {
  const offsets = [{ topic: 't', partition: 0, offset: 5 }]
  test('is taken from a member of this generation, and from outside while nobody is in the group', async () => {
    const { groups, committed, join, sync, identity } = openGroups()
    const outside = { groupId: 'g', memberId: '', instanceId: null, generation: -1 }
    await groups.commit(outside, offsets)
    const first = await join()
    expect(await caught(() => groups.commit(identity(first), offsets))).toEqual(code('REBALANCE_IN_PROGRESS'))
    await sync(first, [first])
    await groups.commit(identity(first), offsets)
    expect(await caught(() => groups.commit(outside, offsets))).toEqual(code('UNKNOWN_MEMBER_ID'))
    expect(await caught(() => groups.commit({ ...identity(first), generation: 0 }, offsets))).toEqual(code('ILLEGAL_GENERATION'))
    expect(committed).toHaveLength(2)
  })
})
