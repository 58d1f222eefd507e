// Reading a topic without a group: pub/sub, replays, looking something up. Each reading has places of its own and commits nothing.
// It begins when it is made, so that a record sent right after `topic.read()` is seen, and it waits in the cluster, without a timer.

import type { FetchedPartition, FetchPosition, Isolation } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import { EventLoopSlice } from '../lib/event-loop-slice.js'
import { Stopper } from '../lib/stopper.js'
import { abortable } from './abort.js'
import type { ClientContext } from './client-context.js'
import type { ConsumerRecord, LazyRecord } from './consumer-record.js'
import { FetchedRecords } from './fetched-records.js'
import { checkOptions, WAIT_RULES } from './options-check.js'
import type { ReadOptions } from './reading-options.js'
import { resolveStart } from './start-position.js'
import type { TypedTopic, WaitOptions } from './topic-types.js'

/** What `topic.read()` gives: iterate over it, record by record or batch by batch. Leaving the loop ends it. */
export interface Reading<V = unknown, K = string> extends AsyncIterable<ConsumerRecord<V, K>> {
  /** Resolves when the start is fixed: what is sent from now on is seen. Without it, too, what is sent after `read()` in this process is seen. */
  ready(options?: WaitOptions): Promise<void>
  /** The same reading with one promise per batch. The lists are never empty. */
  batches(): AsyncIterable<readonly ConsumerRecord<V, K>[]>
}

/** fetch.max.bytes and max.partition.fetch.bytes of Kafka's consumer. */
const FETCH_BYTES = 52_428_800
const PARTITION_FETCH_BYTES = 1_048_576
/** Records in one list of `batches()` at most; a fetch may bring more. */
const BATCH_RECORDS = 10_000

interface Place extends FetchPosition {
  offset: number
  /** Where it ends; Infinity: never. */
  readonly end: number
}

export class TopicReading<V, K> implements Reading<V, K> {
  private readonly started: Promise<void>
  private places: Place[] = []
  private fetched: FetchedRecords<V, K>[] = []
  private left: number
  /** Ends the wait in the cluster, whoever ends it: the user's signal, leaving the loop, or closing. */
  private readonly stopper = new Stopper()
  private state: 'open' | 'left' | 'closed' = 'open'
  private readonly forget: () => void
  private readonly unlisten: () => void
  private iterated = false
  private isStarted = false
  private readonly slice: EventLoopSlice

  /** @internal Made by `topic.read()`, which has checked the options. */
  constructor(
    private readonly context: ClientContext,
    private readonly topic: TypedTopic<V, K>,
    partitions: readonly number[],
    private readonly options: ReadOptions,
  ) {
    this.left = options.limit ?? Number.POSITIVE_INFINITY
    this.slice = new EventLoopSlice(context.clock)
    this.forget = context.track(this)
    const { signal } = options
    const abort = (): void => this.stopper.abort()
    signal?.addEventListener('abort', abort, { once: true })
    this.unlisten = () => signal?.removeEventListener('abort', abort)
    if (signal?.aborted) abort()
    this.started = this.start(partitions)
    // Whoever iterates or asks for ready() learns of it; nobody else has to.
    this.started.catch(() => undefined)
  }

  async ready(options?: WaitOptions): Promise<void> {
    checkOptions('ready()', options, WAIT_RULES)
    await abortable(abortable(this.started, options?.signal), this.options.signal)
  }

  batches(): AsyncIterable<readonly ConsumerRecord<V, K>[]> {
    return { [Symbol.asyncIterator]: () => this.batchIterator() }
  }

  [Symbol.asyncIterator](): AsyncIterator<ConsumerRecord<V, K>> {
    const batches = this.batchIterator()
    let batch: readonly ConsumerRecord<V, K>[] = []
    let at = 0
    const next = async (): Promise<IteratorResult<ConsumerRecord<V, K>>> => {
      const { value, done } = await batches.next()
      if (done === true) return { value: undefined, done: true }
      batch = value
      at = 1
      return { value: batch[0] as ConsumerRecord<V, K>, done: false }
    }
    return {
      next: () => {
        if (this.options.signal?.aborted) at = batch.length
        const record = batch[at]
        if (record === undefined) return next()
        at++
        return Promise.resolve({ value: record, done: false })
      },
      return: () => this.leave(),
    }
  }

  /** Called by the Broker when it closes. */
  close(): Promise<void> {
    this.finish('closed')
    return Promise.resolve()
  }

  private batchIterator(): AsyncIterator<readonly ConsumerRecord<V, K>[]> & {
    next(): Promise<IteratorResult<readonly ConsumerRecord<V, K>[]>>
  } {
    if (this.iterated)
      throw new KafkaliteError(
        'INVALID_STATE',
        `This reading of topic ${this.topic.name} is iterated already; call read() again for another one`,
      )
    this.iterated = true
    return { next: () => this.nextBatch(), return: () => this.leave() }
  }

  private leave(): Promise<IteratorReturnResult<undefined>> {
    this.finish('left')
    return Promise.resolve({ value: undefined, done: true })
  }

  private finish(state: 'left' | 'closed'): void {
    if (this.state !== 'open') return
    this.state = state
    this.fetched = []
    this.unlisten()
    this.forget()
    this.stopper.abort()
  }

  private async start(partitions: readonly number[]): Promise<void> {
    const { from, to, limit } = this.options
    const position = from ?? (to === undefined && limit === undefined ? 'latest' : 'earliest')
    const { cluster } = this.context
    // All look-ups are made before the first wait, so that in process the places are those of this very moment.
    this.places = await Promise.all(
      partitions.map(async (partition) => {
        const place = { topic: this.topic.name, partition }
        const [offset, end] = await Promise.all([resolveStart(cluster, place, position, this.isolation), this.endOf(place)])
        return { ...place, offset, end }
      }),
    )
  }

  private async endOf(place: { topic: string; partition: number }): Promise<number> {
    const { to } = this.options
    if (to === undefined) return Number.POSITIVE_INFINITY
    if (to !== 'end' && !(to instanceof Date)) return to.offset
    const { cluster } = this.context
    const found = to === 'end' ? null : cluster.offset(place, { timestamp: Math.max(0, to.getTime()) }, this.isolation)
    // Asked for now, not after a wait: the end as it is when the read begins.
    const end = cluster.offset(place, 'latest', this.isolation)
    return (await found)?.offset ?? (await end)?.offset ?? 0
  }

  /** Settles when the places are known, or the reading was ended. */
  private async untilStarted(): Promise<void> {
    await abortable(this.started, this.stopper)
    this.isStarted = true
  }

  private async nextBatch(): Promise<IteratorResult<readonly ConsumerRecord<V, K>[]>> {
    const { signal } = this.options
    try {
      if (!this.isStarted && this.state === 'open' && !signal?.aborted) await this.untilStarted()
      if (this.slice.isOver) await this.slice.giveTurn()
      while (this.state === 'open' && !signal?.aborted) {
        const records = this.takeRecords()
        if (records.length > 0) return { value: records, done: false }
        const { open } = this
        if (open.length === 0 || this.left === 0) this.finish('left')
        else await this.fetch(open)
      }
    } catch (error) {
      const ended = this.state !== 'open' || signal?.aborted === true
      this.finish('left')
      if (!ended) throw error
    }
    if (signal?.aborted) {
      this.finish('left')
      throw signal.reason
    }
    // Whoever asked for a certain end must not take the closing of the broker for it.
    if (this.state === 'closed' && this.isBounded)
      throw new KafkaliteError('CLOSED', `The broker was closed while topic ${this.topic.name} was read`)
    return { value: undefined, done: true }
  }

  private get isolation(): Isolation {
    return this.options.isolation ?? 'read_uncommitted'
  }

  private get isBounded(): boolean {
    return this.options.to !== undefined || this.options.limit !== undefined
  }

  private get open(): Place[] {
    return this.places.filter(({ offset, end }) => offset < end)
  }

  private async fetch(positions: readonly Place[]): Promise<void> {
    const answer = await this.context.cluster.fetch({
      positions,
      maxWaitMs: Number.POSITIVE_INFINITY,
      maxBytes: FETCH_BYTES,
      maxPartitionBytes: PARTITION_FETCH_BYTES,
      isolation: this.isolation,
      signal: this.stopper,
    })
    for (const fetched of answer) this.accept(fetched)
  }

  private accept(fetched: FetchedPartition): void {
    if (fetched.error !== undefined) throw fetched.error
    const place = this.places.find(({ partition }) => partition === fetched.partition)
    if (place !== undefined) this.fetched.push(new FetchedRecords(fetched, place.offset, this.topic.serdes))
  }

  /** What was fetched and not handed out yet, up to a limit. */
  private takeRecords(): LazyRecord<V, K>[] {
    const records: LazyRecord<V, K>[] = []
    for (let source = this.fetched[0]; source !== undefined; source = this.fetched[0]) {
      const place = this.places.find(({ partition }) => partition === source?.partition) as Place
      const room = Math.min(BATCH_RECORDS - records.length, this.left)
      if (room === 0) return records
      const before = records.length
      source.take(records, room)
      place.offset = source.nextOffset
      // What lies at or behind the end was fetched with what lies before it.
      while (records.length > before && (records[records.length - 1] as LazyRecord<V, K>).offset >= place.end) records.pop()
      this.left -= records.length - before
      if (source.done || place.offset >= place.end) this.fetched.shift()
    }
    return records
  }
}
