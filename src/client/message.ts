// A message in the hands of a receiver: a record with the right to settle it. Decoded when asked for, like any record.

import type { Cluster } from '../core/cluster.js'
import {
  type Acknowledgement,
  type AcquireToken,
  type DeathNote,
  MESSAGE_ID_HEADER,
  type Settlement,
  type TransactionalAcknowledger,
} from '../core/queue-port.js'
import { describe } from '../errors.js'
import type { RecordHeaders } from '../record/record.js'
import type { LazyRecord } from './consumer-record.js'
import { invalid } from './options-check.js'

/** A message that was received. Whoever holds it settles it: acknowledge, release or reject, before its lock runs out. */
export interface Message<V = unknown, R = unknown> {
  /** As the sender gave it, else `<partition>-<offset>`. */
  readonly id: string
  /** SERDE_FAILED when its bytes cannot be decoded. */
  readonly value: V
  /** Null when it was sent without one. */
  readonly key: string | null
  /** As the sender gave them. */
  readonly headers: RecordHeaders
  /** When it was sent. Milliseconds since 1970. */
  readonly timestamp: number
  /** 1 for the first delivery. */
  readonly deliveryCount: number
  /** Aborts when the lock was lost, when maxHandlerMs is over, and when the receiver closes. */
  readonly signal: AbortSignal
  /** Done; `result` goes to the sender. LOCK_LOST when the lock ran out or the message was settled before; SERDE_FAILED, MESSAGE_TOO_LARGE (1 MiB). */
  acknowledge(result?: R): Promise<void>
  /** Not done: it comes again, to anyone, after `delayMs` (0). LOCK_LOST. */
  release(options?: { delayMs?: number | undefined }): Promise<void>
  /** Never to be done: it becomes a dead letter. LOCK_LOST. */
  reject(reason?: string): Promise<void>
  /** A full lock again, or `ms` from now. LOCK_LOST. */
  renew(ms?: number): Promise<void>
  /** How far the work is, in whatever unit: the queue's 'progress' event. Renews the lock. LOCK_LOST. */
  progress(value: number): void
}

const PLAIN_ACKNOWLEDGEMENT: Acknowledgement = { kind: 'acknowledge' }

/** The queue that a message belongs to, to transactions. */
export interface MessageHome {
  readonly cluster: Cluster
  readonly acknowledger: TransactionalAcknowledger
  /** The acknowledgement was committed with a transaction. */
  committed(message: unknown, settlement: Settlement): void
}

/** The queue that a message belongs to. */
export interface MessageHost<V, R> {
  readonly home: MessageHome
  settle(message: QueueMessage<V, R>, settlement: Settlement): Promise<void>
  encodeResult(result: R): Uint8Array | undefined
  renew(message: QueueMessage<V, R>, ms?: number): void
  /** The message wants to know when its lock is lost. */
  watch(message: QueueMessage<V, R>): void
  progress(message: QueueMessage<V, R>, value: number): void
}

export class QueueMessage<V, R> implements Message<V, R>, AcquireToken {
  /** Whether this delivery was settled here. */
  isSettled = false
  private controller: AbortController | undefined

  constructor(
    private readonly host: MessageHost<V, R>,
    private readonly record: LazyRecord<V, string>,
    readonly lease: number,
    readonly deliveryCount: number,
    private readonly hasHeaders: boolean,
  ) {}

  get home(): MessageHome {
    return this.host.home
  }
  get partition(): number {
    return this.record.partition
  }
  get offset(): number {
    return this.record.offset
  }
  get value(): V {
    return this.record.value as V
  }
  get key(): string | null {
    return this.record.key
  }
  get headers(): RecordHeaders {
    return this.record.headers
  }
  get timestamp(): number {
    return this.record.timestamp
  }
  /** The id that the sender gave. */
  get givenId(): string | undefined {
    return this.hasHeaders ? this.record.headers.text(MESSAGE_ID_HEADER) : undefined
  }
  get id(): string {
    return this.givenId ?? `${this.partition}-${this.offset}`
  }
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      this.host.watch(this)
    }
    return this.controller.signal
  }

  async acknowledge(result?: R): Promise<void> {
    return this.host.settle(this, this.acknowledgement(result))
  }

  async release(options?: { delayMs?: number | undefined }): Promise<void> {
    const delayMs = options?.delayMs ?? 0
    if (!(delayMs >= 0) || delayMs === Infinity) throw invalid(`delayMs of release() must be milliseconds from 0, not ${describe(delayMs)}`)
    return this.host.settle(this, { kind: 'release', delayMs })
  }

  async reject(reason?: string): Promise<void> {
    const note: DeathNote = reason === undefined ? { reason: 'rejected' } : { reason: 'rejected', errorMessage: reason }
    return this.host.settle(this, { kind: 'reject', note })
  }

  async renew(ms?: number): Promise<void> {
    if (ms !== undefined && !(ms > 0 && ms < Infinity))
      throw invalid(`renew() takes a positive number of milliseconds, not ${describe(ms)}`)
    this.host.renew(this, ms)
  }

  progress(value: number): void {
    this.host.renew(this)
    this.host.progress(this, value)
  }

  acknowledgement(result: R | undefined): Acknowledgement {
    if (result === undefined && !this.hasHeaders) return PLAIN_ACKNOWLEDGEMENT
    const bytes = result === undefined ? undefined : this.host.encodeResult(result)
    return { kind: 'acknowledge', result: bytes, id: this.givenId, sentMs: this.timestamp }
  }

  /** Tells whoever works on it to stop. */
  abort(reason: unknown): void {
    this.controller?.abort(reason)
  }

  toJSON(): Record<string, unknown> {
    return { id: this.id, deliveryCount: this.deliveryCount, ...this.record.toJSON() }
  }
}

/** What the dead letter says of an error. */
export function noteOf(reason: string, error: unknown): DeathNote {
  if (!(error instanceof Error)) return { reason, errorMessage: describe(error) }
  return { reason, errorName: error.name, errorMessage: error.message, errorStack: error.stack }
}
