// All groups of the classic protocol. They share their ids with the groups whose assignment the broker computes: an id that has members of
// one kind is closed to the other, and one without members is open to both. Offsets are the same for either.

import { KafkaliteError } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import type {
  ClassicGroupDescription,
  ClassicGroupPort,
  ClassicJoinAnswer,
  ClassicJoinRequest,
  ClassicMemberIdentity,
  ClassicOffset,
  ClassicSyncAnswer,
  ClassicSyncRequest,
  MemberIdRequired,
} from '../classic-group-port.js'
import type { BrokerSettings } from '../broker-settings.js'
import { randomId } from '../random-id.js'
import type { BridgedMembers, MovingMember } from './bridged-members.js'
import { ClassicGroup } from './classic-group.js'

export interface ClassicGroupsOptions {
  readonly settings: BrokerSettings
  readonly clock: Clock
  readonly random: () => number
  readonly onChange: (groupId: string) => void
  /** Whether the id has members whose assignment the broker computes. */
  readonly isTaken: (groupId: string) => boolean
  /** Where classic members of such a group are. */
  readonly bridged: BridgedMembers
  /** Whether a remote member may commit that is no classic one; only looked at when the id has members. UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH. */
  readonly checkEpoch: (groupId: string, memberId: string, memberEpoch: number) => void
  /** Whether offsets are kept for the id. */
  readonly hasOffsets: (groupId: string) => boolean
  /** What was committed, of the given partitions or of all. */
  readonly read: (groupId: string, partitions?: readonly Pick<ClassicOffset, 'topic' | 'partition'>[]) => readonly ClassicOffset[]
  /** Removes offsets. */
  readonly remove: (groupId: string, partitions: readonly Pick<ClassicOffset, 'topic' | 'partition'>[]) => Awaitable<void>
  /** What members of such a group read. */
  readonly readBy: (groupId: string) => ReadonlySet<string>
  /** Keeps the offsets, whoever they come from. */
  readonly write: (groupId: string, offsets: readonly ClassicOffset[]) => Awaitable<void>
}

export class ClassicGroups implements ClassicGroupPort {
  private readonly groups = new Map<string, ClassicGroup>()

  constructor(private readonly options: ClassicGroupsOptions) {}

  /** Whether the id has members of the classic protocol. */
  hasMembers(groupId: string): boolean {
    return this.groups.get(groupId)?.isEmpty === false
  }

  /** Whether the id is known as that of a classic group. */
  has(groupId: string): boolean {
    return this.groups.has(groupId)
  }

  ids(): Iterable<string> {
    return this.groups.keys()
  }

  /** Forgets a group that has no members. */
  forget(groupId: string): void {
    if (!this.hasMembers(groupId)) this.groups.delete(groupId)
  }

  join(request: ClassicJoinRequest): Awaitable<ClassicJoinAnswer | MemberIdRequired> {
    checkGroupId(request.groupId)
    const { sessionTimeoutMs, groupId, memberId } = request
    const { groupMinSessionTimeoutMs: least, groupMaxSessionTimeoutMs: most } = this.options.settings
    if (sessionTimeoutMs < least || sessionTimeoutMs > most)
      throw new KafkaliteError('INVALID_SESSION_TIMEOUT', `A session timeout is ${least} to ${most} ms, not ${sessionTimeoutMs}`)
    const newId = `${request.instanceId ?? request.clientId}-${randomId(this.options.random)}`
    if (this.options.isTaken(groupId)) {
      if (memberId === '' && request.instanceId === null && request.requireMemberId) return { memberIdRequired: newId }
      return this.options.bridged.join(request, newId)
    }
    const there = this.groups.get(groupId)
    if (there === undefined && memberId !== '') throw unknownMember(groupId, memberId)
    const group = there ?? this.create(groupId)
    try {
      if (memberId !== '' || request.instanceId !== null || !request.requireMemberId) return group.join(request, newId)
      group.checkProtocols(request)
      group.expect(newId, sessionTimeoutMs)
      return { memberIdRequired: newId }
    } finally {
      if (group.isForgettable && !this.options.hasOffsets(groupId)) this.groups.delete(groupId)
    }
  }

  sync(request: ClassicSyncRequest): Awaitable<ClassicSyncAnswer> {
    return this.isBridged(request) ? this.options.bridged.sync(request) : this.groupOf(request).sync(request)
  }

  heartbeat(member: ClassicMemberIdentity): void {
    if (this.isBridged(member)) this.options.bridged.heartbeat(member)
    else this.groupOf(member).heartbeat(member)
  }

  leave(member: Omit<ClassicMemberIdentity, 'generation'>): void {
    if (this.isBridged(member)) this.options.bridged.leave(member)
    else this.groupOf(member).leave(member)
  }

  commit(member: ClassicMemberIdentity, offsets: readonly ClassicOffset[]): Awaitable<void> {
    const { groupId, memberId, generation } = member
    checkGroupId(groupId)
    const group = this.groups.get(groupId)
    if (generation < 0 && (memberId === '' || !this.options.isTaken(groupId))) {
      if (this.hasMembers(groupId) || this.options.isTaken(groupId)) throw unknownMember(groupId, memberId)
    } else if (this.isBridged(member)) this.options.bridged.checkCommit(member)
    else if (this.options.isTaken(groupId)) this.options.checkEpoch(groupId, memberId, generation)
    else if (group === undefined) {
      if (this.options.hasOffsets(groupId)) throw unknownMember(groupId, memberId)
      throw new KafkaliteError('GROUP_ID_NOT_FOUND', `There is no group "${groupId}" for the commit of a member`)
    } else group.checkCommit(member)
    return this.options.write(groupId, offsets)
  }

  committed(groupId: string, partitions?: readonly Pick<ClassicOffset, 'topic' | 'partition'>[]): readonly ClassicOffset[] {
    return this.options.read(groupId, partitions)
  }

  checkMember(member: ClassicMemberIdentity): void {
    if (this.isBridged(member)) this.options.bridged.checkCommit(member)
    else this.groupOf(member).checkMember(member)
  }

  subscribed(groupId: string): ReadonlySet<string> {
    const group = this.groups.get(groupId)
    if (this.options.isTaken(groupId)) return this.options.readBy(groupId)
    if (group === undefined && !this.options.hasOffsets(groupId))
      throw new KafkaliteError('GROUP_ID_NOT_FOUND', `There is no group "${groupId}"`)
    const topics = group === undefined || group.isEmpty ? [] : group.topics()
    if (topics === null) throw new KafkaliteError('NON_EMPTY_GROUP', `Group "${groupId}" has members that are no consumers`)
    return new Set(topics)
  }

  removeOffsets(groupId: string, partitions: readonly Pick<ClassicOffset, 'topic' | 'partition'>[]): Awaitable<void> {
    return this.options.remove(groupId, partitions)
  }

  describe(groupId: string): ClassicGroupDescription | undefined {
    if (this.options.isTaken(groupId)) return undefined
    const group = this.groups.get(groupId)
    if (group !== undefined) return group.describe()
    if (!this.options.hasOffsets(groupId)) return undefined
    return { groupId, generation: 0, state: 'Empty', protocolType: '', protocol: '', members: [] }
  }

  /** Ends the group and answers its members, for a group of the other kind; null when it has none, or they are no consumers. */
  handOver(groupId: string): readonly MovingMember[] | null {
    const moving = this.hasMembers(groupId) ? (this.groups.get(groupId)?.handOver() ?? null) : null
    if (moving !== null) this.groups.delete(groupId)
    return moving
  }

  /** Goes on with the members of a group of the other kind. */
  receive(groupId: string, moving: readonly MovingMember[]): void {
    const group = this.groups.get(groupId) ?? this.create(groupId)
    group.receive(moving)
  }

  close(): void {
    for (const group of this.groups.values()) group.close()
  }

  private isBridged({ groupId, memberId }: { readonly groupId: string; readonly memberId: string }): boolean {
    return this.options.isTaken(groupId) && this.options.bridged.has(groupId, memberId)
  }

  private create(id: string): ClassicGroup {
    const { clock, onChange, settings } = this.options
    const group = new ClassicGroup({ id, clock, settings, onChange: () => onChange(id) })
    this.groups.set(id, group)
    return group
  }

  /** INVALID_GROUP_ID, UNKNOWN_MEMBER_ID. */
  private groupOf({ groupId, memberId }: { readonly groupId: string; readonly memberId: string }): ClassicGroup {
    checkGroupId(groupId)
    const group = this.groups.get(groupId)
    if (group === undefined) throw unknownMember(groupId, memberId)
    return group
  }
}

function checkGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaliteError('INVALID_GROUP_ID', 'A group id is a text that is not empty')
}

function unknownMember(groupId: string, memberId: string): KafkaliteError {
  return new KafkaliteError('UNKNOWN_MEMBER_ID', `Group "${groupId}" has no member "${memberId}"`)
}
