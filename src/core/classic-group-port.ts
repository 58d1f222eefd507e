// The part of the port that members of the classic group protocol need (JoinGroup, SyncGroup, Heartbeat, LeaveGroup): clients over the
// wire that compute assignments themselves and let the broker carry them. Members in this process use `joinGroup` of the port instead.

import type { Awaitable } from '../lib/awaitable.js'

/** How a member could be assigned, and what it tells its leader for that. The broker does not look into it. */
export interface ClassicProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface ClassicJoinRequest {
  readonly groupId: string
  /** Empty: not a member yet. */
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  /** How long the others may take to join anew. Milliseconds. */
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  /** In the order in which the member likes them. */
  readonly protocols: readonly ClassicProtocol[]
  /** A new member without an instance id gets an id first and joins with that: MEMBER_ID_REQUIRED (KIP-394). */
  readonly requireMemberId: boolean
  /** A static member that comes back is told to go on without a new assignment, also when it leads (KIP-814). */
  readonly canSkipAssignment: boolean
}

export interface ClassicJoinAnswer {
  readonly generation: number
  readonly protocolType: string
  readonly protocol: string
  readonly leader: string
  readonly memberId: string
  readonly skipAssignment: boolean
  /** For the leader: all members with what they tell. For others nobody. */
  readonly members: readonly { readonly memberId: string; readonly instanceId: string | null; readonly metadata: Uint8Array }[]
}

/** The group has given the new member an id, with which it is to join again. */
export interface MemberIdRequired {
  readonly memberIdRequired: string
}

/** An offset to commit: the next to read; -1 and -2: the end and the start, as the tools of Kafka's clients write it. */
export interface ClassicOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata?: string | undefined
  /** Absent: not told. */
  readonly leaderEpoch?: number | undefined
}

/** Who a member says it is. */
export interface ClassicMemberIdentity {
  readonly groupId: string
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export interface ClassicSyncRequest extends ClassicMemberIdentity {
  /** null: not told, by old clients. */
  readonly protocolType: string | null
  readonly protocol: string | null
  /** From the leader, who has what. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export interface ClassicSyncAnswer {
  readonly protocolType: string
  readonly protocol: string
  readonly assignment: Uint8Array
}

/** Kafka's names of the states. */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface ClassicGroupDescription {
  readonly groupId: string
  readonly generation: number
  readonly state: ClassicGroupState
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly ClassicMemberDescription[]
}

export interface ClassicMemberDescription {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly metadata: Uint8Array
  readonly assignment: Uint8Array
}

/** Errors are thrown or rejected with Kafka's codes. Every call of a member keeps it alive. */
export interface ClassicGroupPort {
  /** Settles when the group has a new generation. INVALID_GROUP_ID, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL, INVALID_SESSION_TIMEOUT. */
  join(request: ClassicJoinRequest): Awaitable<ClassicJoinAnswer | MemberIdRequired>
  /** Settles when the leader has assigned. UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL. */
  sync(request: ClassicSyncRequest): Awaitable<ClassicSyncAnswer>
  /** UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, FENCED_INSTANCE_ID. */
  heartbeat(member: ClassicMemberIdentity): void
  /** With an instance id the member id may be empty. UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
  leave(member: Omit<ClassicMemberIdentity, 'generation'>): void
  /** The commit of a member; with generation -1 and no member id, of somebody outside while the group has no members.
   *  UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, FENCED_INSTANCE_ID, GROUP_ID_NOT_FOUND, INVALID_GROUP_ID. */
  commit(member: ClassicMemberIdentity, offsets: readonly ClassicOffset[]): Awaitable<void>
  /** What was committed, as it was: also what names no place, but the start or the end of a partition. Of the given partitions or of all. */
  committed(groupId: string, partitions?: readonly Pick<ClassicOffset, 'topic' | 'partition'>[]): readonly ClassicOffset[]
  /** Whether the member is in the group, whatever the group does. UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID. */
  checkMember(member: ClassicMemberIdentity): void
  /** The topics that members of the group read. GROUP_ID_NOT_FOUND, and NON_EMPTY_GROUP when its members are no consumers. */
  subscribed(groupId: string): ReadonlySet<string>
  /** Forgets what was committed for these. */
  removeOffsets(groupId: string, partitions: readonly Pick<ClassicOffset, 'topic' | 'partition'>[]): Awaitable<void>
  /** undefined: there is no group of that id, or its members are not classic ones. */
  describe(groupId: string): ClassicGroupDescription | undefined
}
