// What a queue can be told, checked when it is opened; and what a user sends. Options of Kafka's share groups carry Kafka's meaning.

import type { QueuePortOptions } from '../core/queue-port.js'
import type { RecordHeadersInit } from '../record/record.js'
import { json } from './json.js'
import { aFunction, checkOptions, invalid, type OptionRule, oneOf, someText, wholeNumber } from './options-check.js'
import type { CronParser } from './queue-schedule.js'
import { type Backoff, checkBackoff } from './retry-policy.js'
import { isSerde, type Serde } from './serde.js'

/** How many deliveries there may be within any span of `perMs`. */
export interface RateLimit {
  /** From 1 to 1000000. */
  max: number
  /** Milliseconds, from 1. */
  perMs: number
  /** For the whole queue, or for each key by itself; messages without a key are then not limited. Default 'queue' */
  per?: 'queue' | 'key' | undefined
}

/** How a queue locks, retries and keeps its messages. */
export interface QueueOptions<V> {
  /** How values become bytes and back. Default: json() */
  value?: Serde<V> | undefined
  /** How long a receiver may hold a message without renewing. Milliseconds, from 10. Default 30000. Kafka: group.share.record.lock.duration.ms */
  lockMs?: number | undefined
  /** A message delivered that often without being acknowledged is a dead letter. 1 to 1000. Default 5. Kafka: group.share.delivery.count.limit */
  maxDeliveries?: number | undefined
  /** The wait before a message whose handler failed comes again. Default: exponential from 1000 ms to 60000 ms with a jitter of a fifth */
  backoff?: Backoff | undefined
  /** The topic that dead letters are copied to, created on first use; false: they are dropped. Default: `<name>.dead` */
  deadLetter?: string | false | undefined
  /**
   * 'key': of the messages of one key one is in work at a time, from its first delivery until it is acknowledged or given up, so a key is
   * worked off in the order of sending also across retries and with concurrency. Not together with `priorities`. Default 'none'
   */
  order?: 'none' | 'key' | undefined
  /** How many levels of `priority` there are; given once, when the queue is created. 1 to 10. Default 1 */
  priorities?: number | undefined
  /** A message with an id that was sent before within this time is not sent again. Milliseconds, 0 for never. Default 120000 (2 minutes) */
  dedupWindowMs?: number | undefined
  /** At most so many deliveries in any span of time, also over a restart. Default: no limit */
  rateLimit?: RateLimit | undefined
  /** A message that was not received by then is dropped. Milliseconds from its sending. Default: kept for ever */
  ttlMs?: number | undefined
  /** How many unfinished messages there may be. Default: no limit */
  maxLength?: number | undefined
  /** What a send does when there are `maxLength`: it waits, or fails with QUEUE_FULL. Default 'wait' */
  overflow?: 'wait' | 'reject' | undefined
  /** How many messages may be in the hands of all receivers together. Default 2000. Kafka: group.share.partition.max.record.locks */
  maxInFlight?: number | undefined
  /** When a send, a delivery count and an acknowledgement count as written. Default: the broker's. */
  flush?: 'os' | 'interval' | 'always' | undefined
  /** When the queue is created. Default 1. Kafka: num.partitions */
  partitions?: number | undefined
  /** When the queue is created: what is finished is freed in pieces of this size. Bytes, from 1048576. Default 16777216 (16 MiB). Kafka: segment.bytes */
  segmentBytes?: number | undefined
  /**
   * The topic whose records this queue hands out, from the earliest on; they stay there until retention, and any number of queues can
   * hand out the same topic. The queue's name is the name of the group. Default: a topic of the queue's own, under its name
   */
  source?: string | undefined
  /** Reads cron expressions for `repeat`. Default: the package `croner`, when it is installed */
  cron?: CronParser | undefined
}

/** What a user sends to a queue. */
export interface NewMessage<V> {
  /** Anything that the serde of the queue takes. */
  value: V
  /** Messages of one key go to one partition; with `order: 'key'` they are worked off in the order of sending. */
  key?: string | null | undefined
  /** Text or bytes by name. None by default. */
  headers?: RecordHeadersInit | undefined
  /** Not delivered before so many milliseconds have passed; not together with `at`. */
  delayMs?: number | undefined
  /** Not delivered before that moment; not together with `delayMs`. */
  at?: Date | undefined
  /** From 0, the most urgent, to `priorities` - 1. Default 0 */
  priority?: number | undefined
  /** Not delivered after so many milliseconds. Default: `ttlMs` of the queue */
  ttlMs?: number | undefined
  /** A name for the message, for acknowledged() and status(), and to send it once. Default: `<partition>-<offset>`, a form that given ids must not have. */
  id?: string | undefined
  /** Sent once per `dedupWindowMs`, or once until the message with that id is acknowledged or given up. Default 'window' */
  unique?: 'window' | 'untilDone' | undefined
}

/** The options with their defaults filled in. */
export interface ResolvedQueueOptions<V> {
  readonly value: Serde<V>
  readonly backoff: Backoff
  readonly ttlMs: number | undefined
  readonly cron: CronParser | undefined
  readonly port: QueuePortOptions
}

const DEFAULT_BACKOFF: Backoff = { type: 'exponential', delayMs: 1000, maxMs: 60_000, jitter: 0.2 }

const millis = (from: number): OptionRule => ({
  expected: `milliseconds from ${from}`,
  accepts: (value) => typeof value === 'number' && value >= from && Number.isFinite(value),
})

const QUEUE_RULES: Readonly<Record<string, OptionRule>> = {
  value: { expected: 'a serde with encode and decode', accepts: isSerde },
  lockMs: wholeNumber(10, 86_400_000),
  maxDeliveries: wholeNumber(1, 1000),
  backoff: {
    expected: 'an object, a list of milliseconds or a function',
    accepts: (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
  },
  deadLetter: { expected: 'the name of a topic, or false', accepts: (value) => value === false || someText.accepts(value) },
  order: oneOf('none', 'key'),
  priorities: wholeNumber(1, 10),
  dedupWindowMs: wholeNumber(0),
  rateLimit: { expected: 'an object with max and perMs', accepts: (value) => typeof value === 'object' && value !== null },
  ttlMs: millis(1),
  maxLength: wholeNumber(1),
  overflow: oneOf('wait', 'reject'),
  maxInFlight: wholeNumber(1, 1_000_000),
  flush: oneOf('os', 'interval', 'always'),
  partitions: wholeNumber(1),
  segmentBytes: wholeNumber(1_048_576, 2_147_483_647),
  source: someText,
  cron: aFunction,
}
const RATE_RULES: Readonly<Record<string, OptionRule>> = {
  max: wholeNumber(1, 1_000_000),
  perMs: wholeNumber(1),
  per: oneOf('queue', 'key'),
}
const MESSAGE_RULES: Readonly<Record<string, OptionRule>> = {
  value: { expected: 'a value, or null', accepts: (value) => value !== undefined },
  key: { expected: 'a string or null', accepts: (value) => value === null || typeof value === 'string' },
  headers: { expected: 'headers', accepts: (value) => typeof value === 'object' && value !== null },
  delayMs: millis(0),
  at: { expected: 'a Date', accepts: (value) => value instanceof Date && !Number.isNaN(value.getTime()) },
  priority: wholeNumber(0),
  ttlMs: millis(1),
  id: { expected: 'a string that is not empty', accepts: someText.accepts },
  unique: oneOf('window', 'untilDone'),
}

/** INVALID_ARGUMENT. */
export function resolveQueueOptions<V>(name: string, options: QueueOptions<V> | undefined): ResolvedQueueOptions<V> {
  const owner = `queue ${name}`
  checkOptions(owner, options, QUEUE_RULES)
  const { backoff = DEFAULT_BACKOFF, maxDeliveries = 5, rateLimit } = options ?? {}
  checkBackoff(backoff, owner)
  if (Array.isArray(backoff) && backoff.length > maxDeliveries) {
    throw invalid(`backoff of ${owner} has ${backoff.length} waits, more than the ${maxDeliveries} deliveries of maxDeliveries`)
  }
  if (rateLimit !== undefined) {
    checkOptions(`rateLimit of ${owner}`, rateLimit, RATE_RULES)
    if (rateLimit.max === undefined || rateLimit.perMs === undefined) throw invalid(`rateLimit of ${owner} needs max and perMs`)
  }
  checkTogether(owner, options ?? {})
  const { value, ttlMs, cron, lockMs = 30_000, deadLetter = `${name}.dead`, ...rest } = options ?? {}
  const { order, priorities, dedupWindowMs, maxLength, overflow, maxInFlight, flush, partitions, segmentBytes, source } = rest
  const port: QueuePortOptions = {
    ...{ lockMs, maxDeliveries, deadLetter, order, priorities, dedupWindowMs, rateLimit, maxLength, overflow },
    ...{ maxInFlight, flush, partitions, segmentBytes, source },
  }
  return { value: value ?? json<V>(), backoff, ttlMs, cron, port }
}

function checkTogether(
  owner: string,
  { order, priorities, source, partitions, maxLength, ttlMs }: Omit<QueueOptions<unknown>, 'value'>,
): void {
  if (order === 'key' && (priorities ?? 1) > 1)
    throw invalid(`${owner} has order 'key' and priorities: one says that messages of a key keep their order, the other that they do not`)
  if (source === undefined) return
  for (const [name, value] of Object.entries({ priorities, partitions, maxLength, ttlMs })) {
    if (value !== undefined) throw invalid(`${name} of ${owner} does not go with source: the topic ${source} is not the queue's own`)
  }
}

/** INVALID_ARGUMENT. */
export function checkNewMessage(queue: string, message: NewMessage<unknown>, priorities: number): void {
  if (isPlain(message)) return
  const owner = `a message for queue ${queue}`
  checkOptions(owner, message, MESSAGE_RULES)
  if (message === undefined || message.value === undefined) throw invalid(`${owner} needs a value; null stands for none`)
  if (message.delayMs !== undefined && message.at !== undefined) throw invalid(`${owner} has delayMs or at, not both`)
  if (message.id !== undefined && /^\d+-\d+$/.test(message.id))
    throw invalid(`the id of ${owner} must not have the form <partition>-<offset>, got "${message.id}"`)
  if (message.unique !== undefined && message.id === undefined) throw invalid(`${owner} that is unique needs an id`)
  if (message.priority !== undefined && message.priority >= priorities)
    throw invalid(`priority of ${owner} must be below ${priorities}, the priorities of the queue, not ${message.priority}`)
}

/** The message that is sent a million times: a value and nothing else. */
function isPlain(message: NewMessage<unknown>): boolean {
  if (typeof message !== 'object' || message === null || Array.isArray(message) || message.value === undefined) return false
  for (const name in message) if (name !== 'value') return false
  return true
}
