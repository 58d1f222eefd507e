// Consumer groups: who gets what and when, what a member may commit, static members, and members that stall.

import { afterEach, describe, expect, it } from 'vitest'
import type { JoinRequest, Membership, TopicPartition } from '../../src/core/cluster.js'
import type { KafkaliteError } from '../../src/errors.js'
import { openCluster, type OpenCluster } from './cluster-fixture.js'

class Joined {
  readonly log: string[] = []
  readonly errors: KafkaliteError[] = []
  /** Whether it gives back at once what it is asked for. */
  obedient = true
  membership: Membership

  constructor({ cluster }: OpenCluster, request: Partial<JoinRequest> = {}) {
    this.membership = cluster.joinGroup({
      groupId: 'g',
      topics: ['t'],
      maxPollIntervalMs: 300_000,
      ...request,
      listener: {
        assigned: (partitions) => this.log.push(`+${named(partitions)}`),
        revoke: (partitions) => {
          this.log.push(`-${named(partitions)}`)
          if (this.obedient) this.membership.released(partitions)
        },
        lost: (partitions, error) => {
          this.log.push(`!${named(partitions)}`)
          this.errors.push(error)
        },
      },
    })
  }

  get has(): string {
    return named(this.membership.assignment())
  }
}

function named(partitions: readonly TopicPartition[]): string {
  return partitions
    .map(({ topic, partition }) => `${topic}${partition}`)
    .sort()
    .join(' ')
}

let opened: OpenCluster
afterEach(async () => {
  await opened.cluster.close()
  expect(opened.clock.pending).toBe(0)
})

async function withTopic(partitions = 4): Promise<OpenCluster> {
  opened = await openCluster()
  await opened.cluster.createTopic('t', { partitions })
  return opened
}

const offsetOf = (partition: number, offset: number) => ({ topic: 't', partition, offset })

describe('a group', () => {
  it('gives a lone member everything, one turn after it joined', async () => {
    const member = new Joined(await withTopic())
    expect(member.log).toEqual([])
    await member.membership.ready
    expect(member.log).toEqual(['+t0 t1 t2 t3'])
    expect(opened.cluster.describeGroup('g')).toMatchObject({ state: 'stable', epoch: 1, members: [{ id: member.membership.memberId }] })
  })

  it('splits the partitions between members that join in one turn, in one rebalance', async () => {
    await withTopic()
    const [a, b] = [new Joined(opened), new Joined(opened)]
    expect(opened.cluster.describeGroup('g').state).toBe('assigning')
    await Promise.all([a.membership.ready, b.membership.ready])
    expect([a.log, b.log]).toEqual([['+t0 t1'], ['+t2 t3']])
    expect(opened.cluster.describeGroup('g').epoch).toBe(1)
  })

  it('hands a partition over only after its old owner released it, and leaves the others alone', async () => {
    await withTopic()
    const a = new Joined(opened)
    await a.membership.ready
    a.obedient = false
    const b = new Joined(opened)
    await opened.clock.settle()
    expect([a.log, b.log]).toEqual([['+t0 t1 t2 t3', '-t2 t3'], []])
    expect([a.has, b.has]).toEqual(['t0 t1', ''])
    expect(opened.cluster.describeGroup('g').state).toBe('reconciling')
    await a.membership.commit([offsetOf(2, 5)])
    a.membership.released([{ topic: 't', partition: 2 }])
    await opened.clock.settle()
    expect(b.has).toBe('t2')
    a.membership.released([{ topic: 't', partition: 3 }])
    await b.membership.ready
    expect([a.has, b.has]).toEqual(['t0 t1', 't2 t3'])
    expect(opened.cluster.describeGroup('g').state).toBe('stable')
  })

  it('gives the partitions of a member that leaves to the rest', async () => {
    await withTopic()
    const [a, b] = [new Joined(opened), new Joined(opened)]
    await b.membership.ready
    await a.membership.leave()
    await a.membership.leave()
    await opened.clock.settle()
    expect(b.has).toBe('t0 t1 t2 t3')
    expect(a.has).toBe('')
    await b.membership.leave()
    expect(opened.cluster.describeGroup('g').state).toBe('empty')
  })

  it('takes up topics that come later, partitions that are added, and lets deleted topics go', async () => {
    await withTopic(1)
    const member = new Joined(opened, { topics: ['t', 'later'] })
    await member.membership.ready
    await opened.cluster.createTopic('later')
    await opened.cluster.addPartitions('t', 2)
    await opened.clock.settle()
    expect(member.log).toEqual(['+t0', '+later0', '+t1'])
    await opened.cluster.deleteTopic('t')
    await opened.clock.settle()
    expect(member.has).toBe('later0')
  })

  it('matches a pattern against whole names, of later topics too, and can be given other topics', async () => {
    await withTopic(1)
    const member = new Joined(opened, { topics: /t.*|x/ })
    await member.membership.ready
    for (const name of ['t-two', 'at', 'xx']) await opened.cluster.createTopic(name)
    await opened.clock.settle()
    expect(member.has).toBe('t-two0 t0')
    await opened.cluster.deleteTopic('t-two')
    await opened.clock.settle()
    expect(member.has).toBe('t0')
    member.membership.subscribe(['at'])
    await opened.clock.settle()
    expect(member.has).toBe('at0')
    const { epoch } = opened.cluster.describeGroup('g')
    await opened.cluster.createTopic('unrelated')
    await opened.clock.settle()
    expect(opened.cluster.describeGroup('g').epoch).toBe(epoch)
  })

  it('uses the assignor that most of its members ask for and refuses others', async () => {
    await withTopic(3)
    await opened.cluster.createTopic('u', { partitions: 3 })
    const request = { topics: ['t', 'u'], assignor: 'range' as const }
    const [a, b] = [new Joined(opened, request), new Joined(opened, request)]
    await b.membership.ready
    expect([a.has, b.has].sort()).toEqual(['t0 t1 u0 u1', 't2 u2'])
    expect(() => new Joined(opened, { assignor: 'other' as never })).toThrowError(expect.objectContaining({ code: 'UNSUPPORTED_ASSIGNOR' }))
    expect(() => new Joined(opened, { groupId: '' })).toThrowError(expect.objectContaining({ code: 'INVALID_GROUP_ID' }))
  })

  it('cannot be deleted or reset while it has members', async () => {
    await withTopic()
    const member = new Joined(opened)
    await member.membership.commit([offsetOf(0, 3)])
    expect(() => opened.cluster.commitOffsets('g', [offsetOf(0, 0)])).toThrowError(expect.objectContaining({ code: 'NON_EMPTY_GROUP' }))
    await expect(opened.cluster.deleteGroup('g')).rejects.toMatchObject({ code: 'NON_EMPTY_GROUP' })
    await member.membership.leave()
    await opened.cluster.commitOffsets('g', [offsetOf(0, 1)])
    expect(opened.cluster.committedOffsets('g', [offsetOf(0, 0), offsetOf(1, 0)])).toMatchObject([{ partition: 0, offset: 1 }])
    await opened.cluster.deleteGroup('g')
    expect(opened.cluster.committedOffsets('g')).toEqual([])
    await expect(opened.cluster.deleteGroup('g')).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' })
    expect(() => opened.cluster.describeGroup('g')).toThrowError(expect.objectContaining({ code: 'GROUP_ID_NOT_FOUND' }))
  })
})

describe('a commit', () => {
  it("is refused when a partition is another member's, and then nothing of it is kept", async () => {
    await withTopic()
    const [a, b] = [new Joined(opened), new Joined(opened)]
    await b.membership.ready
    expect(() => a.membership.commit([offsetOf(0, 1), offsetOf(2, 1)])).toThrowError(
      expect.objectContaining({ code: 'FENCED_MEMBER_EPOCH' }),
    )
    expect(opened.cluster.committedOffsets('g')).toEqual([])
    await a.membership.commit([offsetOf(0, 1)])
    expect(opened.cluster.committedOffsets('g')).toMatchObject([{ partition: 0, offset: 1 }])
  })

  it('is refused after the member left', async () => {
    await withTopic()
    const a = new Joined(opened)
    await a.membership.leave()
    expect(() => a.membership.commit([offsetOf(0, 1)])).toThrowError(expect.objectContaining({ code: 'UNKNOWN_MEMBER_ID' }))
    await expect(a.membership.ready).rejects.toMatchObject({ code: 'UNKNOWN_MEMBER_ID' })
  })

  it('takes 4096 bytes of metadata and not one more', async () => {
    await withTopic()
    const a = new Joined(opened)
    await a.membership.commit([{ ...offsetOf(0, 1), metadata: 'x'.repeat(4096) }])
    expect(() => a.membership.commit([{ ...offsetOf(0, 2), metadata: 'x'.repeat(4097) }])).toThrowError(
      expect.objectContaining({ code: 'OFFSET_METADATA_TOO_LARGE' }),
    )
    expect(opened.cluster.committedOffsets('g')).toMatchObject([{ offset: 1 }])
  })

  it('of a topic that was deleted meanwhile keeps nothing for it', async () => {
    await withTopic()
    await opened.cluster.createTopic('u')
    const a = new Joined(opened)
    await a.membership.ready
    await opened.cluster.deleteTopic('u')
    await a.membership.commit([offsetOf(0, 1), { topic: 'u', partition: 0, offset: 9 }])
    expect(opened.cluster.committedOffsets('g')).toHaveLength(1)
  })
})

describe('a member that does not poll', () => {
  it('is removed after maxPollIntervalMs, hears that its partitions are lost, and cannot commit', async () => {
    await withTopic()
    const a = new Joined(opened, { maxPollIntervalMs: 1000 })
    await a.membership.ready
    const b = new Joined(opened)
    await b.membership.ready
    await opened.clock.advance(900)
    a.membership.polled()
    await opened.clock.advance(900)
    expect(a.errors).toEqual([])
    await opened.clock.advance(100)
    expect(a.log.at(-1)).toBe('!t0 t1')
    expect(a.errors[0]).toMatchObject({ code: 'UNKNOWN_MEMBER_ID' })
    expect(b.has).toBe('t0 t1 t2 t3')
    expect(() => a.membership.commit([offsetOf(0, 1)])).toThrowError(expect.objectContaining({ code: 'UNKNOWN_MEMBER_ID' }))
  })

  it('is also removed when it polls but never releases what was asked back', async () => {
    await withTopic()
    const a = new Joined(opened, { maxPollIntervalMs: 1000 })
    await a.membership.ready
    a.obedient = false
    const b = new Joined(opened)
    for (let i = 0; i < 4; i++) {
      a.membership.polled()
      await opened.clock.advance(300)
    }
    expect(a.errors).toHaveLength(1)
    expect(b.has).toBe('t0 t1 t2 t3')
  })

  it('is never removed with an interval of Infinity, which sets no timer', async () => {
    await withTopic()
    const a = new Joined(opened, { maxPollIntervalMs: Infinity })
    await a.membership.ready
    expect(opened.clock.pending).toBe(0)
  })
})

describe('a static member', () => {
  it('that comes back in time gets the same partitions, without a rebalance', async () => {
    await withTopic()
    const a = new Joined(opened, { instanceId: 'a' })
    const b = new Joined(opened, { instanceId: 'b' })
    await b.membership.ready
    const { epoch } = opened.cluster.describeGroup('g')
    await a.membership.leave({ temporarily: true })
    await opened.clock.advance(44_000)
    expect(b.has).toBe('t2 t3')
    const again = new Joined(opened, { instanceId: 'a' })
    await again.membership.ready
    expect(again.log).toEqual(['+t0 t1'])
    expect(b.log).toEqual(['+t2 t3'])
    expect(opened.cluster.describeGroup('g').epoch).toBe(epoch)
    expect(() => a.membership.commit([offsetOf(0, 1)])).toThrowError(expect.objectContaining({ code: 'UNKNOWN_MEMBER_ID' }))
  })

  it('that stays away longer than the session loses its place', async () => {
    await withTopic()
    const a = new Joined(opened, { instanceId: 'a' })
    const b = new Joined(opened)
    await b.membership.ready
    await a.membership.leave({ temporarily: true })
    await opened.clock.advance(45_000)
    expect(b.has).toBe('t0 t1 t2 t3')
  })

  it('that leaves for good frees its partitions at once', async () => {
    await withTopic()
    const a = new Joined(opened, { instanceId: 'a' })
    const b = new Joined(opened)
    await b.membership.ready
    await a.membership.leave()
    await opened.clock.settle()
    expect(b.has).toBe('t0 t1 t2 t3')
  })

  it('keeps a second one of its id out while it lives', async () => {
    await withTopic()
    const a = new Joined(opened, { instanceId: 'a' })
    await a.membership.ready
    expect(() => new Joined(opened, { instanceId: 'a' })).toThrowError(expect.objectContaining({ code: 'UNRELEASED_INSTANCE_ID' }))
    expect(a.has).toBe('t0 t1 t2 t3')
  })
})

describe('closing the broker', () => {
  it('ends memberships, so that a late commit hears CLOSED and nothing is left unhandled', async () => {
    await withTopic()
    const a = new Joined(opened)
    await opened.cluster.close()
    expect(() => a.membership.commit([offsetOf(0, 1)])).toThrowError(expect.objectContaining({ code: 'CLOSED' }))
    await expect(a.membership.ready).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
