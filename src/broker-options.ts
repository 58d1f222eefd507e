// What a broker can be told, and the check of it. A broker in this process decides where records are kept and when they count as
// written; on a cluster the cluster decides that, so the two kinds of options do not go together.

import type { Cluster } from './core/cluster.js'
import { checkTopicConfig, type Flush, TOPIC_DEFAULTS, type TopicConfig } from './core/topic-config.js'
import {
  aBoolean,
  aFunction,
  anObject,
  checkOptions,
  invalid,
  oneOf,
  type OptionRule,
  someText,
  wholeNumber,
} from './client/options-check.js'
import { isSerde, type Serde } from './client/serde.js'
import { KafkaliteError } from './errors.js'
import type { Clock } from './lib/clock.js'
import type { Storage } from './storage/storage.js'

/** A broker in this process. */
export interface EmbeddedOptions {
  /** Where the logs are kept. Default: a new MemoryStorage. */
  storage?: Storage | undefined
  /** When an append counts as done: 'os' in the page cache, 'interval' synced every flushIntervalMs, 'always' synced before the answer. Default 'os', as Kafka. */
  flush?: Flush | undefined
  /** How long an append at flush 'interval' may stay unsynced. Milliseconds. Default 1000. Kafka: log.flush.interval.ms */
  flushIntervalMs?: number | undefined
  /** Whether a topic comes into being when it is first sent to or read. Default true. Kafka: auto.create.topics.enable */
  autoCreateTopics?: boolean | undefined
  /** How many partitions a topic has that asks for none. Default 1. Kafka: num.partitions */
  numPartitions?: number | undefined
  /** How long committed offsets are kept that nobody uses: those of a group without members, and in topics that its members do not read. Minutes, counted while the broker is open; -1: for ever. Default 10080 (7 days). Kafka: offsets.retention.minutes */
  offsetsRetentionMinutes?: number | undefined
  /** How often such offsets are looked for. Milliseconds. Default 600000 (10 minutes). Kafka: offsets.retention.check.interval.ms */
  offsetsRetentionCheckIntervalMs?: number | undefined
  /** The longest transaction that a producer may ask for. Milliseconds. Default 900000 (15 minutes). Kafka: transaction.max.timeout.ms */
  transactionMaxTimeoutMs?: number | undefined
  /** The shortest session that remote members of a group may ask for. Milliseconds. Default 6000. Kafka: group.min.session.timeout.ms */
  groupMinSessionTimeoutMs?: number | undefined
  /** The longest session that remote members of a group may ask for. Milliseconds. Default 1800000 (30 minutes). Kafka: group.max.session.timeout.ms */
  groupMaxSessionTimeoutMs?: number | undefined
  /** The most remote members of a group of the classic protocol. Default 2147483647. Kafka: group.max.size */
  groupMaxSize?: number | undefined
  /** How long an empty group waits for further remote members when the first one joins. Milliseconds. Default 0; 3000 in Kafka. Kafka: group.initial.rebalance.delay.ms */
  groupInitialRebalanceDelayMs?: number | undefined
  /** After how long without a heartbeat a remote member is removed whose assignment the broker computes. Milliseconds. Default 45000. Kafka: group.consumer.session.timeout.ms */
  groupConsumerSessionTimeoutMs?: number | undefined
  /** How often such a member is told to send a heartbeat. Milliseconds. Default 5000. Kafka: group.consumer.heartbeat.interval.ms */
  groupConsumerHeartbeatIntervalMs?: number | undefined
  /** After how long without a heartbeat a remote member of a share group is removed. Milliseconds. Default 45000. Kafka: group.share.session.timeout.ms */
  groupShareSessionTimeoutMs?: number | undefined
  /** How often a member of a share group is told to send a heartbeat. Milliseconds. Default 5000. Kafka: group.share.heartbeat.interval.ms */
  groupShareHeartbeatIntervalMs?: number | undefined
  /** How long a remote member of a share group may hold a record. Milliseconds. Default 30000. Kafka: group.share.record.lock.duration.ms */
  groupShareRecordLockDurationMs?: number | undefined
  /** A record that members of a share group got that often and did not accept is given up. Default 5. Kafka: group.share.delivery.count.limit */
  groupShareDeliveryCountLimit?: number | undefined
  /** How many records of a partition may be in the hands of remote members of a share group. Default 2000. Kafka: group.share.partition.max.record.locks */
  groupSharePartitionMaxRecordLocks?: number | undefined
  /** The most remote members of a share group. Default 200. Kafka: group.share.max.size */
  groupShareMaxSize?: number | undefined
  /** Configs of topics that ask for none. */
  topicDefaults?: TopicConfig | undefined
  /** How often old segments are looked for. Milliseconds. Default 300000 (5 minutes). Kafka: log.retention.check.interval.ms */
  retentionCheckIntervalMs?: number | undefined
  /** How often partitions to compact are looked for. Milliseconds. Default 15000. Kafka: log.cleaner.backoff.ms */
  cleanerBackoffMs?: number | undefined
  /** The most memory for the keys of one round of compaction; more keys take more rounds. Bytes. Default 134217728. Kafka: log.cleaner.dedupe.buffer.size */
  cleanerDedupeBufferBytes?: number | undefined
  /** Where time comes from; for tests. Default: the machine's clock. */
  clock?: Clock | undefined
  /** Where chance comes from, from 0 up to 1; for tests. Default: Math.random. */
  random?: (() => number) | undefined
}

/** A broker whose topics are those of a cluster. */
export interface ClusterOptions {
  /** The cluster that this broker is a client of; closed with the broker. */
  cluster: Cluster
}

type Without<T> = { [P in keyof T]?: undefined }
/** What `Broker.open` takes: a broker in this process, or one on a cluster that is there already. */
export type BrokerOptions = (EmbeddedOptions & Without<ClusterOptions>) | (ClusterOptions & Without<EmbeddedOptions>)

/** What a topic is to be when it is created, and how its values and keys become bytes. */
export interface TopicOptions<V = unknown, K = string> extends TopicConfig {
  /** From 1. Default when it is created: 1. When it is there already with another number: TOPIC_EXISTS_DIFFERENT. Kafka: num.partitions */
  partitions?: number | undefined
  /** -1 (default): what the cluster says. In process there is one copy. Kafka: default.replication.factor */
  replicationFactor?: number | undefined
  /** false: fails with UNKNOWN_TOPIC_OR_PARTITION when it is not there. Default true. */
  create?: boolean | undefined
  /** Default: `string`. */
  value?: Serde<V> | undefined
  /** Default: `string`. */
  key?: Serde<K> | undefined
}

const methods = (expected: string, ...names: readonly string[]): OptionRule => ({
  expected,
  accepts: (value) =>
    typeof value === 'object' && value !== null && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
})

const BROKER_RULES: Readonly<Record<keyof EmbeddedOptions | 'cluster', OptionRule>> = {
  storage: methods('a storage (new MemoryStorage(), new FileStorage(folder))', 'open', 'log', 'commit', 'close'),
  flush: oneOf('os', 'interval', 'always'),
  flushIntervalMs: wholeNumber(1, 2_147_483_647),
  autoCreateTopics: aBoolean,
  numPartitions: wholeNumber(1, 10_000),
  offsetsRetentionMinutes: wholeNumber(-1, 2_147_483_647),
  offsetsRetentionCheckIntervalMs: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  transactionMaxTimeoutMs: wholeNumber(1, 2_147_483_647),
  groupMinSessionTimeoutMs: wholeNumber(1, 2_147_483_647),
  groupMaxSessionTimeoutMs: wholeNumber(1, 2_147_483_647),
  groupMaxSize: wholeNumber(1, 2_147_483_647),
  groupInitialRebalanceDelayMs: wholeNumber(0, 2_147_483_647),
  groupConsumerSessionTimeoutMs: wholeNumber(1, 2_147_483_647),
  groupConsumerHeartbeatIntervalMs: wholeNumber(1, 2_147_483_647),
  groupShareSessionTimeoutMs: wholeNumber(1, 2_147_483_647),
  groupShareHeartbeatIntervalMs: wholeNumber(1, 2_147_483_647),
  groupShareRecordLockDurationMs: wholeNumber(1, 2_147_483_647),
  groupShareDeliveryCountLimit: wholeNumber(1, 25),
  groupSharePartitionMaxRecordLocks: wholeNumber(1, 10_000),
  groupShareMaxSize: wholeNumber(1, 2_147_483_647),
  topicDefaults: anObject,
  retentionCheckIntervalMs: wholeNumber(1, 2_147_483_647),
  cleanerBackoffMs: wholeNumber(1, 2_147_483_647),
  cleanerDedupeBufferBytes: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  clock: methods('a clock with now() and setTimer()', 'now', 'setTimer'),
  random: aFunction,
  cluster: methods('a cluster', 'produce', 'fetch'),
}

/** INVALID_ARGUMENT, INVALID_CONFIG. */
export function checkBrokerOptions(options: BrokerOptions | undefined): void {
  checkOptions('Broker.open()', options, BROKER_RULES)
  if (options?.topicDefaults !== undefined) checkTopicConfig({ ...options.topicDefaults }, 'topicDefaults')
  if (options?.cluster === undefined) return
  const others = Object.entries(options).filter(([name, value]) => name !== 'cluster' && value !== undefined)
  if (others.length > 0)
    throw invalid(`Broker.open() takes cluster alone; ${others.map(([name]) => name).join(', ')} is for a broker in this process`)
}

const aSerde: OptionRule = { expected: 'a serde (an object with encode and decode)', accepts: isSerde }
const aNumber: OptionRule = { expected: 'a whole number', accepts: (value) => Number.isSafeInteger(value) }
/** Configs are checked by their own table. */
const aConfig: OptionRule = { expected: 'a topic config', accepts: () => true }
const TOPIC_RULES: Readonly<Record<string, OptionRule>> = {
  partitions: aNumber,
  replicationFactor: aNumber,
  create: aBoolean,
  value: aSerde,
  key: aSerde,
  ...Object.fromEntries(Object.keys(TOPIC_DEFAULTS).map((name) => [name, aConfig])),
}

/** The configs among the options. INVALID_ARGUMENT, INVALID_CONFIG. */
export function checkTopicOptions(name: unknown, options: TopicOptions<unknown, unknown>): TopicConfig {
  if (!someText.accepts(name))
    throw new KafkaliteError('INVALID_TOPIC_EXCEPTION', `topic() takes the name of a topic, ${someText.expected}`)
  checkOptions('topic()', options, TOPIC_RULES)
  const { partitions: _partitions, replicationFactor: _replicationFactor, create: _create, value: _value, key: _key, ...config } = options
  return checkTopicConfig(config, `topic "${String(name)}"`)
}
