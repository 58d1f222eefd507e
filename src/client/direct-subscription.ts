// Partitions without a group: all of the topics that were asked for, also those that come later, or exactly the ones that the user
// assigned. Nobody takes them away. A consumer with assigned partitions and a groupId keeps its place under that id.

import type { OffsetToCommit, TopicPartition } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import { isPromise } from '../lib/awaitable.js'
import { createMissing, partitionsNow, type Subscription, type SubscriptionHost, type TopicChoice } from './subscription.js'

/** All partitions of the topics. */
export class DirectSubscription<V, K> implements Subscription {
  private starting: Promise<void> | null = null
  isReady = false
  private known: ReadonlyMap<string, number> = new Map()
  private readonly onTopics = (): void => void this.follow().catch((error: unknown) => this.host.news.error(error))

  constructor(
    private readonly host: SubscriptionHost<V, K>,
    private topics: TopicChoice,
  ) {}

  ready(): Promise<void> | null {
    if (this.isReady) return null
    this.starting ??= this.start().finally(() => {
      this.starting = null
    })
    return this.starting
  }

  change(topics: TopicChoice): void {
    this.topics = topics
    this.isReady = false
  }

  member(): undefined {}

  polled(): void {}

  refresh(): void {
    const { assignment, context } = this.host
    const counts = new Map<string, number>()
    for (const { topic } of assignment) counts.set(topic, (counts.get(topic) ?? 0) + 1)
    for (const [name, count] of counts) {
      try {
        const topic = context.cluster.topic(name)
        if (isPromise(topic))
          topic.then(
            () => {},
            () => {},
          )
        else if (topic.partitions > count) return this.onTopics()
      } catch {
        // It was deleted: the fetch says so.
      }
    }
  }

  commit(): Promise<void> {
    return Promise.reject(new KafkaliteError('INVALID_GROUP_ID', 'A consumer without groupId has nowhere to commit'))
  }

  async close(): Promise<void> {
    const { events } = this.host.context.cluster
    events.off('topicCreated', this.onTopics)
    events.off('topicDeleted', this.onTopics)
  }

  private async start(): Promise<void> {
    const { context } = this.host
    await createMissing(context, this.topics)
    this.known = await partitionsNow(context)
    if (this.host.closing) return
    await this.close()
    context.cluster.events.on('topicCreated', this.onTopics)
    context.cluster.events.on('topicDeleted', this.onTopics)
    const { topics } = this
    await this.follow()
    // The topics may have been changed in between.
    if (topics === this.topics) this.isReady = true
    else await this.start()
  }

  /** Takes what is there and not yet read, and lets go of what is gone. */
  private async follow(): Promise<void> {
    const { assignment, context, news } = this.host
    const wanted: TopicPartition[] = []
    for (const { name, partitions, internal } of await context.cluster.topics()) {
      if (internal ? !isNamed(this.topics, name) : !matches(this.topics, name)) continue
      for (let partition = 0; partition < partitions; partition++) wanted.push({ topic: name, partition })
    }
    if (this.host.closing) return
    const names = new Set(wanted.map(({ topic, partition }) => `${topic}-${partition}`))
    const surplus = [...assignment].filter(({ topic, partition }) => !names.has(`${topic}-${partition}`))
    const places = assignment.add(wanted)
    if (surplus.length > 0) {
      news.revoked(surplus.map(({ topic, partition }) => ({ topic, partition })))
      assignment.remove(surplus)
    }
    if (places.length === 0) return
    await assignment.fix(places, ({ topic, partition }) => partition >= (this.known.get(topic) ?? 0))
    news.assigned(places.map(({ topic, partition }) => ({ topic, partition })))
    this.host.wake()
  }
}

function isNamed(topics: TopicChoice, name: string): boolean {
  return !(topics instanceof RegExp) && topics.includes(name)
}

function matches(topics: TopicChoice, name: string): boolean {
  if (!(topics instanceof RegExp)) return topics.includes(name)
  return new RegExp(`^(?:${topics.source})$`, topics.flags.replace(/[gy]/g, '')).test(name)
}

/** Exactly these partitions. */
export class ManualSubscription<V, K> implements Subscription {
  private starting: Promise<void> | null = null
  isReady = false

  constructor(
    private readonly host: SubscriptionHost<V, K>,
    private readonly partitions: readonly TopicPartition[],
  ) {}

  ready(): Promise<void> | null {
    if (this.isReady) return null
    this.starting ??= this.start().finally(() => {
      this.starting = null
    })
    return this.starting
  }

  change(): void {
    throw new KafkaliteError('INVALID_STATE', 'assign() and subscribe() exclude each other')
  }

  polled(): void {}

  refresh(): void {}

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    const { groupId } = this.host.settings
    if (groupId === undefined) throw new KafkaliteError('INVALID_GROUP_ID', 'A consumer without groupId has nowhere to commit')
    await this.host.context.cluster.commitOffsets(groupId, offsets)
  }

  member(): undefined {}

  async close(): Promise<void> {}

  private async start(): Promise<void> {
    const { assignment, context, news } = this.host
    for (const { topic, partition } of this.partitions) {
      const { partitions } = await context.cluster.topic(topic, { create: true })
      if (partition < partitions) continue
      throw new KafkaliteError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Topic "${topic}" has ${partitions} partitions, so there is no partition ${partition}`,
      )
    }
    const places = assignment.add(this.partitions)
    await assignment.fix(places, () => false)
    this.isReady = true
    if (places.length > 0) news.assigned(places.map(({ topic, partition }) => ({ topic, partition })))
  }
}
