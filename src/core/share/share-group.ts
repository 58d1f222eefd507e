// One share group: who is in it and where each fetches from. There is nothing to give back when that changes, for the partitions are not
// anybody's alone: a member hears with its next heartbeat.

import { KafkaliteError } from '../../errors.js'
import type { Clock, Timer } from '../../lib/clock.js'
import type { ShareGroupDescription, ShareHeartbeat, ShareHeartbeatAnswer, ShareSettings } from '../share-group-port.js'
import type { TopicPartition } from '../topic-partition.js'
import { assignShared } from './share-assignor.js'

const JOINS = 0
const LEAVES = -1

interface ShareMember {
  readonly id: string
  readonly clientId: string
  readonly clientHost: string
  rackId: string | null
  topics: readonly string[]
  epoch: number
  previousEpoch: number
  assignment: readonly TopicPartition[]
  /** The assignment in the words of what it was last told. */
  told: string
  heardMs: number
  timer: Timer | null
}

export interface ShareGroupOptions {
  readonly id: string
  readonly clock: Clock
  readonly maxSize: number
  readonly settings: () => ShareSettings
  readonly partitions: (topic: string) => number
  readonly onChange: () => void
}

export class ShareGroup {
  private epoch = 0
  private readonly members = new Map<string, ShareMember>()
  /** What the assignment was computed from. */
  private topicsSeen = ''

  constructor(private readonly given: ShareGroupOptions) {}

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  describe(): ShareGroupDescription {
    const members = [...this.members.values()].map((member) => ({
      memberId: member.id,
      rackId: member.rackId,
      memberEpoch: member.epoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      topics: member.topics,
      assignment: member.assignment,
    }))
    return { groupId: this.given.id, state: this.isEmpty ? 'empty' : 'stable', epoch: this.epoch, members }
  }

  /** UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, GROUP_MAX_SIZE_REACHED. */
  heartbeat(request: ShareHeartbeat): ShareHeartbeatAnswer {
    const { heartbeatIntervalMs } = this.given.settings()
    if (request.memberEpoch === LEAVES) {
      this.remove(this.requireMember(request.memberId))
      return { memberEpoch: LEAVES, heartbeatIntervalMs: 0, assignment: null }
    }
    const member = request.memberEpoch === JOINS ? this.join(request) : this.requireInEpoch(request)
    member.heardMs = this.given.clock.now()
    member.rackId = request.rackId ?? member.rackId
    if (request.topics !== null && [...request.topics].sort().join() !== [...member.topics].sort().join()) {
      member.topics = [...new Set(request.topics)]
      this.epoch++
    }
    this.assign()
    if (member.epoch !== this.epoch) {
      member.previousEpoch = member.epoch
      member.epoch = this.epoch
    }
    const now = keysOf(member.assignment)
    const isNews = request.memberEpoch === JOINS || request.topics !== null || now !== member.told
    member.told = now
    return { memberEpoch: member.epoch, heartbeatIntervalMs, assignment: isNews ? member.assignment : null }
  }

  /** Whether somebody reads the topic. */
  reads(topic: string): boolean {
    for (const { topics } of this.members.values()) if (topics.includes(topic)) return true
    return false
  }

  close(): void {
    for (const { timer } of this.members.values()) timer?.cancel()
    this.members.clear()
  }

  private join(request: ShareHeartbeat): ShareMember {
    const { id, clock, maxSize } = this.given
    const there = this.members.get(request.memberId)
    if (there !== undefined) return there
    if (this.members.size >= maxSize) throw new KafkaliteError('GROUP_MAX_SIZE_REACHED', `Group "${id}" has ${maxSize} members already`)
    const { memberId, clientId, clientHost, rackId } = request
    const known = { epoch: 0, previousEpoch: 0, assignment: [], told: '', heardMs: clock.now(), timer: null }
    const member: ShareMember = { id: memberId, clientId, clientHost, rackId, topics: [], ...known }
    this.members.set(memberId, member)
    this.epoch++
    this.watch(member)
    this.given.onChange()
    return member
  }

  private requireMember(memberId: string): ShareMember {
    const member = this.members.get(memberId)
    if (member === undefined) throw new KafkaliteError('UNKNOWN_MEMBER_ID', `Group "${this.given.id}" has no member "${memberId}"`)
    return member
  }

  /** The epoch before is let pass: the answer to it may have been lost. */
  private requireInEpoch({ memberId, memberEpoch }: ShareHeartbeat): ShareMember {
    const member = this.requireMember(memberId)
    if (memberEpoch === member.epoch || memberEpoch === member.previousEpoch) return member
    throw new KafkaliteError('FENCED_MEMBER_EPOCH', `Member "${memberId}" has epoch ${member.epoch}, not ${memberEpoch}`)
  }

  private remove(member: ShareMember): void {
    member.timer?.cancel()
    this.members.delete(member.id)
    this.epoch++
    this.assign()
    this.given.onChange()
  }

  /** One timer a member: it looks when the member could be late at the earliest. */
  private watch(member: ShareMember): void {
    const { clock, settings } = this.given
    member.timer = clock.setTimer(member.heardMs + settings().sessionTimeoutMs, () => {
      if (member.heardMs + settings().sessionTimeoutMs > clock.now()) this.watch(member)
      else this.remove(member)
    })
  }

  /** Computes the assignment when the members or the topics are others than they were. */
  private assign(): void {
    const { partitions } = this.given
    const topics = [...new Set([...this.members.values()].flatMap((member) => member.topics))].sort()
    const sizes = topics.map((topic) => `${topic}:${partitions(topic)}`).join()
    const seen = `${this.epoch} ${sizes}`
    if (seen === this.topicsSeen) return
    // A topic came, went or grew since the members last changed.
    if (this.topicsSeen.startsWith(`${this.epoch} `)) this.epoch++
    this.topicsSeen = `${this.epoch} ${sizes}`
    const assigned = assignShared([...this.members.values()], partitions)
    for (const member of this.members.values()) member.assignment = assigned.get(member.id) ?? []
  }
}

function keysOf(places: readonly TopicPartition[]): string {
  return places.map(({ topic, partition }) => `${topic}-${partition}`).join()
}
