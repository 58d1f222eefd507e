// The port in this process: topics and partitions on a storage, consumer groups and queues beside them. It only brings the parts
// together; each part has its own file. Nothing here waits on a timer to answer, and an idle cluster has none but those it needs.

import { EventEmitter } from 'eventemitter3'
import { describe, KafkaliteError } from '../errors.js'
import { assert } from '../lib/assert.js'
import { type Awaitable, chain, isPromise } from '../lib/awaitable.js'
import type { Clock } from '../lib/clock.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { Storage, StorageFolder } from '../storage/storage.js'
import type { ConsumerGroupPort } from './consumer-group-port.js'
import type { ClassicGroupPort } from './classic-group-port.js'
import type {
  Appended,
  Cluster,
  ClusterEvents,
  EpochStart,
  FetchedPartition,
  FetchRequest,
  GroupDescription,
  Isolation,
  JoinRequest,
  Membership,
  NewTopic,
  OffsetQuery,
  OffsetToCommit,
  ProduceOptions,
  TopicDescription,
  TopicPartition,
} from './cluster.js'
import { Fetcher } from './fetcher.js'
import { Flusher } from './flusher.js'
import { type BrokerSettings, resolveSettings } from './broker-settings.js'
import { LogCleaner } from './compaction/log-cleaner.js'
import { CommittedOffsets, type OffsetRecord } from './group/committed-offsets.js'
import { GroupCoordinator } from './group/group-coordinator.js'
import { fitOffsets } from './group/offsets-recovery.js'
import { identityOf } from './cluster-identity.js'
import { INTERNAL_LOG_CONFIG, InternalLog } from './internal-log.js'
import type { KeptMap } from './kept-map.js'
import { KeyedLog } from './keyed-log.js'
import { OpenQueues } from './open-queues.js'
import type { FoundOffset } from './offset-lookup.js'
import type { Partition } from './partition.js'
import { ProducerSnapshots } from './producer-snapshots.js'
import type { QueueContext } from './queue-context.js'
import type { QueuePort, QueuePortOptions } from './queue-port.js'
import { Retention } from './retention.js'
import type { TopicRecord } from './topic.js'
import {
  type Flush,
  isCompacted,
  isDeleted,
  resolveTopicConfig,
  TOPIC_DEFAULTS,
  type TopicConfig,
  checkTopicConfig,
} from './topic-config.js'
import type { GroupConfigPort, ShareGroupPort } from './share-group-port.js'
import { GroupRecords } from './share/group-records.js'
import { ShareGroups } from './share/share-groups.js'
import { checkTopicName, GROUPS_LOG, isLogName, KEPT_LOG, METADATA_LOG, OFFSETS_LOG, stateLogName } from './topic-name.js'
import { TopicRegistry } from './topic-registry.js'
import { transactionsOf } from './transaction/compaction-view.js'
import { TransactionCoordinator } from './transaction/transaction-coordinator.js'
import { TransactionLog } from './transaction/transaction-log.js'
import type { TransactionPort } from './transaction-port.js'
import { WorkInProgress } from './work-in-progress.js'

export interface EmbeddedClusterOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: () => number
  /** The flush level of topics that ask for none. */
  readonly flush: Flush
  /** How long an append at flush 'interval' may stay unsynced. Milliseconds. */
  readonly flushIntervalMs: number
  /** auto.create.topics.enable */
  readonly autoCreateTopics: boolean
  /** Configs of topics that ask for none. */
  readonly topicDefaults: TopicConfig
  /** log.retention.check.interval.ms: how often old segments are looked for. Milliseconds. */
  readonly retentionCheckIntervalMs?: number | undefined
  /** log.cleaner.backoff.ms: how often dirty partitions are looked for. Milliseconds. */
  readonly cleanerBackoffMs?: number | undefined
  /** log.cleaner.dedupe.buffer.size: the most memory for the keys of one round of cleaning. Bytes. */
  readonly cleanerDedupeBufferBytes?: number | undefined
  /** num.partitions */
  readonly numPartitions?: number | undefined
  readonly offsetsRetentionMinutes?: number | undefined
  readonly offsetsRetentionCheckIntervalMs?: number | undefined
  readonly transactionMaxTimeoutMs?: number | undefined
  readonly groupMinSessionTimeoutMs?: number | undefined
  readonly groupMaxSessionTimeoutMs?: number | undefined
  readonly groupMaxSize?: number | undefined
  readonly groupInitialRebalanceDelayMs?: number | undefined
  readonly groupConsumerSessionTimeoutMs?: number | undefined
  readonly groupConsumerHeartbeatIntervalMs?: number | undefined
  readonly groupShareSessionTimeoutMs?: number | undefined
  readonly groupShareHeartbeatIntervalMs?: number | undefined
  readonly groupShareRecordLockDurationMs?: number | undefined
  readonly groupShareDeliveryCountLimit?: number | undefined
  readonly groupSharePartitionMaxRecordLocks?: number | undefined
  readonly groupShareMaxSize?: number | undefined
  /** Called when a slice of cleaning is over; for tests. */
  readonly onCleanerSlice?: (() => void) | undefined
}

interface Parts {
  readonly registry: TopicRegistry
  readonly retention: Retention
  readonly cleaner: LogCleaner
  readonly fetcher: Fetcher
  readonly groups: GroupCoordinator
  readonly queues: OpenQueues
  readonly groupRecords: GroupRecords
  readonly shareGroups: ShareGroups
  readonly metadata: InternalLog
  readonly topicRecords: KeyedLog<TopicRecord>
  readonly offsets: InternalLog
  readonly transactionLog: TransactionLog
  readonly transactions: TransactionCoordinator
}

export class EmbeddedCluster implements Cluster {
  readonly supports: Readonly<Record<string, boolean>>
  readonly clock: Clock
  readonly random: () => number
  readonly events = new EventEmitter<ClusterEvents>()
  readonly settings: BrokerSettings
  private readonly storage: Storage
  private readonly flusher: Flusher
  private readonly work = new WorkInProgress()
  private readonly deletionHooks = new Map<string, Set<() => Awaitable<void>>>()
  private readonly changes = new EventEmitter<{ topic: [name: string] }>()
  private parts: Parts | null = null
  private closing: Promise<void> | null = null
  private identity: Promise<string> | null = null
  private keptMap: Promise<KeyedLog<unknown>> | null = null

  constructor(private readonly options: EmbeddedClusterOptions) {
    const { storage, clock, random } = options
    this.storage = storage
    this.clock = clock
    this.random = random
    this.supports = { ...storage.supports, queues: true, transactions: true }
    this.flusher = new Flusher(storage, clock, options.flushIntervalMs, (error) => this.report(error))
    checkTopicConfig({ ...options.topicDefaults }, 'the topic defaults')
    const topicDefaults = resolveTopicConfig({ flush: options.flush, ...options.topicDefaults }, TOPIC_DEFAULTS)
    this.settings = resolveSettings({ ...options, topicDefaults })
  }

  async open(): Promise<void> {
    if (this.parts !== null || this.closing !== null) throw new KafkaliteError('INVALID_STATE', 'The cluster was opened before')
    await this.storage.open({ clock: this.clock })
    try {
      this.parts = await this.openParts()
    } catch (error) {
      await this.storage.close()
      throw error
    }
  }

  close(): Promise<void> {
    this.closing ??= this.closeParts()
    return this.closing
  }

  idle(): Promise<void> {
    return this.work.idle()
  }

  async createTopic(name: string, topic?: NewTopic): Promise<TopicDescription> {
    return this.work.track(this.requireParts().registry.create(name, topic))
  }

  topic(name: string, options?: { create?: boolean }): Awaitable<TopicDescription> {
    const { registry } = this.requireParts()
    const found = registry.find(name)
    if (found !== undefined) return found.description
    if (options?.create !== true || !this.options.autoCreateTopics) {
      checkTopicName(name)
      throw new KafkaliteError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${describe(name)}`)
    }
    return this.ensureTopic(name, {})
  }

  async topics(): Promise<readonly TopicDescription[]> {
    return [...this.requireParts().registry.all()].map(({ description }) => description)
  }

  async deleteTopic(name: string): Promise<void> {
    return this.work.track(this.requireParts().registry.delete(name))
  }

  async alterTopic(name: string, config: TopicConfig): Promise<void> {
    return this.work.track(this.requireParts().registry.alter(name, config))
  }

  async addPartitions(name: string, total: number): Promise<void> {
    return this.work.track(this.requireParts().registry.addPartitions(name, total))
  }

  produce(topic: string, partition: number, batch: PackedBatch, options?: ProduceOptions): Awaitable<Appended> {
    const { registry, retention, cleaner } = this.requireParts()
    const target = registry.get(topic)
    const place = target.partition(partition)
    const appended = batch.isTransactional ? this.produceInTransaction(place, batch, options) : place.append(batch)
    retention.arm(target.config)
    cleaner.arm(target.config)
    return isPromise(appended) ? this.work.track(appended) : appended
  }

  fetch(request: FetchRequest): Awaitable<readonly FetchedPartition[]> {
    return this.requireParts().fetcher.fetch(request)
  }

  offset(place: TopicPartition, query: OffsetQuery, isolation?: Isolation): Awaitable<FoundOffset | null> {
    return this.partitionOf(place).find(query, isolation)
  }

  leaderEpoch(place: TopicPartition): number {
    return this.partitionOf(place).leaderEpoch
  }

  epochStarts(place: TopicPartition): Awaitable<readonly EpochStart[]> {
    return this.partitionOf(place).epochStarts()
  }

  async deleteRecords(place: TopicPartition, beforeOffset: number): Promise<number> {
    const topic = this.requireParts().registry.get(place.topic)
    const partition = topic.partition(place.partition)
    if (isCompacted(topic.config) && !isDeleted(topic.config)) {
      throw new KafkaliteError(
        'POLICY_VIOLATION',
        `Records of "${place.topic}" cannot be deleted: cleanupPolicy is 'compact' without 'delete'`,
      )
    }
    const offset = beforeOffset === -1 ? partition.endOffset : beforeOffset
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > partition.endOffset) throw partition.outOfRange(beforeOffset)
    await this.work.track(partition.truncateBefore(offset))
    await this.work.track(this.flusher.settle(topic.config.flush, partition.log))
    return partition.startOffset
  }

  async cleanUp(name: string): Promise<void> {
    const { registry, retention, cleaner } = this.requireParts()
    const topic = registry.get(name)
    const { config } = topic
    const work = async (): Promise<void> => {
      for (const partition of topic.partitions) {
        if (isDeleted(config)) await retention.apply(partition, config)
        if (!isCompacted(config)) continue
        // Else what was written last could never be cleaned before the next segment is begun.
        await partition.roll()
        await cleaner.clean(partition, config)
      }
    }
    await this.work.track(work())
  }

  partitionSize(place: TopicPartition): number {
    return this.partitionOf(place).sizeBytes
  }

  whereabouts(): StorageFolder | undefined {
    return this.storage.whereabouts?.()
  }

  /** Found in the metadata log, or made and kept there: a broker that nobody connects to needs none. */
  async identify(): Promise<string> {
    this.identity ??= identityOf(this.requireParts().topicRecords, this.random)
    return this.identity
  }

  /** A log that is there only once somebody wants to keep something. */
  async kept(): Promise<KeptMap> {
    this.requireParts()
    this.keptMap ??= this.openKept()
    const map = await this.keptMap
    return { entries: () => map.entries(), write: (changes) => this.work.track(map.write(changes, 'always')) }
  }

  /** CLOSED. */
  get classicGroups(): ClassicGroupPort {
    return this.requireParts().groups.classic
  }

  /** CLOSED. */
  get shareGroups(): ShareGroupPort {
    return this.requireParts().shareGroups
  }

  /** CLOSED. */
  get groupConfigs(): GroupConfigPort {
    return this.requireParts().shareGroups.configs
  }

  /** CLOSED. */
  get consumerGroups(): ConsumerGroupPort {
    return this.requireParts().groups.consumer
  }

  joinGroup(request: JoinRequest): Membership {
    return this.requireParts().groups.join(request)
  }

  commitOffsets(groupId: string, offsets: readonly OffsetToCommit[]): Awaitable<void> {
    return this.work.track(this.requireParts().groups.commitFromOutside(groupId, offsets))
  }

  committedOffsets(groupId: string, partitions?: readonly TopicPartition[]): readonly OffsetToCommit[] {
    return this.requireParts().groups.committed(groupId, partitions)
  }

  groups(): readonly GroupDescription[] {
    return this.requireParts().groups.list()
  }

  describeGroup(groupId: string): GroupDescription {
    return this.requireParts().groups.describe(groupId)
  }

  async deleteGroup(groupId: string): Promise<void> {
    return this.work.track(this.requireParts().groups.delete(groupId))
  }

  get transactions(): TransactionPort {
    return this.requireParts().transactions
  }

  async queue(name: string, options: QueuePortOptions): Promise<QueuePort> {
    return this.requireParts().queues.open(name, options)
  }

  /** The parts while the cluster is open. CLOSED. */
  private requireParts(): Parts {
    if (this.parts === null || this.closing !== null)
      throw new KafkaliteError('CLOSED', 'The broker is not open: it was closed, or never opened')
    return this.parts
  }

  /** UNKNOWN_TOPIC_OR_PARTITION. */
  private partitionOf({ topic, partition }: TopicPartition): Partition {
    return this.requireParts().registry.get(topic).partition(partition)
  }

  private async openParts(): Promise<Parts> {
    const { storage, clock, random, flusher } = this
    const config = { ...INTERNAL_LOG_CONFIG, flush: this.options.flush }
    const metadata = new InternalLog(await storage.log(METADATA_LOG, config), storage, flusher)
    const offsets = new InternalLog(await storage.log(OFFSETS_LOG, config), storage, flusher)
    const now = (): number => clock.now()
    const onError = (error: unknown): void => this.report(error)
    const topicRecords = new KeyedLog<TopicRecord>(metadata, now, onError)
    const offsetRecords = new KeyedLog<OffsetRecord>(offsets, now, onError)
    await topicRecords.load()
    await offsetRecords.load()
    const transactionLog = new TransactionLog({ storage, flusher, now, onError })
    await transactionLog.open()
    const registry = new TopicRegistry({
      storage,
      clock,
      random,
      flusher,
      defaults: this.settings.topicDefaults,
      partitionsDefault: this.settings.numPartitions,
      metadata: topicRecords,
      producers: new ProducerSnapshots({ storage, now, onError }, transactionLog),
      onChange: (name, change) => this.onTopicChange(name, change),
      onDeletion: (name) => this.runDeletionHooks(name),
    })
    const committed = new CommittedOffsets(offsetRecords, this.options.flush, now)
    const memberships = await this.openGroups(registry, committed)
    const { groups } = memberships
    const track = (done: Promise<void>): void => void this.work.track(done)
    const retention = new Retention(registry, clock, onError, track, this.settings.retentionCheckIntervalMs)
    const cleaner = this.newCleaner(registry, track)
    await registry.open()
    // What a process that died had only written can be read from now on, so a power cut must not take it any more.
    if (metadata.log.endOffset > 0) await storage.sync()
    const level = this.options.flush
    const openStateLog = (queue: string): Promise<InternalLog> => this.openStateLog(queue)
    const ends = { storage, flusher, level, now, log: transactionLog, registry, groups, openStateLog, settings: this.settings }
    const transactions = new TransactionCoordinator({ ...ends, clock, track: (answer) => this.work.track(answer), onError })
    await transactions.open()
    await fitOffsets(committed, registry)
    for (const topic of registry.all()) {
      if (!topic.partitions.some(({ sizeBytes }) => sizeBytes > 0)) continue
      retention.arm(topic.config)
      cleaner.arm(topic.config)
    }
    const fetcher = new Fetcher(registry, clock)
    const logs = { metadata, topicRecords, offsets, transactionLog }
    return { registry, retention, cleaner, transactions, fetcher, ...logs, ...memberships }
  }

  private async openGroups(
    registry: TopicRegistry,
    committed: CommittedOffsets,
  ): Promise<Pick<Parts, 'groups' | 'queues' | 'groupRecords' | 'shareGroups'>> {
    const { storage, clock, random } = this
    const onError = (error: unknown): void => this.report(error)
    const queues = new OpenQueues({ context: this.queueContext(), track: (work) => this.work.track(work) as typeof work })
    const open = (): Promise<InternalLog> => this.openInternalLog(GROUPS_LOG)
    const groupRecords = new GroupRecords({ open, now: () => clock.now(), onError })
    if ((await storage.list()).includes(GROUPS_LOG)) await groupRecords.load()
    const shareGroups: ShareGroups = new ShareGroups({
      clock,
      settings: this.settings,
      records: groupRecords,
      queues,
      topic: (name) => registry.find(name)?.description,
      isTaken: (id) => groups.has(id),
      onChange: (id) => this.events.emit('groupChanged', id),
    })
    const groups: GroupCoordinator = new GroupCoordinator({
      settings: this.settings,
      clock,
      random,
      registry,
      offsets: committed,
      share: shareGroups,
      events: this.events,
      track: (answer) => this.work.track(answer),
      onError,
    })
    return { groups, queues, groupRecords, shareGroups }
  }

  private async openKept(): Promise<KeyedLog<unknown>> {
    const { storage, flusher, clock } = this
    const log = new InternalLog(await storage.log(KEPT_LOG, { ...INTERNAL_LOG_CONFIG, flush: 'always' }), storage, flusher)
    const map = new KeyedLog<unknown>(
      log,
      () => clock.now(),
      (error) => this.report(error),
    )
    await map.load()
    return map
  }

  private newCleaner(registry: TopicRegistry, track: (done: Promise<void>) => void): LogCleaner {
    const { clock, random } = this
    const { cleanerBackoffMs, cleanerDedupeBufferBytes } = this.settings
    const { onCleanerSlice } = this.options
    return new LogCleaner({
      registry,
      clock,
      random,
      backoffMs: cleanerBackoffMs,
      dedupeBufferBytes: cleanerDedupeBufferBytes,
      transactionsOf,
      onError: (error) => this.report(error),
      onCleaned: (cleaned) => this.events.emit('cleaned', cleaned),
      ...(onCleanerSlice === undefined ? {} : { onSlice: onCleanerSlice }),
      track,
    })
  }

  private async closeParts(): Promise<void> {
    const { parts } = this
    if (parts === null) return
    parts.retention.close()
    parts.cleaner.close()
    parts.fetcher.close()
    parts.groups.close()
    parts.transactions.close()
    parts.shareGroups.close()
    await parts.queues.close()
    await this.work.idle()
    this.flusher.close()
    try {
      await parts.registry.close()
      await parts.transactionLog.close()
      await parts.groupRecords.close()
      await parts.offsets.close()
      await (await this.keptMap)?.close()
      await parts.metadata.close()
    } finally {
      await this.storage.close()
    }
  }

  private onTopicChange(name: string, change: 'created' | 'changed' | 'deleted'): void {
    const { parts } = this
    if (parts === null) return
    if (change === 'changed') {
      this.changes.emit('topic', name)
      const topic = parts.registry.find(name)
      if (topic?.partitions.some(({ sizeBytes }) => sizeBytes > 0)) {
        parts.retention.arm(topic.config)
        parts.cleaner.arm(topic.config)
      }
    }
    parts.groups.topicsChanged()
    if (change === 'created') this.events.emit('topicCreated', name)
    if (change === 'deleted') this.events.emit('topicDeleted', name)
  }

  private async runDeletionHooks(name: string): Promise<void> {
    const hooks = this.deletionHooks.get(name)
    this.deletionHooks.delete(name)
    this.parts?.queues.topicDeleted(name)
    if (hooks !== undefined) for (const hook of hooks) await hook()
    this.parts?.transactions.topicDeleted(name)
    await this.parts?.groups.removeTopic(name)
    await this.parts?.shareGroups.topicDeleted(name)
  }

  private async ensureTopic(name: string, topic: NewTopic): Promise<TopicDescription> {
    const { registry } = this.requireParts()
    const found = registry.find(name)
    if (found !== undefined) return found.description
    try {
      return await this.work.track(registry.create(name, topic))
    } catch (error) {
      // Someone else has made it in the meantime, which is what was wanted.
      const made = registry.find(name)
      if (made !== undefined && KafkaliteError.is(error, 'TOPIC_ALREADY_EXISTS')) return made.description
      throw error
    }
  }

  /** A transactional batch enters only when the coordinator knows its transaction. */
  private produceInTransaction(place: Partition, batch: PackedBatch, options: ProduceOptions = {}): Awaitable<Appended> {
    const { transactions } = this.requireParts()
    const { addToTransaction: fromZero = false, unsettled } = options
    const admitted = transactions.admit(batch, place.topic, place.partition, fromZero)
    return chain(admitted, () => place.append(batch, { unsettled, fromZero }))
  }

  private queueContext(): QueueContext {
    return {
      clock: this.clock,
      random: this.random,
      storage: this.storage,
      flush: this.options.flush,
      ensureTopic: (name, topic) => this.ensureTopic(name, { ...topic, config: { retentionMs: -1, ...topic?.config } }),
      topic: (name) => this.requireParts().registry.find(name)?.description,
      partition: (name, partition) => this.requireParts().registry.get(name).partition(partition),
      produce: (topic, partition, batch) => this.produce(topic, partition, batch),
      openStateLog: (queue) => this.openStateLog(queue),
      onTopicDeletion: (name, hook) => this.addDeletionHook(name, hook),
      onTopicChange: (hook) => {
        this.changes.on('topic', hook)
        return () => this.changes.off('topic', hook)
      },
      report: (error) => this.report(error),
    }
  }

  private openStateLog(queue: string): Promise<InternalLog> {
    return this.openInternalLog(stateLogName(queue))
  }

  private async openInternalLog(name: string): Promise<InternalLog> {
    assert(isLogName(name), 'the name of an internal log is one that every storage takes')
    const log = await this.storage.log(name, { ...INTERNAL_LOG_CONFIG, flush: this.options.flush })
    return new InternalLog(log, this.storage, this.flusher)
  }

  private addDeletionHook(name: string, hook: () => Awaitable<void>): () => void {
    const hooks = this.deletionHooks.get(name) ?? new Set()
    this.deletionHooks.set(name, hooks.add(hook))
    return () => hooks.delete(hook)
  }

  private report(error: unknown): void {
    const reported = KafkaliteError.is(error)
      ? error
      : new KafkaliteError('STORAGE_FAILED', 'Work in the background failed', { cause: error })
    this.events.emit('error', reported)
  }
}
