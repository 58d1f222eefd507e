// Gets records for the places of a consumer: one request for all partitions that have nothing left to hand out. It first asks for
// what is there now; only when there is nothing it leaves one request open until something comes, with no timer of its own.
// Partitions take turns, both in requests and in handing out, so that a busy one does not starve the others.

import type { Cluster, FetchedPartition, FetchPosition, FetchRequest, Isolation } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import { Stopper, type StopSignal } from '../lib/stopper.js'
import type { LazyRecord } from './consumer-record.js'
import { FetchedRecords } from './fetched-records.js'
import type { PartitionPlace } from './partition-place.js'
import type { SerdePair } from './serde.js'

/** fetch.max.bytes */
const FETCH_BYTES_MAX = 52_428_800
/** max.partition.fetch.bytes */
const PARTITION_BYTES_MAX = 1_048_576

export interface FetcherHost<V, K> {
  readonly cluster: Cluster
  readonly isolation: Isolation
  serdesOf(topic: string): SerdePair<V, K>
  /** The place's offset is not in the partition: find another one. */
  outOfRange(place: PartitionPlace<V, K>, error: KafkaliteError): void
  /** The open request was answered, with records or with nothing. */
  arrived(): void
  /** The open request failed as a whole. */
  failed(error: unknown): void
}

export class Fetcher<V, K> {
  private places: PartitionPlace<V, K>[] = []
  private turn = 0
  private open: Stopper | null = null
  private openRequest: SentRequest<V, K> | null = null
  private inFlight = false

  constructor(private readonly host: FetcherHost<V, K>) {}

  setPlaces(places: Iterable<PartitionPlace<V, K>>): void {
    this.places = [...places]
    this.interrupt()
  }

  /** Ends the open request, because what it should ask for has changed. */
  interrupt(): void {
    const { open } = this
    this.open = null
    this.openRequest = null
    open?.abort()
  }

  /** The next place, by turns, that has records to hand out now. */
  next(): PartitionPlace<V, K> | undefined {
    const { places } = this
    for (let step = 0; step < places.length; step++) {
      const place = places[(this.turn + step) % places.length] as PartitionPlace<V, K>
      if (place.fetched === null || !place.isOpen) continue
      this.turn = (this.turn + step + 1) % places.length
      return place
    }
    return undefined
  }

  /** Hands out up to `max` records of all places in one array. Positions move behind them. */
  take(max: number): LazyRecord<V, K>[] {
    const records: LazyRecord<V, K>[] = []
    while (records.length < max) {
      const place = this.next()
      if (place === undefined) break
      const { fetched } = place
      place.take(records, max - records.length)
      if (fetched !== null && !place.gone) place.position = fetched.nextOffset
    }
    return records
  }

  /** The failure of a place that cannot be read on, if there is one. */
  failure(): KafkaliteError | undefined {
    return this.places.find(({ failure, gone }) => failure !== null && !gone)?.failure ?? undefined
  }

  /** Asks for what is there now. True when something came. At once when the cluster answers at once. */
  fetchNow(): Awaitable<boolean> {
    if (this.inFlight) return false
    const request = this.request(0, undefined)
    if (request === null) return false
    const answer = this.host.cluster.fetch(request)
    if (!isPromise(answer)) return this.absorb(request, answer)
    this.inFlight = true
    return this.finishLater(request, answer)
  }

  /** Leaves a request open until something comes; then the host hears `arrived`. */
  listen(): void {
    if (this.inFlight) return
    const stopper = new Stopper()
    const request = this.request(Infinity, stopper)
    if (this.open !== null) {
      if (request !== null && isSame(request, this.openRequest)) return
      this.interrupt()
    }
    if (request === null) return
    this.open = stopper
    this.openRequest = request
    void this.hear(request, stopper)
  }

  private async hear(request: SentRequest<V, K>, stopper: Stopper): Promise<void> {
    try {
      const answer = await this.host.cluster.fetch(request)
      this.absorb(request, answer)
      this.closed(stopper)
      this.host.arrived()
    } catch (error) {
      this.closed(stopper)
      this.host.failed(error)
    }
  }

  private closed(stopper: Stopper): void {
    if (this.open !== stopper) return
    this.open = null
    this.openRequest = null
  }

  private async finishLater(request: SentRequest<V, K>, answer: PromiseLike<readonly FetchedPartition[]>): Promise<boolean> {
    try {
      return this.absorb(request, await answer)
    } finally {
      this.inFlight = false
    }
  }

  /** null when there is no place to ask for. */
  private request(maxWaitMs: number, signal: StopSignal | undefined): SentRequest<V, K> | null {
    const { places } = this
    const asked: AskedPlace<V, K>[] = []
    for (let step = 0; step < places.length; step++) {
      const place = places[(this.turn + step) % places.length] as PartitionPlace<V, K>
      if (place.wantsRecords)
        asked.push({
          topic: place.topic,
          partition: place.partition,
          offset: place.position,
          place,
          generation: place.generation,
          answers: place.answers,
        })
    }
    if (asked.length === 0) return null
    return {
      positions: asked,
      maxWaitMs,
      maxBytes: FETCH_BYTES_MAX,
      maxPartitionBytes: PARTITION_BYTES_MAX,
      isolation: this.host.isolation,
      signal,
    }
  }

  /** Puts the answer into the places that asked. An answer to what a place no longer asks for is dropped. */
  private absorb(request: SentRequest<V, K>, answer: readonly FetchedPartition[]): boolean {
    let some = false
    for (const part of answer) {
      const asked = request.positions.find(({ topic, partition }) => topic === part.topic && partition === part.partition)
      if (asked === undefined) continue
      const { place } = asked
      if (place.gone || place.generation !== asked.generation || place.answers !== asked.answers || place.fetched !== null) continue
      place.answers++
      if (part.error !== undefined) this.refused(place, part.error)
      else if (part.batches.length > 0) place.fetched = new FetchedRecords(part, asked.offset, this.host.serdesOf(part.topic))
      some = true
    }
    return some
  }

  private refused(place: PartitionPlace<V, K>, error: KafkaliteError): void {
    if (KafkaliteError.is(error, 'OFFSET_OUT_OF_RANGE')) {
      // No offset is asked for until another one is found.
      place.position = -1
      this.host.outOfRange(place, error)
    } else if (!KafkaliteError.is(error, 'UNKNOWN_TOPIC_OR_PARTITION') || !place.revoking) place.failure = error
  }
}

interface AskedPlace<V, K> extends FetchPosition {
  readonly place: PartitionPlace<V, K>
  readonly generation: number
  readonly answers: number
}

interface SentRequest<V, K> extends FetchRequest {
  readonly positions: readonly AskedPlace<V, K>[]
}

/** Whether both ask for the same, so that the open one need not be asked anew. The order may differ. */
function isSame<V, K>(one: SentRequest<V, K>, other: SentRequest<V, K> | null): boolean {
  if (other === null || one.positions.length !== other.positions.length) return false
  const asked = new Map(other.positions.map((position) => [position.place, position]))
  return one.positions.every(({ place, offset, generation, answers }) => {
    const before = asked.get(place)
    return before !== undefined && before.offset === offset && before.generation === generation && before.answers === answers
  })
}
