// What a queue can be told, checked when it is opened; and what a user sends. Options of Kafka's share groups carry Kafka's meaning.

import { KafkaliteError } from '../errors.js'
import type { QueuePortOptions } from '../core/queue-port.js'
import type { RecordHeadersInit } from '../record/record.js'
import { json } from './json.js'
import { checkOptions, invalid, type OptionRule, oneOf, someText, wholeNumber } from './options-check.js'
import { type Backoff, checkBackoff } from './retry-policy.js'
import { isSerde, type Serde } from './serde.js'

/** How a queue locks, retries and keeps its messages. */
export interface QueueOptions<V> {
  /** How values become bytes and back. Default: json() */
  value?: Serde<V> | undefined
  /** How long a receiver may hold a message without renewing. Milliseconds, from 10. Default 30000. Kafka: group.share.record.lock.duration.ms */
  lockMs?: number | undefined
  /** A message delivered that often without being acknowledged is a dead letter. 1 to 1000. Default 5. Kafka: group.share.delivery.count.limit */
  maxDeliveries?: number | undefined
  /** The wait before a message whose handler failed comes again. Default: exponential from 1000 ms to 60000 ms with a jitter of 0.2. */
  backoff?: Backoff | undefined
  /** The topic that dead letters are copied to, created on first use; false: they are dropped. Default: `<name>.dead` */
  deadLetter?: string | false | undefined
  /** When a send, a delivery count and an acknowledgement count as written. Default: the broker's. */
  flush?: 'os' | 'interval' | 'always' | undefined
  /** When the queue is created. Default 1. Kafka: num.partitions */
  partitions?: number | undefined
}

/** What a user sends to a queue. */
export interface NewMessage<V> {
  /** Anything that the serde of the queue takes. */
  value: V
  /** Messages of one key go to one partition. Order per key is not promised: a queue's messages are worked on side by side. */
  key?: string | null | undefined
  /** Text or bytes by name. None by default. */
  headers?: RecordHeadersInit | undefined
  /** Not delivered before so many milliseconds have passed; not together with `at`. */
  delayMs?: number | undefined
  /** Not delivered before that moment; not together with `delayMs`. */
  at?: Date | undefined
  /** A name for the message, for acknowledged() and status(). Default: `<partition>-<offset>`, a form that given ids must not have. */
  id?: string | undefined
}

/** The options with their defaults filled in. */
export interface ResolvedQueueOptions<V> {
  readonly value: Serde<V>
  readonly backoff: Backoff
  readonly port: QueuePortOptions
}

const DEFAULT_BACKOFF: Backoff = { type: 'exponential', delayMs: 1000, maxMs: 60_000, jitter: 0.2 }
/** Options that are planned; each is refused by name rather than taken for a misspelling. */
const PLANNED = ['order', 'dedupWindowMs', 'rateLimit', 'priorities', 'ttlMs', 'maxLength', 'overflow']
const PLANNED_OF_MESSAGES = ['priority', 'ttlMs', 'unique']

const QUEUE_RULES: Readonly<Record<string, OptionRule>> = {
  value: { expected: 'a serde with encode and decode', accepts: isSerde },
  lockMs: wholeNumber(10, 86_400_000),
  maxDeliveries: wholeNumber(1, 1000),
  backoff: {
    expected: 'an object, a list of milliseconds or a function',
    accepts: (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
  },
  deadLetter: { expected: 'the name of a topic, or false', accepts: (value) => value === false || someText.accepts(value) },
  flush: oneOf('os', 'interval', 'always'),
  partitions: wholeNumber(1),
}
const MESSAGE_RULES: Readonly<Record<string, OptionRule>> = {
  value: { expected: 'a value, or null', accepts: (value) => value !== undefined },
  key: { expected: 'a string or null', accepts: (value) => value === null || typeof value === 'string' },
  headers: { expected: 'headers', accepts: (value) => typeof value === 'object' && value !== null },
  delayMs: { expected: 'milliseconds from 0', accepts: (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value) },
  at: { expected: 'a Date', accepts: (value) => value instanceof Date && !Number.isNaN(value.getTime()) },
  id: { expected: 'a string that is not empty', accepts: someText.accepts },
}

/** INVALID_ARGUMENT, NOT_SUPPORTED. */
export function resolveQueueOptions<V>(name: string, options: QueueOptions<V> | undefined): ResolvedQueueOptions<V> {
  const owner = `queue ${name}`
  refusePlanned(owner, options, PLANNED)
  checkOptions(owner, options, QUEUE_RULES)
  const backoff = options?.backoff ?? DEFAULT_BACKOFF
  checkBackoff(backoff, owner)
  const maxDeliveries = options?.maxDeliveries ?? 5
  if (Array.isArray(backoff) && backoff.length > maxDeliveries) {
    throw invalid(`backoff of ${owner} has ${backoff.length} waits, more than the ${maxDeliveries} deliveries of maxDeliveries`)
  }
  const port = {
    lockMs: options?.lockMs ?? 30_000,
    maxDeliveries,
    deadLetter: options?.deadLetter ?? `${name}.dead`,
    flush: options?.flush,
    partitions: options?.partitions,
  }
  return { value: options?.value ?? json<V>(), backoff, port }
}

/** INVALID_ARGUMENT, NOT_SUPPORTED. */
export function checkNewMessage(queue: string, message: NewMessage<unknown>): void {
  const owner = `a message for queue ${queue}`
  refusePlanned(owner, message, PLANNED_OF_MESSAGES)
  checkOptions(owner, message, MESSAGE_RULES)
  if (message === undefined || message.value === undefined) throw invalid(`${owner} needs a value; null stands for none`)
  if (message.delayMs !== undefined && message.at !== undefined) throw invalid(`${owner} has delayMs or at, not both`)
  if (message.id !== undefined && /^\d+-\d+$/.test(message.id))
    throw invalid(`the id of ${owner} must not have the form <partition>-<offset>, got "${message.id}"`)
}

function refusePlanned(owner: string, given: unknown, planned: readonly string[]): void {
  if (typeof given !== 'object' || given === null) return
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && planned.includes(name)) throw new KafkaliteError('NOT_SUPPORTED', `${name} of ${owner} is not there yet`)
  }
}
