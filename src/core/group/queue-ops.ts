// The words in which a queue's state log is written: each is a byte that says which, then integers of variable length. Neighbouring
// records that go the same way become one word, so a poll of five hundred messages and its acknowledgement are a few bytes.
// docs/queue.md lists the words.

import { KafkaliteError } from '../../errors.js'
import { encodeUtf8, readUtf8 } from '../../lib/text.js'
import { MALFORMED, readVarlong, varlongLength, writeVarlong } from '../../lib/varint.js'
import type { DeathNote } from '../queue-port.js'
import { ACKNOWLEDGED, ARCHIVED, type State } from './record-state.js'

const ACQUIRE = 1
const ACKNOWLEDGE = 2
const OUTCOME = 3
const AVAILABLE_AGAIN = 4
const GAP = 5
const PLACE = 6
const FORGOTTEN = 7
const TOPIC = 8
const DYING_WORD = 9
const SENT = 10
const REPEAT = 11
const REDRIVEN = 12
const PARKED = 13
const RETURNING = 14
const RETURNS_FROM = 15
const EXPIRES = 16
const DELIVERED = 17
const LOOKED = 18

/** Each part of what is said about an error is cut there. Bytes. */
const NOTE_BYTES_MAX = 4096

/** What is remembered of a finished record, for its sender. */
export interface OutcomeEntry {
  readonly partition: number
  readonly offset: number
  readonly state: typeof ACKNOWLEDGED | typeof ARCHIVED
  readonly deliveryCount: number
  /** With an id: when it was sent. */
  readonly sentMs: number
  readonly id: string | undefined
  readonly result: Uint8Array | undefined
  readonly reason: string | undefined
}

/** A record is given up: from here on it is never handed out again, though its copy in the dead letters may be missing still. */
export interface DeathEntry {
  readonly partition: number
  readonly offset: number
  readonly deliveryCount: number
  /** Where the copy goes; an earlier try may have left it from `deadFrom` on. */
  readonly deadPartition: number
  readonly deadFrom: number
  readonly note: DeathNote
}

/** A message with an id of the sender's was sent; for as long as the id is looked out for. */
export interface SentEntry {
  readonly partition: number
  readonly offset: number
  readonly sentMs: number
  readonly id: string
}

/** What a replay hears, in the order of writing. */
export interface OpsReader {
  acquired(partition: number, first: number, length: number, count: number): void
  acknowledged(partition: number, first: number, length: number): void
  outcome(entry: OutcomeEntry): void
  available(partition: number, first: number, length: number, count: number, notBefore: number): void
  gap(partition: number, first: number, length: number): void
  /** Opens a partition in a snapshot. */
  place(partition: number, start: number, cursor: number): void
  forgotten(partition: number, below: number): void
  /** The id of the topic that the state is about. */
  topic(id: string): void
  dying(entry: DeathEntry): void
  sent(entry: SentEntry): void
  /** What is repeated under the id; undefined: no more. */
  repeat(id: string, content: Uint8Array | undefined): void
  /** Dead letters that went back to the queue, or were removed. */
  redriven(partition: number, first: number, length: number): void
  /** A record's bytes have moved to the parking log. */
  parked(partition: number, offset: number, place: number): void
  /** Dead letters are about to go back to the queue. */
  returning(partition: number, first: number, length: number): void
  /** From where on their copies can be in a partition of the queue. */
  returnsFrom(partition: number, offset: number): void
  /** The earliest moment at which a message of the thousand from that offset on expires. */
  expires(partition: number, first: number, atMs: number): void
  /** So many messages, or so many of a key, were handed out at that moment; said while there is a limit to their rate. */
  delivered(atMs: number, count: number, key: string | undefined): void
  /** Of what lies below that offset all delays have been told. */
  looked(partition: number, below: number): void
}

/** Gathers words. The last one stays open while its neighbours follow. */
export class OpsWriter {
  private buffer = new Uint8Array(1024)
  private at = 0
  private op = 0
  private partition = 0
  private first = 0
  private length = 0
  private count = 0
  private notBefore = 0

  get isEmpty(): boolean {
    return this.at === 0 && this.op === 0
  }

  acquired(partition: number, offset: number, count: number): void {
    this.run(ACQUIRE, partition, offset, 1, count, 0)
  }

  acknowledged(partition: number, first: number, length = 1): void {
    this.run(ACKNOWLEDGE, partition, first, length, 0, 0)
  }

  /** Available again, or for the first time when the cursor passed it because it is delayed; `notBefore` 0: at once. */
  available(partition: number, first: number, length: number, count: number, notBefore: number): void {
    this.run(AVAILABLE_AGAIN, partition, first, length, count, notBefore)
  }

  gap(partition: number, first: number, length: number): void {
    this.run(GAP, partition, first, length, 0, 0)
  }

  place(partition: number, start: number, cursor: number): void {
    this.plain(PLACE, partition, start, cursor)
  }

  forgotten(partition: number, below: number): void {
    this.plain(FORGOTTEN, partition, below)
  }

  topic(id: string): void {
    this.plain(TOPIC)
    this.content(encodeUtf8(id))
  }

  outcome(entry: OutcomeEntry): void {
    this.plain(OUTCOME, entry.partition, entry.offset, entry.state, entry.deliveryCount, entry.sentMs)
    this.text(entry.id)
    this.content(entry.result)
    this.text(entry.reason)
  }

  dying(entry: DeathEntry): void {
    const { reason, errorName, errorMessage, errorStack } = entry.note
    this.plain(DYING_WORD, entry.partition, entry.offset, entry.deliveryCount, entry.deadPartition, entry.deadFrom)
    for (const text of [reason, errorName, errorMessage, errorStack]) this.content(text === undefined ? undefined : cutText(text))
  }

  sent(entry: SentEntry): void {
    this.plain(SENT, entry.partition, entry.offset, entry.sentMs)
    this.text(entry.id)
  }

  repeat(id: string, content: Uint8Array | undefined): void {
    this.plain(REPEAT)
    this.text(id)
    this.content(content)
  }

  redriven(partition: number, first: number, length = 1): void {
    this.run(REDRIVEN, partition, first, length, 0, 0)
  }

  parked(partition: number, offset: number, place: number): void {
    this.plain(PARKED, partition, offset, place)
  }

  returning(partition: number, offset: number): void {
    this.run(RETURNING, partition, offset, 1, 0, 0)
  }

  returnsFrom(partition: number, offset: number): void {
    this.plain(RETURNS_FROM, partition, offset)
  }

  expires(partition: number, first: number, atMs: number): void {
    this.plain(EXPIRES, partition, first, atMs)
  }

  delivered(atMs: number, count: number, key: string | undefined): void {
    this.plain(DELIVERED, atMs, count)
    this.text(key)
  }

  looked(partition: number, below: number): void {
    this.plain(LOOKED, partition, below)
  }

  /** The words gathered, in memory of their own; the writer is empty afterwards. */
  take(): Uint8Array {
    this.endRun()
    const taken = this.buffer.slice(0, this.at)
    this.at = 0
    return taken
  }

  private run(op: number, partition: number, first: number, length: number, count: number, notBefore: number): void {
    if (
      op === this.op &&
      partition === this.partition &&
      first === this.first + this.length &&
      count === this.count &&
      notBefore === this.notBefore
    ) {
      this.length += length
      return
    }
    this.endRun()
    this.op = op
    this.partition = partition
    this.first = first
    this.length = length
    this.count = count
    this.notBefore = notBefore
  }

  private endRun(): void {
    const { op, partition, first, length } = this
    if (op === 0) return
    this.op = 0
    if (op === ACQUIRE) this.plain(op, partition, first, length, this.count)
    else if (op === AVAILABLE_AGAIN) this.plain(op, partition, first, length, this.count, this.notBefore)
    else this.plain(op, partition, first, length)
  }

  private plain(op: number, ...numbers: readonly number[]): void {
    this.endRun()
    this.reserve(1 + numbers.length * 8)
    this.buffer[this.at++] = op
    for (const number of numbers) this.at = writeVarlong(this.buffer, this.at, number)
  }

  private text(text: string | undefined): void {
    this.content(text === undefined ? undefined : encodeUtf8(text))
  }

  private content(bytes: Uint8Array | undefined): void {
    const length = bytes === undefined ? -1 : bytes.length
    this.reserve(varlongLength(length) + Math.max(length, 0))
    this.at = writeVarlong(this.buffer, this.at, length)
    if (bytes === undefined) return
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.at + bytes))
    larger.set(this.buffer.subarray(0, this.at))
    this.buffer = larger
  }
}

/** Tells `reader` each word. CORRUPT_MESSAGE when the bytes are no words. */
export function readOps(bytes: Uint8Array, reader: OpsReader): void {
  const words = new Words(bytes)
  while (words.at < bytes.length) readOp(words, reader)
}

function readOp(words: Words, reader: OpsReader): void {
  const op = words.byte()
  switch (op) {
    case ACQUIRE:
      return reader.acquired(words.number(), words.number(), words.number(), words.number())
    case ACKNOWLEDGE:
      return reader.acknowledged(words.number(), words.number(), words.number())
    case AVAILABLE_AGAIN:
      return reader.available(words.number(), words.number(), words.number(), words.number(), words.number())
    case GAP:
      return reader.gap(words.number(), words.number(), words.number())
    case PLACE:
      return reader.place(words.number(), words.number(), words.number())
    case FORGOTTEN:
      return reader.forgotten(words.number(), words.number())
    case TOPIC:
      return reader.topic(words.text() ?? '')
    case OUTCOME:
      return reader.outcome({
        partition: words.number(),
        offset: words.number(),
        state: words.state(),
        deliveryCount: words.number(),
        sentMs: words.number(),
        id: words.text(),
        result: words.content(),
        reason: words.text(),
      })
    case DYING_WORD:
      return reader.dying({
        partition: words.number(),
        offset: words.number(),
        deliveryCount: words.number(),
        deadPartition: words.number(),
        deadFrom: words.number(),
        note: { reason: words.text() ?? '', errorName: words.text(), errorMessage: words.text(), errorStack: words.text() },
      })
    case SENT:
      return reader.sent({ partition: words.number(), offset: words.number(), sentMs: words.number(), id: words.text() ?? '' })
    case REPEAT:
      return reader.repeat(words.text() ?? '', words.content())
    case REDRIVEN:
      return reader.redriven(words.number(), words.number(), words.number())
    case PARKED:
      return reader.parked(words.number(), words.number(), words.number())
    case RETURNING:
      return reader.returning(words.number(), words.number(), words.number())
    case RETURNS_FROM:
      return reader.returnsFrom(words.number(), words.number())
    case EXPIRES:
      return reader.expires(words.number(), words.number(), words.number())
    case DELIVERED:
      return reader.delivered(words.number(), words.number(), words.text())
    case LOOKED:
      return reader.looked(words.number(), words.number())
    default:
      throw malformed(`the word ${op} is not known`)
  }
}

class Words {
  at = 0

  constructor(private readonly bytes: Uint8Array) {}

  byte(): number {
    return this.bytes[this.at++] as number
  }

  number(): number {
    const value = readVarlong(this.bytes, this, this.bytes.length)
    if (this.at === MALFORMED) throw malformed('an integer is cut off')
    return value
  }

  state(): typeof ACKNOWLEDGED | typeof ARCHIVED {
    const state = this.number() as State
    if (state !== ACKNOWLEDGED && state !== ARCHIVED) throw malformed(`an outcome cannot be ${state}`)
    return state
  }

  content(): Uint8Array | undefined {
    const length = this.number()
    if (length < 0) return undefined
    const start = this.at
    this.at += length
    if (this.at > this.bytes.length) throw malformed('bytes are cut off')
    return this.bytes.slice(start, this.at)
  }

  text(): string | undefined {
    const content = this.content()
    return content === undefined ? undefined : readUtf8(content, 0, content.length)
  }
}

/** The longest start of the text that fits, ending with a whole character. */
export function cutText(text: string): Uint8Array {
  const bytes = encodeUtf8(text.slice(0, NOTE_BYTES_MAX))
  let end = Math.min(bytes.length, NOTE_BYTES_MAX)
  while (end > 0 && end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

function malformed(what: string): KafkaliteError {
  return new KafkaliteError('CORRUPT_MESSAGE', `The state log of the queue cannot be read: ${what}.`)
}
