// Consumer: the face of reading. It checks what it is given and brings the parts together: the engine below, and one of the three
// ways of reading on top: poll(), run() and runBatch(), or iteration.

import { EventEmitter } from 'eventemitter3'
import { asyncDispose } from './async-dispose.js'
import type { Cluster, OffsetToCommit, TopicPartition } from '../core/cluster.js'
import { describe, KafkaliteError } from '../errors.js'
import type { Timer } from '../lib/clock.js'
import type { ClientContext } from './client-context.js'
import { ConsumerEngine } from './consumer-engine.js'
import { type ConsumerEvents, ConsumerNews } from './consumer-events.js'
import {
  checkPartitions,
  checkPollOptions,
  checkRunOptions,
  type ConsumerOptions,
  type ConsumerSettings,
  type Done,
  offsetsOf,
  type PollOptions,
  resolveConsumerOptions,
  type RunOptions,
} from './consumer-options.js'
import type { ConsumerRecord } from './consumer-record.js'
import { DeadLetters } from './dead-letters.js'
import { DirectSubscription, ManualSubscription } from './direct-subscription.js'
import { GroupSubscription } from './group-subscription.js'
import type { HandlerContext } from './handler-context.js'
import { checkOptions, invalid, WAIT_RULES } from './options-check.js'
import { RecordIterator } from './record-iterator.js'
import { RetryPolicy } from './retry-policy.js'
import { type Handler, Runner, secondWay } from './runner.js'
import { checkStartPosition, resolveStart, type StartPosition } from './start-position.js'
import type { TopicChoice } from './subscription.js'
import type { TypedTopic, WaitOptions } from './topic-types.js'

/** Any consumer, whatever the types of its topics. */
export interface TransactionalConsumer {
  /** @internal */
  transactionOffsets(cluster: Cluster, done: Done | undefined): TransactionOffsetsOf
}

/** The offsets of a consumer for a transaction to commit. */
export interface TransactionOffsetsOf {
  readonly groupId: string
  readonly offsets: readonly OffsetToCommit[]
  /** Who the consumer is in its group now. */
  member(): { readonly memberId: string } | undefined
  /** They are committed. */
  sent(): void
}

/** A run that was begun. `done` settles when it stopped: it rejects with the error of the record after 'stop'. */
export interface Run {
  /** Settles when the run has stopped. */
  readonly done: Promise<void>
}

/**
 * Reads topics: as a member of a group, which shares the partitions and remembers its place, or by itself. Read it in one way: with
 * poll(), with run() or runBatch(), or by iteration; a second way fails at once with INVALID_STATE.
 */
export class Consumer<V = unknown, K = string>
  extends EventEmitter<ConsumerEvents<V, K>>
  implements AsyncIterable<ConsumerRecord<V, K>>, AsyncDisposable
{
  private readonly engine: ConsumerEngine<V, K>
  private readonly settings: ConsumerSettings<V, K>
  private readonly untrack: () => void
  private way: string | null = null
  private polling = false
  /** Of the runner only what has no type of records. */
  private runner: Pick<Runner<V, K>, 'isCalling' | 'abandon'> | null = null
  private runDone: Promise<void> | null = null
  private closed: Promise<void> | null = null
  private assigned = false
  /** Closed, and nothing of it is left. */
  private isOver = false

  /** @internal Consumers are made by `broker.consumer()` and `topic.consumer()`. */
  constructor(
    private readonly context: ClientContext,
    options: ConsumerOptions<V, K> = {},
  ) {
    super()
    this.settings = resolveConsumerOptions(options)
    this.engine = new ConsumerEngine(context, this.settings, new ConsumerNews(this))
    if (options.topics !== undefined) this.choose(this.namesOf(options.topics, 'topics of consumer()'))
    this.untrack = context.track(this)
  }

  /**
   * Reads these topics from now on. Resolves when the consumer has its partitions and knows where each begins: what is sent after
   * that is seen. `INVALID_STATE` after assign().
   */
  async subscribe(topics: readonly (string | TypedTopic<V, K>)[] | RegExp): Promise<void> {
    this.engine.check()
    if (this.assigned) throw new KafkaliteError('INVALID_STATE', 'subscribe() and assign() exclude each other; this consumer uses assign()')
    const names = this.namesOf(topics, 'subscribe()')
    if (this.engine.subscription === null) this.choose(names)
    else this.engine.subscription.change(names)
    await this.engine.ready()
  }

  /** Reads exactly these partitions, without a group's help. With a groupId the place is kept under it. `INVALID_STATE` after subscribe(). */
  async assign(partitions: readonly TopicPartition[]): Promise<void> {
    this.engine.check()
    checkPartitions(partitions, 'assign()')
    const { engine } = this
    if (engine.subscription !== null && !this.assigned)
      throw new KafkaliteError('INVALID_STATE', 'assign() and subscribe() exclude each other; this consumer has topics')
    const names = new Set(partitions.map(({ topic, partition }) => `${topic}-${partition}`))
    engine.assignment.remove([...engine.assignment].filter(({ topic, partition }) => !names.has(`${topic}-${partition}`)))
    this.assigned = true
    engine.subscription = new ManualSubscription(
      engine,
      partitions.map(({ topic, partition }) => ({ topic, partition })),
    )
    await engine.ready()
  }

  /**
   * Pull. Resolves with the records that are there, or with the first that come, at the latest after `timeoutMs` (1000) with none.
   * With autoCommit the records of one poll count as done when the next poll begins, or at close.
   */
  async poll(options?: PollOptions): Promise<ConsumerRecord<V, K>[]> {
    checkPollOptions(options)
    const { engine } = this
    engine.check()
    options?.signal?.throwIfAborted()
    this.claim('poll()')
    engine.requireSubscription()
    if (this.polling) throw new KafkaliteError('INVALID_STATE', 'A poll() is under way on this consumer; one at a time')
    this.polling = true
    try {
      engine.settleHandedOut()
      engine.subscription?.polled()
      return await this.pollFor(options?.maxRecords ?? this.settings.maxPollRecords, options?.timeoutMs ?? 1000, options?.signal)
    } finally {
      this.polling = false
    }
  }

  /**
   * Push, record by record. Resolves when the member has its assignment; records go to the handler from then on. A record is done when
   * the handler returned or its promise resolved; an error goes the way of `onError`.
   */
  run(
    handler: (record: ConsumerRecord<V, K>, context: HandlerContext) => unknown,
    options?: RunOptions<ConsumerRecord<V, K>>,
  ): Promise<Run> {
    return this.start('run()', { kind: 'record', call: handler }, options)
  }

  /** Push, up to maxPollRecords records of one partition at a time. A batch that failed is tried again as a whole. */
  runBatch(
    handler: (records: readonly ConsumerRecord<V, K>[], context: HandlerContext) => unknown,
    options?: RunOptions<ConsumerRecord<V, K>>,
  ): Promise<Run> {
    return this.start('runBatch()', { kind: 'batch', records: this.settings.maxPollRecords, call: handler }, options)
  }

  /** Iteration: asking for the next record says that the one before is done; leaving the loop closes the consumer. */
  [Symbol.asyncIterator](): AsyncIterator<ConsumerRecord<V, K>, undefined> {
    this.engine.check()
    this.engine.requireSubscription()
    if (this.way === 'iteration') throw secondWay('iteration', 'a second iteration')
    this.claim('iteration')
    return new RecordIterator(this.engine, () => this.close())
  }

  /** The partitions that the consumer has now. */
  assignment(): readonly TopicPartition[] {
    return this.engine.assignment.list()
  }

  /**
   * Commits records with everything before them in their partitions, or offsets; without an argument what was handed out, and under run()
   * what is done. `INVALID_GROUP_ID` without a group, `FENCED_MEMBER_EPOCH` or `UNKNOWN_MEMBER_ID` when the partition belongs to another member.
   */
  async commit(done?: Done): Promise<void> {
    const { engine } = this
    this.requireGroup('commit()')
    // While it closes, handlers and listeners of 'revoked' may still commit what they did.
    if (this.isOver) engine.check()
    const offsets = done === undefined ? this.handedOut() : offsetsOf(done)
    if (offsets.length > 0 || engine.subscription === null) {
      engine.requireSubscription()
      await engine.committer.commit(offsets)
    } else if (done === undefined && engine.assignment.size === 0 && engine.subscription?.isReady === false)
      await engine.subscription.commit([])
  }

  /**
   * What a transaction is to commit for this consumer.
   * @internal Called by `tx.commitOffsets()`. INVALID_ARGUMENT, INVALID_GROUP_ID, INVALID_STATE.
   */
  transactionOffsets(cluster: Cluster, done: Done | undefined): TransactionOffsetsOf {
    const { engine, settings, context } = this
    const groupId = this.requireGroup('commitOffsets()')
    if (context.cluster !== cluster)
      throw invalid('The consumer of commitOffsets() belongs to another broker; a transaction is of one broker alone')
    if (settings.autoCommit) throw invalid('The consumer of commitOffsets() must have autoCommit: false, or it commits by itself as well')
    if (done === undefined && engine.running)
      throw new KafkaliteError('INVALID_STATE', 'Under run() and runBatch() commitOffsets() is told which records are done')
    const subscription = engine.requireSubscription()
    const offsets = done === undefined ? this.handedOut() : offsetsOf(done)
    if (engine.running) for (const offset of offsets) this.refuseToPass(offset)
    return { groupId, member: () => subscription.member(), offsets, sent: () => engine.sent(offsets) }
  }

  /** What the group has committed: of these partitions, or of those the consumer has. Partitions without a commit are left out. */
  async committed(partitions?: readonly TopicPartition[]): Promise<OffsetToCommit[]> {
    const groupId = this.requireGroup('committed()')
    if (partitions !== undefined) checkPartitions(partitions, 'committed()')
    return [...(await this.context.cluster.committedOffsets(groupId, partitions ?? this.assignment()))]
  }

  /** The offset of the next record that is handed out. `INVALID_STATE` when the partition is not assigned. */
  position(partition: TopicPartition): number {
    checkPartitions([partition], 'position()')
    const place = this.engine.assignment.get(partition)
    if (place.isFixed) return place.position
    throw new KafkaliteError('INVALID_STATE', `The start of ${place.topic}-${place.partition} is not fixed yet; wait for 'assigned'`)
  }

  /** Goes on at an offset or a start position. `INVALID_STATE` when the partition is not assigned. */
  async seek(partition: TopicPartition, to: number | StartPosition): Promise<void> {
    this.engine.check()
    checkPartitions([partition], 'seek()')
    if (typeof to === 'number') {
      if (!Number.isSafeInteger(to) || to < 0) throw invalid(`seek() takes an offset from 0, got ${describe(to)}`)
    } else checkStartPosition(to, 'the position of seek()')
    const { engine } = this
    await engine.ready()
    const place = engine.assignment.get(partition)
    const offset = typeof to === 'number' ? to : await resolveStart(this.context.cluster, place, to, this.settings.isolation)
    engine.assignment.get(partition).moveTo(offset)
    engine.placesChanged()
  }

  /** Hands out nothing of these partitions (of all) until resume(). Positions stay; the member stays in the group. */
  pause(partitions?: readonly TopicPartition[]): void {
    for (const place of this.placesOf(partitions, 'pause()')) place.paused = true
  }

  /** Takes up again what was paused: these partitions, or all. Pausing what is not assigned is an error, resuming is not. */
  resume(partitions?: readonly TopicPartition[]): void {
    for (const place of this.placesOf(partitions, 'resume()')) place.paused = false
    this.engine.placesChanged()
  }

  /** How many offsets lie between the consumer's positions and the ends of its partitions. */
  async lag(): Promise<number> {
    let lag = 0
    for (const place of [...this.engine.assignment]) {
      if (!place.isFixed) continue
      const end = await this.context.cluster.offset(place, 'latest', this.settings.isolation)
      lag += Math.max(0, (end?.offset ?? 0) - place.position)
    }
    return lag
  }

  /**
   * Aborts the signal of running handlers, waits for them, commits what is done (with autoCommit) and leaves the group. Idempotent.
   * A handler that never returns is waited for until `signal` is aborted; its record is then left uncommitted and comes again. Called by
   * a handler before its first await, it resolves as soon as closing has begun, because the handler cannot be waited for.
   */
  close(options?: WaitOptions): Promise<void> {
    checkOptions('close()', options, WAIT_RULES)
    const isOwnHandler = this.runner?.isCalling === true
    this.closed ??= this.end()
    const signal = options?.signal
    if (signal !== undefined) {
      const abandon = (): void => this.runner?.abandon()
      if (signal.aborted) abandon()
      else signal.addEventListener('abort', abandon, { once: true })
      const { closed } = this
      return closed.finally(() => signal.removeEventListener('abort', abandon))
    }
    return isOwnHandler ? Promise.resolve() : this.closed
  }

  [asyncDispose](): Promise<void> {
    return this.close()
  }

  private async end(): Promise<void> {
    const { engine } = this
    engine.beginClose()
    for (const place of engine.assignment) place.abort(new KafkaliteError('CLOSED', 'The consumer is closing'))
    if (this.runDone !== null) await this.runDone.catch(() => {})
    else if (this.way === 'poll()') engine.settleHandedOut()
    await engine.finishClose()
    this.isOver = true
    this.untrack()
  }

  private async start(name: string, handler: Handler<V, K>, options: RunOptions<ConsumerRecord<V, K>> | undefined): Promise<Run> {
    const { engine } = this
    if (typeof handler.call !== 'function') throw invalid(`${name} takes a handler, a function; got ${describe(handler.call)}`)
    checkRunOptions(options as RunOptions<never> | undefined, name)
    const policy = new RetryPolicy(options?.onError, this.context.random)
    engine.check()
    engine.requireSubscription()
    if (this.way !== null) throw secondWay(this.way, name)
    this.claim(name)
    engine.running = true
    await engine.ready()
    engine.check()
    const deadLetters = new DeadLetters(this.context.cluster, this.settings.groupId, policy.deadLetterTopic)
    const runner = new Runner({ engine, handler, concurrency: options?.concurrency ?? 1, policy, deadLetters, random: this.context.random })
    this.runner = runner
    this.runDone = runner.run()
    const done = this.runDone.then(
      () => this.close(),
      async (error: unknown) => {
        await this.close()
        throw error
      },
    )
    done.catch(() => {})
    return { done }
  }

  private async pollFor(max: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<ConsumerRecord<V, K>[]> {
    const { engine, context } = this
    const untilMs = context.clock.now() + timeoutMs
    let timer: Timer | null = null
    let timedOut = false
    const wake = (): void => engine.wake()
    const limit = (): void => {
      if (timer !== null || timeoutMs === Infinity) return
      const timeOut = (): void => {
        timedOut = true
        engine.wake()
      }
      timer = context.clock.setTimer(untilMs, timeOut, { holds: true })
    }
    signal?.addEventListener('abort', wake, { once: true })
    try {
      for (;;) {
        const joining = engine.joining()
        if (joining !== null) {
          limit()
          await this.join(joining, () => timedOut || signal?.aborted === true)
        }
        signal?.throwIfAborted()
        if (engine.closing && engine.fatal === undefined) return []
        engine.check()
        const records = await this.takeNow(max)
        if (records.length > 0 || timedOut || timeoutMs === 0) return records
        limit()
        engine.listen(true)
        await engine.sleep(true)
      }
    } finally {
      ;(timer as Timer | null)?.cancel()
      signal?.removeEventListener('abort', wake)
      engine.fetcher.interrupt()
    }
  }

  /** Waits for the assignment, or until the wait is over: joining then goes on in the background. */
  private async join(joining: () => Promise<void>, isOver: () => boolean): Promise<void> {
    const { engine } = this
    let settled = false
    const joined = joining().finally(() => {
      settled = true
      engine.wake()
    })
    joined.catch(() => {})
    while (!settled && !isOver() && !engine.closing) await engine.sleep(true)
    if (settled) await joined
  }

  private async takeNow(max: number): Promise<ConsumerRecord<V, K>[]> {
    const { engine } = this
    let records = engine.fetcher.take(max)
    while (records.length === 0 && (await engine.fetchNow())) records = engine.fetcher.take(max)
    if (records.length === 0) {
      const failure = engine.fetcher.failure()
      if (failure !== undefined) throw failure
    } else engine.handedOut()
    return records as ConsumerRecord<V, K>[]
  }

  private claim(way: string): void {
    if (this.way !== null && this.way !== way) throw secondWay(this.way, way)
    this.way = way
  }

  private choose(topics: TopicChoice): void {
    const { engine, settings } = this
    engine.subscription =
      settings.groupId === undefined ? new DirectSubscription(engine, topics) : new GroupSubscription(engine, settings.groupId, topics)
  }

  private namesOf(topics: readonly (string | TypedTopic<V, K>)[] | RegExp, owner: string): TopicChoice {
    if (topics instanceof RegExp) return topics
    if (!Array.isArray(topics)) throw invalid(`${owner} must be a list of topics or names, or a RegExp, not ${describe(topics)}`)
    const names = (topics as readonly (string | TypedTopic<V, K>)[]).map((topic) => {
      if (typeof topic === 'string' && topic !== '') return topic
      const typed = topic as Partial<TypedTopic<V, K>> | null
      if (typeof typed !== 'object' || typeof typed?.name !== 'string' || typed.serdes === undefined) {
        throw invalid(`${owner} must be a list of topics or names; one entry is ${describe(topic)}`)
      }
      this.engine.typeTopic(typed.name, typed.serdes)
      return typed.name
    })
    return [...new Set(names)]
  }

  private placesOf(partitions: readonly TopicPartition[] | undefined, owner: string) {
    if (partitions === undefined) return [...this.engine.assignment]
    checkPartitions(partitions, owner)
    return partitions.map((partition) => this.engine.assignment.get(partition))
  }

  /** The offsets of a commit without argument. */
  private handedOut(): OffsetToCommit[] {
    const offsets: OffsetToCommit[] = []
    for (const place of this.engine.assignment) {
      const offset = this.engine.running ? place.committable : place.position
      if (offset >= 0 && offset !== place.committed) offsets.push({ topic: place.topic, partition: place.partition, offset })
    }
    return offsets
  }

  /** An offset says that everything before it is done. */
  private refuseToPass({ topic, partition, offset }: OffsetToCommit): void {
    const first = this.engine.assignment.find({ topic, partition })?.unfinished.first
    if (first === undefined || first >= offset - 1) return
    throw new KafkaliteError(
      'INVALID_STATE',
      `Record ${first} of ${topic}-${partition} is not done, so offset ${offset} cannot be committed; use concurrency 1 and onError: { strictOrder: true }`,
    )
  }

  private requireGroup(what: string): string {
    const { groupId } = this.settings
    if (groupId === undefined) throw new KafkaliteError('INVALID_GROUP_ID', `${what} needs a consumer with a groupId`)
    return groupId
  }
}
