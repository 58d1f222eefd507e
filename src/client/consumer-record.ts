// What a consumer gets: one small object per record that says where in the batch the record's parts lie. Nothing is decoded until
// it is asked for, so a record that is only counted or skipped costs its framing. It is valid as long as it is kept; it keeps
// the memory of its batch, and those around it, alive until `copy()` takes it out.

import { readUtf8 } from '../lib/text.js'
import { RecordCursor } from '../record/batch-reader.js'
import type { RecordHeaders } from '../record/record.js'
import { decodeContent, FROM_TEXT, type Serde, type SerdePair, type TextSerde } from './serde.js'

/** A record as it is read. A value or key that cannot be decoded throws SERDE_FAILED when asked for; the bytes can always be had. */
export interface ConsumerRecord<V = unknown, K = string> {
  /** The topic that the record was read from. */
  readonly topic: string
  /** From 0. */
  readonly partition: number
  /** The place in the partition; it never changes and is never given twice. */
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** null when the record has no key. */
  readonly key: K | null
  /** null for a tombstone. */
  readonly value: V | null
  /** In the order of the producer; a name may come more than once. */
  readonly headers: RecordHeaders
  /** A view on the batch, or null. */
  readonly keyBytes: Uint8Array | null
  /** A view on the batch, or null. */
  readonly valueBytes: Uint8Array | null
  /** The same record in memory of its own, so that the batch around it can be let go. */
  copy(): ConsumerRecord<V, K>
}

/** What all records of one batch share. */
export class RecordOrigin<V = unknown, K = unknown> {
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly serdes: SerdePair<V, K>,
    /** What the positions of the records point into. */
    readonly buffer: Uint8Array,
    readonly baseTimestamp: number,
    /** The broker's time that all of them report, or undefined when each has its own. */
    readonly logAppendTime: number | undefined,
  ) {}

  /** Of the batch that the cursor was opened on. */
  static of<V, K>(topic: string, partition: number, serdes: SerdePair<V, K>, cursor: RecordCursor): RecordOrigin<V, K> {
    return new RecordOrigin(topic, partition, serdes, cursor.buffer, cursor.baseTimestamp, cursor.logAppendTime)
  }
}

/** Stands where nothing was decoded yet; undefined may be a decoded value. */
const UNREAD = Symbol('unread')

/** Finds the parts of a record that are rarely asked for, so that no record has to carry where they lie. */
const finder = new RecordCursor()

/** A plain Uint8Array, also where the memory behind it is a Buffer, whose slice() would copy nothing. */
function view(buffer: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start)
}

/** A record made from where a cursor stands. It knows where it begins and where its value lies, and looks up the rest. */
export class LazyRecord<V = unknown, K = string> implements ConsumerRecord<V, K> {
  readonly offset: number
  private readonly start: number
  private readonly valueStart: number
  private readonly valueEnd: number
  private decodedKey: K | null | typeof UNREAD = UNREAD
  private decodedValue: V | null | typeof UNREAD = UNREAD

  /** `origin.buffer` is the cursor's buffer. */
  constructor(
    private readonly origin: RecordOrigin<V, K>,
    cursor: RecordCursor,
  ) {
    this.offset = cursor.offset
    this.start = cursor.start
    this.valueStart = cursor.valueStart
    this.valueEnd = cursor.valueEnd
  }

  get topic(): string {
    return this.origin.topic
  }

  get partition(): number {
    return this.origin.partition
  }

  get timestamp(): number {
    return this.found().timestamp
  }

  get value(): V | null {
    const decoded = this.decodedValue
    if (decoded !== UNREAD) return decoded
    const value = this.valueStart < 0 ? null : this.decode(this.origin.serdes.value, this.valueStart, this.valueEnd, 'value')
    this.decodedValue = value
    return value
  }

  get key(): K | null {
    const decoded = this.decodedKey
    if (decoded !== UNREAD) return decoded
    const { keyStart, keyEnd } = this.found()
    const key = keyStart < 0 ? null : this.decode(this.origin.serdes.key, keyStart, keyEnd, 'key')
    this.decodedKey = key
    return key
  }

  get valueBytes(): Uint8Array | null {
    return this.valueStart < 0 ? null : view(this.origin.buffer, this.valueStart, this.valueEnd)
  }

  get keyBytes(): Uint8Array | null {
    const { keyStart, keyEnd } = this.found()
    return keyStart < 0 ? null : view(this.origin.buffer, keyStart, keyEnd)
  }

  get headers(): RecordHeaders {
    return this.found().headers
  }

  copy(): LazyRecord<V, K> {
    const { topic, partition, serdes, buffer, baseTimestamp, logAppendTime } = this.origin
    const cursor = this.found()
    cursor.buffer = new Uint8Array(buffer.subarray(this.start, cursor.at))
    cursor.offset = this.offset
    cursor.start = 0
    if (this.valueStart >= 0) {
      cursor.valueStart -= this.start
      cursor.valueEnd -= this.start
    }

    return new LazyRecord(new RecordOrigin(topic, partition, serdes, cursor.buffer, baseTimestamp, logAppendTime), cursor)
  }

  /** What JSON.stringify and logs show: the record's parts, not where they lie. Bytes that cannot be decoded are shown as such. */
  toJSON(): Record<string, unknown> {
    const { topic, partition, offset, timestamp } = this
    const headers = [...this.headers].map(([name, value]) => [name, value === null ? null : readUtf8(value, 0, value.length)])
    return { topic, partition, offset, timestamp, key: this.shown('key'), value: this.shown('value'), headers }
  }

  /** console.log in Node asks for this. */
  [Symbol.for('nodejs.util.inspect.custom')](): Record<string, unknown> {
    return this.toJSON()
  }

  /** The finder on this record. What it says holds until anybody else asks it. */
  private found(): RecordCursor {
    const { buffer, baseTimestamp, logAppendTime } = this.origin
    finder.goTo(buffer, this.start, baseTimestamp, logAppendTime)
    return finder
  }

  private decode<T>(serde: Serde<T>, start: number, end: number, what: string): T {
    const { buffer } = this.origin
    const fromText = (serde as Partial<TextSerde<T>>)[FROM_TEXT]
    if (fromText !== undefined) {
      // By far the most frequent serdes, read without a view on the bytes. A U+FFFD may stand for bytes that are not UTF-8.
      const text = readUtf8(buffer, start, end)
      try {
        if (!text.includes('\ufffd')) return fromText(text)
      } catch {
        // Said below, with the place.
      }
    }
    return decodeContent(serde, view(buffer, start, end), this, what, this)
  }

  private shown(what: 'key' | 'value'): unknown {
    try {
      return this[what]
    } catch {
      return `(${what} cannot be decoded)`
    }
  }
}
