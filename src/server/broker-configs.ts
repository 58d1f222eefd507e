// The configs of the broker in Kafka's names, both ways: what a broker was told, as clients ask for it, and what an administrator writes,
// as the options of a broker and its listeners. Each stands for a setting of ours, or has one value that cannot be another one here.

import type { BrokerSettings } from '../core/broker-settings.js'
import { BROKER_DEFAULTS } from '../core/broker-settings.js'
import { type ResolvedTopicConfig, TOPIC_DEFAULTS, type TopicConfig } from '../core/topic-config.js'
import { KafkaliteError } from '../errors.js'
import { nearestWord } from '../lib/nearest-word.js'
import {
  COMPRESSION_WORDS,
  CONFIG_SOURCES,
  CONFIG_TYPES,
  type ConfigType,
  type ConfigWords,
  configText,
  parseConfigText,
} from './config-text.js'
import { type AclsOptions, LISTENER_DEFAULTS, type ListenerSettings, type ListenOptions } from './listen-options.js'

type BrokerSetting = Exclude<keyof BrokerSettings, 'topicDefaults'>

/** `scale`: how many of our units make one of Kafka's. Of several names for one setting the one without a scale is described. */
type Known = { readonly type: ConfigType; readonly scale?: number; readonly words?: ConfigWords } & (
  | { readonly of: 'broker'; readonly ours: BrokerSetting }
  | { readonly of: 'topic'; readonly ours: keyof ResolvedTopicConfig }
  | { readonly of: 'listener'; readonly ours: keyof ListenerSettings }
  | { readonly of: 'acls' }
  | { readonly of: 'none'; readonly value: string }
)

const broker = (type: ConfigType, ours: BrokerSetting): Known => ({ type, of: 'broker', ours })
const topic = (type: ConfigType, ours: keyof ResolvedTopicConfig, scale?: number): Known => ({
  type,
  of: 'topic',
  ours,
  ...(scale !== undefined && { scale }),
})
const listener = (type: ConfigType, ours: keyof ListenerSettings): Known => ({ type, of: 'listener', ours })
const only = (type: ConfigType, value: string): Known => ({ type, of: 'none', value })

const MINUTE = 60_000
const HOUR = 3_600_000

export const BROKER_CONFIGS: Readonly<Record<string, Known>> = {
  'allow.everyone.if.no.acl.found': { type: 'boolean', of: 'acls' },
  'authorizer.class.name': { type: 'string', of: 'acls' },
  'auto.create.topics.enable': broker('boolean', 'autoCreateTopics'),
  'broker.id': only('int', '1'),
  'compression.type': { ...topic('string', 'compressionType'), words: COMPRESSION_WORDS },
  'connections.max.idle.ms': listener('long', 'connectionsMaxIdleMs'),
  'connections.max.reauth.ms': listener('long', 'connectionsMaxReauthMs'),
  'default.replication.factor': only('int', '1'),
  'delete.topic.enable': only('boolean', 'true'),
  'group.consumer.heartbeat.interval.ms': broker('int', 'groupConsumerHeartbeatIntervalMs'),
  'group.consumer.session.timeout.ms': broker('int', 'groupConsumerSessionTimeoutMs'),
  'group.initial.rebalance.delay.ms': broker('int', 'groupInitialRebalanceDelayMs'),
  'group.max.session.timeout.ms': broker('int', 'groupMaxSessionTimeoutMs'),
  'group.max.size': broker('int', 'groupMaxSize'),
  'group.min.session.timeout.ms': broker('int', 'groupMinSessionTimeoutMs'),
  'group.share.delivery.count.limit': broker('int', 'groupShareDeliveryCountLimit'),
  'group.share.heartbeat.interval.ms': broker('int', 'groupShareHeartbeatIntervalMs'),
  'group.share.max.size': broker('int', 'groupShareMaxSize'),
  'group.share.partition.max.record.locks': broker('int', 'groupSharePartitionMaxRecordLocks'),
  'group.share.record.lock.duration.ms': broker('int', 'groupShareRecordLockDurationMs'),
  'group.share.session.timeout.ms': broker('int', 'groupShareSessionTimeoutMs'),
  'log.cleaner.backoff.ms': broker('long', 'cleanerBackoffMs'),
  'log.cleaner.dedupe.buffer.size': broker('long', 'cleanerDedupeBufferBytes'),
  'log.cleaner.delete.retention.ms': topic('long', 'deleteRetentionMs'),
  'log.cleaner.max.compaction.lag.ms': topic('long', 'maxCompactionLagMs'),
  'log.cleaner.min.cleanable.ratio': topic('double', 'minCleanableDirtyRatio'),
  'log.cleaner.min.compaction.lag.ms': topic('long', 'minCompactionLagMs'),
  'log.cleanup.policy': topic('list', 'cleanupPolicy'),
  'log.flush.interval.ms': broker('long', 'flushIntervalMs'),
  'log.index.size.max.bytes': topic('int', 'segmentIndexBytes'),
  'log.message.timestamp.after.max.ms': topic('long', 'messageTimestampAfterMaxMs'),
  'log.message.timestamp.before.max.ms': topic('long', 'messageTimestampBeforeMaxMs'),
  'log.message.timestamp.type': topic('string', 'messageTimestampType'),
  'log.retention.bytes': topic('long', 'retentionBytes'),
  'log.retention.check.interval.ms': broker('long', 'retentionCheckIntervalMs'),
  'log.retention.hours': topic('int', 'retentionMs', HOUR),
  'log.retention.minutes': topic('int', 'retentionMs', MINUTE),
  'log.retention.ms': topic('long', 'retentionMs'),
  'log.roll.hours': topic('int', 'segmentMs', HOUR),
  'log.roll.ms': topic('long', 'segmentMs'),
  'log.segment.bytes': topic('int', 'segmentBytes'),
  'max.connections': listener('int', 'maxConnections'),
  'max.connections.per.ip': listener('int', 'maxConnectionsPerIp'),
  'message.max.bytes': topic('int', 'maxMessageBytes'),
  'min.insync.replicas': only('int', '1'),
  'node.id': only('int', '1'),
  'num.partitions': broker('int', 'numPartitions'),
  'offset.metadata.max.bytes': only('int', '4096'),
  'offsets.retention.check.interval.ms': broker('long', 'offsetsRetentionCheckIntervalMs'),
  'offsets.retention.minutes': broker('int', 'offsetsRetentionMinutes'),
  'socket.request.max.bytes': listener('int', 'maxRequestBytes'),
  'super.users': { type: 'string', of: 'acls' },
  'transaction.max.timeout.ms': broker('int', 'transactionMaxTimeoutMs'),
}

export interface DescribedBrokerConfig {
  readonly name: string
  readonly value: string
  readonly source: number
  readonly type: number
  readonly defaultValue: string
}

/** Every config with what it is here. */
export function describeBrokerConfigs(settings: BrokerSettings, listening: ListenerSettings): readonly DescribedBrokerConfig[] {
  const described: DescribedBrokerConfig[] = []
  for (const [name, known] of Object.entries(BROKER_CONFIGS)) {
    if (known.scale !== undefined || known.of === 'acls') continue
    const [value, defaultValue] = valuesOf(known, settings, listening).map((each) => configText(each, known.words)) as [string, string]
    const source = value === defaultValue ? CONFIG_SOURCES.default : CONFIG_SOURCES.staticBroker
    described.push({ name, value, source, type: CONFIG_TYPES[known.type], defaultValue })
  }
  return described
}

function valuesOf(
  known: Exclude<Known, { readonly of: 'acls' }>,
  settings: BrokerSettings,
  listening: ListenerSettings,
): readonly (string | number | boolean)[] {
  if (known.of === 'broker') return [settings[known.ours], BROKER_DEFAULTS[known.ours]]
  if (known.of === 'topic') return [settings.topicDefaults[known.ours], TOPIC_DEFAULTS[known.ours]]
  if (known.of === 'listener') return [listening[known.ours], LISTENER_DEFAULTS[known.ours]]
  return [known.value, known.value]
}

/** Options of a broker and of its listeners. */
export interface ParsedBrokerConfigs {
  readonly broker: { [P in BrokerSetting]?: BrokerSettings[P] }
  readonly topicDefaults: TopicConfig
  readonly listener: Partial<ListenerSettings> & Pick<ListenOptions, 'acls'>
}

/** What the texts say, in our names. INVALID_CONFIG: an unknown name, or a value that is none. Ranges are checked by who takes them. */
export function parseBrokerConfigs(given: readonly (readonly [name: string, value: string])[]): ParsedBrokerConfigs {
  const parsed = { broker: {}, topic: {}, listener: {} } as Record<'broker' | 'topic' | 'listener', Record<string, unknown>>
  const acls = new Map<string, string | number | boolean>()
  // In Kafka the more exact unit wins: milliseconds over minutes over hours.
  const inOrder = [...given].sort(([a], [b]) => (BROKER_CONFIGS[b]?.scale ?? 0) - (BROKER_CONFIGS[a]?.scale ?? 0))
  for (const [name, value] of inOrder) {
    const known = Object.hasOwn(BROKER_CONFIGS, name) ? BROKER_CONFIGS[name] : undefined
    if (known === undefined) {
      const nearest = nearestWord(name, Object.keys(BROKER_CONFIGS))
      throw new KafkaliteError(
        'INVALID_CONFIG',
        `There is no broker config "${name}" here${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
      )
    }
    if (known.of === 'acls') acls.set(name, parseConfigText(value, known.type, name))
    else if (known.of !== 'none') parsed[known.of][known.ours] = scaled(parseConfigText(value, known.type, name, known.words), known.scale)
    else if (value !== known.value) throw new KafkaliteError('INVALID_CONFIG', `${name} can only be ${known.value} here, not "${value}"`)
  }
  const listening = { ...parsed.listener, ...(acls.size > 0 && { acls: aclsOf(acls) }) }
  return { broker: parsed.broker, topicDefaults: parsed.topic, listener: listening } as ParsedBrokerConfigs
}

/** The class of Kafka whose rules the access rules here keep. */
const AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

function aclsOf(given: ReadonlyMap<string, string | number | boolean>): AclsOptions {
  const authorizer = given.get('authorizer.class.name')
  if (authorizer !== AUTHORIZER) {
    const [name, value] = authorizer === undefined ? [...given.keys()] : ['authorizer.class.name', authorizer]
    const why = authorizer === undefined ? `${name} has no meaning without it` : `it cannot be "${value}"`
    throw new KafkaliteError('INVALID_CONFIG', `Access rules need authorizer.class.name=${AUTHORIZER}; ${why}`)
  }
  const users = String(given.get('super.users') ?? '').split(';')
  return {
    superUsers: users.map((user) => user.trim()).filter((user) => user !== ''),
    allowEveryoneIfNoAclFound: given.get('allow.everyone.if.no.acl.found') === true,
  }
}

/** No limit is no limit in any unit. */
function scaled(value: unknown, scale: number | undefined): unknown {
  return typeof value === 'number' && value > 0 && scale !== undefined ? value * scale : value
}
