// What poll(), run() and iteration have in common: the assignment, the fetcher, the committer and the subscription of one consumer,
// and how it sleeps and ends. It knows nothing of handlers; the three ways of reading stand on it.

import type { Cluster, Isolation, OffsetToCommit, TopicPartition } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import type { Awaitable } from '../lib/awaitable.js'
import type { Clock, Timer } from '../lib/clock.js'
import { Assignment, type AssignmentHost } from './assignment.js'
import type { ClientContext } from './client-context.js'
import { Committer, type CommitterHost } from './committer.js'
import type { ConsumerNews } from './consumer-events.js'
import type { ConsumerSettings } from './consumer-options.js'
import { EventLoopSlice } from '../lib/event-loop-slice.js'
import { Fetcher, type FetcherHost } from './fetcher.js'
import { enlist } from './group-watch.js'
import type { PartitionPlace } from './partition-place.js'
import type { SerdePair } from './serde.js'
import type { Subscription, SubscriptionHost } from './subscription.js'
import { Wakeup } from './wakeup.js'

export class ConsumerEngine<V, K> implements AssignmentHost<V, K>, FetcherHost<V, K>, CommitterHost, SubscriptionHost<V, K> {
  readonly cluster: Cluster
  readonly isolation: Isolation
  readonly clock: Clock
  readonly intervalMs: number
  readonly auto: boolean
  readonly assignment: Assignment<V, K> = new Assignment<V, K>(this)
  readonly fetcher: Fetcher<V, K> = new Fetcher<V, K>(this)
  readonly committer: Committer
  readonly wakeup = new Wakeup()
  readonly slice: EventLoopSlice
  subscription: Subscription | null = null
  closing = false
  /** Why the consumer cannot go on. */
  fatal: unknown
  /** Under run() what is handed out is not done until its handler says so; elsewhere positions count. */
  running = false
  private readonly typed = new Map<string, SerdePair<V, K>>()
  private readonly delist: () => void
  /** Something was handed out, or the assignment changed, since the last 'caughtUp'. */
  private behind = true
  private idle = false
  private idleTimer: Timer | null = null

  constructor(
    readonly context: ClientContext,
    readonly settings: ConsumerSettings<V, K>,
    readonly news: ConsumerNews<V, K>,
  ) {
    this.cluster = context.cluster
    this.clock = context.clock
    this.isolation = settings.isolation
    this.auto = settings.autoCommit
    this.intervalMs = settings.autoCommitIntervalMs
    this.slice = new EventLoopSlice(context.clock)
    this.committer = new Committer(this)
    this.delist = settings.groupId === undefined ? () => {} : enlist(this.cluster, settings.groupId, this.committer)
  }

  // ---- what the parts ask

  typeTopic(name: string, serdes: SerdePair<V, K>): void {
    this.typed.set(name, serdes)
  }

  serdesOf(topic: string): SerdePair<V, K> {
    return this.typed.get(topic) ?? (this.context.serdes.forConsumer(topic, this.settings.value, this.settings.key) as SerdePair<V, K>)
  }

  placesChanged(): void {
    this.behind = true
    this.fetcher.setPlaces(this.assignment)
    this.wake()
  }

  pin(offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.subscription === null ? Promise.resolve() : this.subscription.commit(offsets)
  }

  outOfRange(place: PartitionPlace<V, K>, error: KafkaliteError): void {
    this.news.error(error)
    void this.assignment.reset(place)
  }

  arrived(): void {
    this.wake()
  }

  failed(error: unknown): void {
    if (this.closing) return
    if (KafkaliteError.is(error, 'CLOSED')) this.fail(error)
    else this.news.error(error)
    this.wake()
  }

  fail(error: unknown): void {
    if (this.closing) return
    this.fatal ??= error
    this.wake()
  }

  uncommitted(): OffsetToCommit[] {
    const offsets: OffsetToCommit[] = []
    for (const place of this.assignment) {
      const { committable, committed } = place
      // A start that is fixed but from which nothing was done is no progress.
      const isProgress = committed >= 0 || committable !== place.start
      if (committable >= 0 && committable !== committed && isProgress)
        offsets.push({ topic: place.topic, partition: place.partition, offset: committable })
    }
    return offsets
  }

  send(offsets: readonly OffsetToCommit[]): Awaitable<void> {
    return this.requireSubscription().commit(offsets)
  }

  sent(offsets: readonly OffsetToCommit[]): void {
    for (const offset of offsets) {
      const place = this.assignment.find(offset)
      if (place === undefined) continue
      place.committed = offset.offset
      if (!this.running && offset.offset >= place.position) place.settle()
    }
  }

  wake(): void {
    this.wakeup.wake()
  }

  // ---- giving partitions back

  async giveBack(partitions: readonly TopicPartition[]): Promise<boolean> {
    const places = partitions.map((partition) => this.assignment.find(partition)).filter((place) => place !== undefined)
    for (const place of places) {
      place.revoking = true
      place.fetched = null
    }
    this.fetcher.interrupt()
    this.wake()
    await Promise.all(places.map((place) => place.quiet()))
    if (places.some(({ gone }) => gone)) return false
    this.news.revoked(partitions)
    if (this.auto) await this.committer.commitDone().catch((error: unknown) => this.news.error(error))
    await this.committer.settled()
    if (places.some(({ gone }) => gone)) return false
    this.assignment.remove(places)
    return true
  }

  drop(partitions: readonly TopicPartition[], error: KafkaliteError): void {
    const places = [...this.assignment]
    for (const place of places) place.abort(error)
    this.assignment.remove(places)
    if (this.closing) return
    this.news.lost(partitions)
    this.news.error(error)
  }

  // ---- what the ways of reading use

  requireSubscription(): Subscription {
    if (this.subscription !== null) return this.subscription
    throw new KafkaliteError('INVALID_STATE', 'The consumer has no topics: give topics, or call subscribe() or assign() first')
  }

  /** Throws what ended the consumer. CLOSED. */
  check(): void {
    if (this.fatal !== undefined) throw this.fatal
    if (this.closing) throw new KafkaliteError('CLOSED', 'The consumer is closed')
  }

  /** null when the consumer has its partitions, else resolves when it has. */
  ready(): Promise<void> | null {
    return this.requireSubscription().ready()
  }

  /** null when the consumer has its partitions, else how to get them. */
  joining(): (() => Promise<void>) | null {
    const subscription = this.requireSubscription()
    return subscription.isReady ? null : () => subscription.ready() ?? Promise.resolve()
  }

  /** Everything that was handed out is done: the consumer asks for more. */
  settleHandedOut(): void {
    let some = false
    for (const place of this.assignment) {
      if (place.settled === place.position) continue
      place.settle()
      some = true
    }
    if (some) this.committer.progressed()
  }

  /** Something is handed out. */
  handedOut(): void {
    this.behind = true
  }

  /** Asks for what is there now, with a turn for others when this has gone on for long. */
  fetchNow(): Awaitable<boolean> {
    return this.slice.isOver ? this.slice.giveTurn().then(() => this.fetcher.fetchNow()) : this.fetcher.fetchNow()
  }

  /** There is nothing now: leaves a request open. `worked` says that nothing that was handed out is still in work. */
  listen(worked: boolean): void {
    this.subscription?.refresh()
    if (worked && this.behind && this.isCaughtUp()) {
      this.behind = false
      this.news.caughtUp()
    }
    this.fetcher.listen()
  }

  /** Sleeps until something happens. While it sleeps idle, the member counts as polling. */
  async sleep(idle: boolean): Promise<void> {
    if (idle) this.beIdle()
    await this.wakeup.sleep()
    if (this.idle) this.subscription?.polled()
    this.idle = false
  }

  /** Ends everything but what is in work. */
  beginClose(): void {
    this.closing = true
    this.fetcher.interrupt()
    this.idleTimer?.cancel()
    this.idleTimer = null
    this.wake()
  }

  /** Commits what is done, tells, and leaves. Never fails: what goes wrong is reported. */
  async finishClose(): Promise<void> {
    const { assignment, committer, news, settings, subscription } = this
    const partitions = assignment.list()
    if (partitions.length > 0 && settings.groupId !== undefined) news.revoked(partitions)
    if (this.auto && subscription !== null) await committer.commitDone().catch((error: unknown) => news.error(error))
    await committer.settled()
    committer.close()
    assignment.remove([...assignment])
    await subscription?.close().catch((error: unknown) => news.error(error))
    this.fetcher.interrupt()
    this.delist()
  }

  private isCaughtUp(): boolean {
    for (const place of this.assignment) if (!place.isFixed || (place.fetched !== null && !place.paused)) return false
    return true
  }

  /** One timer that looks every half interval, instead of one set for every sleep. */
  private beIdle(): void {
    this.idle = true
    if (this.idleTimer !== null || this.settings.groupId === undefined) return
    const arm = (): void => {
      this.idleTimer = this.clock.setTimer(this.clock.now() + Math.max(1, Math.floor(this.settings.maxPollIntervalMs / 2)), () => {
        this.idleTimer = null
        if (!this.idle || this.closing) return
        this.subscription?.polled()
        arm()
      })
    }
    arm()
  }
}
