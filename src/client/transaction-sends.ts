// Messages that a transaction sends to queues. Each queue says where a message goes and whether it was sent before; the records are the
// transaction's like any others, so that nobody sees them before it commits.

import type { Cluster } from '../core/cluster.js'
import type { OutgoingMessage, PlannedSend, QueueSession, TransactionalAcknowledger, TransactionalSends } from '../core/queue-port.js'
import { KafkaliteError } from '../errors.js'
import type { RecordMetadata } from './delivery.js'
import { invalid } from './options-check.js'
import { type AskOutcome, QueueReceipt, type Receipt } from './receipt.js'
import { plain } from './serde.js'
import type { TypedTopic } from './topic-types.js'

/** What a queue lets a transaction do. */
export interface QueueDoor {
  readonly name: string
  readonly cluster: Cluster
  readonly session: QueueSession
  /** Checks a message and encodes it. CLOSED, INVALID_ARGUMENT, SERDE_FAILED. */
  prepare(message: unknown): OutgoingMessage
  readonly ask: AskOutcome
}

const DOORS = new WeakMap<object, QueueDoor>()

export function setDoor(queue: object, door: QueueDoor): void {
  DOORS.set(queue, door)
}

export function doorOf(queue: object): QueueDoor | undefined {
  return DOORS.get(queue)
}

type SendOn = (topic: string | TypedTopic<unknown, unknown>, given: unknown) => Promise<unknown>

interface OpenSends {
  readonly topic: TypedTopic<unknown, unknown>
  readonly sends: TransactionalSends
}

export class TransactionSends {
  /** By what all clients of a queue share. */
  private readonly byQueue = new Map<TransactionalAcknowledger, OpenSends>()
  /** Sends find their places one after the other, so that messages are in the order of the calls. */
  private line: Promise<unknown> = Promise.resolve()
  private readonly stopping = new AbortController()
  /** Whether it was committed. */
  private readonly end: Promise<boolean>
  private resolveEnd: (isCommitted: boolean) => void = () => undefined

  constructor(
    private readonly cluster: Cluster,
    private readonly sendOn: SendOn,
  ) {
    this.end = new Promise((resolve) => {
      this.resolveEnd = resolve
    })
  }

  async send(door: QueueDoor, given: unknown): Promise<Receipt | Receipt[]> {
    if (door.cluster !== this.cluster) throw invalid(`Queue ${door.name} belongs to another broker; a transaction is of one broker alone`)
    const list: readonly unknown[] = Array.isArray(given) ? given : [given]
    const outgoing = list.map((message) => door.prepare(message))
    const open = this.openFor(door)
    const appending = this.line.then(() => this.append(open, outgoing))
    this.line = appending.catch(() => undefined)
    const { plans, appended } = await appending
    await appended
    const receipts = plans.map((plan, i) => this.receipt(door, plan, outgoing[i] as OutgoingMessage))
    return Array.isArray(given) ? Promise.all(receipts) : (receipts[0] as Promise<Receipt>)
  }

  /** Settles when all that was asked for is with the producer, or has failed. */
  async settled(): Promise<void> {
    await this.line
  }

  /** Something went wrong: nothing is waited for any more. */
  stop(error: unknown): void {
    this.stopping.abort(error)
  }

  committed(): void {
    for (const { sends } of this.byQueue.values()) sends.committed()
    this.resolveEnd(true)
  }

  /** The transaction was aborted, unless it was committed before. */
  ended(): void {
    for (const { sends } of this.byQueue.values()) sends.aborted()
    this.resolveEnd(false)
  }

  private openFor({ name, session }: QueueDoor): OpenSends {
    let open = this.byQueue.get(session.acknowledger)
    if (open === undefined) {
      open = { topic: { name, serdes: { value: plain, key: plain } }, sends: session.transaction() }
      this.byQueue.set(session.acknowledger, open)
    }
    return open
  }

  /** Answers when the records are with the producer; `appended` settles when they are in the log. */
  private async append({ topic, sends }: OpenSends, outgoing: readonly OutgoingMessage[]) {
    const { signal } = this.stopping
    const plans = await sends.take(outgoing, signal)
    signal.throwIfAborted()
    const fresh = plans.filter(({ partition }) => partition >= 0)
    const records: object[] = []
    plans.forEach(({ partition }, i) => {
      if (partition < 0) return
      const { key, value, headers } = outgoing[i] as OutgoingMessage
      records.push({ key, value, headers: headers ?? undefined, partition })
    })
    const appended = records.length === 0 ? DONE : this.sendAll(topic, fresh, records)
    appended.catch(() => undefined)
    return { plans, appended }
  }

  private async sendAll(topic: TypedTopic<unknown, unknown>, fresh: readonly PlannedSend[], records: readonly object[]): Promise<void> {
    const places = (await this.sendOn(topic, records)) as readonly RecordMetadata[]
    fresh.forEach((plan, i) => plan.appended((places[i] as RecordMetadata).offset))
  }

  private async receipt({ name, ask }: QueueDoor, { isOwn, place }: PlannedSend, { id }: OutgoingMessage): Promise<Receipt> {
    const { partition, offset, duplicate } = await place
    const own: AskOutcome = async () => {
      if (await this.end) return ask(partition, offset)
      const called = id ?? `${partition}-${offset}`
      throw new KafkaliteError('MESSAGE_NOT_FOUND', `Message ${called} of queue ${name} was sent in a transaction that was aborted`)
    }
    return new QueueReceipt(partition, offset, duplicate, id, isOwn ? own : ask)
  }
}

const DONE = Promise.resolve()
