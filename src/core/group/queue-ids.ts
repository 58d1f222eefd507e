// The ids that senders gave: where the message with an id is, and whether it was sent before. Nothing is kept until an id is first used.
// Then the records of the deduplication window are walked over once, and the state log adds those that were finished and deleted since;
// who asks for an older message by its id makes the walk begin at the oldest.

import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import { MESSAGE_ID_HEADER, type RecordPlace } from '../queue-port.js'
import type { OpsWriter, SentEntry } from './queue-ops.js'
import type { QueueOutcomes } from './queue-outcomes.js'
import { ACKNOWLEDGED, ARCHIVED } from './record-state.js'
import type { SharePartition } from './share-partition.js'

interface KnownId extends RecordPlace {
  readonly sentMs: number
}

/** How many of the oldest entries are looked at whenever one is added, to let go what is of no use any more. */
const SWEEP = 2

export class QueueIds {
  /** The oldest first. */
  private readonly places = new Map<string, KnownId>()
  /** For each partition the stretch that was walked over. */
  private readonly walked: { from: number; to: number }[] = []
  private walking: Promise<void> = Promise.resolve()
  private inUse = false

  constructor(
    private readonly shares: readonly SharePartition[],
    private readonly outcomes: QueueOutcomes,
    private readonly windowMs: number,
    finished: readonly SentEntry[],
    now: number,
  ) {
    for (const { id, ...known } of finished) if (known.sentMs > now - windowMs) this.places.set(id, known)
    this.inUse = this.places.size > 0
  }

  /** Makes `recent` know what was sent within the window, and `unfinished` all that is not finished when `whole`. */
  async load(now: number, whole: boolean): Promise<void> {
    this.inUse = true
    this.walking = this.walking.catch(() => undefined).then(() => this.walk(now, whole))
    await this.walking
  }

  /** The message with the id that was sent within the window. */
  recent(id: string, now: number): RecordPlace | null {
    const known = this.places.get(id)
    return known === undefined || known.sentMs <= now - this.windowMs ? null : known
  }

  /** The message with the id that is not finished. */
  unfinished(id: string): RecordPlace | null {
    const known = this.places.get(id)
    return known === undefined || this.isFinished(known) ? null : known
  }

  /** A message with an id is in the log, or was finished. */
  add(id: string, { partition, offset }: RecordPlace, sentMs: number, now: number): void {
    if (!this.inUse && sentMs <= now - this.windowMs) return
    this.inUse = true
    const known = this.places.get(id)
    if (known !== undefined && known.sentMs > sentMs) return
    this.places.delete(id)
    this.places.set(id, { partition, offset, sentMs })
    this.sweep(now)
  }

  /** Of several messages with the id the one that was sent last. */
  async find(id: string, now: number): Promise<RecordPlace | null> {
    await this.load(now, true)
    const place = this.places.get(id)
    if (place !== undefined) return place
    const entry = this.outcomes.withId(id)
    return entry === undefined ? null : { partition: entry.partition, offset: entry.offset }
  }

  /** For a snapshot: those that cannot be found in the log any more and are looked out for still. */
  write(ops: OpsWriter, now: number): void {
    for (const [id, { partition, offset, sentMs }] of this.places) {
      if (sentMs > now - this.windowMs && this.isFinished({ partition, offset })) ops.sent({ id, partition, offset, sentMs })
    }
  }

  private async walk(now: number, whole: boolean): Promise<void> {
    for (const share of this.shares) {
      const { end } = share
      const first = whole ? share.states.start : await this.windowStart(share, now)
      const walked = this.walked[share.id] ?? { from: end, to: first }
      const visit = (id: string, offset: number, sentMs: number): void => {
        const known = this.places.get(id)
        if (known === undefined || known.sentMs <= sentMs) this.places.set(id, { partition: share.id, offset, sentMs })
      }
      const from = first < walked.from ? first : Math.max(walked.to, share.states.start)
      if (from < end) await share.lookAhead(now, visit, from)
      if (whole) await this.visitParked(share, visit)
      this.walked[share.id] = { from: Math.min(walked.from, first), to: Math.max(walked.to, end) }
    }
  }

  private async windowStart(share: SharePartition, now: number): Promise<number> {
    const { partition } = share
    const found = await partition.log.findByTimestamp(now - this.windowMs + 1)
    return found === null ? partition.endOffset : Math.max(found.baseOffset, partition.startOffset)
  }

  private async visitParked(share: SharePartition, visit: (id: string, offset: number, sentMs: number) => void): Promise<void> {
    for (const offset of share.parked.places.keys()) {
      const cursor = await share.recordAt(offset)
      const id = cursor?.headers.text(MESSAGE_ID_HEADER)
      if (cursor != null && id !== undefined) visit(id, offset, cursor.timestamp)
    }
  }

  private isFinished({ partition, offset }: RecordPlace): boolean {
    const state = this.shares[partition]?.states.state(offset)
    return state === undefined || state === ACKNOWLEDGED || state === ARCHIVED
  }

  private sweep(now: number): void {
    let left = SWEEP
    for (const [id, known] of this.places) {
      if (left-- === 0 || known.sentMs > now - this.windowMs) return
      this.places.delete(id)
      // What is not finished stays, and goes to the end of those that are looked at.
      if (!this.isFinished(known)) this.places.set(id, known)
    }
  }
}

/** The id that the sender gave to a record and when it was sent. */
export function idOf(batch: PackedBatch, offset: number): { id: string | undefined; sentMs: number } {
  const cursor = new RecordCursor()
  cursor.open(batch)
  while (cursor.next()) if (cursor.offset === offset) return { id: cursor.headers.text(MESSAGE_ID_HEADER), sentMs: cursor.timestamp }
  return { id: undefined, sentMs: 0 }
}
