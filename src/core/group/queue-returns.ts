// Dead letters on their way back into their queue. Before they are sent, the state log says which they are and from where on in the
// queue their copies can be; each copy tells by a header which dead letter it was. Whatever ends the way in between, a crash or a full
// disk, the copies are looked for from there: what went back is marked as such, and the rest is a dead letter still.

import { EventLoopSlice } from '../../lib/event-loop-slice.js'
import { RecordCursor } from '../../record/batch-reader.js'
import type { QueueContext } from '../queue-context.js'
import { type RecordPlace, REDRIVEN_FROM_HEADER } from '../queue-port.js'
import type { QueueLog } from './queue-log.js'
import type { OpsWriter } from './queue-ops.js'
import type { SharePartition } from './share-partition.js'

const READ_BYTES = 1024 * 1024

/** What the state log says of dead letters that were about to go back. */
export class AnnouncedReturns {
  /** By `keyOf`. */
  readonly places = new Map<string, RecordPlace>()
  /** For each partition of the queue the offset from which on the copies can be. */
  readonly from: number[] = []

  add(place: RecordPlace): void {
    this.places.set(keyOf(place), place)
  }

  delete(place: RecordPlace): void {
    if (this.places.size > 0) this.places.delete(keyOf(place))
  }

  clear(): void {
    this.places.clear()
    this.from.length = 0
  }
}

export interface QueueReturnsOptions {
  readonly context: QueueContext
  readonly shares: readonly SharePartition[]
  readonly log: QueueLog
  readonly announced: AnnouncedReturns
  /** The topic of the dead letters, which the headers of the copies name. */
  readonly deadTopic: string
  /** A dead letter went back. */
  readonly gone: (place: RecordPlace) => void
}

export class QueueReturns {
  constructor(private readonly given: QueueReturnsOptions) {}

  /** Whether it is not known of some whether they went back. */
  get areOpen(): boolean {
    return this.given.announced.places.size > 0
  }

  /** What lies from there on in a partition of the queue must not be deleted yet, for copies are looked for in it. */
  heldFrom(partition: number): number {
    return this.areOpen ? (this.given.announced.from[partition] ?? 0) : Infinity
  }

  /** The header that names the dead letter in its copy. */
  headerOf(place: RecordPlace): readonly [string, string] {
    return [REDRIVEN_FROM_HEADER, `${this.given.deadTopic}/${keyOf(place)}`]
  }

  /** To be called, and waited for, right before they are sent. */
  async announce(places: readonly RecordPlace[]): Promise<void> {
    const { announced, log, shares, context } = this.given
    for (const place of places) announced.add(place)
    for (const { id, partition } of shares) announced.from[id] = partition.log.endOffset
    this.write(log.ops)
    await log.written()
    await context.storage.sync()
  }

  /** They are in the queue, which is said in the state log now. */
  async close(places: readonly RecordPlace[]): Promise<void> {
    const { announced, gone, log, context } = this.given
    // The word that a dead letter has left must not outlive its copy.
    await context.storage.sync()
    for (const place of places) this.mark(place, gone)
    await log.written()
    for (const place of places) announced.delete(place)
  }

  /** Finds out which of the announced went back. */
  async lookUp(): Promise<void> {
    if (!this.areOpen) return
    const { announced, shares, gone, log } = this.given
    const left = new Map([...announced.places.values()].map((place) => [this.headerOf(place)[1], place]))
    for (const share of shares) {
      await this.scan(share, (header) => {
        const place = left.get(header)
        if (place === undefined || !left.delete(header)) return
        this.mark(place, gone)
      })
    }
    await log.written()
    announced.clear()
  }

  write(ops: OpsWriter): void {
    if (!this.areOpen) return
    const { places, from } = this.given.announced
    for (const { partition, offset } of places.values()) ops.returning(partition, offset)
    from.forEach((offset, partition) => ops.returnsFrom(partition, offset))
  }

  private mark(place: RecordPlace, gone: (place: RecordPlace) => void): void {
    gone(place)
    this.given.log.ops.redriven(place.partition, place.offset)
  }

  private async scan({ id, partition }: SharePartition, visit: (header: string) => void): Promise<void> {
    const cursor = new RecordCursor()
    const slice = new EventLoopSlice(this.given.context.clock)
    const end = partition.endOffset
    let offset = Math.max(this.given.announced.from[id] ?? 0, partition.startOffset)
    while (offset < end) {
      const batches = await partition.read(offset, READ_BYTES)
      if (batches.length === 0) return
      for (const batch of batches) {
        cursor.open(batch)
        while (cursor.next()) {
          const header = cursor.headerCount > 0 ? cursor.headers.text(REDRIVEN_FROM_HEADER) : undefined
          if (header !== undefined) visit(header)
        }
        offset = batch.lastOffset + 1
      }
      if (slice.isOver) await slice.giveTurn()
    }
  }
}

function keyOf({ partition, offset }: RecordPlace): string {
  return `${partition}-${offset}`
}
