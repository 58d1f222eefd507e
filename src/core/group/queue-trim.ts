// Deletes what was consumed: the start of each partition's log follows the first record that is not finished. Moving it is written
// durably, so it is done when a segment can go, or once a second; what stays in between was acknowledged and is never handed out again. Where single records hold up many finished ones, they are parked elsewhere and the log is cut behind them, so what is on
// disk stays within twice the bytes that are needed and two segments.

import { type Awaitable, isPromise } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { SegmentInfo } from '../../storage/storage.js'
import type { ParkingState, QueueParking } from './queue-parking.js'
import type { SharePartition } from './share-partition.js'

/** How many records finish between two looks at whether a segment can go. */
const TRIM_RECORDS = 1024
const TRIM_EVERY_MS = 1000
/** How many records finish between two looks at whether single ones hold up the log. */
const LOOK_EVERY = 4096
/** When nothing can be parked, because reading or writing failed, it is tried again after so many more looks. */
const LOOKS_AFTER_FAILURE = 16

export interface QueueTrimOptions {
  readonly shares: readonly SharePartition[]
  readonly clock: Clock
  readonly parking: QueueParking
  readonly state: ParkingState
  readonly segmentBytes: number
  /** What lies from there on in a partition is needed still, finished or not. */
  readonly heldFrom: (partition: number) => number
  /** The log is not the queue's own: nothing of it is deleted. */
  readonly keeps: boolean
  readonly onError: (error: unknown) => void
}

export class QueueTrim {
  /** When the rest is to be deleted; Infinity when there is none. */
  dueMs = Infinity
  private lastMs = -Infinity
  /** For each partition the moving of its start that is under way: one at a time, lest a busy queue lines up more than a disk can do. */
  private readonly busy = new Map<number, PromiseLike<void>>()
  /** For each partition up to where it was looked whether a segment can go. */
  private readonly lookedTo: number[] = []
  private finishedSinceLook = 0
  /** Parking is under way. Who is to receive waits for it, lest a busy queue outruns it and fills the disk. */
  parkingNow: Promise<void> | null = null
  /** For each partition the bytes at which it is worth to look closely. */
  private readonly lookAtBytes: number[] = []
  private closed = false

  constructor(private readonly options: QueueTrimOptions) {}

  /** Called after the state that says what is finished was written. */
  run(finished: number): void {
    if (this.options.keeps) return
    const now = this.options.clock.now()
    const isTime = now - this.lastMs >= TRIM_EVERY_MS
    let left = false
    for (const share of this.options.shares) {
      const to = this.freeTo(share)
      if (to <= share.partition.startOffset) continue
      if (this.busy.has(share.id) || !(isTime || this.freesSegment(share, to))) left = true
      else this.trim(share)
      if (isTime) this.lastMs = now
    }
    this.dueMs = left ? this.lastMs + TRIM_EVERY_MS : Infinity
    this.finishedSinceLook += finished
    if (this.finishedSinceLook >= LOOK_EVERY && this.parkingNow === null) this.look()
  }

  /** Deletes all that is finished. */
  async close(): Promise<void> {
    this.closed = true
    if (this.options.keeps) return
    await this.parkingNow
    await Promise.allSettled(this.busy.values())
    for (const share of this.options.shares) {
      if (this.freeTo(share) > share.partition.startOffset) this.trim(share)
    }
    await Promise.allSettled(this.busy.values())
  }

  /** Up to where the partition's log can be deleted. */
  private freeTo(share: SharePartition): number {
    return Math.min(share.advanceKept(), this.options.heldFrom(share.id))
  }

  /** Whether the oldest segment goes when the start moves there. Looked at once for a thousand records. */
  private freesSegment({ id, partition }: SharePartition, to: number): boolean {
    if (to - Math.max(this.lookedTo[id] ?? 0, partition.startOffset) < TRIM_RECORDS) return false
    this.lookedTo[id] = to
    const [, second] = partition.log.segments()
    return second !== undefined && second.baseOffset <= to
  }

  private look(): void {
    this.finishedSinceLook = 0
    const held = this.options.shares.filter((share) => share.partition.sizeBytes > this.options.segmentBytes * 2)
    const { parking } = this.options
    if (held.length === 0 && parking.sizeBytes === 0) return
    this.parkingNow = this.parkAll(held)
      .catch((error: unknown) => {
        this.finishedSinceLook = -LOOKS_AFTER_FAILURE * LOOK_EVERY
        if (!this.closed) this.options.onError(error)
      })
      .then(() => {
        this.parkingNow = null
      })
  }

  private async parkAll(shares: readonly SharePartition[]): Promise<void> {
    for (const share of shares) await this.parkHolders(share)
    if (!this.closed) await this.options.parking.clean(this.options.state)
  }

  /** Parks what stands in the oldest segments until those that are worked through hold hardly more than what is needed. */
  private async parkHolders(share: SharePartition): Promise<void> {
    const { segmentBytes } = this.options
    let segments = passedSegments(share)
    let bytes = sizeOf(segments)
    if (bytes < (this.lookAtBytes[share.id] ?? segmentBytes)) return
    const needed = await this.neededBytes(share, segments)
    const most = segmentBytes + needed
    this.lookAtBytes[share.id] = Math.max(segmentBytes, needed * 2 + segmentBytes)
    while (!this.closed && bytes > most && segments.length > 0) {
      await this.parkSegment(share, segments[0] as SegmentInfo)
      const to = this.freeTo(share)
      if (to < (segments[0] as SegmentInfo).endOffset) return
      await share.partition.truncateBefore(to)
      segments = passedSegments(share)
      bytes = sizeOf(segments)
    }
  }

  private async parkSegment(share: SharePartition, { endOffset }: SegmentInfo): Promise<void> {
    const batches: PackedBatch[] = []
    for await (const batch of holding(share, endOffset)) batches.push(batch)
    const wanted = (offset: number): boolean => offset < endOffset && !share.states.isFinished(offset) && !share.parked.has(offset)
    await this.options.parking.park(share.parked, batches, wanted, this.options.state)
  }

  /** How many bytes of these segments belong to records that are not finished. */
  private async neededBytes(share: SharePartition, segments: readonly SegmentInfo[]): Promise<number> {
    const end = segments[segments.length - 1]?.endOffset ?? 0
    const cursor = new RecordCursor()
    let bytes = 0
    for await (const batch of holding(share, end)) {
      cursor.open(batch)
      for (let from = cursor.at; cursor.next(); from = cursor.at) if (!share.states.isFinished(cursor.offset)) bytes += cursor.at - from
    }
    return bytes
  }

  private trim(share: SharePartition): void {
    try {
      const done: Awaitable<void> = share.partition.truncateBefore(this.freeTo(share))
      if (!isPromise(done)) return
      this.busy.set(share.id, done)
      const over = (): void => void this.busy.delete(share.id)
      done.then(over, (error: unknown) => {
        over()
        this.options.onError(error)
      })
    } catch (error) {
      this.options.onError(error)
    }
  }
}

/** The segments in which every record was handed out or is waiting for another time; never the one being written. */
function passedSegments(share: SharePartition): SegmentInfo[] {
  const { cursor } = share.states
  return share.partition.log
    .segments()
    .slice(0, -1)
    .filter(({ endOffset }) => endOffset <= cursor)
}

function sizeOf(segments: readonly SegmentInfo[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** The batches below `end` in the partition's own log that hold anything unfinished. */
async function* holding(share: SharePartition, end: number): AsyncGenerator<PackedBatch, void, undefined> {
  const { states, parked, partition } = share
  let at = states.firstUnfinished(Math.max(states.start, partition.startOffset))
  while (at < end) {
    if (parked.has(at)) at = states.firstUnfinished(at + 1)
    else {
      const [batch] = await partition.read(at, 1)
      if (batch === undefined) return
      yield batch
      at = states.firstUnfinished(Math.max(at, batch.lastOffset) + 1)
    }
  }
}
