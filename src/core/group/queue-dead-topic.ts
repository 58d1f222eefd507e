// The dead letters of one queue, seen from the queue: how many there are, which they are, and sending them back. What was sent back is
// marked in the queue's state log, for a topic cannot lose a record in its middle; where all from the start on are marked, they are
// deleted. A dead-letter topic may serve several queues; each sees its own.

import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { EncodedHeader } from '../../record/record.js'
import type { Partition } from '../partition.js'
import type { QueueContext } from '../queue-context.js'
import { type AcquiredBatch, DEAD_HEADERS, type OutgoingMessage, REDRIVEN_HEADER, type SentMessage } from '../queue-port.js'
import { GoneOffsets } from './gone-offsets.js'
import type { QueueLog } from './queue-log.js'
import type { OpsWriter } from './queue-ops.js'

const READ_BYTES = 1024 * 1024
/** So many go back in one step. */
const REDRIVE_AT_ONCE = 500
/** Headers that belonged to the message's first life. */
const SPENT_HEADERS: readonly string[] = ['kafkalite.deliver.at', 'kafkalite.expires.at', REDRIVEN_HEADER]

interface Found {
  readonly partition: Partition
  readonly batch: PackedBatch
  readonly offsets: readonly number[]
  readonly deliveryCounts: readonly number[]
}

export class DeadTopic {
  constructor(
    private readonly context: QueueContext,
    private readonly queue: string,
    private readonly name: string | false,
    private readonly gone: GoneOffsets[],
    private readonly log: QueueLog,
  ) {}

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
  async redrive(
    wanted: ((batch: AcquiredBatch) => boolean) | null,
    max: number,
    send: (messages: readonly OutgoingMessage[]) => Promise<readonly SentMessage[]>,
  ): Promise<number> {
    let count = 0
    let messages: OutgoingMessage[] = []
    let places: [partition: Partition, offset: number][] = []
    const go = async (): Promise<void> => {
      if (messages.length === 0) return
      await send(messages)
      // A crash before this is written sends them back twice: at least once, as everything here.
      for (const [partition, offset] of places) {
        this.goneOf(partition).add(offset)
        this.log.ops.redriven(partition.partition, offset)
      }
      await this.log.written()
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
          messages.push(backAgain(cursor))
          places.push([partition, cursor.offset])
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
    const gone = this.gone[partition.partition] ?? new GoneOffsets()
    this.gone[partition.partition] = gone
    gone.raise(partition.startOffset)
    return gone
  }
}

/** The message as it was sent, its count of deliveries anew. */
function backAgain(cursor: RecordCursor): OutgoingMessage {
  const { headers, key, value } = cursor
  const own = [...headers].filter(([name]) => !name.startsWith(DEAD_HEADERS) && !SPENT_HEADERS.includes(name))
  const times = Number(headers.text(REDRIVEN_HEADER) ?? 0) + 1
  const all: EncodedHeader[] = [...own, [REDRIVEN_HEADER, String(times)]]
  // The id goes along as a header; it was sent before, so it must not be looked for.
  return { key: key === null ? null : textOf(key), value, headers: all, priority: 0, id: undefined, untilDone: false }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
