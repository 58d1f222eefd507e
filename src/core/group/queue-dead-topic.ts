// The dead letters of one queue, seen from the queue: how many there are, which they are, and sending them back. What was sent back is
// marked in the queue's state log, before and after, for a topic cannot lose a record in its middle; where all from the start on are marked, they are
// deleted. A dead-letter topic may serve several queues; each sees its own.

import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { EncodedHeader } from '../../record/record.js'
import { SerialQueue } from '../../lib/serial-queue.js'
import type { Partition } from '../partition.js'
import type { QueueContext } from '../queue-context.js'
import {
  type AcquiredBatch,
  DEAD_HEADERS,
  type OutgoingMessage,
  type RecordPlace,
  REDRIVEN_FROM_HEADER,
  REDRIVEN_HEADER,
} from '../queue-port.js'
import { GoneOffsets } from './gone-offsets.js'
import type { OpsWriter } from './queue-ops.js'
import { QueueReturns, type QueueReturnsOptions } from './queue-returns.js'

const READ_BYTES = 1024 * 1024
/** So many go back in one step. */
const REDRIVE_AT_ONCE = 500
/** Headers that belonged to the message's first life. */
const SPENT_HEADERS: readonly string[] = ['kafkalite.deliver.at', 'kafkalite.expires.at', REDRIVEN_HEADER, REDRIVEN_FROM_HEADER]

/** Sends messages to the queue; `before` is done when they have room and before any of them is written. */
type SendBack = (messages: readonly OutgoingMessage[], before: () => Promise<void>) => Promise<unknown>
type Wanted = (batch: AcquiredBatch) => boolean

interface Found {
  readonly partition: Partition
  readonly batch: PackedBatch
  readonly offsets: readonly number[]
  readonly deliveryCounts: readonly number[]
}

export class DeadTopic {
  private readonly returns: QueueReturns
  private readonly turns = new SerialQueue()
  constructor(
    private readonly context: QueueContext,
    private readonly queue: string,
    private readonly name: string | false,
    private readonly gone: GoneOffsets[],
    returns: Omit<QueueReturnsOptions, 'context' | 'deadTopic' | 'gone'>,
  ) {
    const note = ({ partition, offset }: RecordPlace): void => this.goneFrom(partition).add(offset)
    this.returns = new QueueReturns({ ...returns, context, deadTopic: name === false ? '' : name, gone: note })
  }

  /** What lies from there on in a partition of the queue must not be deleted yet. */
  heldFrom(partition: number): number {
    return this.returns.heldFrom(partition)
  }

  /** Finds out what became of dead letters that were on their way back when the process ended. Answers whether there were any. */
  async recover(): Promise<boolean> {
    const wereOpen = this.returns.areOpen
    await this.returns.lookUp()
    return wereOpen
  }

  /** How many there are. In a topic that several queues share, those of the others count too. */
  count(): number {
    let count = 0
    for (const partition of this.partitions()) {
      const gone = this.goneOf(partition)
      count += partition.endOffset - partition.startOffset - gone.countFrom(partition.startOffset)
    }
    return count
  }

  async *browse(): AsyncGenerator<AcquiredBatch, void, undefined> {
    for await (const { partition, batch, offsets, deliveryCounts } of this.find())
      yield { partition: partition.partition, batch, offsets, deliveryCounts, lease: -1, lockedUntil: 0 }
  }

  /** Sends back what `wanted` picks, at most `max`, and answers how many that were. */
  async redrive(wanted: Wanted | null, max: number, send: SendBack): Promise<number> {
    // One at a time: two that find the same dead letters would send them twice.
    return this.turns.run(() => this.sendBack(wanted, max, send))
  }

  private async sendBack(wanted: Wanted | null, max: number, send: SendBack): Promise<number> {
    await this.returns.lookUp()
    let count = 0
    let messages: OutgoingMessage[] = []
    let places: RecordPlace[] = []
    const go = async (): Promise<void> => {
      if (messages.length === 0) return
      try {
        await send(messages, () => this.returns.announce(places))
        await this.returns.close(places)
      } catch (error) {
        // What cannot be found out now is when the next go back, or at the next opening.
        await this.returns.lookUp().catch(() => undefined)
        throw error
      }
      count += messages.length
      messages = []
      places = []
    }
    for await (const { partition, batch, offsets, deliveryCounts } of this.find()) {
      const cursor = new RecordCursor()
      cursor.open(batch)
      for (let i = 0; i < offsets.length && count + messages.length < max && cursor.next(); ) {
        if (cursor.offset !== offsets[i]) continue
        const one = {
          partition: partition.partition,
          batch,
          offsets: [cursor.offset],
          deliveryCounts: [deliveryCounts[i] as number],
          lease: -1,
          lockedUntil: 0,
        }
        if (wanted === null || wanted(one)) {
          const place = { partition: partition.partition, offset: cursor.offset }
          messages.push(backAgain(cursor, this.returns.headerOf(place)))
          places.push(place)
        }
        i++
      }
      if (messages.length >= REDRIVE_AT_ONCE) await go()
      if (count + messages.length >= max) break
    }
    await go()
    await this.trim()
    return count
  }

  write(ops: OpsWriter): void {
    this.gone.forEach((gone, partition) => {
      if (gone.below > 0) ops.redriven(partition, 0, gone.below)
      gone.runs((first, length) => ops.redriven(partition, first, length))
    })
    this.returns.write(ops)
  }

  /** This queue's dead letters that have not gone back. */
  private async *find(): AsyncGenerator<Found, void, undefined> {
    const cursor = new RecordCursor()
    for (const partition of this.partitions()) {
      const gone = this.goneOf(partition)
      const end = partition.endOffset
      let offset = Math.max(partition.startOffset, gone.below)
      while (offset < end) {
        const batches = await partition.read(offset, READ_BYTES)
        if (batches.length === 0) break
        for (const batch of batches) {
          const offsets: number[] = []
          const deliveryCounts: number[] = []
          cursor.open(batch)
          while (cursor.next()) {
            if (cursor.offset < offset || gone.has(cursor.offset) || batch.isControl) continue
            const { headers } = cursor
            if (headers.text(`${DEAD_HEADERS}topic`) !== this.queue) continue
            offsets.push(cursor.offset)
            deliveryCounts.push(Number(headers.text(`${DEAD_HEADERS}deliveries`) ?? 0))
          }
          offset = batch.lastOffset + 1
          if (offsets.length > 0) yield { partition, batch, offsets, deliveryCounts }
        }
      }
    }
  }

  private async trim(): Promise<void> {
    for (const partition of this.partitions()) {
      const to = Math.min(this.goneOf(partition).below, partition.endOffset)
      if (to > partition.startOffset) await partition.truncateBefore(to)
    }
  }

  private partitions(): Partition[] {
    const topic = this.name === false ? undefined : this.context.topic(this.name)
    if (topic === undefined) return []
    return Array.from({ length: topic.partitions }, (_, id) => this.context.partition(topic.name, id))
  }

  private goneOf(partition: Partition): GoneOffsets {
    const gone = this.goneFrom(partition.partition)
    gone.raise(partition.startOffset)
    return gone
  }

  private goneFrom(partition: number): GoneOffsets {
    const gone = this.gone[partition] ?? new GoneOffsets()
    this.gone[partition] = gone
    return gone
  }
}

/** The message as it was sent, its count of deliveries anew. */
function backAgain(cursor: RecordCursor, from: EncodedHeader): OutgoingMessage {
  const { headers, key, value } = cursor
  const own = [...headers].filter(([name]) => !name.startsWith(DEAD_HEADERS) && !SPENT_HEADERS.includes(name))
  const times = Number(headers.text(REDRIVEN_HEADER) ?? 0) + 1
  const all: EncodedHeader[] = [...own, [REDRIVEN_HEADER, String(times)], from]
  // The id goes along as a header; it was sent before, so it must not be looked for.
  return { key: key === null ? null : textOf(key), value, headers: all, priority: 0, expiresAt: 0, id: undefined, untilDone: false }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
