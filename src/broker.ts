// The Broker: a cluster and the clients that run on it. In process the cluster is an EmbeddedCluster on a storage; the same class
// serves any other cluster through the port. It knows every client it made, so that closing it leaves nothing behind.

import { EventEmitter } from 'eventemitter3'
import { type BrokerOptions, checkBrokerOptions, checkTopicOptions, type TopicOptions } from './broker-options.js'
import { abortable } from './client/abort.js'
import { asyncDispose } from './client/async-dispose.js'
import { type ClientContext, type Closable, SerdeRegistry, WorkCount } from './client/client-context.js'
import { Consumer } from './client/consumer.js'
import { ConsumerGroup } from './client/consumer-group.js'
import type { ConsumerOptions } from './client/consumer-options.js'
import { reportError } from './client/error-report.js'
import { checkOptions, invalid, someText, WAIT_RULES } from './client/options-check.js'
import { Producer } from './client/producer.js'
import type { ProducerOptions } from './client/producer-options.js'
import { Queue } from './client/queue.js'
import type { QueueOptions } from './client/queue-options.js'
import { type Serde, type SerdePair, string } from './client/serde.js'
import { Topic } from './client/topic.js'
import type { KeyOf, TypedTopic, ValueOf, WaitOptions } from './client/topic-types.js'
import type { Cluster, GroupDescription, PartitionCleaned, TopicDescription } from './core/cluster.js'
import { EmbeddedCluster } from './core/embedded-cluster.js'
import type { TransactionDescription } from './core/transaction-port.js'
import { describe, KafkaliteError } from './errors.js'
import { openListener } from './listen.js'
import type { Listener, ListenOptions } from './server/listen-options.js'
import { SystemClock } from './lib/clock.js'
import { MemoryStorage } from './storage/memory.js'

/** What happens in the broker. An 'error' that nobody listens to becomes a warning of the process. */
export interface BrokerEvents {
  /** A topic is there, whoever created it. */
  topicCreated: [name: string]
  /** A topic is gone. */
  topicDeleted: [name: string]
  /** A partition of a compacted topic was cleaned. */
  cleaned: [cleaned: PartitionCleaned]
  /** Something went wrong in the background, where no caller could be told. Without a listener it is printed as a warning. */
  error: [error: KafkaliteError]
  /** `close()` has ended everything. */
  closed: []
}

/** Turns of the microtask queue that must pass without anything happening before the broker counts as idle. */
const QUIET_TURNS = 50

/** The one object that a program begins with: opens a storage, gives topics, producers, consumers, groups and queues, and closes them all. */
export class Broker extends EventEmitter<BrokerEvents> implements AsyncDisposable {
  private readonly clients = new Set<Closable>()
  private readonly context: ClientContext
  private ownProducer: Producer | undefined
  private closing: Promise<void> | undefined

  private constructor(private readonly cluster: Cluster) {
    super()
    this.context = {
      cluster,
      clock: cluster.clock,
      random: cluster.random,
      serdes: new SerdeRegistry(),
      work: new WorkCount(),
      track: (client) => this.track(client),
    }
  }

  /**
   * Opens a broker: in memory unless a storage is given. INVALID_ARGUMENT, INVALID_CONFIG, STORAGE_LOCKED (another broker owns the
   * storage), STORAGE_FAILED.
   */
  static async open(options?: BrokerOptions): Promise<Broker> {
    checkBrokerOptions(options)
    const cluster = options?.cluster ?? embedded(options)
    const broker = new Broker(cluster)
    await cluster.open()
    broker.listenToCluster()
    return broker
  }

  /**
   * The topic of that name, created when it is not there. A config given here is for the creation only (alter() changes it). Its types
   * come from its serdes: without one, strings. INVALID_TOPIC_EXCEPTION, INVALID_CONFIG, INVALID_PARTITIONS, TOPIC_EXISTS_DIFFERENT
   * (it is there with another number of partitions), UNKNOWN_TOPIC_OR_PARTITION (`create: false`).
   */
  topic(name: string, options?: TopicOptions<string, string>): Promise<Topic<string, string>>
  topic<V, K = string>(name: string, options: TopicOptions<V, K> & { value: Serde<V> }): Promise<Topic<V, K>>
  async topic(name: string, options: TopicOptions<unknown, unknown> = {}): Promise<unknown> {
    const config = checkTopicOptions(name, options)
    const description = await this.describeOrCreate(name, options, config)
    const { partitions } = options
    if (partitions !== undefined && partitions !== -1 && partitions !== description.partitions) {
      throw new KafkaliteError(
        'TOPIC_EXISTS_DIFFERENT',
        `Topic ${name} is there with ${description.partitions} partitions, not ${partitions}: leave partitions out, or call addPartitions()`,
      )
    }
    const serdes: SerdePair = { value: options.value ?? string, key: options.key ?? string }
    this.context.serdes.set(name, serdes)
    return new Topic(this.context, description, serdes, () => this.sharedProducer())
  }

  /** Every topic, also those the broker keeps for itself (`internal`). */
  async topics(): Promise<readonly TopicDescription[]> {
    return this.cluster.topics()
  }

  /** Deletes a topic and its records. UNKNOWN_TOPIC_OR_PARTITION. */
  async deleteTopic(name: string): Promise<void> {
    if (!someText.accepts(name)) throw invalid(`deleteTopic() takes the name of a topic, not ${describe(name)}`)
    await this.cluster.deleteTopic(name)
  }

  /** A producer. INVALID_ARGUMENT, UNSUPPORTED_COMPRESSION_TYPE. */
  producer(options?: ProducerOptions): Producer {
    this.checkOpen()
    return new Producer(this.context, options)
  }

  /** Of Topics: typed by them, of several the union. Of names: decoded by the Topic last opened here under that name, else as strings. */
  consumer<T extends string | TypedTopic<unknown, unknown>>(
    options: Omit<ConsumerOptions, 'topics' | 'value' | 'key'> & { topics: readonly T[]; value?: undefined; key?: undefined },
  ): Consumer<ValueOf<T>, KeyOf<T>>
  consumer<V = unknown, K = string>(options?: ConsumerOptions<V, K>): Consumer<V, K>
  consumer(options: ConsumerOptions<unknown, unknown> = {}): unknown {
    this.checkOpen()
    return new Consumer<unknown, unknown>(this.context, options)
  }

  /** A group seen from outside, also one that does not exist yet. */
  group(groupId: string): ConsumerGroup {
    this.checkOpen()
    if (!someText.accepts(groupId))
      throw new KafkaliteError('INVALID_GROUP_ID', `group() takes the id of a group, not ${describe(groupId)}`)
    return new ConsumerGroup(this.context, groupId)
  }

  /** All consumer groups that have members or committed offsets. */
  async groups(): Promise<readonly GroupDescription[]> {
    return this.cluster.groups()
  }

  /**
   * The transactions that are open, of this process and of remote producers, and the transactional ids that are known: who the producer
   * is, since when, where. An open transaction holds back readers of committed records in its partitions until it ends.
   */
  async transactions(): Promise<readonly TransactionDescription[]> {
    return this.cluster.transactions.list()
  }

  /** The queue of that name, created when it is not there. Values and results are json() unless a serde says otherwise. */
  async queue<V = unknown, R = unknown>(name: string, options?: QueueOptions<V>): Promise<Queue<V, R>> {
    this.checkOpen()
    return Queue.open<V, R>(this.context, name, options)
  }

  /**
   * Opens a listener that Kafka's clients connect to, on this machine alone and any free port unless told otherwise. Resolves when they
   * can connect. It is closed with the broker. INVALID_ARGUMENT, LISTEN_FAILED (the port is taken), NOT_SUPPORTED (in a browser).
   */
  async listen(options?: ListenOptions): Promise<Listener> {
    this.checkOpen()
    const listener = await openListener(this.cluster, options)
    // The broker may have begun to close meanwhile.
    try {
      const forget = this.track({ close: () => listener.close() })
      listener.closed.then(forget)
    } catch (error) {
      await listener.close()
      throw error
    }
    return listener
  }

  /** Resolves when nothing is in flight anywhere: no send, no fetch that has data, no handler, no commit. */
  async idle(options?: WaitOptions): Promise<void> {
    checkOptions('idle()', options, WAIT_RULES)
    await abortable(this.quiet(), options?.signal)
  }

  /** Closes every client made here (what is left to send is sent), then the cluster and its storage. Idempotent. */
  async close(options?: WaitOptions): Promise<void> {
    checkOptions('close()', options, WAIT_RULES)
    this.closing ??= this.closeAll()
    await abortable(this.closing, options?.signal)
  }

  [asyncDispose](): Promise<void> {
    return this.close()
  }

  private async describeOrCreate(
    name: string,
    options: TopicOptions<unknown, unknown>,
    config: ReturnType<typeof checkTopicOptions>,
  ): Promise<TopicDescription> {
    const { partitions, replicationFactor, create = true } = options
    try {
      return await this.cluster.topic(name)
    } catch (error) {
      if (!create || !KafkaliteError.is(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
    }
    try {
      return await this.cluster.createTopic(name, { partitions, replicationFactor, config })
    } catch (error) {
      // Somebody was faster, which is as good.
      if (!KafkaliteError.is(error, 'TOPIC_ALREADY_EXISTS')) throw error
      return this.cluster.topic(name)
    }
  }

  /** The producer of all `topic.send()`. */
  private sharedProducer(): Producer {
    this.checkOpen()
    this.ownProducer ??= new Producer(this.context)
    return this.ownProducer
  }

  private track(client: Closable): () => void {
    this.checkOpen()
    this.clients.add(client)
    return () => this.clients.delete(client)
  }

  private checkOpen(): void {
    if (this.closing !== undefined) throw new KafkaliteError('CLOSED', 'The broker is closed')
  }

  private listenToCluster(): void {
    const { events } = this.cluster
    events.on('topicCreated', (name) => this.emit('topicCreated', name))
    events.on('topicDeleted', (name) => {
      this.context.serdes.delete(name)
      this.emit('topicDeleted', name)
    })
    events.on('cleaned', (cleaned) => this.emit('cleaned', cleaned))
    events.on('error', (error) => reportError(this, error))
  }

  private async quiet(): Promise<void> {
    const { work } = this.context
    for (;;) {
      const { total } = work
      await work.quiet()
      await this.cluster.idle()
      // What has just ended may set off something else a few promises later, a waiting fetch for instance.
      for (let turn = 0; turn < QUIET_TURNS; turn++) await undefined
      if (work.total === total && work.isQuiet) return
    }
  }

  private async closeAll(): Promise<void> {
    const failures: unknown[] = []
    const closeThese = async (clients: readonly Closable[]): Promise<void> => {
      const outcomes = await Promise.allSettled(clients.map((client) => client.close()))
      for (const outcome of outcomes) if (outcome.status === 'rejected') failures.push(outcome.reason)
    }
    // Those that read first: their handlers may still be sending.
    await closeThese([...this.clients].filter((client) => !(client instanceof Producer)))
    await closeThese([...this.clients])
    await this.cluster.close()
    this.emit('closed')
    for (const reason of failures)
      reportError(
        this,
        KafkaliteError.is(reason) ? reason : new KafkaliteError('INVALID_STATE', 'A client did not close', { cause: reason }),
      )
  }
}

function embedded(options: BrokerOptions | undefined): EmbeddedCluster {
  return new EmbeddedCluster({
    ...options,
    storage: options?.storage ?? new MemoryStorage(),
    clock: options?.clock ?? new SystemClock(),
    random: options?.random ?? Math.random,
    flush: options?.flush ?? 'os',
    flushIntervalMs: options?.flushIntervalMs ?? 1000,
    autoCreateTopics: options?.autoCreateTopics ?? true,
    topicDefaults: options?.topicDefaults ?? {},
  })
}
