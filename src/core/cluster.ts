// THE port: the few operations that the clients need of a broker. Producer, Consumer, ConsumerGroup and Queue know only this
// interface, so they run on the broker in this process (`EmbeddedCluster`) and on a real Apache Kafka. Records cross it packed.
// What can be answered at once may come as a plain value; whoever calls waits only for a promise.

import type { EventEmitter } from 'eventemitter3'
import type { KafkaliteError } from '../errors.js'
import type { Awaitable } from '../lib/awaitable.js'
import type { Clock } from '../lib/clock.js'
import type { StopSignal } from '../lib/stopper.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { EpochStart, StorageFolder } from '../storage/storage.js'
import type { BrokerSettings } from './broker-settings.js'
import type { ClassicGroupPort } from './classic-group-port.js'
import type { ConsumerGroupPort } from './consumer-group-port.js'
import type { GroupState } from './group-state.js'
import type { KeptMap } from './kept-map.js'
import type { QueuePort, QueuePortOptions } from './queue-port.js'
import type { GroupConfigPort, ShareGroupPort } from './share-group-port.js'
import type { ResolvedTopicConfig, TopicConfig } from './topic-config.js'
import type { OffsetToCommit, TopicPartition } from './topic-partition.js'
import type { TransactionPort } from './transaction-port.js'

export type { OffsetToCommit, TopicPartition } from './topic-partition.js'

export type { EpochStart } from '../storage/storage.js'
export type { GroupState } from './group-state.js'

/** Whether records of open and aborted transactions are read: isolation.level. */
export type Isolation = 'read_uncommitted' | 'read_committed'

/** What is known of a topic. */
export interface TopicDescription {
  /** Legal as Kafka has it: at most 249 letters, digits, dots, underscores and hyphens. */
  readonly name: string
  /** 16 random bytes in base64url, new when a topic of the name is created again. */
  readonly id: string
  /** How many there are. */
  readonly partitions: number
  /** Every topic config, with the defaults filled in. */
  readonly config: ResolvedTopicConfig
  /** Kept for the broker's own bookkeeping; not matched by patterns. */
  readonly internal: boolean
}

/** What a new topic is to be. */
export interface NewTopic {
  /** From 1; -1 or absent: num.partitions (1). */
  readonly partitions?: number | undefined
  /** -1 or absent: what the cluster says. In process there is one copy. */
  readonly replicationFactor?: number | undefined
  /** Topic configs that differ from Kafka's defaults. */
  readonly config?: TopicConfig | undefined
  /** Only looks whether it could be created, and answers as if it had been. */
  readonly validateOnly?: boolean | undefined
}

/** Where an appended batch went. */
export interface Appended {
  /** The offset of the batch's first record. */
  readonly baseOffset: number
  /** The broker's time when the topic stamps it (LogAppendTime), else -1: each record keeps its own. */
  readonly logAppendTime: number
}

/** How a batch is appended. */
export interface ProduceOptions {
  /** What a transactional batch of a partition that is not in its producer's transaction does: true adds the partition, as transaction
   *  version 2 has it; else it is refused with TRANSACTION_ABORTABLE. */
  readonly addToTransaction?: boolean | undefined
  /** Answers when the batch is stored, before the topic's flush level holds: the end of its transaction settles that. */
  readonly unsettled?: boolean | undefined
}

/** From where to read one partition. */
export interface FetchPosition extends TopicPartition {
  /** A limit for this partition below `maxPartitionBytes`. Bytes. */
  readonly maxBytes?: number | undefined
  /** The first offset wanted. */
  readonly offset: number
}

/** What to read, how much of it, and how long to wait for it. */
export interface FetchRequest {
  /** Each partition once. */
  readonly positions: readonly FetchPosition[]
  /** How long to wait for data. Milliseconds; `Infinity` waits until there is some. 0 answers at once. */
  readonly maxWaitMs: number
  /** fetch.min.bytes: waits for so much, unless a partition has an error or the time is up. Bytes, 1 when absent. */
  readonly minBytes?: number | undefined
  /** fetch.max.bytes: over all partitions; at least one batch comes when there is one. Bytes. */
  readonly maxBytes: number
  /** max.partition.fetch.bytes. Bytes. */
  readonly maxPartitionBytes: number
  /** isolation.level. */
  readonly isolation: Isolation
  /** Ends the wait: the answer is then what is there. */
  readonly signal?: StopSignal | undefined
}

/** Records `firstOffset` to `lastOffset` of that producer are aborted. */
export interface AbortedTransaction {
  /** The producer of the transaction. */
  readonly producerId: number
  /** The offset of its first record in this partition. */
  readonly firstOffset: number
}

/** What came from one partition. Only partitions that have batches or an error are answered. */
export interface FetchedPartition extends TopicPartition {
  /** Whole batches, the first of which may begin before the asked offset. */
  readonly batches: readonly PackedBatch[]
  /** The first offset that can be read. */
  readonly startOffset: number
  /** The offset after the last one that can be read. */
  readonly highWatermark: number
  /** The last stable offset: where the first transaction that is still open begins, else the high watermark. */
  readonly stableOffset: number
  /** Transactions to leave out of these batches; empty when reading uncommitted. */
  readonly aborted: readonly AbortedTransaction[]
  /** OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_OR_PARTITION, CORRUPT_MESSAGE: this partition alone could not be read. */
  readonly error?: KafkaliteError | undefined
}

/** A place in a partition to look up: by name, or the first record at or after a time in milliseconds. */
export type OffsetQuery =
  | 'earliest'
  | 'latest'
  | 'maxTimestamp'
  | {
      /** Milliseconds since 1970. */
      readonly timestamp: number
    }

/** How a member takes part in a group. */
export interface JoinRequest {
  /** group.id. */
  readonly groupId: string
  /** Static membership (group.instance.id): a member of that id that comes back in time gets the same partitions. */
  readonly instanceId?: string | undefined
  /** client.id: a name for people to read. */
  readonly clientId?: string | undefined
  /** Names, or a pattern that is matched against the whole name of every topic, also of later ones. */
  readonly topics: readonly string[] | RegExp
  /** group.remote.assignor. 'uniform' */
  readonly assignor?: 'uniform' | 'range' | undefined
  /** max.poll.interval.ms: a member that does not call `polled` for that long is removed. Milliseconds. */
  readonly maxPollIntervalMs: number
  /** Hears of every change of the assignment. */
  readonly listener: MemberListener
}

/** What the group tells its member. Called from the broker's own turn, never from inside a call of the member. */
export interface MemberListener {
  /** These belong to the member from now on. */
  assigned(partitions: readonly TopicPartition[]): void
  /** Another member is to have these: stop working on them, commit, then call `released`. */
  revoke(partitions: readonly TopicPartition[]): void
  /** The membership is over, and these belong to others already: what was done since the last commit cannot be committed. */
  lost(partitions: readonly TopicPartition[], error: KafkaliteError): void
}

/** A membership. In process it needs no heartbeat: the member lives as long as it polls. */
export interface Membership {
  /** New for every membership; made by the broker. */
  readonly memberId: string
  /** The member's epoch; it grows with each change of the group's assignment that the member has taken over. */
  readonly epoch: number
  /** Resolves when the member has taken over all that the group means it to have (perhaps nothing). Rejects when it is removed before. */
  readonly ready: Promise<void>
  /** The partitions that the member may work on now. */
  assignment(): readonly TopicPartition[]
  /** Another set of topics from now on. */
  subscribe(topics: readonly string[] | RegExp): void
  /** The member asked for records: restarts max.poll.interval.ms. */
  polled(): void
  /** The revoked partitions are free for others. */
  released(partitions: readonly TopicPartition[]): void
  /** Refused with FENCED_MEMBER_EPOCH or UNKNOWN_MEMBER_ID when the member is out, or a partition is another member's. All or nothing. */
  commit(offsets: readonly OffsetToCommit[]): Awaitable<void>
  /** Gives all partitions back and leaves. A static member that leaves keeps its partitions reserved only while `temporarily`. Idempotent. */
  leave(options?: { temporarily?: boolean }): Awaitable<void>
}

/** A group seen from outside. */
export interface GroupDescription {
  /** consumer: the broker computes the assignment (KIP-848, members in this process); classic: the members do; share: remote members share records (KIP-932). */
  readonly type: 'consumer' | 'classic' | 'share'
  /** group.id. */
  readonly id: string
  /** Where the group stands. */
  readonly state: GroupState
  /** Grows with every change of members or topics. */
  readonly epoch: number
  /** In no particular order. */
  readonly members: readonly GroupMemberDescription[]
}

/** A member seen from outside. */
export interface GroupMemberDescription {
  /** The member id. */
  readonly id: string
  /** group.instance.id, when it has one. */
  readonly instanceId?: string
  /** client.id, when it has one. */
  readonly clientId?: string
  /** What it may work on now. */
  readonly partitions: readonly TopicPartition[]
}

/** What a round of the cleaner did to a partition. */
export interface PartitionCleaned extends TopicPartition {
  /** Below this offset each key is there once. */
  readonly cleanedTo: number
  /** Bytes that were kept of the partition when the round began. */
  readonly bytesBefore: number
  /** Bytes that are kept now, with what was appended meanwhile. */
  readonly bytesAfter: number
}

/** What happens in the cluster. */
export interface ClusterEvents {
  /** A topic is there. */
  topicCreated: [name: string]
  /** A topic is gone. */
  topicDeleted: [name: string]
  /** A group's members, assignment or state changed. */
  groupChanged: [groupId: string]
  /** Offsets of a group were committed, reset or removed. */
  committed: [groupId: string]
  /** A partition of a compacted topic was cleaned. */
  cleaned: [cleaned: PartitionCleaned]
  /** Something went wrong in the background, where no caller could be told. */
  error: [error: KafkaliteError]
}

/** The port. `CLOSED` from every call after `close`. */
export interface Cluster {
  /** The id that remote clients know the cluster by, the same each time it is opened. */
  identify?(): Promise<string>
  /** Where the records of all partitions are. undefined: in memory. */
  whereabouts?(): StorageFolder | undefined
  /** What is kept over openings for the listeners: access rules. */
  kept?(): Promise<KeptMap>
  /** What the broker was told, where it is in this process. */
  readonly settings?: BrokerSettings | undefined
  /** Remote members of groups whose assignment this process computes. */
  readonly consumerGroups?: ConsumerGroupPort | undefined
  /** Share groups with remote members. */
  readonly shareGroups?: ShareGroupPort | undefined
  /** Configs of groups. */
  readonly groupConfigs?: GroupConfigPort | undefined
  /** Groups of the classic protocol, where this process is their coordinator. */
  readonly classicGroups?: ClassicGroupPort | undefined
  /** What this cluster can do; the rest is refused with `NOT_SUPPORTED`. */
  readonly supports: Readonly<Record<string, boolean>>
  /** Whose time everything runs on. */
  readonly clock: Clock
  /** From 0 up to 1, as `Math.random`. */
  readonly random: () => number
  /** What happens in the cluster. */
  readonly events: EventEmitter<ClusterEvents>
  /** Called once, by the Broker. */
  open(): Promise<void>
  /** Ends all waits, writes what is to be written. Idempotent. */
  close(): Promise<void>
  /** Resolves when no append, commit or other work of the cluster itself is under way. */
  idle(): Promise<void>

  /** INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG. */
  createTopic(name: string, topic?: NewTopic): Promise<TopicDescription>
  /** The topic; with `create`, created as auto.create.topics.enable allows. At once when it is known. UNKNOWN_TOPIC_OR_PARTITION. */
  topic(name: string, options?: { create?: boolean }): Awaitable<TopicDescription>
  /** All topics, internal ones too. */
  topics(): Promise<readonly TopicDescription[]>
  /** With its records. UNKNOWN_TOPIC_OR_PARTITION. */
  deleteTopic(name: string): Promise<void>
  /** Changes the configs that are given; `undefined` leaves one as it is. */
  alterTopic(name: string, config: TopicConfig): Promise<void>
  /** INVALID_PARTITIONS unless `total` is more than there are. */
  addPartitions(name: string, total: number): Promise<void>

  /** Appends one batch. The bytes are the cluster's from now on. Resolves as the topic's flush level promises. */
  produce(topic: string, partition: number, batch: PackedBatch, options?: ProduceOptions): Awaitable<Appended>
  /** What is there, or what comes first. Errors of single partitions are in the answer. */
  fetch(request: FetchRequest): Awaitable<readonly FetchedPartition[]>
  /** Offset and timestamp of the place, or null when no record is that late. 'earliest' and 'latest' always have one, with timestamp -1. */
  offset(
    partition: TopicPartition,
    query: OffsetQuery,
    isolation?: Isolation,
  ): Awaitable<{ readonly offset: number; readonly timestamp: number } | null>
  /** The partition's leader epoch: grows with each opening after a crash. Left out by a cluster that cannot tell. UNKNOWN_TOPIC_OR_PARTITION. */
  leaderEpoch?(partition: TopicPartition): number
  /** Where leader epochs begin of which the partition keeps offsets, oldest first; the last one is the current one. UNKNOWN_TOPIC_OR_PARTITION. */
  epochStarts?(partition: TopicPartition): Awaitable<readonly EpochStart[]>
  /** Moves the start of the partition to `beforeOffset` (-1: to the end) and answers it. OFFSET_OUT_OF_RANGE, POLICY_VIOLATION. */
  deleteRecords(partition: TopicPartition, beforeOffset: number): Promise<number>
  /**
   * Applies the topic's cleanup policy to all its partitions at once instead of at the next check: old segments go, keys are compacted.
   * Left out by a cluster that cannot be asked for it.
   */
  cleanUp?(topic: string): Promise<void>
  /** Bytes kept of the partition. */
  partitionSize(partition: TopicPartition): Awaitable<number>

  /** Throws INVALID_GROUP_ID, UNRELEASED_INSTANCE_ID, UNSUPPORTED_ASSIGNOR. Topics that do not exist (yet) are left out until they do. */
  joinGroup(request: JoinRequest): Awaitable<Membership>
  /** Commits from outside. NON_EMPTY_GROUP while the group has members. */
  commitOffsets(groupId: string, offsets: readonly OffsetToCommit[]): Awaitable<void>
  /** What the group has committed, of the given partitions or of all; those without a commit are left out. */
  committedOffsets(groupId: string, partitions?: readonly TopicPartition[]): Awaitable<readonly OffsetToCommit[]>
  /** All groups that have members or committed offsets. */
  groups(): Awaitable<readonly GroupDescription[]>
  /** GROUP_ID_NOT_FOUND. */
  describeGroup(groupId: string): Awaitable<GroupDescription>
  /** With its offsets. NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
  deleteGroup(groupId: string): Promise<void>

  /** Producer ids and transactions. NOT_SUPPORTED is thrown where `supports.transactions` is false. */
  readonly transactions: TransactionPort

  /** Opens the state of a queue on the topic of that name, which is created when it is not there. */
  queue(name: string, options: QueuePortOptions): Promise<QueuePort>
}
