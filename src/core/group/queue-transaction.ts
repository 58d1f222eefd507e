// What one transaction sends to a queue. The records are the transaction's own and count when it commits; here is what a queue knows
// besides: which partition a message goes to, whether its id was sent before, whether there is room. An id that a transaction sends
// is taken until the transaction ends: an ordinary send of it waits for that, another transaction is refused, since two that waited for
// each other would wait for ever.

import { KafkaliteError } from '../../errors.js'
import type { OutgoingMessage, PlannedSend, RecordPlace, SentMessage, TransactionalSends } from '../queue-port.js'

/** The queue around it. */
export interface QueueTransactionHost {
  readonly queue: string
  /** Which transaction sends an id. */
  readonly held: Map<string, QueueTransaction>
  takeRoom(count: number, signals: readonly AbortSignal[]): Promise<void>
  giveRoom(count: number): void
  /** Makes `before` know what was sent. */
  loadIds(messages: readonly OutgoingMessage[]): Promise<void>
  /** The message with that id that was sent before, or is on its way. */
  before(message: OutgoingMessage): SentMessage | Promise<SentMessage> | null
  choose(message: OutgoingMessage): number
  /** A message that will expire is in the queue. */
  expires(place: RecordPlace, expiresAt: number): void
  /** A transaction left its marks in the log. */
  ended(): void
}

export class QueueTransaction implements TransactionalSends {
  /** Settles when the ids that it sends are free again, or taken by what was committed. */
  readonly end: Promise<void>
  private resolveEnd: () => void = () => undefined
  private readonly planned: Planned[] = []
  private readonly byId = new Map<string, Planned>()
  private roomTaken = 0
  private isOver = false

  constructor(private readonly host: QueueTransactionHost) {
    this.end = new Promise((resolve) => {
      this.resolveEnd = resolve
    })
  }

  async take(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<readonly PlannedSend[]> {
    signal.throwIfAborted()
    await this.host.takeRoom(messages.length, [signal])
    this.roomTaken += messages.length
    try {
      if (messages.some(({ id }) => id !== undefined)) await this.host.loadIds(messages)
      if (this.isOver) throw over(this.host.queue)
      for (const { id } of messages) this.requireFree(id)
    } catch (error) {
      this.giveRoom(messages.length)
      throw error
    }
    const plans = messages.map((message) => this.plan(message))
    this.giveRoom(plans.filter(({ partition }) => partition < 0).length)
    return plans
  }

  committed(): void {
    for (const { message, sent } of this.planned) if (sent !== null && message.expiresAt > 0) this.host.expires(sent, message.expiresAt)
    this.over()
  }

  aborted(): void {
    for (const planned of this.planned) planned.failed(over(this.host.queue))
    this.over()
  }

  private plan(message: OutgoingMessage): PlannedSend {
    const { id } = message
    const own = id === undefined ? undefined : this.byId.get(id)
    if (own !== undefined) return { partition: -1, isOwn: true, place: own.place.then(duplicateOf), appended: () => undefined }
    const before = this.host.before(message)
    if (before !== null) return { partition: -1, isOwn: false, place: Promise.resolve(before).then(duplicateOf), appended: () => undefined }
    const planned = new Planned(message, this.host.choose(message))
    this.planned.push(planned)
    if (id !== undefined) {
      this.byId.set(id, planned)
      this.host.held.set(id, this)
    }
    return planned
  }

  private requireFree(id: string | undefined): void {
    const holder = id === undefined ? undefined : this.host.held.get(id)
    if (holder === undefined || holder === this) return
    throw new KafkaliteError(
      'CONCURRENT_TRANSACTIONS',
      `A message with the id "${id}" was sent to queue ${this.host.queue} in another transaction, which is still open`,
    )
  }

  private over(): void {
    if (this.isOver) return
    this.isOver = true
    for (const id of this.byId.keys()) this.host.held.delete(id)
    this.giveRoom(this.roomTaken)
    this.host.ended()
    this.resolveEnd()
  }

  private giveRoom(count: number): void {
    if (count === 0) return
    const given = Math.min(count, this.roomTaken)
    this.roomTaken -= given
    this.host.giveRoom(given)
  }
}

/** A message that is to be appended, or was. */
class Planned implements PlannedSend {
  readonly isOwn = true
  readonly place: Promise<SentMessage>
  sent: SentMessage | null = null
  private resolve: (place: SentMessage) => void = () => undefined
  private reject: (error: unknown) => void = () => undefined

  constructor(
    readonly message: OutgoingMessage,
    readonly partition: number,
  ) {
    this.place = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.place.catch(() => undefined)
  }

  appended(offset: number): void {
    this.sent = { partition: this.partition, offset, duplicate: false }
    this.resolve(this.sent)
  }

  /** Changes nothing when it was appended. */
  failed(error: unknown): void {
    this.reject(error)
  }
}

function duplicateOf({ partition, offset }: RecordPlace): SentMessage {
  return { partition, offset, duplicate: true }
}

function over(queue: string): KafkaliteError {
  return new KafkaliteError('INVALID_TXN_STATE', `The transaction that sent to queue ${queue} is over`)
}
