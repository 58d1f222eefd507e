// Answers fetches: at once when there is something, else when the first of the asked partitions grows. A fetch that waits is one
// entry at each of its partitions and at most one timer, so ten thousand of them cost nothing until their partition grows.

import { KafkaliteError } from '../errors.js'
import { type Awaitable, isPromise } from '../lib/awaitable.js'
import type { Clock, Timer } from '../lib/clock.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { AbortedTransaction, FetchedPartition, FetchPosition, FetchRequest, Isolation } from './cluster.js'
import type { Partition } from './partition.js'
import type { TopicRegistry } from './topic-registry.js'

const NOTHING: readonly FetchedPartition[] = []
const NO_BATCHES: readonly PackedBatch[] = []
const NO_ABORTED: readonly AbortedTransaction[] = []

export class Fetcher {
  /** Which position is read first; it moves on, so that a small maxBytes does not starve the last partitions. */
  private rotation = 0
  private readonly waiting = new Set<() => void>()
  private closed = false

  constructor(
    private readonly registry: TopicRegistry,
    private readonly clock: Clock,
  ) {}

  fetch(request: FetchRequest): Awaitable<readonly FetchedPartition[]> {
    const deadline = request.maxWaitMs === Number.POSITIVE_INFINITY ? request.maxWaitMs : this.clock.now() + request.maxWaitMs
    return this.attempt(request, deadline)
  }

  /** Ends all waits; their answers are what is there. */
  close(): void {
    this.closed = true
    for (const end of [...this.waiting]) end()
  }

  /** How many fetches wait. */
  get waiters(): number {
    return this.waiting.size
  }

  private attempt(request: FetchRequest, deadline: number): Awaitable<readonly FetchedPartition[]> {
    const changes = this.changesOf(request)
    const answer = this.collect(request)
    if (!isPromise(answer)) return isEnough(answer, request) ? answer : this.await(request, deadline, answer)
    return answer.then((found) => {
      if (isEnough(found, request)) return found
      // What came while the storage was asked has woken nobody.
      return this.changesOf(request) === changes ? this.await(request, deadline, found) : this.attempt(request, deadline)
    })
  }

  /** Waits for more than `found`, which is answered when nothing comes. */
  private await(request: FetchRequest, deadline: number, found: readonly FetchedPartition[]): Awaitable<readonly FetchedPartition[]> {
    const { signal, positions } = request
    if (this.closed || signal?.aborted === true || !(deadline > this.clock.now())) return found
    return new Promise((resolve) => {
      const stops: (() => void)[] = []
      let timer: Timer | null = null
      const stop = (): void => {
        for (const each of stops) each()
        timer?.cancel()
        signal?.removeEventListener('abort', end)
        this.waiting.delete(end)
      }
      const end = (): void => {
        stop()
        resolve(found)
      }
      const again = (): void => {
        stop()
        // One turn later, so that all that is appended in this one comes in one answer.
        resolve(Promise.resolve().then(() => this.attempt(request, deadline)))
      }
      for (const position of positions) {
        const partition = this.partitionOf(position)
        if (partition !== undefined) stops.push(partition.onAppend(again))
      }
      this.waiting.add(end)
      signal?.addEventListener('abort', end, { once: true })
      if (deadline !== Number.POSITIVE_INFINITY) timer = this.clock.setTimer(deadline, end, { holds: true })
    })
  }

  /** What is there now, from each position in turn until maxBytes is reached. Synchronous as long as the storage is. */
  private collect(request: FetchRequest): Awaitable<readonly FetchedPartition[]> {
    const { positions } = request
    const count = positions.length
    if (count === 0) return NOTHING
    const first = count === 1 ? 0 : this.rotation++ % count
    const state: Collected = { answers: null, bytes: 0 }
    for (let i = 0; i < count; i++) {
      const read = this.readOne(positions[(first + i) % count] as FetchPosition, request, state)
      if (isPromise(read)) return this.collectRest(request, first, i + 1, read, state)
    }
    return state.answers ?? NOTHING
  }

  private async collectRest(
    request: FetchRequest,
    first: number,
    next: number,
    under: PromiseLike<void>,
    state: Collected,
  ): Promise<readonly FetchedPartition[]> {
    const { positions } = request
    await under
    for (let i = next; i < positions.length; i++) {
      const read = this.readOne(positions[(first + i) % positions.length] as FetchPosition, request, state)
      if (isPromise(read)) await read
    }
    return state.answers ?? NOTHING
  }

  private readOne(position: FetchPosition, request: FetchRequest, state: Collected): Awaitable<void> {
    const partition = this.partitionOf(position)
    if (partition === undefined) return fail(position, null, unknown(position), state)
    const { offset } = position
    const { isolation } = request
    const end = partition.endFor(isolation)
    // Behind the last stable offset a reader of committed records waits; behind the end nobody may be.
    if (offset === end || (offset > end && offset <= partition.endOffset)) return undefined
    const left = request.maxBytes - state.bytes
    if (left <= 0 && state.answers !== null) return undefined
    try {
      const read = partition.read(offset, Math.min(left, request.maxPartitionBytes, position.maxBytes ?? left), isolation)
      if (isPromise(read)) {
        return read.then(
          (batches) => take(position, partition, batches, left, state, isolation),
          (error: unknown) => fail(position, partition, error, state),
        )
      }
      return take(position, partition, read, left, state, isolation)
    } catch (error) {
      return fail(position, partition, error, state)
    }
  }

  private partitionOf(position: FetchPosition): Partition | undefined {
    return this.registry.find(position.topic)?.partitions[position.partition]
  }

  private changesOf(request: FetchRequest): number {
    let changes = 0
    for (const position of request.positions) changes += this.partitionOf(position)?.changes ?? 0
    return changes
  }
}

/** Whether an answer need not wait for more. */
function isEnough(found: readonly FetchedPartition[], { minBytes = 1 }: FetchRequest): boolean {
  if (minBytes <= 1) return found.length > 0 || minBytes <= 0
  let bytes = 0
  for (const { batches, error } of found) {
    if (error !== undefined) return true
    for (const { sizeBytes } of batches) bytes += sizeBytes
  }
  return bytes >= minBytes
}

interface Collected {
  answers: FetchedPartition[] | null
  bytes: number
}

function take(
  position: FetchPosition,
  partition: Partition,
  batches: readonly PackedBatch[],
  left: number,
  state: Collected,
  isolation: Isolation,
): void {
  const last = batches[batches.length - 1]
  if (last === undefined) return
  // The storage always gives one batch; only the first one of the answer may be larger than the limits.
  if (state.bytes > 0 && (batches[0] as PackedBatch).sizeBytes > left) return
  for (const batch of batches) state.bytes += batch.sizeBytes
  state.answers ??= []
  state.answers.push({
    topic: position.topic,
    partition: position.partition,
    batches,
    startOffset: partition.startOffset,
    highWatermark: partition.endOffset,
    stableOffset: partition.stableOffset,
    aborted: isolation === 'read_committed' ? partition.producers.abortedIn(position.offset, last.lastOffset + 1) : NO_ABORTED,
  })
}

function fail(position: FetchPosition, partition: Partition | null, error: unknown, state: Collected): void {
  const known = KafkaliteError.is(error)
  const reported = known
    ? error
    : new KafkaliteError('STORAGE_FAILED', `Partition ${position.topic}-${position.partition} cannot be read`, { cause: error })
  state.answers ??= []
  state.answers.push({
    topic: position.topic,
    partition: position.partition,
    batches: NO_BATCHES,
    startOffset: partition?.startOffset ?? -1,
    highWatermark: partition?.endOffset ?? -1,
    stableOffset: partition?.stableOffset ?? -1,
    aborted: NO_ABORTED,
    error: reported,
  })
}

function unknown(position: FetchPosition): KafkaliteError {
  return new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `There is no partition ${position.partition} of topic "${position.topic}"`)
}
