// Values to bytes and back. A serde is never asked about null: null is null in Kafka too (a tombstone, a record without a key).
// A serde returns text as it is, so that the text is written once, straight into the batch. What a serde throws becomes
// SERDE_FAILED with the cause, and says which record it was.

import { describe, KafkaliteError } from '../errors.js'
import { decodeUtf8Strict } from '../lib/text.js'
import type { RecordHeaders } from '../record/record.js'

/** What a serde may look at besides the value itself. */
export interface SerdeContext {
  /** The topic of the record. */
  readonly topic: string
  /** The headers of the record; a serializer may add to them. */
  readonly headers: RecordHeaders
}

/** Turns values into bytes (or text, which is sent as UTF-8) and bytes into values. Never asked about null. */
export interface Serde<T> {
  /** Throws when the value cannot be encoded: that send alone fails, with SERDE_FAILED. */
  encode(value: T, context: SerdeContext): Uint8Array | string
  /** Throws when the bytes are not such a value: a bad record, which goes the way of the error policy. */
  decode(bytes: Uint8Array, context: SerdeContext): T
}

/** Under this name a serde keeps how it makes a value of text: who has the text need not make a view of its bytes, which costs more than most values. */
export const FROM_TEXT: unique symbol = Symbol('fromText')

/** A serde of text. `FROM_TEXT` throws as `decode` does. */
export interface TextSerde<T> extends Serde<T> {
  readonly [FROM_TEXT]: (text: string) => T
}

/** The serdes of the values and the keys of one topic. */
export interface SerdePair<V = unknown, K = unknown> {
  readonly value: Serde<V>
  readonly key: Serde<K>
}

/** Text as UTF-8. Bytes that are not UTF-8 are a bad record, never mended. What holds where no serde is named. */
export const string: Serde<string> = textSerde(
  (value) => {
    if (typeof value !== 'string') throw new TypeError(`expected a string, got ${describe(value)}`)
    return value
  },
  (text) => text,
)

/** Bytes as they are. What is decoded is a view on the batch: copy it to keep it for long. */
export const bytes: Serde<Uint8Array> = {
  encode(value) {
    if (!(value instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, got ${describe(value)}`)
    return value
  },
  decode: (content) => content,
}

/** Strings and bytes as they are: how a producer sends to a topic whose serdes nobody named. */
export const plain: Serde<unknown> = {
  encode(value) {
    if (typeof value === 'string' || value instanceof Uint8Array) return value
    throw new TypeError(`expected a string or a Uint8Array (this topic was opened without a serde), got ${describe(value)}`)
  },
  decode: (content) => decodeUtf8Strict(content),
}

/** Values that are text on the way. Bytes that are not UTF-8 are refused. */
export function textSerde<T>(encode: (value: T) => string, fromText: (text: string) => T): TextSerde<T> {
  return { encode, decode: (content) => fromText(decodeUtf8Strict(content)), [FROM_TEXT]: fromText }
}

/** Whether `value` looks like a serde; for checking options. */
export function isSerde(value: unknown): value is Serde<unknown> {
  if (typeof value !== 'object' || value === null) return false
  const { encode, decode } = value as Partial<Serde<unknown>>
  return typeof encode === 'function' && typeof decode === 'function'
}

/** Encodes one value or key that is not null. `SERDE_FAILED` with the cause. `what` is 'value', 'key', 'result', ... for the message. */
export function encodeContent<T>(serde: Serde<T>, value: T, context: SerdeContext, what: string): Uint8Array | string {
  let content: Uint8Array | string
  try {
    content = serde.encode(value, context)
  } catch (cause) {
    throw new KafkaliteError('SERDE_FAILED', `The ${what} of a record for topic ${context.topic} could not be encoded: ${reason(cause)}`, {
      cause,
    })
  }
  if (typeof content === 'string' || content instanceof Uint8Array) return content
  throw new KafkaliteError(
    'SERDE_FAILED',
    `The serde for the ${what} of topic ${context.topic} must return a Uint8Array or a string, got ${describe(content)}`,
  )
}

/**
 * Decodes bytes. `SERDE_FAILED` with the cause. `what` is 'value', 'key', 'result', ... for the message, which also names the
 * partition and offset when they are given.
 */
export function decodeContent<T>(
  serde: Serde<T>,
  content: Uint8Array,
  context: SerdeContext,
  what: string,
  place?: { readonly partition: number; readonly offset: number },
): T {
  try {
    return serde.decode(content, context)
  } catch (cause) {
    const where = place === undefined ? `topic ${context.topic}` : `${context.topic}-${place.partition} at offset ${place.offset}`
    throw new KafkaliteError('SERDE_FAILED', `The ${what} of ${where} could not be decoded: ${reason(cause)}`, { cause })
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : describe(cause)
}
