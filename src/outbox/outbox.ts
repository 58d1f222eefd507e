// The outbox: a message is a row that the application writes in its own database transaction; the relay publishes the rows and removes
// them. A crash may come between the two, so the ids of a round are committed with its records, in one transaction of the log: whoever
// goes on knows which rows are out already. A second relay of the same name fences the first.

import { EventEmitter } from 'eventemitter3'
import type { Broker } from '../broker.js'
import type { Consumer } from '../client/consumer.js'
import { reportError } from '../client/error-report.js'
import { checkOptions, someText, wholeNumber } from '../client/options-check.js'
import type { Producer } from '../client/producer.js'
import { KafkaliteError } from '../errors.js'
import type { Awaitable } from '../lib/awaitable.js'
import { type Clock, SystemClock, type Timer } from '../lib/clock.js'

/** A message for the log, as the application puts it into its database. */
export interface OutboxMessage {
  /** Where it goes. */
  readonly topic: string
  /** Decides the partition; messages of one key stay in order. */
  readonly key?: string | null | undefined
  /** Bytes, or text as UTF-8; null is a tombstone. */
  readonly value: string | Uint8Array | null
  /** Names and texts. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A message in the database. */
export interface OutboxRow extends OutboxMessage {
  /** Unlike any other there was in this outbox. At most 36 characters. */
  readonly id: string
}

/** The table of messages; `SqliteOutbox` and `PostgresOutbox` are two. */
export interface OutboxStore {
  /** Makes the table if it is missing. */
  open(): Awaitable<void>
  /** Rows of committed transactions, oldest first, at most so many. */
  read(limit: number): Awaitable<readonly OutboxRow[]>
  /** Removes rows for good; those that are gone already do no harm. */
  remove(ids: readonly string[]): Awaitable<void>
}

/** How an outbox is relayed. */
export interface OutboxOptions {
  /** Tells outboxes of one broker apart. Default 'outbox'. */
  name?: string | undefined
  /** How often the table is looked at. Milliseconds. Default 1000. */
  pollMs?: number | undefined
  /** Where time comes from; for tests. Default: the machine's clock. */
  clock?: Clock | undefined
}

/** Carries the row's id, so that readers can tell messages apart. */
const ID_HEADER = 'kafkalite.outbox.id'
/** The ids of a round must fit into the metadata of an offset, 4096 bytes. */
const ROUND = 100
const ID_LENGTH_MAX = 36
const PLACES_TOPIC = 'kafkalite.outbox'
const PLACE = { topic: PLACES_TOPIC, partition: 0 } as const

const anyObject = { expected: 'a clock', accepts: (value: unknown) => typeof value === 'object' && value !== null }
const RULES = { name: someText, pollMs: wholeNumber(1, 2_147_483_647), clock: anyObject }

/** Publishes the rows of an outbox, each exactly once. An 'error' event says that a round failed; it is tried again. */
export class OutboxRelay extends EventEmitter<{ error: [error: KafkaliteError] }> implements AsyncDisposable {
  private readonly producer: Producer
  private readonly consumer: Consumer
  private readonly clock: Clock
  private readonly pollMs: number
  private timer: Timer | null = null
  private round = 0
  /** Rows that are out; after a crash those of the last round may still be in the table. */
  private published: readonly string[] = []
  private running: Promise<number> | null = null
  private closed = false

  private constructor(
    private readonly store: OutboxStore,
    broker: Broker,
    options: OutboxOptions,
  ) {
    super()
    const { name = 'outbox', pollMs = 1000, clock = new SystemClock() } = options
    this.pollMs = pollMs
    this.clock = clock
    this.producer = broker.producer({ transactionalId: `kafkalite.outbox.${name}` })
    this.consumer = broker.consumer({ groupId: `kafkalite.outbox.${name}`, autoCommit: false, from: 'earliest' }) as Consumer
  }

  /** Opens the table and takes over from the relay before, then publishes until it is closed. */
  static async open(broker: Broker, store: OutboxStore, options: OutboxOptions = {}): Promise<OutboxRelay> {
    checkOptions('OutboxRelay.open()', options, RULES)
    const relay = new OutboxRelay(store, broker, options)
    await store.open()
    await broker.topic(PLACES_TOPIC)
    // From here on nobody else of this name publishes, so what is read next is the last word.
    await relay.producer.transaction(() => undefined)
    await relay.consumer.assign([PLACE])
    const [place] = await relay.consumer.committed([PLACE])
    relay.round = place?.offset ?? 0
    relay.published = place?.metadata === undefined ? [] : (JSON.parse(place.metadata) as string[])
    relay.arm(0)
    return relay
  }

  /** Publishes what is in the table now and answers how many rows that were. */
  async flush(): Promise<number> {
    while (this.running !== null) await this.running.catch(() => 0)
    if (this.closed) throw new KafkaliteError('CLOSED', 'The relay of the outbox is closed')
    this.running = this.publishAll().finally(() => {
      this.running = null
    })
    return this.running
  }

  /** Ends the round under way and lets the table be. Idempotent. */
  async close(): Promise<void> {
    this.closed = true
    this.timer?.cancel()
    await this.running?.catch(() => 0)
    await this.producer.close()
    await this.consumer.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private arm(afterMs: number): void {
    if (this.closed) return
    this.timer = this.clock.setTimer(this.clock.now() + afterMs, () => {
      this.flush().then(
        () => this.arm(this.pollMs),
        (error: unknown) => this.failed(error),
      )
    })
  }

  private failed(error: unknown): void {
    if (this.closed) return
    const known = KafkaliteError.is(error)
    reportError(this, known ? error : new KafkaliteError('STORAGE_FAILED', 'The outbox could not be read or emptied', { cause: error }))
    // Another relay of this name goes on where this one stops.
    if (known && KafkaliteError.is(error, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH')) void this.close()
    else this.arm(this.pollMs)
  }

  private async publishAll(): Promise<number> {
    let count = 0
    for (;;) {
      const rows = await this.store.read(ROUND)
      if (rows.length === 0) return count
      const out = new Set(this.published)
      const fresh = rows.filter(({ id }) => !out.has(id))
      if (fresh.length > 0) await this.publish(fresh)
      await this.store.remove(rows.map(({ id }) => id))
      count += fresh.length
      if (rows.length < ROUND) return count
    }
  }

  private async publish(rows: readonly OutboxRow[]): Promise<void> {
    const ids = rows.map(({ id }) => checkId(id))
    const offset = this.round + 1
    await this.producer.transaction(async (tx) => {
      for (const { id, topic, key, value, headers } of rows) {
        void tx.send<string | Uint8Array>(topic, { key: key ?? null, value, headers: { ...headers, [ID_HEADER]: id } })
      }
      tx.commitOffsets(this.consumer, [{ ...PLACE, offset, metadata: JSON.stringify(ids) }])
    })
    this.round = offset
    this.published = ids
  }
}

function checkId(id: unknown): string {
  if (typeof id === 'string' && id.length > 0 && id.length <= ID_LENGTH_MAX) return id
  throw new KafkaliteError('INVALID_ARGUMENT', `The id of a row is a text of 1 to ${ID_LENGTH_MAX} characters, not ${String(id)}`)
}
