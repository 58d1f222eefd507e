// `for await` over a consumer. Asking for the next record says that the one before is done, so a loop that throws or is left does
// not lose the record in hand: it comes again. Leaving the loop, by whatever way, closes the consumer.

import type { ConsumerEngine } from './consumer-engine.js'
import type { ConsumerRecord, LazyRecord } from './consumer-record.js'
import type { PartitionPlace } from './partition-place.js'

/** Records taken out of a fetched partition in one go. */
const PORTION = 512

type Result<V, K> = IteratorResult<ConsumerRecord<V, K>, undefined>

export class RecordIterator<V, K> implements AsyncIterator<ConsumerRecord<V, K>, undefined> {
  private portion: LazyRecord<V, K>[] = []
  private at = 0
  private place: PartitionPlace<V, K> | null = null
  private generation = 0
  /** Calls of next() are answered in their order. */
  private last: Promise<unknown> | null = null

  constructor(
    private readonly engine: ConsumerEngine<V, K>,
    private readonly close: () => Promise<void>,
  ) {}

  next(): Promise<Result<V, K>> {
    const { last } = this
    if (last !== null) return this.remember(last.then(() => this.find()))
    this.settle()
    const record = this.engine.closing ? undefined : this.step()
    if (record !== undefined) return Promise.resolve({ done: false, value: record })
    return this.remember(this.find())
  }

  async return(): Promise<Result<V, K>> {
    await this.close()
    return { done: true, value: undefined }
  }

  private remember(promise: Promise<Result<V, K>>): Promise<Result<V, K>> {
    const settled: Promise<void> = promise.then(
      () => this.forget(settled),
      () => this.forget(settled),
    )
    this.last = settled
    return promise
  }

  private forget(settled: Promise<unknown>): void {
    if (this.last === settled) this.last = null
  }

  /** The record before is done. */
  private settle(): void {
    const { engine, place } = this
    if (place !== null && place.settled !== place.position) {
      place.settle()
      engine.committer.progressed()
    }
    engine.subscription?.polled()
  }

  /** The next record of the portion in hand. */
  private step(): ConsumerRecord<V, K> | undefined {
    const { place } = this
    if (place === null) return undefined
    if (place.gone || place.revoking || place.generation !== this.generation) {
      this.place = null
      return undefined
    }
    if (!place.isOpen) {
      // Paused: what is left is fetched again when it goes on.
      place.fetched = null
      this.place = null
      return undefined
    }
    const record = this.portion[this.at++]
    if (record !== undefined) {
      place.position = record.offset + 1
      return record
    }
    this.place = null
    if (place.fetched !== null) {
      place.position = place.fetched.nextOffset
      place.settled = place.position
    }
    return undefined
  }

  private async find(): Promise<Result<V, K>> {
    const { engine } = this
    this.settle()
    for (;;) {
      if (engine.fatal !== undefined) throw await this.ended(engine.fatal)
      if (engine.closing) return { done: true, value: undefined }
      const joining = engine.joining()
      if (joining !== null) await joining()
      const record = this.step() ?? (this.nextPortion() ? this.step() : undefined)
      if (record !== undefined) {
        engine.handedOut()
        return { done: false, value: record }
      }
      if (engine.closing || (await engine.fetchNow())) continue
      const failure = engine.fetcher.failure()
      if (failure !== undefined) throw await this.ended(failure)
      engine.listen(true)
      await engine.sleep(true)
    }
  }

  /** An iteration that failed is over, as the language has it, so the consumer is closed. */
  private async ended(error: unknown): Promise<unknown> {
    await this.close()
    return error
  }

  private nextPortion(): boolean {
    for (;;) {
      const place = this.engine.fetcher.next()
      if (place === undefined) return false
      const { fetched } = place
      this.portion = []
      this.at = 0
      place.take(this.portion, PORTION)
      if (this.portion.length > 0) {
        this.place = place
        this.generation = place.generation
        return true
      }
      if (fetched !== null) {
        place.position = fetched.nextOffset
        place.settled = place.position
      }
    }
  }
}
