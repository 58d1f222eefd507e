// Acquires records for a ShareFetch: from the queues of all topics that the session fetches from, at once if there are any, else from
// those that have something first.

import type { AcquiredBatch, AcquireOptions, QueueSession } from '../core/queue-port.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { SharedPlace, ShareSession } from './share-session.js'

/** A topic to acquire from. */
export interface SharedTopic {
  readonly topicId: string
  readonly session: QueueSession
  readonly partitions: ReadonlySet<number>
}

export interface Wanted {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly maxWaitMs: number
  readonly wholeBatches: boolean
  /** About how many records are told of as one range: a range that has as many ends where a batch does. 0: no range is cut. */
  readonly rangeRecords: number
  readonly signal: AbortSignal
}

/** What was acquired in one partition. */
export interface AcquiredPlace {
  readonly place: SharedPlace
  /** Ascending. */
  readonly batches: readonly PackedBatch[]
  readonly ranges: readonly { readonly firstOffset: number; readonly lastOffset: number; readonly deliveryCount: number }[]
}

/** What comes is the session's from the moment it is acquired. */
export async function acquire(session: ShareSession, topics: readonly SharedTopic[], wanted: Wanted): Promise<readonly AcquiredPlace[]> {
  const taken: AcquiredPlace[] = []
  let left = wanted.maxRecords
  let bytesLeft = wanted.maxBytes
  for (const topic of topics) {
    if (left <= 0 || bytesLeft <= 0) break
    const got = await take(session, topic, { ...wanted, maxRecords: left, maxBytes: bytesLeft, maxWaitMs: 0 })
    for (const { batch, offsets } of got) {
      left -= offsets.length
      bytesLeft -= batch.sizeBytes
    }
    taken.push(...byPlace(topic, got, wanted.rangeRecords))
  }
  if (taken.length > 0 || wanted.maxWaitMs <= 0 || topics.length === 0 || wanted.maxRecords <= 0) return taken
  return waitForAny(session, topics, wanted)
}

async function waitForAny(session: ShareSession, topics: readonly SharedTopic[], wanted: Wanted): Promise<readonly AcquiredPlace[]> {
  const enough = new AbortController()
  const stop = (): void => enough.abort()
  wanted.signal.addEventListener('abort', stop, { once: true })
  if (wanted.signal.aborted) stop()
  try {
    const waits = topics.map(async (topic) => {
      const got = await take(session, topic, { ...wanted, signal: enough.signal })
      if (got.length > 0) stop()
      return byPlace(topic, got, wanted.rangeRecords)
    })
    return (await Promise.all(waits)).flat()
  } finally {
    stop()
    wanted.signal.removeEventListener('abort', stop)
  }
}

async function take(session: ShareSession, topic: SharedTopic, wanted: Wanted): Promise<readonly AcquiredBatch[]> {
  const { maxRecords: max, maxBytes, maxWaitMs, wholeBatches, signal } = wanted
  const options: AcquireOptions = { max, maxBytes, maxWaitMs, wholeBatches, signal, partitions: topic.partitions }
  const got = await topic.session.acquire(options)
  for (const { partition, offsets, lease } of got) session.hold({ topicId: topic.topicId, partition }, topic.session, offsets, lease)
  return got
}

function byPlace({ topicId }: SharedTopic, got: readonly AcquiredBatch[], rangeRecords: number): AcquiredPlace[] {
  const partitions = new Map<number, AcquiredBatch[]>()
  for (const one of got) {
    const there = partitions.get(one.partition)
    if (there === undefined) partitions.set(one.partition, [one])
    else there.push(one)
  }
  return [...partitions].map(([partition, acquired]) => ({
    place: { topicId, partition },
    batches: batchesOf(acquired),
    ranges: rangesOf(acquired, rangeRecords || Number.POSITIVE_INFINITY),
  }))
}

/** Records that came back may be of a batch that others are taken from, too. */
function batchesOf(acquired: readonly AcquiredBatch[]): readonly PackedBatch[] {
  const batches = new Map(acquired.map(({ batch }) => [batch.baseOffset, batch]))
  return [...batches.values()].sort((a, b) => a.baseOffset - b.baseOffset)
}

function rangesOf(acquired: readonly AcquiredBatch[], most: number): AcquiredPlace['ranges'] {
  const starts = new Set(acquired.map(({ batch }) => batch.baseOffset))
  const records = acquired.flatMap(({ offsets, deliveryCounts }) =>
    offsets.map((offset, i) => [offset, deliveryCounts[i] as number] as const),
  )
  records.sort(([a], [b]) => a - b)
  const ranges: { firstOffset: number; lastOffset: number; deliveryCount: number }[] = []
  for (const [offset, deliveryCount] of records) {
    const last = ranges[ranges.length - 1]
    const isFull = last !== undefined && starts.has(offset) && offset - last.firstOffset >= most
    if (last !== undefined && last.lastOffset === offset - 1 && last.deliveryCount === deliveryCount && !isFull) last.lastOffset = offset
    else ranges.push({ firstOffset: offset, lastOffset: offset, deliveryCount })
  }
  return ranges
}
