// What a consumer can be told, with defaults, and the checks. Names and defaults are Kafka's, so that the page on Kafka's consumer
// configs is true here too. A misspelt option is refused at once.

import type { Isolation, OffsetToCommit, TopicPartition } from '../core/cluster.js'
import { describe } from '../errors.js'
import type { ConsumerRecord } from './consumer-record.js'
import { aBoolean, anAbortSignal, checkOptions, invalid, type OptionRule, oneOf, someText, wholeNumber } from './options-check.js'
import type { ErrorPolicy } from './retry-policy.js'
import { isSerde, type Serde } from './serde.js'
import { checkStartPosition, type StartPosition } from './start-position.js'
import type { TypedTopic } from './topic-types.js'

/** What to read, for whom, and how. */
export interface ConsumerOptions<V = unknown, K = string> {
  /** Topics, their names, or a pattern that the whole name of a topic must match, also of later topics. Without it: subscribe() or assign(). */
  topics?: readonly (string | TypedTopic<V, K>)[] | RegExp | undefined
  /** The group whose members share the partitions; without one the consumer reads everything and commits nothing. Kafka: group.id */
  groupId?: string | undefined
  /** Static membership: who comes back under this id gets the same partitions. Kafka: group.instance.id */
  groupInstanceId?: string | undefined
  /** Where to begin without a committed offset, and when the offset is out of range. Default: `'latest'`. Kafka: auto.offset.reset */
  from?: StartPosition | undefined
  /** Whether what is done is committed by itself. Only with a group. Default: true. Kafka: enable.auto.commit */
  autoCommit?: boolean | undefined
  /** How long a commit may be put off. Milliseconds. Default: 5000. Kafka: auto.commit.interval.ms */
  autoCommitIntervalMs?: number | undefined
  /** The most records of one poll() and of one batch of runBatch(). Default: 500. Kafka: max.poll.records */
  maxPollRecords?: number | undefined
  /** How long a member may work without asking for more before its partitions go to others. Milliseconds. Default: 300000. Kafka: max.poll.interval.ms */
  maxPollIntervalMs?: number | undefined
  /** Whether records of open and aborted transactions are read. Default: `'read_uncommitted'`. Kafka: isolation.level */
  isolation?: Isolation | undefined
  /** How values are decoded; for topics given by name. Kafka: value.deserializer */
  value?: Serde<V> | undefined
  /** How keys are decoded; for topics given by name. Kafka: key.deserializer */
  key?: Serde<K> | undefined
}

/** How run() and runBatch() work. */
export interface RunOptions<R = ConsumerRecord> {
  /** How many handlers may run at once; records of one key stay in order. Default: 1. */
  concurrency?: number | undefined
  /** What happens when a handler throws or rejects. Default: 5 retries, then the dead-letter topic. */
  onError?: ErrorPolicy<R> | undefined
}

/** How poll() waits. */
export interface PollOptions {
  /** The longest wait for a record. Milliseconds. Default: 1000. */
  timeoutMs?: number | undefined
  /** The most records of this call. Default: maxPollRecords. */
  maxRecords?: number | undefined
  /** Ends the wait: poll() rejects with its reason. */
  signal?: AbortSignal | undefined
}

/** Done are records, with everything before them in their partitions, or offsets as Kafka commits them: the next to read. */
export type Done = ConsumerRecord<unknown, unknown> | readonly ConsumerRecord<unknown, unknown>[] | readonly OffsetToCommit[]

/** ConsumerOptions with their defaults. */
export interface ConsumerSettings<V, K> {
  readonly groupId: string | undefined
  readonly groupInstanceId: string | undefined
  readonly from: StartPosition
  readonly autoCommit: boolean
  readonly autoCommitIntervalMs: number
  readonly maxPollRecords: number
  readonly maxPollIntervalMs: number
  readonly isolation: Isolation
  readonly value: Serde<V> | undefined
  readonly key: Serde<K> | undefined
}

const position: OptionRule = { expected: "'earliest', 'latest', a Date, { offset } or { agoMs }", accepts: (value) => value !== null }
const aSerde: OptionRule = { expected: 'a serde (an object with encode and decode)', accepts: isSerde }

const CONSUMER_RULES: Readonly<Record<string, OptionRule>> = {
  topics: { expected: 'a list of topics or names, or a RegExp', accepts: (value) => Array.isArray(value) || value instanceof RegExp },
  groupId: someText,
  groupInstanceId: someText,
  from: position,
  autoCommit: aBoolean,
  autoCommitIntervalMs: wholeNumber(0),
  maxPollRecords: wholeNumber(1),
  maxPollIntervalMs: wholeNumber(1),
  isolation: oneOf('read_uncommitted', 'read_committed'),
  value: aSerde,
  key: aSerde,
}

const POLL_RULES: Readonly<Record<string, OptionRule>> = {
  timeoutMs: { expected: 'milliseconds from 0, or Infinity', accepts: (value) => value === Infinity || wholeNumber(0).accepts(value) },
  maxRecords: wholeNumber(1),
  signal: anAbortSignal,
}

const RUN_RULES: Readonly<Record<string, OptionRule>> = {
  concurrency: wholeNumber(1, 100_000),
  onError: { expected: 'an error policy', accepts: (value) => typeof value === 'object' && value !== null },
}

/** Checks the options and fills in the defaults. INVALID_ARGUMENT. */
export function resolveConsumerOptions<V, K>(options: ConsumerOptions<V, K>): ConsumerSettings<V, K> {
  checkOptions('consumer()', options, CONSUMER_RULES)
  const { groupId } = options
  const from = options.from ?? 'latest'
  checkStartPosition(from, 'from of consumer()')
  if (groupId === undefined && (options.groupInstanceId !== undefined || options.autoCommit === true)) {
    throw invalid('groupInstanceId and autoCommit of consumer() go with a groupId')
  }
  return {
    groupId,
    groupInstanceId: options.groupInstanceId,
    from,
    autoCommit: groupId !== undefined && (options.autoCommit ?? true),
    autoCommitIntervalMs: options.autoCommitIntervalMs ?? 5_000,
    maxPollRecords: options.maxPollRecords ?? 500,
    maxPollIntervalMs: options.maxPollIntervalMs ?? 300_000,
    isolation: options.isolation ?? 'read_uncommitted',
    value: options.value,
    key: options.key,
  }
}

export function checkPollOptions(options: PollOptions | undefined): void {
  checkOptions('poll()', options, POLL_RULES)
}

export function checkRunOptions(options: RunOptions<never> | undefined, owner: string): void {
  checkOptions(owner, options, RUN_RULES)
}

/** INVALID_ARGUMENT unless every entry is a topic and a partition number. */
export function checkPartitions(partitions: unknown, owner: string): asserts partitions is readonly TopicPartition[] {
  if (!Array.isArray(partitions)) throw invalid(`${owner} takes a list of { topic, partition }, not ${describe(partitions)}`)
  for (const place of partitions as unknown[]) {
    const { topic, partition } = (place ?? {}) as { topic?: unknown; partition?: unknown }
    if (typeof topic === 'string' && topic !== '' && Number.isSafeInteger(partition) && (partition as number) >= 0) continue
    throw invalid(`${owner} takes a list of { topic, partition }, with partitions from 0; one entry is ${describe(place)}`)
  }
}

/** What `done` says as offsets: of each partition the highest. INVALID_ARGUMENT. */
export function offsetsOf(done: Done): OffsetToCommit[] {
  const entries: readonly unknown[] = Array.isArray(done) ? done : [done]
  const highest = new Map<string, OffsetToCommit>()
  checkPartitions(entries, 'commit()')
  for (const entry of entries as readonly (OffsetToCommit | ConsumerRecord<unknown, unknown>)[]) {
    const { topic, partition, offset } = entry
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw invalid(`commit() takes offsets from 0, got ${describe(offset)} for ${topic}-${partition}`)
    // A record always has headers, an offset to commit never: that tells "this one is done" from "go on here".
    const isRecord = 'headers' in entry && entry.headers !== undefined
    const next: OffsetToCommit = isRecord
      ? { topic, partition, offset: offset + 1 }
      : { topic, partition, offset, metadata: (entry as OffsetToCommit).metadata }
    const place = `${topic}-${partition}`
    if ((highest.get(place)?.offset ?? -1) < next.offset) highest.set(place, next)
  }
  return [...highest.values()]
}
