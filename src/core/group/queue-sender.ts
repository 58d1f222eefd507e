// Messages on their way into a queue. Those sent in one turn of the event loop share batches and a promise, and go to the storage in
// one step, so that a list is there as a whole or not at all. An id that was sent before is answered with the first message of it.

import { KafkaliteError } from '../../errors.js'
import { type Awaitable, afterThis, chain, isPromise } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { readUtf8, utf8Length } from '../../lib/text.js'
import { BatchWriter } from '../../record/batch-writer.js'
import { HEADER_BYTES } from '../../record/format.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { Storage } from '../../storage/storage.js'
import type { EncodedHeader } from '../../record/record.js'
import {
  DELIVER_AT_HEADER,
  type OutgoingMessage,
  type QueuePortOptions,
  type RecordPlace,
  type SentMessage,
  type TransactionalSends,
} from '../queue-port.js'
import { appendTogether, type PartitionAppend } from './queue-append.js'
import type { QueueIds } from './queue-ids.js'
import { QueueTransaction, type QueueTransactionHost } from './queue-transaction.js'
import { SendRoom } from './send-room.js'
import type { SharePartition } from './share-partition.js'

const BATCH_BYTES = 512 * 1024
/** Messages without a key go to one partition for so many bytes before the next gets its turn. */
const STICKY_BYTES = 65_536
const RECORD_FRAMING_BYTES = 32

interface Sent extends SentMessage {
  offset: number
}

/** What goes to one partition in this turn. */
interface Lane {
  readonly share: SharePartition
  readonly batches: PackedBatch[]
  /** Their offsets are counted from the first of the lane until that has its place. */
  readonly sent: Sent[]
  /** Which of them have to wait, each with its moment. */
  readonly delays: number[]
}

interface Group {
  readonly lanes: Map<number, Lane>
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface QueueSenderOptions {
  readonly queue: string
  readonly storage: Storage
  readonly clock: Clock
  readonly shares: readonly SharePartition[]
  readonly ids: QueueIds
  readonly options: QueuePortOptions
  readonly maxMessageBytes: number
  /** The partition of a key, of so many. */
  readonly partitionOf: (key: string, count: number) => number
  /** A message that will expire is in the queue. */
  readonly expires: (place: RecordPlace, expiresAt: number) => void
  /** How many messages are not finished, as far as one has looked. */
  readonly length: () => number
  /** Finds what is no message. */
  readonly lookAhead: () => Promise<void>
  readonly report: (error: unknown) => void
}

export class QueueSender {
  private readonly writers: (BatchWriter | undefined)[] = []
  private group: Group | null = null
  private readonly room: SendRoom
  /** Messages with an id that are on their way: a second send of the id waits for the first. */
  private readonly onTheirWay = new Map<string, Promise<Sent>>()
  /** Ids that open transactions send. */
  private readonly held = new Map<string, QueueTransaction>()
  private sticky = 0
  private stickyBytes = 0

  constructor(private readonly given: QueueSenderOptions) {
    const { maxLength, overflow = 'wait' } = given.options
    this.room = new SendRoom(given.queue, maxLength ?? Infinity, overflow, given.length)
  }

  /** `before` is done when there is room for them and before any is written. */
  send(
    messages: readonly OutgoingMessage[],
    signals: readonly AbortSignal[] = [],
    before?: () => Promise<void>,
  ): Promise<readonly SentMessage[]> {
    for (const message of messages) this.checkSize(message)
    if (this.room.isLimited || before !== undefined) return this.sendInRoom(messages, signals, before)
    return hasIds(messages) ? this.sendOnce(messages) : this.append(messages)
  }

  transaction(): TransactionalSends {
    const { room, held, given } = this
    const host: QueueTransactionHost = {
      queue: given.queue,
      held,
      takeRoom: (count, signals) => this.takeRoom(count, signals),
      giveRoom: (count) => room.give(count),
      loadIds: (messages) => this.loadIds(messages),
      before: (message) => this.before(message),
      choose: (message) => this.choose(message),
      expires: given.expires,
      ended: () => this.foundHidden().catch(given.report),
    }
    return new QueueTransaction(host)
  }

  private async takeRoom(count: number, signals: readonly AbortSignal[]): Promise<void> {
    if (!this.room.fits(count)) await this.foundHidden()
    await this.room.take(count, signals)
  }

  /** What transactions left in the log and what is no message must not count as one. */
  private async foundHidden(): Promise<void> {
    if (!this.room.isLimited) return
    await this.given.lookAhead()
    this.room.serve()
  }

  private loadIds(messages: readonly OutgoingMessage[]): Promise<void> {
    const { ids, clock } = this.given
    return ids.load(
      clock.now(),
      messages.some(({ untilDone }) => untilDone),
    )
  }

  private async sendInRoom(
    messages: readonly OutgoingMessage[],
    signals: readonly AbortSignal[],
    before: (() => Promise<void>) | undefined,
  ): Promise<readonly SentMessage[]> {
    await this.takeRoom(messages.length, signals)
    try {
      if (before !== undefined) await before()
      return await (hasIds(messages) ? this.sendOnce(messages) : this.append(messages))
    } finally {
      this.room.give(messages.length)
    }
  }

  /** Messages were finished: senders that wait may go on. */
  roomMade(): void {
    this.room.serve()
  }

  close(error: KafkaliteError): void {
    this.room.close(error)
  }

  /** Leaves out what was sent before. */
  private async sendOnce(messages: readonly OutgoingMessage[]): Promise<readonly SentMessage[]> {
    do {
      // A transaction that sends the id decides whether it was sent before.
      for (const { id } of messages) if (id !== undefined) await this.held.get(id)?.end
      await this.loadIds(messages)
    } while (messages.some(({ id }) => id !== undefined && this.held.has(id)))
    const fresh: OutgoingMessage[] = []
    const answers: (SentMessage | Promise<Sent> | null)[] = []
    const own = new Map<string, number>()
    for (const message of messages) {
      const before = this.before(message)
      const twin = message.id === undefined ? undefined : own.get(message.id)
      if (before !== null) answers.push(before)
      else if (twin !== undefined) answers.push(null)
      else {
        if (message.id !== undefined) own.set(message.id, fresh.length)
        answers.push(null)
        fresh.push(message)
      }
    }
    const sent = fresh.length === 0 ? [] : await this.appendWithIds(fresh)
    let next = 0
    const seen = new Set<string>()
    return Promise.all(
      answers.map(async (answer, i) => {
        if (answer !== null) return duplicateOf(await answer)
        const { id } = messages[i] as OutgoingMessage
        if (id !== undefined && seen.has(id)) return duplicateOf(sent[own.get(id) as number] as Sent)
        if (id !== undefined) seen.add(id)
        return sent[next++] as Sent
      }),
    )
  }

  private before({ id, untilDone }: OutgoingMessage): SentMessage | Promise<Sent> | null {
    if (id === undefined) return null
    const { ids, clock } = this.given
    const place: RecordPlace | null = untilDone ? ids.unfinished(id) : ids.recent(id, clock.now())
    return place === null ? (this.onTheirWay.get(id) ?? null) : duplicateOf(place)
  }

  private async appendWithIds(fresh: readonly OutgoingMessage[]): Promise<readonly Sent[]> {
    const { ids, clock } = this.given
    const now = clock.now()
    const work = this.append(fresh)
    const added: string[] = []
    fresh.forEach(({ id }, i) => {
      if (id === undefined) return
      const one = work.then((sent) => sent[i] as Sent)
      one.catch(() => undefined)
      this.onTheirWay.set(id, one)
      added.push(id)
    })
    try {
      const sent = await work
      fresh.forEach(({ id }, i) => {
        if (id !== undefined) ids.add(id, sent[i] as Sent, now, clock.now())
      })
      return sent
    } finally {
      for (const id of added) this.onTheirWay.delete(id)
    }
  }

  private append(messages: readonly OutgoingMessage[]): Promise<readonly Sent[]> {
    if (messages.length === 0) return Promise.resolve([])
    const group = this.group ?? this.begin()
    const now = this.given.clock.now()
    const sent: Sent[] = new Array<Sent>(messages.length)
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i] as OutgoingMessage
      const partition = this.choose(message)
      const lane = this.lane(group, partition)
      this.pack(lane, message, now)
      if (message.headers !== null) noteDelay(lane, message.headers)
      const place = { partition, offset: lane.sent.length, duplicate: false }
      lane.sent.push(place)
      sent[i] = place
    }
    return group.promise.then(() => {
      for (let i = 0; i < messages.length; i++) {
        const { expiresAt } = messages[i] as OutgoingMessage
        if (expiresAt > 0) this.given.expires(sent[i] as Sent, expiresAt)
      }
      return sent
    })
  }

  private begin(): Group {
    let resolve: Group['resolve'] = () => undefined
    let reject: Group['reject'] = () => undefined
    const promise = new Promise<void>((done, failed) => {
      resolve = done
      reject = failed
    })
    const group: Group = { lanes: new Map(), promise, resolve, reject }
    this.group = group
    afterThis.then(() => {
      this.group = null
      this.flush(group)
    })
    return group
  }

  private flush(group: Group): void {
    try {
      const done = this.write(group)
      if (isPromise(done)) done.then(group.resolve, group.reject)
      else group.resolve()
    } catch (error) {
      group.reject(error)
    }
  }

  private write({ lanes }: Group): Awaitable<void> {
    const parts: (PartitionAppend & { readonly lane: Lane })[] = []
    for (const lane of [...lanes.values()].toSorted((a, b) => a.share.id - b.share.id)) {
      const writer = this.writers[lane.share.id] as BatchWriter
      if (writer.count > 0) lane.batches.push(writer.finish())
      parts.push({ partition: lane.share.partition, batches: lane.batches, baseOffset: -1, lane })
    }
    return chain(appendTogether(this.given.storage, parts), () => {
      const now = this.given.clock.now()
      for (const { lane, baseOffset } of parts) {
        for (const place of lane.sent) place.offset += baseOffset
        lane.share.sent(baseOffset, baseOffset + lane.sent.length, lane.delays, now)
      }
    })
  }

  private lane(group: Group, partition: number): Lane {
    let lane = group.lanes.get(partition)
    if (lane === undefined) {
      lane = { share: this.given.shares[partition] as SharePartition, batches: [], sent: [], delays: [] }
      group.lanes.set(partition, lane)
    }
    return lane
  }

  private pack({ share, batches }: Lane, { key, value, headers }: OutgoingMessage, now: number): void {
    const writer = this.writers[share.id] ?? new BatchWriter()
    this.writers[share.id] = writer
    const bytes = BatchWriter.recordBytesMax(key, value, headers)
    if (writer.count > 0 && writer.sizeBytes + bytes > Math.min(BATCH_BYTES, this.given.maxMessageBytes)) batches.push(writer.finish())
    writer.append(key, value, now, headers)
  }

  /** The levels of urgency lie one behind the other, each with all its partitions. */
  private choose({ key, value, priority }: OutgoingMessage): number {
    const { shares, options } = this.given
    const count = shares.length / (options.priorities ?? 1)
    if (count === 1) return priority
    if (key !== null) return priority * count + this.given.partitionOf(key, count)
    this.stickyBytes += RECORD_FRAMING_BYTES + (value?.length ?? 0)
    if (this.stickyBytes > STICKY_BYTES) {
      this.stickyBytes = 0
      this.sticky++
    }
    return priority * count + (this.sticky % count)
  }

  private checkSize({ key, value, headers }: OutgoingMessage): void {
    const { maxMessageBytes, queue } = this.given
    if (BatchWriter.recordBytesMax(key, value, headers) + HEADER_BYTES <= maxMessageBytes) return
    let bytes = HEADER_BYTES + RECORD_FRAMING_BYTES + sizeOf(key) + sizeOf(value)
    if (headers !== null) for (const [name, content] of headers) bytes += 4 + sizeOf(name) + sizeOf(content)
    if (bytes <= maxMessageBytes) return
    throw new KafkaliteError('MESSAGE_TOO_LARGE', `A message for queue ${queue} has ${bytes} bytes; maxMessageBytes is ${maxMessageBytes}`)
  }
}

function noteDelay({ delays, sent }: Lane, headers: readonly EncodedHeader[]): void {
  for (const [name, value] of headers) {
    if (name !== DELIVER_AT_HEADER || value === null) continue
    const deliverAt = Number(typeof value === 'string' ? value : readUtf8(value, 0, value.length))
    if (Number.isSafeInteger(deliverAt)) delays.push(sent.length, deliverAt)
  }
}

function hasIds(messages: readonly OutgoingMessage[]): boolean {
  for (const { id } of messages) if (id !== undefined) return true
  return false
}

function duplicateOf({ partition, offset }: RecordPlace): Sent {
  return { partition, offset, duplicate: true }
}

function sizeOf(content: Uint8Array | string | null): number {
  if (content === null) return 0
  return typeof content === 'string' ? utf8Length(content) : content.length
}
