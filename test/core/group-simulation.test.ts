// Random members join, leave, stall, commit and come back, with topics that come and go, from a seed. At no time do two members work
// on one partition; what is committed never goes back; and when all is quiet, every partition has one owner. A failure names the seed.

import { describe, expect, it } from 'vitest'
import type { Membership, TopicPartition } from '../../src/core/cluster.js'
import { KafkaliteError } from '../../src/errors.js'
import { openCluster, type OpenCluster, seededRandom } from './cluster-fixture.js'

const STEPS = 120
const MAX_POLL_MS = 10_000

interface Actor {
  membership: Membership
  readonly instanceId: string | undefined
  /** What it believes it may work on. */
  readonly working: Set<string>
  /** What it was asked to give back and has not yet. */
  owed: TopicPartition[]
  stalled: boolean
}

class Simulation {
  readonly actors: Actor[] = []
  private readonly done = new Map<string, number>()
  private topics = 1

  constructor(
    private readonly opened: OpenCluster,
    private readonly random: () => number,
  ) {}

  async step(): Promise<void> {
    const { cluster, clock } = this.opened
    const actor = this.actors[this.pick(this.actors.length)]
    const dice = this.random()
    if (actor === undefined || dice < 0.15) this.join()
    else if (dice < 0.25) await this.leave(actor)
    else if (dice < 0.32) actor.stalled = true
    else if (dice < 0.6) this.commit(actor)
    else if (dice < 0.63) await cluster.createTopic(`t${this.topics++}`, { partitions: 1 + this.pick(4) })
    else if (dice < 0.66) await this.grow()
    else await clock.advance(this.pick(3000))
    for (const each of this.actors) this.live(each)
    if (this.random() < 0.5) await clock.settle()
    this.expectExclusive()
  }

  /** Everyone who stalls is removed, everyone else gives back what it owes. */
  async quiet(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      for (const actor of this.actors) this.live(actor, true)
      await this.opened.clock.advance(MAX_POLL_MS / 4)
      this.expectExclusive()
    }
  }

  async expectAllOwned(): Promise<void> {
    if (this.actors.length === 0) this.join()
    await this.quiet()
    const topics = await this.opened.cluster.topics()
    const all = topics.flatMap(({ name, partitions }) => Array.from({ length: partitions }, (_, partition) => `${name}/${partition}`))
    expect(this.actors.flatMap(({ working }) => [...working]).sort()).toEqual(all.sort())
    const loads = this.actors.map(({ working }) => working.size)
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
  }

  private join(): void {
    const instanceId = this.random() < 0.3 ? `i${this.pick(3)}` : undefined
    const working = new Set<string>()
    const actor: Actor = { membership: null as never, instanceId, working, owed: [], stalled: false }
    try {
      actor.membership = this.opened.cluster.joinGroup({
        groupId: 'g',
        topics: /t\d+/,
        maxPollIntervalMs: MAX_POLL_MS,
        instanceId,
        listener: {
          assigned: (partitions) => {
            for (const partition of partitions) working.add(keyOf(partition))
          },
          revoke: (partitions) => {
            actor.owed.push(...partitions)
          },
          lost: () => this.forget(actor),
        },
      })
      this.actors.push(actor)
    } catch (error) {
      expect(KafkaliteError.is(error, 'UNRELEASED_INSTANCE_ID')).toBe(true)
    }
  }

  private async leave(actor: Actor): Promise<void> {
    this.forget(actor)
    await actor.membership.leave({ temporarily: this.random() < 0.5 })
  }

  private forget(actor: Actor): void {
    actor.working.clear()
    const at = this.actors.indexOf(actor)
    if (at >= 0) this.actors.splice(at, 1)
  }

  private live(actor: Actor, surely = false): void {
    if (actor.stalled) return
    actor.membership.polled()
    if (actor.owed.length === 0 || (!surely && this.random() < 0.5)) return
    for (const partition of actor.owed) actor.working.delete(keyOf(partition))
    actor.membership.released(actor.owed.splice(0))
  }

  private commit(actor: Actor): void {
    const offsets = [...actor.working].map((key) => {
      const [topic, partition] = key.split('/') as [string, string]
      return { topic, partition: Number(partition), offset: (this.done.get(key) ?? 0) + 1 }
    })
    void actor.membership.commit(offsets)
    for (const { topic, partition, offset } of offsets) this.done.set(`${topic}/${partition}`, offset)
    for (const { topic, partition, offset } of this.opened.cluster.committedOffsets('g')) {
      expect(offset).toBe(this.done.get(`${topic}/${partition}`))
    }
  }

  private async grow(): Promise<void> {
    const { partitions } = await this.opened.cluster.topic('t0')
    await this.opened.cluster.addPartitions('t0', partitions + 1)
  }

  private expectExclusive(): void {
    const owners = this.actors.flatMap(({ working }) => [...working])
    expect(new Set(owners).size).toBe(owners.length)
  }

  private pick(count: number): number {
    return Math.floor(this.random() * count)
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

describe('a group under random members', () => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed))(
    'never has two members on one partition and ends with all owned (seed %i)',
    async (seed) => {
      const opened = await openCluster({ random: seededRandom(seed + 1000) })
      await opened.cluster.createTopic('t0', { partitions: 5 })
      const simulation = new Simulation(opened, seededRandom(seed))
      for (let i = 0; i < STEPS; i++) await simulation.step()
      await simulation.quiet()
      await simulation.expectAllOwned()
      await opened.cluster.close()
      expect(opened.clock.pending).toBe(0)
    },
  )
})
