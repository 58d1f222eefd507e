// Where the message with an id of the sender's own is. Nothing is kept until somebody asks by id; then the records that are there are
// walked over once, and later only what came since. Ids of finished messages are found among the outcomes.

import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import { MESSAGE_ID_HEADER, type RecordPlace } from '../queue-port.js'
import type { QueueOutcomes } from './queue-outcomes.js'
import type { SharePartition } from './share-partition.js'

export class QueueIds {
  private readonly places = new Map<string, RecordPlace>()
  /** For each partition how far its records were walked over. */
  private readonly walkedTo: number[] = []
  private walking: Promise<void> = Promise.resolve()

  constructor(
    private readonly shares: readonly SharePartition[],
    private readonly outcomes: QueueOutcomes,
  ) {}

  /** Of several messages with the id the one that was sent last. */
  async find(id: string, now: number): Promise<RecordPlace | null> {
    this.walking = this.walking.catch(() => undefined).then(() => this.walk(now))
    await this.walking
    const place = this.places.get(id)
    if (place !== undefined) return place
    const entry = this.outcomes.withId(id)
    return entry === undefined ? null : { partition: entry.partition, offset: entry.offset }
  }

  /** The id that the sender gave to a record, if any. */
  idIn(batch: PackedBatch, offset: number): string | undefined {
    const cursor = new RecordCursor()
    cursor.open(batch)
    while (cursor.next()) if (cursor.offset === offset) return cursor.headers.text(MESSAGE_ID_HEADER)
    return undefined
  }

  private async walk(now: number): Promise<void> {
    for (const share of this.shares) {
      const from = Math.max(this.walkedTo[share.id] ?? 0, share.states.start)
      const end = share.partition.endOffset
      if (from < end) await share.lookAhead(now, (id, offset) => this.places.set(id, { partition: share.id, offset }), from)
      this.walkedTo[share.id] = end
    }
    // What has left the queue is found among the outcomes while they are remembered.
    for (const [id, { partition, offset }] of this.places) {
      if (offset < (this.shares[partition] as SharePartition).states.start) this.places.delete(id)
    }
  }
}
