// What happens to a record whose handler failed: how often it is tried again, after which wait, and what becomes of it then.
// Never "crash", never "swallow", never "loop for ever": without a word from the user it is five retries, then the dead-letter topic.

import { describe, KafkaliteError } from '../errors.js'
import type { ConsumerRecord } from './consumer-record.js'
import { aBoolean, aFunction, checkOptions, invalid, type OptionRule, someText, wholeNumber } from './options-check.js'

/** Thrown by a handler, of a consumer or a queue: not worth a retry. The record goes to `afterRetries` at once. */
export class UnrecoverableError extends Error {
  override readonly name: string = 'UnrecoverableError'
}

/** How long to wait before a retry: a rule, one wait per attempt in milliseconds (the last one repeats), or a function that answers milliseconds. */
export type Backoff =
  | {
      /** Always the same wait, or twice as long each time. */
      type: 'fixed' | 'exponential'
      /** The first wait. Milliseconds. */
      delayMs: number
      /** The longest wait. Milliseconds. */
      maxMs?: number | undefined
      /** By how much of itself a wait differs at random, from 0 to 1. 0. */
      jitter?: number | undefined
    }
  | readonly number[]
  | ((attempt: number, error: unknown) => number)

/** What becomes of a record after its retries. */
export type AfterRetries = 'deadLetter' | 'skip' | 'stop'

/** What to do when a handler throws or rejects. */
export interface ErrorPolicy<R = ConsumerRecord> {
  /** How often the handler is called again for the same record, from 0. Default: 5. */
  retries?: number | undefined
  /** The wait before each retry. Default: exponential from 100 ms to 10000 ms with a jitter of 0.2. */
  backoff?: Backoff | undefined
  /**
   * Then: 'deadLetter' appends the record to the dead-letter topic and goes on, 'skip' goes on, 'stop' closes the consumer with the record
   * uncommitted and rejects `done`; a function decides by error and record. Default: 'deadLetter'.
   */
  afterRetries?: AfterRetries | ((error: unknown, record: R) => AfterRetries) | undefined
  /** The dead-letter topic, created on first use with as many partitions as the record's topic. Default: `<topic>.dead`. */
  deadLetterTopic?: string | undefined
  /** Whether a record in retry holds up its whole partition. Without it only records of its key wait. Default: false. */
  strictOrder?: boolean | undefined
}

const DEFAULT_BACKOFF: Backoff = { type: 'exponential', delayMs: 100, maxMs: 10_000, jitter: 0.2 }
const OUTCOMES: readonly unknown[] = ['deadLetter', 'skip', 'stop']

const millis = (value: unknown): boolean => typeof value === 'number' && value >= 0 && Number.isFinite(value)

const BACKOFF_RULES: Readonly<Record<string, OptionRule>> = {
  type: { expected: "'fixed' or 'exponential'", accepts: (value) => value === 'fixed' || value === 'exponential' },
  delayMs: { expected: 'milliseconds from 0', accepts: millis },
  maxMs: { expected: 'milliseconds from 0', accepts: millis },
  jitter: { expected: 'a number from 0 to 1', accepts: (value) => millis(value) && (value as number) <= 1 },
}

const POLICY_RULES: Readonly<Record<string, OptionRule>> = {
  retries: { expected: 'a whole number from 0, or Infinity', accepts: (value) => value === Infinity || wholeNumber(0).accepts(value) },
  backoff: {
    expected: 'an object, a list of milliseconds or a function',
    accepts: (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
  },
  afterRetries: {
    expected: "'deadLetter', 'skip', 'stop' or a function",
    accepts: (value) => OUTCOMES.includes(value) || aFunction.accepts(value),
  },
  deadLetterTopic: someText,
  strictOrder: aBoolean,
}

/** INVALID_ARGUMENT when `backoff` is none. */
export function checkBackoff(backoff: Backoff, owner: string): void {
  if (typeof backoff === 'function') return
  if (Array.isArray(backoff)) {
    if (backoff.every(millis)) return
    throw invalid(`backoff of ${owner} must be a list of milliseconds from 0, got ${JSON.stringify(backoff)}`)
  }
  checkOptions(`backoff of ${owner}`, backoff, BACKOFF_RULES)
  const { type, delayMs } = backoff as { type?: unknown; delayMs?: unknown }
  if (type === undefined || delayMs === undefined) throw invalid(`backoff of ${owner} needs type and delayMs, got ${describe(backoff)}`)
}

/** Milliseconds to wait before the next try; `attempt` is the number of tries so far, from 1. */
export function backoffMs(backoff: Backoff, attempt: number, error: unknown, random: () => number): number {
  if (typeof backoff === 'function') {
    const asked = backoff(attempt, error)
    if (!millis(asked)) throw invalid(`backoff() must return milliseconds from 0, got ${describe(asked)}`)
    return asked
  }
  if ('type' in backoff) {
    const { type, delayMs, maxMs = Number.MAX_SAFE_INTEGER, jitter = 0 } = backoff
    const grown = type === 'fixed' ? delayMs : delayMs * 2 ** Math.min(attempt - 1, 52)
    // Jitter only shortens the wait: between (1 - jitter) of it and all of it.
    return Math.round(Math.min(grown, maxMs) * (1 - jitter * random()))
  }
  return backoff[Math.min(attempt, backoff.length) - 1] ?? 0
}

/** An ErrorPolicy with its defaults filled in, checked. */
export class RetryPolicy<R> {
  readonly deadLetterTopic: string | undefined
  readonly strictOrder: boolean
  private readonly retries: number
  private readonly backoff: Backoff
  private readonly afterRetries: AfterRetries | ((error: unknown, record: R) => AfterRetries)

  constructor(
    policy: ErrorPolicy<R> | undefined,
    private readonly random: () => number,
  ) {
    checkOptions('onError', policy, POLICY_RULES)
    this.retries = policy?.retries ?? 5
    this.backoff = policy?.backoff ?? DEFAULT_BACKOFF
    this.afterRetries = policy?.afterRetries ?? 'deadLetter'
    this.deadLetterTopic = policy?.deadLetterTopic
    this.strictOrder = policy?.strictOrder ?? false
    checkBackoff(this.backoff, 'onError')
  }

  /** Milliseconds until the next try, or null when there is none. `attempts` is the number of tries so far. */
  retryInMs(attempts: number, error: unknown): number | null {
    // Bytes that could not be decoded once cannot be decoded later.
    if (attempts > this.retries || error instanceof UnrecoverableError || KafkaliteError.is(error, 'SERDE_FAILED')) return null
    return backoffMs(this.backoff, attempts, error, this.random)
  }

  /** What becomes of the record now. */
  outcome(error: unknown, record: R): AfterRetries {
    if (typeof this.afterRetries !== 'function') return this.afterRetries
    const asked = this.afterRetries(error, record)
    if (OUTCOMES.includes(asked)) return asked
    throw invalid(`afterRetries() must return 'deadLetter', 'skip' or 'stop', got ${describe(asked)}`)
  }
}
