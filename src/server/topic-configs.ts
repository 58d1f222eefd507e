// Topic configs in Kafka's names and as text, as clients write and read them. All of Kafka's are described, because tools read them,
// change one and write them all back; those that mean nothing here (tiers, throttles, indexes) are taken only as what they are.

import { KafkaliteError } from '../errors.js'
import { type ResolvedTopicConfig, TOPIC_DEFAULTS, type TopicConfig } from '../core/topic-config.js'
import {
  COMPRESSION_WORDS,
  CONFIG_SOURCES,
  CONFIG_TYPES,
  type ConfigType,
  type ConfigWords,
  configText,
  LONG_MAX,
  parseConfigText,
} from './config-text.js'

/** A config that a topic has here too. */
interface Known {
  readonly type: ConfigType
  readonly ours: keyof ResolvedTopicConfig
  /** Kafka's words for values of ours. */
  readonly words?: ConfigWords
}
/** A config that has one value here. `isHint`: others are taken without effect, as they change nothing that can be seen. */
interface Fixed {
  readonly type: ConfigType
  readonly value: string
  readonly isHint?: true
}

const CONFIGS: Readonly<Record<string, Known | Fixed>> = {
  'cleanup.policy': { type: 'list', ours: 'cleanupPolicy' },
  'compression.gzip.level': { type: 'int', value: '-1', isHint: true },
  'compression.lz4.level': { type: 'int', value: '9', isHint: true },
  'compression.type': { type: 'string', ours: 'compressionType', words: COMPRESSION_WORDS },
  'compression.zstd.level': { type: 'int', value: '3', isHint: true },
  'delete.retention.ms': { type: 'long', ours: 'deleteRetentionMs' },
  'file.delete.delay.ms': { type: 'long', value: '60000', isHint: true },
  'flush.messages': { type: 'long', value: LONG_MAX },
  'flush.ms': { type: 'long', value: LONG_MAX },
  'follower.replication.throttled.replicas': { type: 'list', value: '', isHint: true },
  'index.interval.bytes': { type: 'int', value: '4096', isHint: true },
  'leader.replication.throttled.replicas': { type: 'list', value: '', isHint: true },
  'local.retention.bytes': { type: 'long', value: '-2' },
  'local.retention.ms': { type: 'long', value: '-2' },
  'max.compaction.lag.ms': { type: 'long', ours: 'maxCompactionLagMs' },
  'max.message.bytes': { type: 'int', ours: 'maxMessageBytes' },
  'message.timestamp.after.max.ms': { type: 'long', ours: 'messageTimestampAfterMaxMs' },
  'message.timestamp.before.max.ms': { type: 'long', ours: 'messageTimestampBeforeMaxMs' },
  'message.timestamp.type': { type: 'string', ours: 'messageTimestampType' },
  'min.cleanable.dirty.ratio': { type: 'double', ours: 'minCleanableDirtyRatio' },
  'min.compaction.lag.ms': { type: 'long', ours: 'minCompactionLagMs' },
  'min.insync.replicas': { type: 'int', value: '1' },
  preallocate: { type: 'boolean', value: 'false', isHint: true },
  'remote.log.copy.disable': { type: 'boolean', value: 'false' },
  'remote.log.delete.on.disable': { type: 'boolean', value: 'false' },
  'remote.storage.enable': { type: 'boolean', value: 'false' },
  'retention.bytes': { type: 'long', ours: 'retentionBytes' },
  'retention.ms': { type: 'long', ours: 'retentionMs' },
  'segment.bytes': { type: 'int', ours: 'segmentBytes' },
  'segment.index.bytes': { type: 'int', ours: 'segmentIndexBytes' },
  'segment.jitter.ms': { type: 'long', value: '0', isHint: true },
  'segment.ms': { type: 'long', ours: 'segmentMs' },
  'unclean.leader.election.enable': { type: 'boolean', value: 'false', isHint: true },
}

export interface DescribedConfig {
  readonly name: string
  readonly value: string
  readonly source: number
  readonly type: number
  readonly defaultValue: string
  readonly isSensitive: false
}

/** Every config of Kafka with its value for this topic; `defaults` are those of the broker. */
export function describeTopicConfigs(config: ResolvedTopicConfig, defaults: ResolvedTopicConfig): readonly DescribedConfig[] {
  return Object.entries(CONFIGS).map(([name, known]) => {
    const textIn = (from: ResolvedTopicConfig): string => ('ours' in known ? configText(from[known.ours], known.words) : known.value)
    const [value, defaultValue, kafkas] = [textIn(config), textIn(defaults), textIn(TOPIC_DEFAULTS)]
    const byDefault = defaultValue === kafkas ? CONFIG_SOURCES.default : CONFIG_SOURCES.staticBroker
    const source = value === defaultValue ? byDefault : CONFIG_SOURCES.topic
    return { name, value, source, type: CONFIG_TYPES[known.type], defaultValue, isSensitive: false }
  })
}

export interface GivenConfig {
  readonly name: string
  /** null: the default. */
  readonly value: string | null
}

/** The configs that are given, in our names. INVALID_CONFIG. */
export function parseTopicConfigs(given: readonly GivenConfig[], defaults: ResolvedTopicConfig, owner: string): TopicConfig {
  const parsed: Record<string, unknown> = {}
  for (const { name, value } of given) {
    const known = Object.hasOwn(CONFIGS, name) ? CONFIGS[name] : undefined
    if (known === undefined) throw new KafkaliteError('INVALID_CONFIG', `${owner}: there is no topic config "${name}"`)
    if ('ours' in known)
      parsed[known.ours] = value === null ? defaults[known.ours] : parseConfigText(value, known.type, `${name} of ${owner}`, known.words)
    else if (value !== null && value !== known.value && known.isHint !== true)
      throw new KafkaliteError('INVALID_CONFIG', `${name} of ${owner} can only be ${known.value} here, not "${value}"`)
  }
  return parsed
}
