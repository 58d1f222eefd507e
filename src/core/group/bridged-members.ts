// Members of the classic protocol in a group whose assignment the broker computes, because it has members in this process or ones that
// send ConsumerGroupHeartbeat (the migration of KIP-848). To them the broker is a leader that they never see: they join, are told to
// follow, and get from SyncGroup what the group means them to have. Whenever that changes, their heartbeat is answered with
// REBALANCE_IN_PROGRESS, and joining anew is how they give partitions back. It works for consumers alone, whose words the broker reads.

import { KafkaliteError } from '../../errors.js'
import type { ClassicJoinAnswer, ClassicJoinRequest, ClassicMemberIdentity, ClassicSyncAnswer } from '../classic-group-port.js'
import type { TopicPartition } from '../topic-partition.js'
import { inOrder, keyOf } from './assignor.js'
import type { ConsumerGroup } from './consumer-group.js'
import { type ConsumerSubscription, readAssignment, readSubscription, writeAssignment } from './consumer-protocol.js'
import type { GroupMember } from './group-member.js'

/** The protocol type of consumers. */
const CONSUMER = 'consumer'

/** A member on its way between the two kinds of groups. */
export interface MovingMember {
  /** What it said when it joined last, with its id. */
  readonly request: ClassicJoinRequest
  readonly generation: number
  readonly assignment: Uint8Array
}

interface Bridged {
  readonly group: ConsumerGroup
  readonly member: GroupMember
  request: ClassicJoinRequest
  generation: number
  /** The keys of what it was last told to work on. */
  told: string
}

export class BridgedMembers {
  /** As long as the groups have them. */
  private readonly members = new Map<GroupMember, Bridged>()

  constructor(private readonly find: (groupId: string) => ConsumerGroup | undefined) {}

  has(groupId: string, memberId: string): boolean {
    return this.get(groupId, memberId) !== undefined
  }

  /** Where the member is; null when there is none of that id. */
  hostOf(groupId: string, memberId: string): string | null {
    return this.get(groupId, memberId)?.request.clientHost ?? null
  }

  /** Whether everybody in the group speaks the classic protocol. */
  areAlone(group: ConsumerGroup): boolean {
    return !group.isEmpty && [...group.all()].every((member) => this.members.has(member))
  }

  /** `newId` is the id of a member that has none. INCONSISTENT_GROUP_PROTOCOL, UNRELEASED_INSTANCE_ID. */
  join(request: ClassicJoinRequest, newId: string): ClassicJoinAnswer {
    const { groupId } = request
    const group = this.find(groupId)
    const subscription = subscriptionOf(request)
    if (group === undefined || subscription === null)
      throw new KafkaliteError(
        'INCONSISTENT_GROUP_PROTOCOL',
        `Group "${groupId}" has members whose assignment the broker computes; other than consumers cannot be with them`,
      )
    const memberId = request.memberId === '' ? (this.memberOfInstance(group, request.instanceId)?.id ?? newId) : request.memberId
    const there = this.get(groupId, memberId)
    const bridged = there ?? this.add(group, { ...request, memberId }, subscription)
    bridged.request = { ...request, memberId }
    const { member } = bridged
    this.takeTimeouts(bridged)
    group.heard(member)
    group.subscribe(member, subscription.topics)
    const owned = new Set(subscription.owned.map(keyOf))
    const given = [...member.revoking].filter((key) => !owned.has(key))
    group.release(
      member,
      given.flatMap((key) => member.owned.get(key) ?? []),
    )
    group.advance()
    bridged.generation = group.epoch
    const protocol = request.protocols[0]?.name ?? ''
    return { generation: bridged.generation, protocolType: CONSUMER, protocol, leader: '', memberId, skipAssignment: false, members: [] }
  }

  sync(identity: ClassicMemberIdentity): ClassicSyncAnswer {
    const bridged = this.requireMember(identity)
    const { group, member, request } = bridged
    group.heard(member)
    const assignment = [...member.assignment()].sort(inOrder)
    bridged.told = keysOf(assignment)
    return { protocolType: CONSUMER, protocol: request.protocols[0]?.name ?? '', assignment: writeAssignment(assignment) }
  }

  /** UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS. */
  heartbeat(identity: ClassicMemberIdentity): void {
    const { group, member, told } = this.requireMember(identity)
    group.heard(member)
    if (member.revoking.size === 0 && keysOf([...member.assignment()].sort(inOrder)) === told) return
    throw new KafkaliteError('REBALANCE_IN_PROGRESS', `Group "${group.id}" is being assigned anew`)
  }

  leave({ groupId, memberId }: Pick<ClassicMemberIdentity, 'groupId' | 'memberId'>): void {
    const bridged = this.get(groupId, memberId)
    if (bridged === undefined) throw unknown(groupId, memberId)
    this.members.delete(bridged.member)
    bridged.group.leave(bridged.member, false)
  }

  checkCommit(identity: ClassicMemberIdentity): void {
    const { group, member } = this.requireMember(identity)
    group.heard(member)
  }

  /** Takes members of a classic group into the group, with what they work on. */
  receive(group: ConsumerGroup, moving: readonly MovingMember[]): void {
    for (const { request, generation, assignment } of moving) {
      const subscription = subscriptionOf(request)
      if (subscription === null) continue
      const owned = readAssignment(assignment)
      const bridged = this.add(group, request, subscription, owned)
      bridged.generation = generation
      bridged.told = keysOf([...owned].sort(inOrder))
      this.takeTimeouts(bridged)
    }
  }

  /** Lets all members of the group go, for a classic group that goes on with them. */
  release(group: ConsumerGroup): readonly MovingMember[] {
    const moving: MovingMember[] = []
    for (const member of [...group.all()]) {
      const bridged = this.members.get(member)
      if (bridged === undefined) continue
      moving.push({ request: bridged.request, generation: bridged.generation, assignment: writeAssignment(member.assignment()) })
      this.members.delete(member)
      group.leave(member, false)
    }
    return moving
  }

  private add(
    group: ConsumerGroup,
    request: ClassicJoinRequest,
    { topics }: ConsumerSubscription,
    owned?: readonly TopicPartition[],
  ): Bridged {
    const { groupId, memberId, instanceId, clientId, sessionTimeoutMs } = request
    const member = group.join(
      {
        groupId,
        ...(instanceId !== null && { instanceId }),
        clientId,
        topics,
        maxPollIntervalMs: sessionTimeoutMs,
        // It is told by its next heartbeat.
        listener: { assigned: () => undefined, revoke: () => undefined, lost: () => undefined },
      },
      { memberId, ...(owned !== undefined && { owned }) },
    )
    for (const known of this.members.keys()) if (known.gone) this.members.delete(known)
    const bridged: Bridged = { group, member, request, generation: group.epoch, told: '' }
    this.members.set(member, bridged)
    return bridged
  }

  private takeTimeouts({ member, request }: Bridged): void {
    member.maxPollIntervalMs = request.sessionTimeoutMs
    member.releaseTimeoutMs = request.rebalanceTimeoutMs
  }

  /** A static member that starts again without leaving takes its own place. */
  private memberOfInstance(group: ConsumerGroup, instanceId: string | null): GroupMember | undefined {
    if (instanceId === null) return undefined
    return [...group.all()].find((member) => member.instanceId === instanceId && !member.gone && this.members.has(member))
  }

  private get(groupId: string, memberId: string): Bridged | undefined {
    const member = this.find(groupId)?.get(memberId)
    return member === undefined || member.gone ? undefined : this.members.get(member)
  }

  private requireMember({ groupId, memberId, generation }: ClassicMemberIdentity): Bridged {
    const bridged = this.get(groupId, memberId)
    if (bridged === undefined) throw unknown(groupId, memberId)
    if (bridged.generation !== generation)
      throw new KafkaliteError('ILLEGAL_GENERATION', `Member "${memberId}" is in generation ${bridged.generation}, not ${generation}`)
    return bridged
  }
}

/** What the member wants to read; null when it is no consumer. */
export function subscriptionOf({
  protocolType,
  protocols,
}: Pick<ClassicJoinRequest, 'protocolType' | 'protocols'>): ConsumerSubscription | null {
  const [first] = protocols
  return protocolType !== CONSUMER || first === undefined ? null : readSubscription(first.metadata)
}

function keysOf(partitions: readonly TopicPartition[]): string {
  return partitions.map(keyOf).join()
}

function unknown(groupId: string, memberId: string): KafkaliteError {
  return new KafkaliteError('UNKNOWN_MEMBER_ID', `Group "${groupId}" has no member "${memberId}"`)
}
