// Messages that expire leave the queue also when nobody receives. For each stretch of a thousand offsets the earliest moment is kept at
// which one in it expires, no more; when it has come, the stretch is read and what is past its time is dropped. The moments stand in
// the state log, so a restart need not read what waits; a crash right after a send may lose one, and its messages go when received.

import type { Clock } from '../../lib/clock.js'
import { EventLoopSlice } from '../../lib/event-loop-slice.js'
import { RecordCursor } from '../../record/batch-reader.js'
import { DELIVER_AT_HEADER, EXPIRES_AT_HEADER, type RecordPlace } from '../queue-port.js'
import type { OpsWriter } from './queue-ops.js'
import { DELAYED, UNTOUCHED } from './record-state.js'
import { momentOf, type SharePartition } from './share-partition.js'

const STRETCH_RECORDS = 1024
/** Moments are rounded up to this, so that a stretch is not read for each message in it. Milliseconds. */
const GRAIN_MS = 1000
const READ_BYTES = 256 * 1024

/** What the state log says: for each partition the moment of each stretch, by its first offset. */
export type ExpiryMoments = Map<number, number>[]

export interface QueueExpiryOptions {
  readonly clock: Clock
  readonly shares: readonly SharePartition[]
  readonly moments: ExpiryMoments
  /** Puts what was noted into the state log, some time. */
  readonly noted: () => void
  readonly ops: () => OpsWriter
  readonly expired: (share: SharePartition, cursor: RecordCursor) => void
  readonly wakeAt: (atMs: number) => void
}

export class QueueExpiry {
  /** When the next stretch is to be read; Infinity when there is none. */
  dueMs = Infinity
  private running = false
  private readonly cursor = new RecordCursor()

  constructor(private readonly given: QueueExpiryOptions) {
    given.moments.forEach((moments) => {
      for (const atMs of moments.values()) this.dueMs = Math.min(this.dueMs, atMs)
    })
  }

  /** A message that expires at that moment was sent. */
  note({ partition, offset }: RecordPlace, expiresAt: number): void {
    const stretch = offset - (offset % STRETCH_RECORDS)
    const atMs = roundUp(expiresAt)
    const moments = this.momentsOf(partition)
    if (atMs >= (moments.get(stretch) ?? Infinity)) return
    if (!moments.has(stretch)) this.forget(partition)
    moments.set(stretch, atMs)
    this.given.ops().expires(partition, stretch, atMs)
    this.given.noted()
    this.wake(atMs)
  }

  /** Reads the stretches whose moment has come. Answers whether anything was dropped. */
  async run(now: number): Promise<boolean> {
    if (this.running || this.dueMs > now) return false
    this.running = true
    try {
      return await this.dropAll(now)
    } finally {
      this.running = false
      this.dueMs = Infinity
      for (const { id } of this.given.shares) for (const atMs of this.momentsOf(id).values()) this.wake(atMs)
    }
  }

  write(ops: OpsWriter): void {
    this.given.moments.forEach((moments, partition) => {
      for (const [stretch, atMs] of moments) ops.expires(partition, stretch, atMs)
    })
  }

  private async dropAll(now: number): Promise<boolean> {
    const slice = new EventLoopSlice(this.given.clock)
    let dropped = false
    for (const share of this.given.shares) {
      const moments = this.momentsOf(share.id)
      for (const [stretch, atMs] of moments) {
        if (atMs > now) continue
        moments.delete(stretch)
        try {
          dropped = (await this.dropIn(share, stretch, now)) || dropped
        } catch (error) {
          // What cannot be read cannot be dropped either; it is tried once more after a while.
          this.keep(share.id, stretch, roundUp(now + 60 * GRAIN_MS))
          throw error
        }
        if (slice.isOver) await slice.giveTurn()
      }
      share.passFinished()
    }
    return dropped
  }

  private async dropIn(share: SharePartition, stretch: number, now: number): Promise<boolean> {
    const { partition, states, parked } = share
    const end = Math.min(stretch + STRETCH_RECORDS, partition.endOffset)
    let dropped = false
    let offset = firstOf(share, stretch)
    while (offset < end) {
      const [batch] = parked.has(offset) ? [await parked.batchAt(offset)] : await partition.read(offset, READ_BYTES)
      if (batch === undefined || batch === null) return dropped
      this.cursor.open(batch)
      while (this.cursor.next() && this.cursor.offset < end) {
        const { cursor } = this
        if (cursor.offset < offset || cursor.headerCount === 0 || states.isFinished(cursor.offset)) continue
        dropped = this.look(share, cursor, stretch, now) || dropped
      }
      offset = firstOf(share, batch.lastOffset + 1)
    }
    return dropped
  }

  private look(share: SharePartition, cursor: RecordCursor, stretch: number, now: number): boolean {
    const expiresAt = momentOf(cursor, EXPIRES_AT_HEADER)
    if (expiresAt === 0) return false
    const { states } = share
    const { offset } = cursor
    const state = states.state(offset)
    const deliverAt = state === DELAYED ? states.until(offset) : state === UNTOUCHED ? momentOf(cursor, DELIVER_AT_HEADER) : 0
    if (expiresAt <= now && deliverAt <= now && states.isLoose(offset)) {
      this.given.expired(share, cursor)
      return true
    }
    // Whoever holds it may give it back; what waits for its time is dropped when that has come.
    const nextMs = Math.max(expiresAt, deliverAt, states.isLoose(offset) ? 0 : states.until(offset), now + 1)
    if (nextMs !== Infinity) this.keep(share.id, stretch, roundUp(nextMs))
    return false
  }

  private keep(partition: number, stretch: number, atMs: number): void {
    const moments = this.momentsOf(partition)
    moments.set(stretch, Math.min(moments.get(stretch) ?? Infinity, atMs))
  }

  /** Stretches that are worked through need no moment. */
  private forget(partition: number): void {
    const share = this.given.shares[partition]
    const moments = this.momentsOf(partition)
    for (const stretch of moments.keys()) {
      if (share === undefined || stretch + STRETCH_RECORDS > share.states.start) return
      moments.delete(stretch)
    }
  }

  private momentsOf(partition: number): Map<number, number> {
    const moments = this.given.moments[partition] ?? new Map<number, number>()
    this.given.moments[partition] = moments
    return moments
  }

  private wake(atMs: number): void {
    if (atMs < this.dueMs) this.dueMs = atMs
    this.given.wakeAt(atMs)
  }
}

/** The first from there on that is not finished and that the log, or the parking log, has. */
function firstOf({ states, partition, parked }: SharePartition, offset: number): number {
  let at = states.firstUnfinished(Math.max(offset, states.start))
  while (at < partition.startOffset && at < states.cursor && !parked.has(at)) at = states.firstUnfinished(at + 1)
  return at < partition.startOffset && !parked.has(at) ? partition.startOffset : at
}

function roundUp(ms: number): number {
  return Math.ceil(ms / GRAIN_MS) * GRAIN_MS
}
