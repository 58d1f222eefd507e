// The part of the port that remote members of share groups need (KIP-932). The records are handed out by the queue of the group and the
// topic, the same that receivers in this process use; here is who is in a group, and where to find that queue.

import type { QueueSession } from './queue-port.js'
import type { GroupState } from './group-state.js'
import type { TopicPartition } from './topic-partition.js'

export interface ShareHeartbeat {
  readonly groupId: string
  /** Made by the member. */
  readonly memberId: string
  /** 0: joins; above: is in it; -1: leaves. */
  readonly memberEpoch: number
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** null: as said before. */
  readonly topics: readonly string[] | null
}

export interface ShareHeartbeatAnswer {
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  /** Where it fetches from; null: as told before. */
  readonly assignment: readonly TopicPartition[] | null
}

export interface ShareMemberDescription {
  readonly memberId: string
  readonly rackId: string | null
  readonly memberEpoch: number
  readonly clientId: string
  readonly clientHost: string
  readonly topics: readonly string[]
  readonly assignment: readonly TopicPartition[]
}

export interface ShareGroupDescription {
  readonly groupId: string
  readonly state: GroupState
  readonly epoch: number
  readonly members: readonly ShareMemberDescription[]
}

/** Where a share group stands in a partition. */
export interface SharePlace extends TopicPartition {
  /** The first record that is not finished; -1: nobody has fetched there yet. */
  readonly startOffset: number
  /** How many records are not finished; -1: not known. */
  readonly lag: number
}

/** What a group does with records, of the defaults and its configs. */
export interface ShareSettings {
  /** share.session.timeout.ms. Milliseconds. */
  readonly sessionTimeoutMs: number
  /** share.heartbeat.interval.ms. Milliseconds. */
  readonly heartbeatIntervalMs: number
  /** share.record.lock.duration.ms. Milliseconds. */
  readonly lockMs: number
  /** share.delivery.count.limit. */
  readonly maxDeliveries: number
  /** share.partition.max.record.locks. */
  readonly maxLocks: number
  /** share.renew.acknowledge.enable. */
  readonly mayRenew: boolean
  /** share.isolation.level. */
  readonly isolation: 'read_committed' | 'read_uncommitted'
  /** share.auto.offset.reset; a number: the first record that is not older than that. Milliseconds. */
  readonly beginAt: 'earliest' | 'latest' | number
}

/** Errors are thrown with Kafka's codes. */
export interface ShareGroupPort {
  /** INVALID_GROUP_ID, GROUP_ID_NOT_FOUND, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, GROUP_MAX_SIZE_REACHED. */
  heartbeat(request: ShareHeartbeat): ShareHeartbeatAnswer
  /** undefined: there is no share group of that id. */
  describe(groupId: string): ShareGroupDescription | undefined
  /** The defaults for a group that is not known. */
  settings(groupId: string): ShareSettings
  /** What remote members of the group acquire records of the topic in. It may be closed when it is used next: then it is asked for anew. */
  session(groupId: string, topic: string): Promise<QueueSession>
  /** Of all topics that were fetched from, or of those that are named. GROUP_ID_NOT_FOUND. */
  places(groupId: string, topics: readonly string[] | null): Promise<readonly SharePlace[]>
  /** NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND, UNKNOWN_TOPIC_OR_PARTITION. */
  moveTo(groupId: string, topic: string, starts: ReadonlyMap<number, number>): Promise<void>
  /** Forgets where the group stood in the topic. NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND, UNKNOWN_TOPIC_OR_PARTITION. */
  forget(groupId: string, topic: string): Promise<void>
}

/** What a group whose assignment the broker computes is told by its configs. */
export interface ConsumerGroupSettings {
  /** consumer.session.timeout.ms. Milliseconds. */
  readonly sessionTimeoutMs: number
  /** consumer.heartbeat.interval.ms. Milliseconds. */
  readonly heartbeatIntervalMs: number
}

/** Configs of groups, by Kafka's names. */
export interface GroupConfigPort {
  /** What was set for the group. */
  of(groupId: string): Readonly<Record<string, string>>
  /** null takes a config back. INVALID_CONFIG, INVALID_REQUEST. With `validateOnly` it is only looked at. */
  alter(groupId: string, changes: ReadonlyMap<string, string | null>, validateOnly: boolean): Promise<void>
  /** With the defaults filled in. */
  consumerSettings(groupId: string): ConsumerGroupSettings
  /** Groups that something was set for. */
  ids(): readonly string[]
}
