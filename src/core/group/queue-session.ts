// What one client does with a queue. A queue that several clients use is one queue underneath; each session pauses and closes for
// itself, and closing gives back what was handed out in it.

import type { EventEmitter } from 'eventemitter3'
import { KafkaliteError } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'
import type { TopicDescription } from '../cluster.js'
import type {
  AcquiredBatch,
  AcquireOptions,
  AcquireToken,
  Outcome,
  QueuePlace,
  QueuePortEvents,
  QueuePortOptions,
  QueueSession,
  OutgoingMessage,
  RecordPlace,
  SentMessage,
  Settlement,
  TransactionalAcknowledger,
  TransactionalSends,
} from '../queue-port.js'
import type { SettledWatch } from './queue-settled.js'
import type { WaiterOptions } from './queue-waiters.js'

/** How many sessions there can be at a time: a lease says by its remainder whose it is. */
export const OWNERS_MAX = 4096

/** The queue underneath. */
export interface OpenQueue {
  readonly topic: TopicDescription
  readonly options: QueuePortOptions
  readonly events: EventEmitter<QueuePortEvents>
  readonly settledWatch: SettledWatch
  readonly acknowledger: TransactionalAcknowledger
  readonly repeats: ReadonlyMap<string, Uint8Array>
  send(messages: readonly OutgoingMessage[], signals: readonly AbortSignal[]): Promise<readonly SentMessage[]>
  transaction(): TransactionalSends
  browse(state: 'available' | 'delayed' | 'acquired' | 'dead'): AsyncIterable<AcquiredBatch>
  remove(place: RecordPlace): Promise<boolean>
  purge(): Promise<number>
  redrive(wanted: ((batch: AcquiredBatch) => boolean) | null, max: number): Promise<number>
  setRepeat(id: string, content: Uint8Array | undefined): Promise<void>
  acquire(options: WaiterOptions): Promise<readonly AcquiredBatch[]>
  settle(token: AcquireToken, settlement: Settlement): Awaitable<void>
  renew(token: AcquireToken, ms: number): number
  isHeld(token: AcquireToken): boolean
  places(): readonly QueuePlace[]
  outcome(place: RecordPlace): Promise<Outcome | null>
  peek(place: RecordPlace): Outcome | null
  written(): Promise<void>
  find(id: string): Awaitable<RecordPlace | null>
  counts(): Promise<{ available: number; delayed: number; acquired: number; dead: number }>
  whenDrained(run: () => void): () => void
  serve(): void
  detach(owner: number): Promise<void>
}

export class QueueClientSession implements QueueSession {
  isPaused = false
  private isClosed = false
  private closing: Promise<void> | null = null
  /** Rejects those who wait for something that now does not come. */
  private readonly leaving = new AbortController()
  private readonly leavingOnly = [this.leaving.signal]

  constructor(
    private readonly queue: OpenQueue,
    private readonly owner: number,
  ) {}

  get topic(): string {
    return this.queue.topic.name
  }
  get partitions(): number {
    return this.queue.topic.partitions
  }
  get deadLetterTopic(): string | false {
    return this.queue.options.deadLetter
  }
  get lockMs(): number {
    return this.queue.options.lockMs
  }
  get acknowledger(): TransactionalAcknowledger {
    return this.queue.acknowledger
  }
  get events(): EventEmitter<QueuePortEvents> {
    return this.queue.events
  }

  acquire(options: AcquireOptions): Promise<readonly AcquiredBatch[]> {
    if (this.isClosed) return Promise.resolve([])
    // Not spread: this is done for each message of who receives one at a time.
    const { max, maxWaitMs, signal, partitions, maxBytes, wholeBatches } = options
    return this.queue.acquire({ max, maxWaitMs, signal, partitions, maxBytes, wholeBatches, owner: this.owner })
  }

  send(messages: readonly OutgoingMessage[], signal?: AbortSignal): Promise<readonly SentMessage[]> {
    this.checkOpen()
    return this.queue.send(messages, signal === undefined ? this.leavingOnly : [signal, this.leaving.signal])
  }

  transaction(): TransactionalSends {
    this.checkOpen()
    return this.queue.transaction()
  }

  browse(state: 'available' | 'delayed' | 'acquired' | 'dead'): AsyncIterable<AcquiredBatch> {
    this.checkOpen()
    return this.queue.browse(state)
  }

  async remove(place: RecordPlace): Promise<boolean> {
    this.checkOpen()
    return this.queue.remove(place)
  }

  async purge(): Promise<number> {
    this.checkOpen()
    return this.queue.purge()
  }

  async redrive(wanted: ((batch: AcquiredBatch) => boolean) | null, max: number): Promise<number> {
    this.checkOpen()
    return this.queue.redrive(wanted, max)
  }

  repeats(): ReadonlyMap<string, Uint8Array> {
    this.checkOpen()
    return this.queue.repeats
  }

  async setRepeat(id: string, content: Uint8Array | undefined): Promise<void> {
    this.checkOpen()
    await this.queue.setRepeat(id, content)
  }

  settle(token: AcquireToken, settlement: Settlement): Awaitable<void> {
    return this.queue.settle(token, settlement)
  }

  renew(token: AcquireToken, ms = this.lockMs): number {
    return this.queue.renew(token, ms)
  }

  isHeld(token: AcquireToken): boolean {
    return this.queue.isHeld(token)
  }

  startOf(partition: number): number {
    return this.queue.places()[partition]?.startOffset ?? 0
  }

  outcome(place: RecordPlace): Promise<Outcome | null> {
    this.checkOpen()
    return this.queue.outcome(place)
  }

  async settled(place: RecordPlace, signal?: AbortSignal): Promise<Outcome | null> {
    this.checkOpen()
    signal?.throwIfAborted()
    await this.queue.outcome(place)
    this.checkOpen()
    // Looking and listening are one turn, so that nothing is missed in between.
    const known = this.queue.peek(place)
    if (known === null) return null
    if (known.state === 'acknowledged' || known.state === 'archived') {
      await this.queue.written()
      return known
    }
    return this.queue.settledWatch.wait(place.partition, place.offset, this.owner, signal)
  }

  find(id: string): Awaitable<RecordPlace | null> {
    this.checkOpen()
    return this.queue.find(id)
  }

  counts(): Promise<{ available: number; delayed: number; acquired: number; dead: number }> {
    this.checkOpen()
    return this.queue.counts()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.queue.serve()
  }

  drained(signal?: AbortSignal): Promise<void> {
    this.checkOpen()
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const signals = signal === undefined ? [this.leaving.signal] : [signal, this.leaving.signal]
      const end = (): void => signals.forEach((one) => one.removeEventListener('abort', abort))
      const abort = (): void => {
        stop()
        end()
        reject(signals.find(({ aborted }) => aborted)?.reason)
      }
      let stop = (): void => undefined
      for (const one of signals) one.addEventListener('abort', abort)
      stop = this.queue.whenDrained(() => {
        end()
        resolve()
      })
    })
  }

  close(): Promise<void> {
    this.closing ??= this.leave()
    return this.closing
  }

  /** The queue underneath is closing. */
  abandon(): void {
    this.isClosed = true
    const error = this.closedError()
    this.leaving.abort(error)
    this.queue.settledWatch.leave(this.owner, error)
  }

  private leave(): Promise<void> {
    const wasClosed = this.isClosed
    this.abandon()
    return wasClosed ? Promise.resolve() : this.queue.detach(this.owner)
  }

  private checkOpen(): void {
    if (this.isClosed) throw this.closedError()
  }

  private closedError(): KafkaliteError {
    return new KafkaliteError('CLOSED', `Queue ${this.topic} was closed; acknowledged(id) can be asked again after it was opened`)
  }
}
