// What a partition remembers of each producer that sends under an id: its epoch, its last five batches and where its open transaction
// began. From that follow Kafka's rules of idempotence (a batch sent twice is stored once, a gap is refused, an older epoch is
// fenced), the last stable offset and the list of aborted transactions. A state is replaced as a whole, so a step can be taken back.

import { KafkaliteError } from '../errors.js'
import type { Marker } from '../record/control-batch.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { AbortedRange, ProducerSnapshot, ProducerState, SentBatch } from '../storage/storage.js'

/** As many batches as Kafka remembers: what a client may have under way at a time. */
const BATCHES_REMEMBERED = 5
const SEQUENCE_MAX = 2_147_483_647

/** producer.id.expiration.ms: an id that sends nothing for that long is forgotten. Milliseconds. */
export const PRODUCER_EXPIRATION_MS = 86_400_000

interface Ended {
  readonly firstOffset: number
  readonly markerOffset: number
}

export class ProducerStates {
  private readonly states = new Map<number, ProducerState>()
  /** First offsets of the open transactions by producer id, in the order of these offsets. */
  private readonly open = new Map<number, number>()
  /** Transactions whose marker is in the log and perhaps not yet as safe as the flush level promises. */
  private ended: Ended[] = []
  /** In the order of their markers. */
  private abortedRanges: AbortedRange[] = []
  /** The same by producer; null when it has to be made anew. */
  private abortedBy: Map<number, AbortedRange[]> | null = null
  /** What the steps since `begin` replaced. */
  private replaced: { readonly producerId: number; readonly offset: number; readonly before: ProducerState | undefined }[] = []

  get size(): number {
    return this.states.size
  }
  get all(): IterableIterator<ProducerState> {
    return this.states.values()
  }
  get aborted(): readonly AbortedRange[] {
    return this.abortedRanges
  }
  get openTransactions(): ReadonlyMap<number, number> {
    return this.open
  }

  get(producerId: number): ProducerState | undefined {
    return this.states.get(producerId)
  }

  /** Takes a state as a snapshot keeps it. */
  restore(state: ProducerState): void {
    this.states.set(state.producerId, state)
    if (state.openSince >= 0) this.open.set(state.producerId, state.openSince)
  }

  restoreAborted(range: AbortedRange): void {
    this.abortedRanges.push(range)
    this.abortedBy = null
  }

  /** The place of the same batch when it is among the last five; undefined when it is new. */
  duplicateOf(batch: PackedBatch): SentBatch | undefined {
    const state = this.states.get(batch.producerId)
    if (state === undefined || state.producerEpoch !== batch.producerEpoch) return undefined
    const { baseSequence } = batch
    const lastSequence = advance(baseSequence, batch.lastOffsetDelta)
    return state.batches.find((sent) => sent.baseSequence === baseSequence && sent.lastSequence === lastSequence)
  }

  /**
   * Whether the batch comes next from its producer. INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE.
   * `fromZero`: also a producer that is not known here begins at sequence 0, as transaction version 2 has it.
   */
  check(batch: PackedBatch, now: number, owner: string, fromZero: boolean): void {
    const { producerId, producerEpoch, baseSequence } = batch
    const state = this.current(producerId, now)
    if (state === undefined) {
      if (fromZero && baseSequence !== 0) throw outOfOrder(batch, owner, 'the first batch of this producer here begins at 0')
      return
    }
    if (producerEpoch < state.producerEpoch) {
      throw new KafkaliteError(
        'INVALID_PRODUCER_EPOCH',
        `Producer ${producerId} sent to ${owner} with epoch ${producerEpoch}; its epoch is ${state.producerEpoch} now`,
      )
    }
    if (!batch.isTransactional && state.openSince >= 0) {
      throw new KafkaliteError(
        'INVALID_TXN_STATE',
        `Producer ${producerId} has a transaction open in ${owner} and sent a batch outside of it`,
      )
    }
    if (producerEpoch > state.producerEpoch) {
      if (baseSequence !== 0) throw outOfOrder(batch, owner, `epoch ${producerEpoch} begins at 0`)
      return
    }
    const last = state.batches[state.batches.length - 1]
    const expected = last === undefined ? 0 : advance(last.lastSequence, 1)
    if (baseSequence !== expected) throw outOfOrder(batch, owner, `expected ${expected}`)
  }

  /** Steps from here on can be taken back with `rollBack`. */
  begin(): void {
    this.replaced = []
  }

  /** The steps since `begin` did not reach the log. */
  rollBack(): void {
    for (let at = this.replaced.length - 1; at >= 0; at--) {
      const { producerId, before } = this.replaced[at] as (typeof this.replaced)[number]
      if (before === undefined) this.states.delete(producerId)
      else this.states.set(producerId, before)
      if (before === undefined || before.openSince < 0) this.open.delete(producerId)
    }
    this.replaced = []
  }

  /** The batch, which has its place, goes into the log. */
  accept(batch: PackedBatch, now: number): void {
    const { producerId, producerEpoch, baseOffset, baseSequence } = batch
    const before = this.states.get(producerId)
    const sent: SentBatch = {
      baseSequence,
      lastSequence: advance(baseSequence, batch.lastOffsetDelta),
      baseOffset,
      lastOffset: batch.lastOffset,
      timestamp: batch.maxTimestamp,
    }
    const isSameEpoch = before !== undefined && before.producerEpoch === producerEpoch
    const batches = isSameEpoch ? [...before.batches.slice(1 - BATCHES_REMEMBERED), sent] : [sent]
    let openSince = before?.openSince ?? -1
    if (batch.isTransactional && openSince < 0) {
      openSince = baseOffset
      this.open.set(producerId, openSince)
    }
    this.replaced.push({ producerId, offset: baseOffset, before })
    this.states.set(producerId, {
      producerId,
      producerEpoch,
      coordinatorEpoch: before?.coordinatorEpoch ?? -1,
      batches,
      lastTimestamp: batch.maxTimestamp,
      lastMs: now,
      openSince,
    })
  }

  /** A marker is in the log. Answers what it aborted, if anything. */
  end(marker: Marker, markerOffset: number): AbortedRange | null {
    const { producerId, producerEpoch } = marker
    const before = this.states.get(producerId)
    const firstOffset = before?.openSince ?? -1
    let aborted: AbortedRange | null = null
    if (firstOffset >= 0) {
      this.open.delete(producerId)
      this.ended.push({ firstOffset, markerOffset })
      if (marker.kind === 'abort') {
        // As Kafka's index has it: as if this transaction and all before it were settled for every reader.
        const [stableOffset = markerOffset + 1] = this.open.values()
        aborted = { producerId, firstOffset, lastOffset: markerOffset, stableOffset }
        this.abortedRanges.push(aborted)
        if (this.abortedBy !== null) addTo(this.abortedBy, aborted)
      }
    }
    const isSameEpoch = before?.producerEpoch === producerEpoch
    this.states.set(producerId, {
      producerId,
      producerEpoch: Math.max(producerEpoch, before?.producerEpoch ?? -1),
      coordinatorEpoch: marker.coordinatorEpoch,
      batches: isSameEpoch && before !== undefined ? before.batches : [],
      lastTimestamp: marker.timestamp,
      lastMs: marker.timestamp,
      openSince: -1,
    })
    return aborted
  }

  /** What was remembered when the log ended at `offset`, which lies at or behind the last `begin`. */
  snapshot(offset: number): ProducerSnapshot {
    const later = new Map<number, ProducerState | undefined>()
    for (const step of this.replaced) if (step.offset >= offset && !later.has(step.producerId)) later.set(step.producerId, step.before)
    const producers: ProducerState[] = []
    for (const state of this.states.values()) {
      const then = later.has(state.producerId) ? later.get(state.producerId) : state
      if (then !== undefined) producers.push(then)
    }
    return { offset, producers, aborted: this.abortedRanges.filter(({ lastOffset }) => lastOffset < offset) }
  }

  /** The last stable offset: no record below it belongs to a transaction whose end is not certain. */
  stableOffset(highWatermark: number): number {
    let stable = highWatermark
    for (const firstOffset of this.open.values()) {
      if (firstOffset < stable) stable = firstOffset
      break
    }
    if (this.ended.length > 0) {
      for (const { firstOffset, markerOffset } of this.ended) {
        if (markerOffset >= highWatermark && firstOffset < stable) stable = firstOffset
      }
    }
    return stable
  }

  /** Readers see everything below `highWatermark`. */
  revealed(highWatermark: number): void {
    if (this.ended.length > 0) this.ended = this.ended.filter(({ markerOffset }) => markerOffset >= highWatermark)
  }

  /** The aborted transactions that touch the offsets from `from` up to `to`, by their first offset. */
  abortedIn(from: number, to: number): AbortedRange[] {
    const { abortedRanges } = this
    let low = 0
    let high = abortedRanges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((abortedRanges[middle] as AbortedRange).lastOffset < from) low = middle + 1
      else high = middle
    }
    const found: AbortedRange[] = []
    for (; low < abortedRanges.length; low++) {
      const range = abortedRanges[low] as AbortedRange
      if (range.firstOffset < to) found.push(range)
    }
    return found.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether the batch, which lies below the last stable offset, belongs to an aborted transaction. */
  isAborted({ isTransactional, isControl, producerId, baseOffset }: PackedBatch): boolean {
    if (!isTransactional || isControl || this.abortedRanges.length === 0) return false
    if (this.abortedBy === null) {
      this.abortedBy = new Map()
      for (const range of this.abortedRanges) addTo(this.abortedBy, range)
    }
    const ranges = this.abortedBy.get(producerId)
    if (ranges === undefined) return false
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ranges[middle] as AbortedRange).lastOffset < baseOffset) low = middle + 1
      else high = middle
    }
    const next = ranges[low]
    return next !== undefined && next.firstOffset <= baseOffset
  }

  /** What lies before `startOffset` is gone. */
  truncateBefore(startOffset: number): void {
    this.abortedBy = null
    const gone = this.abortedRanges.findIndex(({ lastOffset }) => lastOffset >= startOffset)
    if (gone !== 0 && this.abortedRanges.length > 0) this.abortedRanges.splice(0, gone < 0 ? this.abortedRanges.length : gone)
  }

  /** Nothing of these is left in the log: readers need not be told of them any more. */
  forgetAborted(gone: readonly { readonly producerId: number; readonly lastOffset: number }[]): void {
    const markers = new Set(gone.map(({ lastOffset }) => lastOffset))
    this.abortedBy = null
    this.abortedRanges = this.abortedRanges.filter(({ lastOffset }) => !markers.has(lastOffset))
  }

  /** Forgets producers that have been silent for too long. */
  expire(now: number): void {
    for (const state of this.states.values()) if (isExpired(state, now)) this.states.delete(state.producerId)
  }

  private current(producerId: number, now: number): ProducerState | undefined {
    const state = this.states.get(producerId)
    return state === undefined || isExpired(state, now) ? undefined : state
  }
}

function addTo(byProducer: Map<number, AbortedRange[]>, range: AbortedRange): void {
  const ranges = byProducer.get(range.producerId)
  if (ranges === undefined) byProducer.set(range.producerId, [range])
  else ranges.push(range)
}

function isExpired(state: ProducerState, now: number): boolean {
  return state.openSince < 0 && now - state.lastMs >= PRODUCER_EXPIRATION_MS
}

/** The sequence number that many places on; after the largest comes 0. */
export function advance(sequence: number, by: number): number {
  const next = sequence + by
  return next > SEQUENCE_MAX ? next - SEQUENCE_MAX - 1 : next
}

function outOfOrder(batch: PackedBatch, owner: string, expected: string): KafkaliteError {
  return new KafkaliteError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `Producer ${batch.producerId} sent sequence ${batch.baseSequence} to ${owner}: ${expected}`,
  )
}
