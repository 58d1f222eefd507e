// Topic configs: Kafka's names in camelCase with the unit last, Kafka's defaults and ranges. A value out of range is refused
// when it is given, never when it first matters.

import { describe, KafkaliteError } from '../errors.js'
import { canCompress } from '../record/compression.js'
import type { Compression } from '../record/format.js'
import type { LogConfig } from '../storage/storage.js'

/** When an append counts as done: 'os' in the page cache (Kafka's own default), 'interval' synced every flushIntervalMs, 'always' synced before the answer. */
export type Flush = 'os' | 'interval' | 'always'

/** What a topic can be told. Every config that is left out has the broker's default. */
export interface TopicConfig {
  /** How long records are kept. Milliseconds, -1 for ever. Default 604800000 (7 days). Kafka: retention.ms */
  retentionMs?: number | undefined
  /** How many bytes a partition keeps. Bytes, -1 no limit. Default -1. Kafka: retention.bytes */
  retentionBytes?: number | undefined
  /** What happens to old records: '' keeps them all until somebody deletes them. Default 'delete'. Kafka: cleanup.policy */
  cleanupPolicy?: 'delete' | 'compact' | 'compact,delete' | '' | undefined
  /** The largest segment. Bytes, from 1048576. Default 1073741824. Kafka: segment.bytes */
  segmentBytes?: number | undefined
  /** The longest span of record time in a segment. Milliseconds, from 1. Default 604800000 (7 days). Kafka: segment.ms */
  segmentMs?: number | undefined
  /** The largest index of a segment; a segment whose index is full is followed by a new one. Bytes, from 4. Default 10485760. Kafka: segment.index.bytes */
  segmentIndexBytes?: number | undefined
  /** The largest batch. Bytes. Default 1048588. Kafka: max.message.bytes */
  maxMessageBytes?: number | undefined
  /** When an append counts as done. Default: the broker's. Kafka: flush.messages, flush.ms */
  flush?: Flush | undefined
  /** The part of a log that must be dirty before it is compacted, 0 to 1. Default 0.5. Kafka: min.cleanable.dirty.ratio */
  minCleanableDirtyRatio?: number | undefined
  /** How long a record stays uncompacted. Milliseconds. Default 0. Kafka: min.compaction.lag.ms */
  minCompactionLagMs?: number | undefined
  /** After how long a record must be compacted. Milliseconds. Default 9007199254740991. Kafka: max.compaction.lag.ms */
  maxCompactionLagMs?: number | undefined
  /** How long tombstones are kept. Milliseconds. Default 86400000 (1 day). Kafka: delete.retention.ms */
  deleteRetentionMs?: number | undefined
  /** Whose time a record carries. Default 'CreateTime'. Kafka: message.timestamp.type */
  messageTimestampType?: 'CreateTime' | 'LogAppendTime' | undefined
  /** How far in the past a record may be stamped. Milliseconds. Default 9007199254740991. Kafka: message.timestamp.before.max.ms */
  messageTimestampBeforeMaxMs?: number | undefined
  /** How far in the future a record may be stamped. Milliseconds. Default 3600000 (1 hour). Kafka: message.timestamp.after.max.ms */
  messageTimestampAfterMaxMs?: number | undefined
  /** How batches are stored: 'producer' keeps them as sent, any other packs them anew. Default 'producer'. Kafka: compression.type */
  compressionType?: Compression | 'producer' | undefined
}

/** A topic's configs with every default filled in. */
export type ResolvedTopicConfig = { readonly [P in keyof TopicConfig]-?: Exclude<TopicConfig[P], undefined> }

/** Kafka's defaults. */
export const TOPIC_DEFAULTS: ResolvedTopicConfig = {
  retentionMs: 604_800_000,
  retentionBytes: -1,
  cleanupPolicy: 'delete',
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentIndexBytes: 10_485_760,
  maxMessageBytes: 1_048_588,
  flush: 'os',
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 86_400_000,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 3_600_000,
  compressionType: 'producer',
}

type Rule = { readonly integerFrom: number; readonly to?: number } | { readonly ratio: true } | { readonly oneOf: readonly string[] }

const RULES: { readonly [P in keyof ResolvedTopicConfig]: Rule } = {
  retentionMs: { integerFrom: -1 },
  retentionBytes: { integerFrom: -1 },
  cleanupPolicy: { oneOf: ['delete', 'compact', 'compact,delete', ''] },
  segmentBytes: { integerFrom: 1_048_576, to: 2_147_483_647 },
  segmentMs: { integerFrom: 1 },
  segmentIndexBytes: { integerFrom: 4, to: 2_147_483_647 },
  maxMessageBytes: { integerFrom: 0, to: 2_147_483_647 },
  flush: { oneOf: ['os', 'interval', 'always'] },
  minCleanableDirtyRatio: { ratio: true },
  minCompactionLagMs: { integerFrom: 0 },
  maxCompactionLagMs: { integerFrom: 1 },
  deleteRetentionMs: { integerFrom: 0 },
  messageTimestampType: { oneOf: ['CreateTime', 'LogAppendTime'] },
  messageTimestampBeforeMaxMs: { integerFrom: 0 },
  messageTimestampAfterMaxMs: { integerFrom: 0 },
  compressionType: { oneOf: ['producer', 'none', 'gzip', 'snappy', 'lz4', 'zstd'] },
}

/** Whether a topic keeps the last value of each key. */
export function isCompacted({ cleanupPolicy }: Pick<ResolvedTopicConfig, 'cleanupPolicy'>): boolean {
  return cleanupPolicy === 'compact' || cleanupPolicy === 'compact,delete'
}

/** Whether old segments of the topic go, by time and by size. */
export function isDeleted({ cleanupPolicy }: Pick<ResolvedTopicConfig, 'cleanupPolicy'>): boolean {
  return cleanupPolicy === 'delete' || cleanupPolicy === 'compact,delete'
}

/** What the log of a partition is told. A record of a compacted topic waits for its cleaning at most as long as its segment is written. */
export function logConfigOf(config: ResolvedTopicConfig): LogConfig {
  const { segmentBytes, segmentMs, segmentIndexBytes, flush } = config
  return {
    segmentBytes,
    segmentIndexBytes,
    flush,
    segmentMs: isCompacted(config) ? Math.min(segmentMs, config.maxCompactionLagMs) : segmentMs,
  }
}

/** Checks names and values and answers the configs that were given, without the undefined ones. INVALID_CONFIG. */
export function checkTopicConfig(given: Readonly<Record<string, unknown>>, owner: string): TopicConfig {
  const checked: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof ResolvedTopicConfig] : undefined
    if (rule === undefined) {
      throw new KafkaliteError(
        'INVALID_CONFIG',
        `${owner}: there is no topic config "${name}"; expected one of ${Object.keys(RULES).join(', ')}`,
      )
    }
    const expected = violation(rule, value)
    if (expected !== null) throw new KafkaliteError('INVALID_CONFIG', `${name} of ${owner} must be ${expected}, not ${describe(value)}`)
    checked[name] = value
  }
  const { compressionType = 'producer' } = checked as TopicConfig
  if (compressionType !== 'producer' && !canCompress(compressionType))
    throw new KafkaliteError(
      'INVALID_CONFIG',
      `compressionType of ${owner}: nothing here packs with ${compressionType}, see registerCodec()`,
    )
  return checked as TopicConfig
}

/** `given` laid over `defaults`. */
export function resolveTopicConfig(given: TopicConfig, defaults: ResolvedTopicConfig): ResolvedTopicConfig {
  return { ...defaults, ...given } as ResolvedTopicConfig
}

function violation(rule: Rule, value: unknown): string | null {
  if ('oneOf' in rule) return rule.oneOf.includes(value as string) ? null : `one of ${rule.oneOf.map((word) => word || "''").join(', ')}`
  if ('ratio' in rule) return typeof value === 'number' && value >= 0 && value <= 1 ? null : 'a number from 0 to 1'
  const to = rule.to ?? Number.MAX_SAFE_INTEGER
  if (Number.isSafeInteger(value) && (value as number) >= rule.integerFrom && (value as number) <= to) return null
  return rule.to === undefined ? `a whole number from ${rule.integerFrom}` : `a whole number from ${rule.integerFrom} to ${rule.to}`
}
