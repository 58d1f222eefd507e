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
import { ClassicGroup } from './classic-group.js'

export interface ClassicGroupsOptions {
  readonly settings: BrokerSettings
  readonly clock: Clock
  readonly random: () => number
  readonly onChange: (groupId: string) => void
  /** Whether the id has members whose assignment the broker computes. */
  readonly isTaken: (groupId: string) => boolean
  /** Whether offsets are kept for the id. */
  readonly hasOffsets: (groupId: string) => boolean
  /** What was committed, of the given partitions or of all. */
  readonly read: (groupId: string, partitions?: readonly Pick<ClassicOffset, 'topic' | 'partition'>[]) => readonly ClassicOffset[]
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
    if (this.options.isTaken(groupId))
      throw new KafkaliteError('INCONSISTENT_GROUP_PROTOCOL', `Group "${groupId}" has members whose assignment the broker computes`)
    const there = this.groups.get(groupId)
    if (there === undefined && memberId !== '') throw unknownMember(groupId, memberId)
    const group = there ?? this.create(groupId)
    try {
      const newId = `${request.instanceId ?? request.clientId}-${randomId(this.options.random)}`
      if (memberId !== '' || request.instanceId !== null || !request.requireMemberId) return group.join(request, newId)
      group.expect(newId, sessionTimeoutMs)
      return { memberIdRequired: newId }
    } finally {
      if (group.isForgettable && !this.options.hasOffsets(groupId)) this.groups.delete(groupId)
    }
  }

  sync(request: ClassicSyncRequest): Awaitable<ClassicSyncAnswer> {
    return this.groupOf(request).sync(request)
  }

  heartbeat(member: ClassicMemberIdentity): void {
    this.groupOf(member).heartbeat(member)
  }

  leave(member: Omit<ClassicMemberIdentity, 'generation'>): void {
    this.groupOf(member).leave(member)
  }

  commit(member: ClassicMemberIdentity, offsets: readonly ClassicOffset[]): Awaitable<void> {
    const { groupId, memberId, generation } = member
    checkGroupId(groupId)
    const group = this.groups.get(groupId)
    if (generation < 0 && memberId === '') {
      if (this.hasMembers(groupId) || this.options.isTaken(groupId)) throw unknownMember(groupId, memberId)
    } else if (group === undefined) {
      throw new KafkaliteError('GROUP_ID_NOT_FOUND', `There is no group "${groupId}" for the commit of a member`)
    } else group.checkCommit(member)
    return this.options.write(groupId, offsets)
  }

  committed(groupId: string, partitions?: readonly Pick<ClassicOffset, 'topic' | 'partition'>[]): readonly ClassicOffset[] {
    return this.options.read(groupId, partitions)
  }

  describe(groupId: string): ClassicGroupDescription | undefined {
    if (this.options.isTaken(groupId)) return undefined
    const group = this.groups.get(groupId)
    if (group !== undefined) return group.describe()
    if (!this.options.hasOffsets(groupId)) return undefined
    return { groupId, generation: 0, state: 'Empty', protocolType: '', protocol: '', members: [] }
  }

  close(): void {
    for (const group of this.groups.values()) group.close()
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
