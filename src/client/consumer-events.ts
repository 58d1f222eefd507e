// What a consumer tells its listeners. A listener that throws must not break the consumer: its error goes where errors go.

import type { EventEmitter } from 'eventemitter3'
import type { TopicPartition } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import type { ConsumerRecord } from './consumer-record.js'
import { reportError } from './error-report.js'

/** The events of a consumer. */
export interface ConsumerEvents<V = unknown, K = string> {
  /** These partitions are the consumer's now and their start is fixed. */
  assigned: [partitions: readonly TopicPartition[]]
  /** These go to another member, or the consumer closes: they are still the consumer's, so commits are taken. */
  revoked: [partitions: readonly TopicPartition[]]
  /** These belong to others already: commits are refused. */
  lost: [partitions: readonly TopicPartition[]]
  /** Everything that was in the consumer's partitions has been handed out and, under run(), worked on. */
  caughtUp: []
  /** A handler failed and is called again after a wait. */
  retry: [error: unknown, record: ConsumerRecord<V, K>]
  /** A record was appended to the dead-letter topic. */
  deadLettered: [error: unknown, record: ConsumerRecord<V, K>]
  /** A failure that no call reports. */
  error: [error: KafkaliteError]
}

/** Whom to tell. The types of the records are the listener's affair, so that a `Topic<Order>` is also a `Topic<unknown>`. */
type Emitter = EventEmitter<ConsumerEvents<unknown, unknown>>

/** Tells the consumer's listeners, whatever they do. */
export class ConsumerNews<V, K> {
  private readonly emitter: Emitter

  constructor(emitter: EventEmitter<ConsumerEvents<V, K>>) {
    this.emitter = emitter as unknown as Emitter
  }

  assigned(partitions: readonly TopicPartition[]): void {
    this.guard('assigned', () => this.emitter.emit('assigned', partitions))
  }

  revoked(partitions: readonly TopicPartition[]): void {
    this.guard('revoked', () => this.emitter.emit('revoked', partitions))
  }

  lost(partitions: readonly TopicPartition[]): void {
    this.guard('lost', () => this.emitter.emit('lost', partitions))
  }

  caughtUp(): void {
    this.guard('caughtUp', () => this.emitter.emit('caughtUp'))
  }

  retry(error: unknown, record: ConsumerRecord<V, K>): void {
    this.guard('retry', () => this.emitter.emit('retry', error, record))
  }

  deadLettered(error: unknown, record: ConsumerRecord<V, K>): void {
    this.guard('deadLettered', () => this.emitter.emit('deadLettered', error, record))
  }

  error(error: unknown): void {
    const known = KafkaliteError.is(error)
      ? error
      : new KafkaliteError('INVALID_STATE', `The consumer met an unexpected error: ${String(error)}`, { cause: error })
    reportError(this.emitter, known)
  }

  private guard(event: string, emit: () => void): void {
    try {
      emit()
    } catch (cause) {
      this.error(new KafkaliteError('INVALID_STATE', `A listener of '${event}' threw: ${String(cause)}`, { cause }))
    }
  }
}
