// A topic with the types of its values and keys. It has the short ways for the usual things; the clients do the rest. It holds no
// records and no connection, so there is nothing to close.

import type { Cluster, TopicDescription } from '../core/cluster.js'
import { describe, KafkaliteError } from '../errors.js'
import { type ClientContext, setHome } from './client-context.js'
import { Consumer } from './consumer.js'
import type { ConsumerOptions } from './consumer-options.js'
import type { RecordMetadata } from './delivery.js'
import { invalid } from './options-check.js'
import { Partition } from './partition.js'
import type { Producer } from './producer.js'
import type { ProducerRecord } from './producer-record.js'
import { type Reading, TopicReading } from './reading.js'
import { checkReadOptions, type ReadOptions } from './reading-options.js'
import type { SerdePair } from './serde.js'
import type { TypedTopic, WaitOptions } from './topic-types.js'

/** The configs of a topic, as the port takes them. */
type TopicConfig = Parameters<Cluster['alterTopic']>[1]

export class Topic<V = unknown, K = string> implements TypedTopic<V, K> {
  readonly name: string
  /** New when a topic of the name is created again. */
  readonly id: string
  private parts: readonly Partition[]

  /** @internal Made by `broker.topic()`. */
  constructor(
    private readonly context: ClientContext,
    description: TopicDescription,
    readonly serdes: SerdePair<V, K>,
    /** The broker's own producer, made when it is first needed. */
    private readonly producer: () => Producer,
  ) {
    this.name = description.name
    this.id = description.id
    this.parts = this.partitionsOf(description.partitions)
    setHome(this, context.cluster)
  }

  /** As known when the topic was opened, or after addPartitions() here. */
  get partitions(): readonly Partition[] {
    return this.parts
  }

  /** UNKNOWN_TOPIC_OR_PARTITION when there is none of that number. */
  partition(id: number): Partition {
    const partition = this.parts[id]
    if (partition !== undefined) return partition
    if (!Number.isSafeInteger(id) || id < 0) throw invalid(`partition() takes a whole number from 0, not ${describe(id)}`)
    throw new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${this.name} has partitions 0 to ${this.parts.length - 1}, not ${id}`)
  }

  /** Sends through a producer that all topics of the broker share. As `producer.send`. */
  send(record: ProducerRecord<V, K>, options?: WaitOptions): Promise<RecordMetadata>
  send(records: readonly ProducerRecord<V, K>[], options?: WaitOptions): Promise<RecordMetadata[]>
  async send(
    given: ProducerRecord<V, K> | readonly ProducerRecord<V, K>[],
    options?: WaitOptions,
  ): Promise<RecordMetadata | RecordMetadata[]> {
    const producer = this.producer()
    return Array.isArray(given)
      ? producer.send<V, K>(this, given as readonly ProducerRecord<V, K>[], options)
      : producer.send<V, K>(this, given as ProducerRecord<V, K>, options)
  }

  /**
   * Reads without a group: pub/sub. From 'latest', or 'earliest' when `to` or `limit` is given; ends at `to` (as it is when the read
   * begins) or after `limit` records, else never. When the broker closes, a reading without an end ends; one with an end rejects with CLOSED.
   */
  read(options: ReadOptions = {}): Reading<V, K> {
    checkReadOptions(options)
    for (const id of options.partitions ?? []) this.partition(id)
    return new TopicReading<V, K>(this.context, this, options.partitions ?? this.parts.map(({ id }) => id), options)
  }

  /** A consumer of this topic alone. */
  consumer(options: Omit<ConsumerOptions<V, K>, 'topics' | 'value' | 'key'> = {}): Consumer<V, K> {
    return new Consumer<V, K>(this.context, { ...options, topics: [this] })
  }

  /** What the broker knows of the topic now: id, partitions, configs. */
  async describe(): Promise<TopicDescription> {
    return this.context.cluster.topic(this.name)
  }

  /** Changes the configs that are given. INVALID_CONFIG. */
  async alter(config: TopicConfig): Promise<void> {
    await this.context.cluster.alterTopic(this.name, config)
  }

  /** INVALID_PARTITIONS unless `total` is more than there are. Keys may go to other partitions than before. */
  async addPartitions(total: number): Promise<void> {
    await this.context.cluster.addPartitions(this.name, total)
    this.parts = this.partitionsOf(total)
  }

  /**
   * Applies cleanup.policy now instead of at the next check: old segments are deleted, keys are compacted whatever the dirty ratio
   * (also those written last, since a new segment is begun; not those younger than minCompactionLagMs). Resolves when it is done.
   * NOT_SUPPORTED by a cluster that does this by itself alone, STORAGE_FAILED, DISK_FULL.
   */
  async cleanUp(): Promise<void> {
    const { cluster } = this.context
    if (cluster.cleanUp === undefined)
      throw new KafkaliteError('NOT_SUPPORTED', `The cluster of topic ${this.name} cleans up by itself alone`)
    await cluster.cleanUp(this.name)
  }

  /** Deletes the topic and its records. */
  async delete(): Promise<void> {
    await this.context.cluster.deleteTopic(this.name)
    this.context.serdes.delete(this.name)
  }

  private partitionsOf(count: number): readonly Partition[] {
    return Array.from({ length: count }, (_, id) => new Partition(this.context.cluster, this.name, id))
  }
}
