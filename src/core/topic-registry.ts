// The topics of the broker and their partitions. A topic exists when the metadata log says so: its logs are made before that record
// and removed after the one that ends it, so that a crash in between leaves bytes that nobody owns and never a topic without its log.

import { describe, KafkaliteError } from '../errors.js'
import type { Clock } from '../lib/clock.js'
import { isPromise } from '../lib/awaitable.js'
import { SerialQueue } from '../lib/serial-queue.js'
import type { Storage } from '../storage/storage.js'
import type { NewTopic, TopicDescription } from './cluster.js'
import { isIdentity } from './cluster-identity.js'
import type { Flusher } from './flusher.js'
import type { KeyedLog } from './keyed-log.js'
import { Partition } from './partition.js'
import type { ProducerSnapshots } from './producer-snapshots.js'
import { randomId } from './random-id.js'
import { Topic, type TopicRecord } from './topic.js'
import {
  checkTopicConfig,
  isCompacted,
  logConfigOf,
  resolveTopicConfig,
  type ResolvedTopicConfig,
  type TopicConfig,
} from './topic-config.js'
import { checkTopicName, collisionKey, isGroupStateOf, partitionLogName, partitionOfLog, stateLogName } from './topic-name.js'

/** Whoever brings logs brings no configs: nothing of them may be deleted until somebody says how long it is to be kept. */
const ADOPTED_CONFIG: TopicConfig = { retentionMs: -1 }
/** A typing error must not fill the disk with folders. */
const PARTITIONS_MAX = 10_000

export interface TopicRegistryOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: () => number
  readonly flusher: Flusher
  readonly defaults: ResolvedTopicConfig
  /** num.partitions */
  readonly partitionsDefault: number
  readonly metadata: KeyedLog<TopicRecord>
  readonly producers: ProducerSnapshots
  /** Called when the topic can be used, has changed or is gone; not for the topics found on opening. */
  readonly onChange: (name: string, change: 'created' | 'changed' | 'deleted') => void
  /** Called before the logs of a topic go. */
  readonly onDeletion: (name: string) => Promise<void>
}

export class TopicRegistry {
  private readonly topics = new Map<string, Topic>()
  private readonly collisions = new Map<string, string>()
  /** Creating, changing and deleting topics happens one at a time. */
  private readonly changes = new SerialQueue()

  constructor(private readonly options: TopicRegistryOptions) {}

  /** Opens every topic that the metadata log knows, finishes deletions that a crash cut short, and adopts logs that were brought here. */
  async open(): Promise<void> {
    const { metadata, storage } = this.options
    for (const [name, record] of [...metadata.entries()]) {
      if (isIdentity(name)) continue
      if (record.deleting === true) {
        // The process may have died before that record was durable: without it the topic would come back without its records.
        await storage.sync()
        await this.removeLogs(name, record)
      } else this.add(await this.openTopic(name, record))
    }
    await this.adoptLogs()
  }

  find(name: string): Topic | undefined {
    return this.topics.get(name)
  }

  /** UNKNOWN_TOPIC_OR_PARTITION. */
  get(name: string): Topic {
    const topic = this.topics.get(name)
    if (topic === undefined) throw new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${describe(name)}`)
    return topic
  }

  all(): Iterable<Topic> {
    return this.topics.values()
  }

  async create(name: string, given: NewTopic = {}): Promise<TopicDescription> {
    return this.changes.run(() => this.createNow(name, given))
  }

  async delete(name: string): Promise<void> {
    return this.changes.run(() => this.deleteNow(name))
  }

  async alter(name: string, given: TopicConfig): Promise<void> {
    return this.changes.run(async () => {
      const topic = this.get(name)
      const config = { ...topic.record.config, ...checkTopicConfig({ ...given }, `topic ${name}`) }
      this.requireCompaction(name, config)
      const record = { ...topic.record, config }
      await this.write(name, record)
      topic.update(record)
      // What the level promises holds for what was written before the change too.
      for (const { log } of topic.partitions) await this.options.flusher.settle(topic.config.flush, log)
      this.options.onChange(name, 'changed')
    })
  }

  async addPartitions(name: string, total: number): Promise<void> {
    return this.changes.run(async () => {
      const topic = this.get(name)
      const there = topic.partitions.length
      checkPartitions(total)
      if (total <= there) {
        throw new KafkaliteError('INVALID_PARTITIONS', `Topic "${name}" has ${there} partitions and can only grow; asked for ${total}`)
      }
      const added = await this.openPartitions(topic, there, total, true)
      const record = { ...topic.record, partitions: total }
      await this.write(name, record).catch((error: unknown) => this.undo(added, error))
      topic.partitions.push(...added)
      topic.update(record)
      this.options.onChange(name, 'changed')
    })
  }

  async close(): Promise<void> {
    for (const topic of this.topics.values()) {
      for (const partition of topic.partitions) {
        await partition.unsavedProducers?.save()
        await partition.close()
      }
    }
  }

  /**
   * Logs that no topic owns and that hold something, such as the folders of a partition of Apache Kafka, become topics. An empty one
   * is what a creation left that a crash cut short, and stays what it is: nothing.
   */
  private async adoptLogs(): Promise<void> {
    const { storage } = this.options
    const unowned = new Map<string, number>()
    for (const name of await storage.list()) {
      const place = partitionOfLog(name)
      if (place === null || place.partition >= PARTITIONS_MAX || this.topics.has(place.topic)) continue
      const log = await storage.log(name, this.options.defaults)
      const holdsSomething = log.endOffset > 0
      await log.close()
      if (holdsSomething) unowned.set(place.topic, Math.max(unowned.get(place.topic) ?? 0, place.partition + 1))
    }
    for (const [name, partitions] of unowned) {
      const record = { id: randomId(this.options.random), partitions, config: ADOPTED_CONFIG }
      const topic = await this.openTopic(name, record)
      await this.write(name, record)
      this.add(topic)
    }
  }

  private async createNow(name: string, given: NewTopic): Promise<TopicDescription> {
    checkTopicName(name)
    if (this.topics.has(name)) throw new KafkaliteError('TOPIC_ALREADY_EXISTS', `Topic "${name}" exists already`)
    const other = this.collisions.get(collisionKey(name))
    if (other !== undefined) throw new KafkaliteError('INVALID_TOPIC_EXCEPTION', `Topic "${name}" collides with existing topic "${other}"`)
    const partitions = given.partitions === undefined || given.partitions === -1 ? this.options.partitionsDefault : given.partitions
    checkPartitions(partitions)
    const replicas = given.replicationFactor ?? -1
    if (replicas !== -1 && replicas !== 1) {
      throw new KafkaliteError('INVALID_REPLICATION_FACTOR', `Topic "${name}" can have 1 copy here, not ${describe(replicas)}`)
    }
    const config = checkTopicConfig({ ...given.config }, `topic ${name}`)
    this.requireCompaction(name, config)
    const topic = new Topic(name, this.options.defaults, { id: randomId(this.options.random), partitions, config })
    if (given.validateOnly === true) return topic.description
    topic.partitions.push(...(await this.openPartitions(topic, 0, partitions, true)))
    await this.write(name, topic.record).catch((error: unknown) => this.undo(topic.partitions, error))
    this.add(topic)
    this.options.onChange(name, 'created')
    return topic.description
  }

  private async deleteNow(name: string): Promise<void> {
    const topic = this.get(name)
    await this.write(name, { ...topic.record, deleting: true })
    this.topics.delete(name)
    this.collisions.delete(collisionKey(name))
    await this.options.onDeletion(name)
    for (const partition of topic.partitions) await partition.close()
    await this.removeLogs(name, topic.record)
    this.options.onChange(name, 'deleted')
  }

  private async removeLogs(name: string, { id, partitions }: TopicRecord): Promise<void> {
    const { storage, metadata } = this.options
    for (let p = 0; p < partitions; p++) await storage.remove(partitionLogName(name, p))
    await this.options.producers.forget(name, partitions)
    await storage.remove(stateLogName(name))
    for (const log of await storage.list()) if (isGroupStateOf(log, id)) await storage.remove(log)
    await metadata.write([[name, null]], 'os')
  }

  private async openTopic(name: string, record: TopicRecord): Promise<Topic> {
    const topic = new Topic(name, this.options.defaults, record)
    topic.partitions.push(...(await this.openPartitions(topic, 0, record.partitions, false)))
    return topic
  }

  /** `fresh`: bytes left by a deletion or creation that a crash cut short must not come to life again. */
  private async openPartitions({ name: topic, config, record }: Topic, from: number, to: number, fresh: boolean): Promise<Partition[]> {
    const { storage, clock, flusher, producers } = this.options
    const opened: Partition[] = []
    try {
      for (let partition = from; partition < to; partition++) {
        const name = partitionLogName(topic, partition)
        if (fresh) {
          const removed = storage.remove(name)
          if (isPromise(removed)) await removed
        }
        const opening = storage.log(name, logConfigOf(config))
        const log = isPromise(opening) ? await opening : opening
        const tracker = await producers.open({ name, topicId: record.id, log })
        opened.push(new Partition({ topic, partition, log, config, clock, flusher, tracker }))
      }
    } catch (error) {
      if (!fresh) throw error
      return this.undo(opened, error)
    }
    return opened
  }

  /** INVALID_CONFIG when the topic is to be compacted and the storage cannot do that. */
  private requireCompaction(name: string, given: TopicConfig): void {
    const { storage, defaults } = this.options
    const { cleanupPolicy } = resolveTopicConfig(given, defaults)
    if (storage.supports.compaction === true || !isCompacted({ cleanupPolicy })) return
    throw new KafkaliteError(
      'INVALID_CONFIG',
      `cleanupPolicy of topic ${name} cannot be '${cleanupPolicy}': its storage does not support compaction (supports.compaction)`,
    )
  }

  /** Takes back partitions that no record of the metadata log came to own. */
  private async undo(partitions: readonly Partition[], error: unknown): Promise<never> {
    for (const partition of partitions) {
      await partition.close()
      await this.options.storage.remove(partition.name)
    }
    throw error
  }

  /** Changes of topics are rare and everything depends on them, so they are synced at every flush level. */
  private async write(name: string, record: TopicRecord): Promise<void> {
    await this.options.metadata.write([[name, record]], 'always')
  }

  private add(topic: Topic): void {
    this.topics.set(topic.name, topic)
    this.collisions.set(collisionKey(topic.name), topic.name)
  }
}

/** INVALID_PARTITIONS. */
function checkPartitions(partitions: number): void {
  if (Number.isSafeInteger(partitions) && partitions >= 1 && partitions <= PARTITIONS_MAX) return
  throw new KafkaliteError(
    'INVALID_PARTITIONS',
    `The number of partitions is a whole number from 1 to ${PARTITIONS_MAX}, not ${describe(partitions)}`,
  )
}
