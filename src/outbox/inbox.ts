// The inbox: the effect of a record and the place behind it are written in one transaction of the application's database, so each record
// has its effect exactly once. The database is the truth: a partition is read from where the database says, whatever the group has
// committed, also after the database was set back to a backup.

import type { Broker } from '../broker.js'
import type { Consumer, Run } from '../client/consumer.js'
import type { ConsumerRecord } from '../client/consumer-record.js'
import type { TypedTopic } from '../client/topic-types.js'
import type { Isolation } from '../core/cluster.js'
import type { Awaitable } from '../lib/awaitable.js'

/** A record's place in the log, as a group reads it. */
export interface InboxPlace {
  /** Who reads. */
  readonly groupId: string
  /** The name of the topic. */
  readonly topic: string
  /** From 0. */
  readonly partition: number
  /** Of the record. */
  readonly offset: number
}

/** The table of places; `SqliteInbox` and `PostgresInbox` are two. `Tx` is what an effect writes with. */
export interface InboxStore<Tx> {
  /** Makes the table if it is missing. */
  open(): Awaitable<void>
  /** The next offset that has had no effect yet; null when nothing is known of the partition. */
  next(place: Omit<InboxPlace, 'offset'>): Awaitable<number | null>
  /** In one transaction: runs the effect and keeps the place behind the record. False, and no effect, when the record has had it. */
  apply(place: InboxPlace, effect: (tx: Tx) => Awaitable<unknown>): Awaitable<boolean>
}

/** What an inbox reads. */
export interface InboxOptions<V, K> {
  /** The group that shares the partitions. */
  groupId: string
  /** Topics or their names. */
  topics: readonly (string | TypedTopic<V, K>)[]
  /** Whether records of open and aborted transactions have effects. Default 'read_committed'. */
  isolation?: Isolation | undefined
}

/** Effects in a database, exactly once for each record and in the order of its partition. */
export class Inbox<Tx, V = unknown, K = string> implements AsyncDisposable {
  private readonly consumer: Consumer<V, K>
  /** Partitions whose place was compared with the database since they came. */
  private readonly checked = new Set<string>()

  constructor(
    broker: Broker,
    private readonly store: InboxStore<Tx>,
    private readonly options: InboxOptions<V, K>,
  ) {
    const { groupId, topics, isolation = 'read_committed' } = options
    this.consumer = broker.consumer<V, K>({ groupId, topics, isolation, from: 'earliest' })
    const forget = (partitions: readonly { topic: string; partition: number }[]): void => {
      for (const { topic, partition } of partitions) this.checked.delete(`${topic}-${partition}`)
    }
    this.consumer.on('assigned', forget)
    this.consumer.on('lost', forget)
  }

  /** Begins. An effect that throws is rolled back and tried again, five times; then the inbox stops, and `done` rejects. */
  async run(effect: (record: ConsumerRecord<V, K>, tx: Tx) => Awaitable<unknown>): Promise<Run> {
    await this.store.open()
    return this.consumer.run((record) => this.take(record, effect), { onError: { afterRetries: 'stop', strictOrder: true } })
  }

  /** Ends the effect under way and leaves the group. Idempotent. */
  close(): Promise<void> {
    return this.consumer.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async take(record: ConsumerRecord<V, K>, effect: (record: ConsumerRecord<V, K>, tx: Tx) => Awaitable<unknown>): Promise<void> {
    const { topic, partition, offset } = record
    const { groupId } = this.options
    const name = `${topic}-${partition}`
    if (!this.checked.has(name)) {
      this.checked.add(name)
      const next = await this.store.next({ groupId, topic, partition })
      if (next === null || next < offset) {
        await this.consumer.seek({ topic, partition }, next ?? 'earliest')
        return
      }
    }
    await this.store.apply({ groupId, topic, partition, offset }, (tx) => effect(record, tx))
  }
}
