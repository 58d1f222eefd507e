// The part of the port that queues need, in the words of Kafka's share groups: a record is available, acquired by one receiver,
// then acknowledged or archived. An acquired record is held under a lease; only the holder of the latest lease can settle it.
// Records come by the batch, because a promise or an object for each of them would cost more than the queue itself.

import type { EventEmitter } from 'eventemitter3'
import type { Awaitable } from '../lib/awaitable.js'
import type { StopSignal } from '../lib/stopper.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { EncodedHeader } from '../record/record.js'
import type { SettlementPart } from './transaction/settlement-part.js'

/** Where a message of a queue stands, in the words of share groups (KIP-932); `delayed` is available later. */
export type RecordState = 'available' | 'delayed' | 'acquired' | 'acknowledged' | 'archived'

/** The header that holds the id which the sender gave to a message. Without it the id is `<partition>-<offset>`. */
export const MESSAGE_ID_HEADER = 'kafkalite.message.id'
/** The header that holds the moment before which a message is not delivered: milliseconds since 1970, in digits. */
export const DELIVER_AT_HEADER = 'kafkalite.deliver.at'

/** The header that holds the moment from which on a message is not delivered any more: milliseconds since 1970, in digits. */
export const EXPIRES_AT_HEADER = 'kafkalite.expires.at'
/** The header that counts how often a message came back from the dead letters. */
export const REDRIVEN_HEADER = 'kafkalite.redriven'
/** The header that names the dead letter from which a message was made: topic, partition and offset. */
export const REDRIVEN_FROM_HEADER = 'kafkalite.redriven.from'
/** Headers that begin so say where a dead letter came from and why. */
export const DEAD_HEADERS = 'kafkalite.dead.'

export interface QueuePortOptions {
  /** When the topic is created. 1 */
  readonly partitions?: number | undefined
  /** The topic whose records the queue hands out and leaves where they are; undefined: one of its own, of the queue's name. */
  readonly source?: string | undefined
  /** 'key': of the records of one key one is in work at a time, its retries included. 'none' */
  readonly order?: 'none' | 'key' | undefined
  /** How many levels of urgency there are; level 0 is the most urgent. 1 */
  readonly priorities?: number | undefined
  /** For how long a message with an id that was sent before is not taken again. Milliseconds. 120000 */
  readonly dedupWindowMs?: number | undefined
  /** How many deliveries there may be within a span. No limit. */
  readonly rateLimit?: { readonly max: number; readonly perMs: number; readonly per?: 'queue' | 'key' | undefined } | undefined
  /** How many unfinished messages there may be. No limit. */
  readonly maxLength?: number | undefined
  /** What a send does when there are as many as there may be. 'wait' */
  readonly overflow?: 'wait' | 'reject' | undefined
  /** group.share.partition.max.record.locks: how many messages of the queue may be in the hands of receivers. 2000 */
  readonly maxInFlight?: number | undefined
  /** segment.bytes, when the topic is created. Bytes. 16 MiB */
  readonly segmentBytes?: number | undefined
  /** group.share.record.lock.duration.ms: how long a receiver may hold a message. Milliseconds. */
  readonly lockMs: number
  /** group.share.delivery.count.limit: a message delivered that often and not acknowledged is archived. */
  readonly maxDeliveries: number
  /** The dead-letter topic, or false to archive without a copy. */
  readonly deadLetter: string | false
  /** share.isolation.level: whether records of open and aborted transactions are handed out. 'read_committed' */
  readonly isolation?: 'read_committed' | 'read_uncommitted' | undefined
  /** The flush level of the queue's topic and state. */
  readonly flush?: 'os' | 'interval' | 'always' | undefined
}

/** What a receiver wants. */
export interface AcquireOptions {
  readonly max: number
  readonly maxWaitMs: number
  readonly signal?: StopSignal | undefined
  /** Only of these; absent: of all. */
  readonly partitions?: ReadonlySet<number> | undefined
  /** No further batch is begun when the batches of those taken have that many bytes. */
  readonly maxBytes?: number | undefined
  /** A batch that is begun is taken to its end, though that may be more than `max`: share.acquire.mode batch_optimized. */
  readonly wholeBatches?: boolean | undefined
}

/** The right to settle one delivery of one record. */
export interface AcquireToken {
  readonly partition: number
  readonly offset: number
  /** Names the delivery: the same record acquired again has another lease. */
  readonly lease: number
}

/** Records of one batch that were acquired together. */
export interface AcquiredBatch {
  readonly partition: number
  /** The batch that holds them, perhaps among others. */
  readonly batch: PackedBatch
  /** The records acquired, ascending. */
  readonly offsets: readonly number[]
  /** For each of them the number of this delivery: 1 for the first. */
  readonly deliveryCounts: readonly number[]
  readonly lease: number
  /** When the locks run out. Milliseconds since 1970. */
  readonly lockedUntil: number
}

/** A message on its way into the queue. Its headers say already when it is to be delivered, when it expires and what its id is. */
export interface OutgoingMessage {
  readonly key: string | null
  readonly value: Uint8Array | string | null
  readonly headers: readonly EncodedHeader[] | null
  /** From 0, the most urgent. */
  readonly priority: number
  readonly id: string | undefined
  /** When it expires, as its header says: milliseconds since 1970. 0: never. */
  readonly expiresAt: number
  /** Whether the id is taken as long as a message with it is unfinished, rather than for the window. */
  readonly untilDone: boolean
}

/** Where a message is. `duplicate`: it was there before under its id, and nothing was sent. */
export interface SentMessage extends RecordPlace {
  readonly duplicate: boolean
}

/** A message that a transaction sends. */
export interface PlannedSend {
  /** Where it is to be appended; -1: it was sent before under its id, and is not to be. */
  readonly partition: number
  /** Whether the message is the transaction's, this one or the first of its id. */
  readonly isOwn: boolean
  /** Where it is, or the first of its id, when that is known. */
  readonly place: Promise<SentMessage>
  /** It is in the log. */
  appended(offset: number): void
}

/** What one transaction sends to one queue; whoever runs the transaction appends the records. */
export interface TransactionalSends {
  /** Takes room and ids for the messages, until the end. Rejects: QUEUE_FULL, CONCURRENT_TRANSACTIONS (an id that another open transaction sends). */
  take(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<readonly PlannedSend[]>
  /** Readers see the messages. */
  committed(): void
  /** Nobody will ever see them. Idempotent, and nothing after `committed`. */
  aborted(): void
}

/** `result` is kept for the sender and has at most 1 MiB. `id`: the one that the sender gave, so that it is known after the record is gone. */
export interface Acknowledgement {
  readonly kind: 'acknowledge'
  readonly result?: Uint8Array | undefined
  readonly id?: string | undefined
  readonly sentMs?: number | undefined
}

/** An acknowledgement that counts when a transaction is committed. */
export interface TransactionalAcknowledgement {
  readonly token: AcquireToken
  readonly settlement: Acknowledgement
}

/** Of one queue, however many sessions it has. */
export interface TransactionalAcknowledger {
  /** Throws what the commit would: LOCK_LOST, MESSAGE_TOO_LARGE. */
  check(acknowledgement: TransactionalAcknowledgement): void
  /** Their part of the commit. From here on until it has failed nobody else can settle the messages. LOCK_LOST: then none is taken. */
  part(list: readonly TransactionalAcknowledgement[]): SettlementPart
}

/** How a delivery ended. */
export type Settlement =
  | Acknowledgement
  /** Available again after `delayMs` (0). `uncounted`: as if it had never been delivered. The note is for the dead letter, should this have been the last delivery. */
  | {
      readonly kind: 'release'
      readonly delayMs?: number | undefined
      readonly uncounted?: boolean | undefined
      readonly note?: DeathNote | undefined
    }
  | { readonly kind: 'reject'; readonly note?: DeathNote | undefined }

/** Why a message is given up, as the dead-letter headers tell it. */
export interface DeathNote {
  readonly reason: string
  readonly errorName?: string | undefined
  readonly errorMessage?: string | undefined
  readonly errorStack?: string | undefined
}

/** What became of a message. */
export interface Outcome {
  readonly state: RecordState
  readonly deliveryCount: number
  readonly result?: Uint8Array | undefined
  readonly reason?: string | undefined
}

/** Where a record is. */
export interface RecordPlace {
  readonly partition: number
  readonly offset: number
}

export interface QueuePortEvents {
  /** The lock of a delivery ran out; the record is available again or on its way to the dead letters. */
  lockLost: [token: AcquireToken, deliveryCount: number]
  /** The record was given up: the copy is in the dead-letter topic and the state is written. */
  deadLettered: [record: AcquiredBatch, note: DeathNote]
  /** Something in the background failed and will be tried again. */
  error: [error: unknown]
}

/** One queue: a topic whose records each go to one receiver, with the state kept in a log of its own. It is open as long as the broker. */
export interface QueuePort {
  /** Also when its topic was deleted: it has to be opened anew. */
  readonly isClosed: boolean
  /** Whether somebody has a session. */
  readonly isUsed: boolean
  readonly options: QueuePortOptions
  /** Where the group stands in each partition. */
  places(): readonly QueuePlace[]
  /** A new session of one client, which takes the queue as it is when it says no options. INVALID_STATE when the queue is open with others, CLOSED after `close`. */
  session(options?: QueuePortOptions): QueueSession
  /** Closes all sessions. Idempotent. */
  close(): Awaitable<void>
}

/** Where a queue stands in one partition. */
export interface QueuePlace {
  readonly partition: number
  /** The first record that is not finished. */
  readonly startOffset: number
  /** How many records are not finished. */
  readonly lag: number
}

/** What one client does with a queue. */
export interface QueueSession {
  readonly topic: string
  readonly partitions: number
  readonly deadLetterTopic: string | false
  /** How long what is acquired is held, unless it is renewed. Milliseconds. */
  readonly lockMs: number
  readonly events: EventEmitter<QueuePortEvents>
  /** Adds the messages, all or none, and answers where each is. Resolves as the flush level promises. Throws or rejects: MESSAGE_TOO_LARGE, QUEUE_FULL, DISK_FULL. */
  send(messages: readonly OutgoingMessage[], signal?: AbortSignal): Promise<readonly SentMessage[]>
  /** For one transaction. INVALID_STATE for a queue that hands out another topic. */
  transaction(): TransactionalSends
  /** Up to `max` records, each locked for lockMs; their delivery counts are written before this resolves. Waits up to `maxWaitMs`
   *  (`Infinity`: until there is one); empty when nothing came, on abort, and after `close`. What was delivered before comes first,
   *  then in the order of sending. */
  acquire(options: AcquireOptions): Promise<readonly AcquiredBatch[]>
  /** Ends one delivery. Resolves when the new state is written as the flush level promises. Throws LOCK_LOST when the lease is not the latest. */
  settle(token: AcquireToken, settlement: Settlement): Awaitable<void>
  /** Settles deliveries in transactions; the same object for all sessions of a queue. */
  readonly acknowledger: TransactionalAcknowledger
  /** A full lock again (or `ms`). Answers when it now runs out. LOCK_LOST. */
  renew(token: AcquireToken, ms?: number): number
  /** Whether the delivery is still its holder's, or its end is being written. */
  isHeld(token: AcquireToken): boolean
  /** The first record of the partition that is not finished. */
  startOf(partition: number): number
  /** What is known of the record; null when it was never there or is forgotten. */
  outcome(place: RecordPlace): Awaitable<Outcome | null>
  /** Resolves when the record is acknowledged or archived; with null when it was never there or is forgotten. CLOSED when the queue closes before. */
  settled(place: RecordPlace, signal?: AbortSignal): Promise<Outcome | null>
  /** The record with this id of the sender's; null when there is none, or it is forgotten. */
  find(id: string): Awaitable<RecordPlace | null>
  /** Records in that state, in the order of their offsets, without taking them. Their lease is -1. 'dead': of the dead-letter topic. */
  browse(state: 'available' | 'delayed' | 'acquired' | 'dead'): AsyncIterable<AcquiredBatch>
  /** Drops a record that nobody holds. False when it is held, finished or not known. */
  remove(place: RecordPlace): Promise<boolean>
  /** Drops all that nobody holds and answers how many that were. */
  purge(): Promise<number>
  /** Sends dead letters that `wanted` picks (given by place) back to the queue as new, at most `max`. Answers how many. */
  redrive(wanted: ((batch: AcquiredBatch) => boolean) | null, max: number): Promise<number>
  /** What is kept under the names of repeats. */
  repeats(): ReadonlyMap<string, Uint8Array>
  setRepeat(id: string, content: Uint8Array | undefined): Promise<void>
  counts(): Awaitable<{ available: number; delayed: number; acquired: number; dead: number }>
  /** Stops handing out records, or goes on. Waiting receivers keep waiting. */
  pause(): void
  resume(): void
  /** Resolves when nothing is available, delayed or acquired. */
  drained(signal?: AbortSignal): Promise<void>
  /** Wakes waiting receivers and releases what they hold, uncounted. Idempotent. */
  close(): Awaitable<void>
}
