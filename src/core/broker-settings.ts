// What a broker was told, with every default filled in: the one answer to whoever asks for the configs of the broker, so that what
// clients see is what is so.

import { type ResolvedTopicConfig, TOPIC_DEFAULTS } from './topic-config.js'

/** The names are Kafka's in camelCase. */
export interface BrokerSettings {
  /** num.partitions: of a topic that is created without a number. */
  readonly numPartitions: number
  /** auto.create.topics.enable. */
  readonly autoCreateTopics: boolean
  /** The configs of a topic that says nothing else. */
  readonly topicDefaults: ResolvedTopicConfig
  /** How often what was written is synced at flush 'interval'. Milliseconds. */
  readonly flushIntervalMs: number
  /** log.retention.check.interval.ms. Milliseconds. */
  readonly retentionCheckIntervalMs: number
  /** log.cleaner.backoff.ms. Milliseconds. */
  readonly cleanerBackoffMs: number
  /** log.cleaner.dedupe.buffer.size. Bytes. */
  readonly cleanerDedupeBufferBytes: number
  /** offsets.retention.minutes: how long offsets are kept that nobody uses. Minutes; -1: for ever. */
  readonly offsetsRetentionMinutes: number
  /** offsets.retention.check.interval.ms. Milliseconds. */
  readonly offsetsRetentionCheckIntervalMs: number
  /** transaction.max.timeout.ms: the longest that a remote producer may ask for. Milliseconds. */
  readonly transactionMaxTimeoutMs: number
  /** group.min.session.timeout.ms, of classic groups. Milliseconds. */
  readonly groupMinSessionTimeoutMs: number
  /** group.max.session.timeout.ms, of classic groups. Milliseconds. */
  readonly groupMaxSessionTimeoutMs: number
  /** group.max.size: members of a classic group. */
  readonly groupMaxSize: number
  /** group.initial.rebalance.delay.ms. Milliseconds. */
  readonly groupInitialRebalanceDelayMs: number
  /** group.consumer.session.timeout.ms (KIP-848). Milliseconds. */
  readonly groupConsumerSessionTimeoutMs: number
  /** group.consumer.heartbeat.interval.ms (KIP-848). Milliseconds. */
  readonly groupConsumerHeartbeatIntervalMs: number
  /** group.share.session.timeout.ms (KIP-932). Milliseconds. */
  readonly groupShareSessionTimeoutMs: number
  /** group.share.heartbeat.interval.ms (KIP-932). Milliseconds. */
  readonly groupShareHeartbeatIntervalMs: number
  /** group.share.record.lock.duration.ms (KIP-932). Milliseconds. */
  readonly groupShareRecordLockDurationMs: number
  /** group.share.delivery.count.limit (KIP-932). */
  readonly groupShareDeliveryCountLimit: number
  /** group.share.partition.max.record.locks (KIP-932). */
  readonly groupSharePartitionMaxRecordLocks: number
  /** group.share.max.size (KIP-932): members of a share group. */
  readonly groupShareMaxSize: number
}

/** Kafka's, but for what would make a program in one process wait: groups begin at once. */
export const BROKER_DEFAULTS: BrokerSettings = {
  numPartitions: 1,
  autoCreateTopics: true,
  topicDefaults: TOPIC_DEFAULTS,
  flushIntervalMs: 1000,
  retentionCheckIntervalMs: 300_000,
  cleanerBackoffMs: 15_000,
  cleanerDedupeBufferBytes: 134_217_728,
  offsetsRetentionMinutes: 10_080,
  offsetsRetentionCheckIntervalMs: 600_000,
  transactionMaxTimeoutMs: 900_000,
  groupMinSessionTimeoutMs: 6_000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupMaxSize: 2_147_483_647,
  groupInitialRebalanceDelayMs: 0,
  groupConsumerSessionTimeoutMs: 45_000,
  groupConsumerHeartbeatIntervalMs: 5_000,
  groupShareSessionTimeoutMs: 45_000,
  groupShareHeartbeatIntervalMs: 5_000,
  groupShareRecordLockDurationMs: 30_000,
  groupShareDeliveryCountLimit: 5,
  groupSharePartitionMaxRecordLocks: 2000,
  groupShareMaxSize: 200,
}

/** The defaults with what was given laid over them. */
export function resolveSettings(given: { readonly [P in keyof BrokerSettings]?: BrokerSettings[P] | undefined }): BrokerSettings {
  const known = Object.entries(given).filter(([name, value]) => value !== undefined && Object.hasOwn(BROKER_DEFAULTS, name))
  return { ...BROKER_DEFAULTS, ...Object.fromEntries(known) }
}
