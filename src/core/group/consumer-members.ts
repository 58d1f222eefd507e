// Remote members whose assignment the broker computes (KIP-848). Each heartbeat says what the member works on and is answered with what it
// may work on; a partition moves on when its member no longer says that it has it. The group itself is the one of the members in this
// process: a remote member is in it like any other, and what a listener would be told is told with the next heartbeat.

import { KafkaliteError } from '../../errors.js'
import type { JoinRequest } from '../cluster.js'
import type {
  ConsumerGroupDescription,
  ConsumerGroupPort,
  ConsumerHeartbeat,
  ConsumerHeartbeatAnswer,
  ConsumerMemberDescription,
} from '../consumer-group-port.js'
import { inOrder, keyOf } from './assignor.js'
import type { ConsumerGroup } from './consumer-group.js'
import type { GroupMember } from './group-member.js'

/** Epochs that say something else. */
const JOINS = 0
const LEAVES = -1
const LEAVES_FOR_A_WHILE = -2

interface RemoteMember {
  readonly member: GroupMember
  readonly rackId: string | null
  readonly clientHost: string
  epoch: number
  previousEpoch: number
  topics: readonly string[]
  pattern: string | null
  /** The keys of what it was last told to work on. */
  told: string
}

export interface ConsumerMembersOptions {
  /** How long a member of the group may not be heard of. Milliseconds. */
  readonly sessionTimeoutMs: (groupId: string) => number
  readonly find: (groupId: string) => ConsumerGroup | undefined
  /** The group, made when it is not there. What members it has of the classic protocol become members of it. GROUP_ID_NOT_FOUND when they cannot. */
  readonly open: (groupId: string) => ConsumerGroup
  /** Where a member of the classic protocol in the group is; null when it is none. */
  readonly classicHost: (groupId: string, memberId: string) => string | null
}

export class ConsumerMembers implements ConsumerGroupPort {
  /** By group and member, as long as the group has them. */
  private readonly members = new Map<GroupMember, RemoteMember>()

  constructor(private readonly options: ConsumerMembersOptions) {}

  has(groupId: string, memberId: string): boolean {
    return this.find(groupId, memberId) !== undefined
  }

  heartbeat(request: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    const { groupId, memberId, memberEpoch } = request
    if (groupId === '') throw new KafkaliteError('INVALID_GROUP_ID', 'A group id is a text that is not empty')
    if (request.assignor !== null && request.assignor !== 'uniform' && request.assignor !== 'range')
      throw new KafkaliteError(
        'UNSUPPORTED_ASSIGNOR',
        `Group "${groupId}" knows no assignor "${request.assignor}"; expected uniform or range`,
      )
    if (memberEpoch < JOINS) return this.leave(request)
    if (memberEpoch === JOINS) return this.join(request)
    const group = this.options.find(groupId)
    if (group === undefined || (group.isEmpty && group.epoch === 0))
      throw new KafkaliteError('GROUP_ID_NOT_FOUND', `There is no group "${groupId}"`)
    this.checkInstance(request)
    const remote = this.requireMember(groupId, memberId)
    this.checkHeartbeat(remote, request)
    return this.step(group, remote, request, false)
  }

  checkEpoch(groupId: string, memberId: string, memberEpoch: number): void {
    const { epoch } = this.requireMember(groupId, memberId)
    if (epoch === memberEpoch) return
    throw new KafkaliteError('STALE_MEMBER_EPOCH', `Member "${memberId}" of group "${groupId}" has epoch ${epoch}, not ${memberEpoch}`)
  }

  describe(groupId: string): ConsumerGroupDescription | undefined {
    const group = this.options.find(groupId)
    if (group === undefined || group.epoch === 0) return undefined
    const members = [...group.all()].map((member) => this.describeMember(groupId, member))
    return { groupId, state: group.state, epoch: group.epoch, assignor: group.assignorName, members }
  }

  private describeMember(groupId: string, member: GroupMember): ConsumerMemberDescription {
    const remote = this.members.get(member)
    const classicHost = this.options.classicHost(groupId, member.id)
    return {
      memberId: member.id,
      instanceId: member.instanceId ?? null,
      rackId: remote?.rackId ?? null,
      memberEpoch: remote?.epoch ?? member.epoch,
      clientId: member.clientId ?? '',
      // A member in this process is where the broker is.
      clientHost: remote?.clientHost ?? classicHost ?? '/127.0.0.1',
      topics: remote?.topics ?? member.subscription.topics,
      pattern: remote === undefined ? member.subscription.source : remote.pattern,
      assignment: [...member.owned.values()].sort(inOrder),
      target: [...member.target.values()].sort(inOrder),
      isClassic: classicHost !== null,
    }
  }

  private join(request: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    const { groupId, memberId, rackId, clientHost } = request
    const group = this.options.open(groupId)
    const there = this.find(groupId, memberId)
    if (there !== undefined) return this.step(group, there, request, true)
    const topics = request.topics ?? []
    const member = group.join(this.joinRequest(request), { memberId })
    if (request.rebalanceTimeoutMs > 0) member.releaseTimeoutMs = request.rebalanceTimeoutMs
    const remote: RemoteMember = { member, rackId, clientHost, epoch: 0, previousEpoch: 0, topics, pattern: request.pattern, told: '' }
    for (const known of this.members.keys()) if (known.gone) this.members.delete(known)
    this.members.set(member, remote)
    return this.step(group, remote, request, true)
  }

  private joinRequest(request: ConsumerHeartbeat): JoinRequest {
    const { groupId, instanceId, clientId } = request
    return {
      groupId,
      ...(instanceId !== null && { instanceId }),
      clientId,
      topics: subscriptionOf(request.topics ?? [], request.pattern),
      ...(request.assignor !== null && { assignor: request.assignor as 'uniform' | 'range' }),
      maxPollIntervalMs: this.options.sessionTimeoutMs(groupId),
      // It hears of everything with its next heartbeat.
      listener: { assigned: () => undefined, revoke: () => undefined, lost: () => undefined },
    }
  }

  private leave(request: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    const { groupId, memberId, memberEpoch } = request
    const group = this.options.find(groupId)
    const remote = this.find(groupId, memberId)
    // A group that is gone is left as well as can be.
    if (group !== undefined && !group.isEmpty && remote === undefined) throw this.unknown(groupId, memberId)
    if (remote !== undefined) {
      this.checkInstance(request)
      this.members.delete(remote.member)
      group?.leave(remote.member, memberEpoch === LEAVES_FOR_A_WHILE)
    }
    return { memberEpoch: memberEpoch === LEAVES_FOR_A_WHILE ? LEAVES_FOR_A_WHILE : LEAVES, assignment: null }
  }

  /** An answer may have been lost: the epoch before is let pass from a member that has nothing which is not its own. */
  private checkHeartbeat(remote: RemoteMember, { memberEpoch, owned }: ConsumerHeartbeat): void {
    const { member, epoch, previousEpoch } = remote
    if (memberEpoch === epoch) return
    const isRetry = memberEpoch === previousEpoch && (owned ?? []).every((partition) => member.owned.has(keyOf(partition)))
    if (isRetry) return
    throw new KafkaliteError('FENCED_MEMBER_EPOCH', `Member "${member.id}" has epoch ${epoch}, not ${memberEpoch}`)
  }

  /** Whoever names an instance has to be the member that has it. UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
  private checkInstance({ groupId, memberId, instanceId }: ConsumerHeartbeat): void {
    if (instanceId === null) return
    const holder = [...this.members.keys()].find((member) => member.instanceId === instanceId && this.has(groupId, member.id))
    if (holder === undefined) throw this.unknown(groupId, memberId)
    if (holder.id === memberId) return
    throw new KafkaliteError('FENCED_INSTANCE_ID', `Instance id "${instanceId}" is that of member "${holder.id}" now, not of "${memberId}"`)
  }

  /** Takes what the member says, lets the group go on, and answers. */
  private step(group: ConsumerGroup, remote: RemoteMember, request: ConsumerHeartbeat, isWhole: boolean): ConsumerHeartbeatAnswer {
    const { member } = remote
    group.heard(member, this.options.sessionTimeoutMs(group.id))
    if (request.rebalanceTimeoutMs > 0) member.releaseTimeoutMs = request.rebalanceTimeoutMs
    if (request.topics !== null || request.pattern !== null) {
      remote.topics = request.topics ?? remote.topics
      remote.pattern = request.pattern === null ? remote.pattern : request.pattern || null
      group.subscribe(member, subscriptionOf(remote.topics, remote.pattern))
    }
    if (request.owned !== null) {
      const owned = new Set(request.owned.map(keyOf))
      const given = [...member.revoking].filter((key) => !owned.has(key))
      group.release(
        member,
        given.flatMap((key) => member.owned.get(key) ?? []),
      )
    }
    group.advance()
    if (member.revoking.size === 0 && remote.epoch !== group.epoch) {
      remote.previousEpoch = remote.epoch
      remote.epoch = group.epoch
    }
    const assignment = [...member.assignment()].sort(inOrder)
    const keys = assignment.map(keyOf).join()
    const isFull =
      isWhole || (request.rebalanceTimeoutMs > 0 && (request.topics !== null || request.pattern !== null) && request.owned !== null)
    const answer = { memberEpoch: remote.epoch, assignment: isFull || keys !== remote.told ? assignment : null }
    remote.told = keys
    return answer
  }

  private find(groupId: string, memberId: string): RemoteMember | undefined {
    const member = this.options.find(groupId)?.get(memberId)
    return member === undefined || member.gone ? undefined : this.members.get(member)
  }

  private requireMember(groupId: string, memberId: string): RemoteMember {
    const remote = this.find(groupId, memberId)
    if (remote === undefined) throw this.unknown(groupId, memberId)
    return remote
  }

  private unknown(groupId: string, memberId: string): KafkaliteError {
    return new KafkaliteError('UNKNOWN_MEMBER_ID', `Group "${groupId}" has no member "${memberId}"`)
  }
}

/** Names and a pattern at once are one pattern. */
function subscriptionOf(topics: readonly string[], pattern: string | null): readonly string[] | RegExp {
  if (pattern === null || pattern === '') return topics
  const names = topics.map((name) => name.replace(/[.\\]/g, '\\$&'))
  try {
    return new RegExp([`(?:${pattern})`, ...names].join('|'))
  } catch (cause) {
    throw new KafkaliteError('INVALID_REGULAR_EXPRESSION', `"${pattern}" is no regular expression`, { cause })
  }
}
