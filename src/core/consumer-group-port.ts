// The part of the port that remote members need whose assignment the broker computes (KIP-848: ConsumerGroupHeartbeat). They are in one
// group with the members of this process, and with those of the classic protocol that the broker has taken over.

import type { GroupState } from './group-state.js'
import type { TopicPartition } from './topic-partition.js'

export interface ConsumerHeartbeat {
  readonly groupId: string
  /** Made by the member. */
  readonly memberId: string
  /** 0: joins; above: is in it; -1: leaves; -2: a static member that leaves for a while. */
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** How long it may take to give partitions back. -1: as said before. Milliseconds. */
  readonly rebalanceTimeoutMs: number
  /** null: as said before. */
  readonly topics: readonly string[] | null
  /** A pattern for whole names, besides the names. null: as said before; empty: none. */
  readonly pattern: string | null
  /** null: left to the coordinator. */
  readonly assignor: string | null
  /** What it works on. null: as said before. */
  readonly owned: readonly TopicPartition[] | null
}

export interface ConsumerHeartbeatAnswer {
  readonly memberEpoch: number
  /** What it may work on; null: as told before. */
  readonly assignment: readonly TopicPartition[] | null
}

export interface ConsumerMemberDescription {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly memberEpoch: number
  readonly clientId: string
  readonly clientHost: string
  readonly topics: readonly string[]
  readonly pattern: string | null
  readonly assignment: readonly TopicPartition[]
  readonly target: readonly TopicPartition[]
  /** It speaks the classic protocol. */
  readonly isClassic: boolean
}

export interface ConsumerGroupDescription {
  readonly groupId: string
  readonly state: GroupState
  readonly epoch: number
  readonly assignor: string
  readonly members: readonly ConsumerMemberDescription[]
}

/** Errors are thrown with Kafka's codes. */
export interface ConsumerGroupPort {
  /** INVALID_GROUP_ID, GROUP_ID_NOT_FOUND, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, UNRELEASED_INSTANCE_ID, FENCED_INSTANCE_ID, UNSUPPORTED_ASSIGNOR,
   *  INVALID_REGULAR_EXPRESSION, INVALID_REQUEST. */
  heartbeat(request: ConsumerHeartbeat): ConsumerHeartbeatAnswer
  /** Whether a remote member of that id is in the group, other than by the classic protocol. */
  has(groupId: string, memberId: string): boolean
  /** Whether the member is there, and in that epoch. UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH. */
  checkEpoch(groupId: string, memberId: string, memberEpoch: number): void
  /** undefined: there is no group of that id, or it is a classic one. */
  describe(groupId: string): ConsumerGroupDescription | undefined
}
