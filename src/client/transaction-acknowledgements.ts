// Messages of queues that a transaction acknowledges. They stay their receiver's, lock and all, until the commit: if that fails they can
// be settled as before, or come again when the lock runs out.

import type { Cluster } from '../core/cluster.js'
import type { TransactionalAcknowledgement, TransactionalAcknowledger } from '../core/queue-port.js'
import { describe, KafkaliteError } from '../errors.js'
import { QueueMessage } from './message.js'
import { invalid } from './options-check.js'

interface Acknowledged extends TransactionalAcknowledgement {
  readonly message: QueueMessage<unknown, unknown>
}

export class TransactionAcknowledgements {
  private readonly byQueue = new Map<TransactionalAcknowledger, Acknowledged[]>()

  constructor(private readonly cluster: Cluster) {}

  /** INVALID_ARGUMENT, LOCK_LOST, SERDE_FAILED, MESSAGE_TOO_LARGE. */
  add(given: unknown, result: unknown): void {
    if (!(given instanceof QueueMessage)) throw invalid(`acknowledge() takes a message of a queue, not ${describe(given)}`)
    const message = given as QueueMessage<unknown, unknown>
    const { cluster, acknowledger } = message.home
    if (cluster !== this.cluster)
      throw invalid(`Message ${message.id} belongs to a queue of another broker; a transaction is of one broker alone`)
    const list = this.byQueue.get(acknowledger) ?? []
    if (message.isSettled || list.some(({ token }) => isSame(token, message)))
      throw new KafkaliteError('LOCK_LOST', `Message ${message.id} was settled before; it cannot be acknowledged again in a transaction`)
    const acknowledged: Acknowledged = { message, token: message, settlement: message.acknowledgement(result) }
    acknowledger.check(acknowledged)
    list.push(acknowledged)
    this.byQueue.set(acknowledger, list)
  }

  /** What the commit takes with it. Nobody renews or settles the messages from here on. */
  take(): ReadonlyMap<TransactionalAcknowledger, readonly TransactionalAcknowledgement[]> {
    for (const { message } of this.all()) {
      if (message.isSettled) throw new KafkaliteError('LOCK_LOST', `Message ${message.id} was settled while the transaction was open`)
    }
    for (const { message } of this.all()) message.isSettled = true
    return this.byQueue
  }

  /** The commit failed: the messages are to be settled still. */
  giveBack(): void {
    for (const { message } of this.all()) message.isSettled = false
  }

  committed(): void {
    for (const { message, settlement } of this.all()) message.home.committed(message, settlement)
  }

  private *all(): Generator<Acknowledged> {
    for (const list of this.byQueue.values()) yield* list
  }
}

function isSame(token: { partition: number; offset: number }, message: QueueMessage<unknown, unknown>): boolean {
  return token.partition === message.partition && token.offset === message.offset
}
