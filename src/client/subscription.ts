// How a consumer comes by its partitions: as a member of a group, by itself because it reads all of its topics, or by being told.
// The consumer does not care which: it starts the subscription, waits until it is ready, and hears what comes and goes.

import type { OffsetToCommit, TopicPartition } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import type { Assignment } from './assignment.js'
import type { ConsumerNews } from './consumer-events.js'
import type { ClientContext } from './client-context.js'
import type { ConsumerSettings } from './consumer-options.js'

/** What to read: names, or a pattern that the whole name must match. */
export type TopicChoice = readonly string[] | RegExp

export interface Subscription {
  readonly isReady: boolean
  /** null when the partitions are there and their starts are fixed, else resolves when they are. Joins (again) when it has to. */
  ready(): Promise<void> | null
  /** Other topics from now on. */
  change(topics: TopicChoice): void
  /** The consumer asked for records, or sleeps until there are some. */
  polled(): void
  /** A look at whether there are new partitions; cheap. */
  refresh(): void
  commit(offsets: readonly OffsetToCommit[]): Promise<void>
  /** Who the consumer is in its group; undefined when it is no member because it was told its partitions. UNKNOWN_MEMBER_ID when it is out. */
  member(): { readonly memberId: string } | undefined
  /** Leaves. The consumer has given up its places before. */
  close(): Promise<void>
}

/** What a subscription sees of its consumer. */
export interface SubscriptionHost<V, K> {
  readonly context: ClientContext
  readonly settings: ConsumerSettings<V, K>
  readonly assignment: Assignment<V, K>
  readonly news: ConsumerNews<V, K>
  readonly closing: boolean
  /** Resolves when the partitions are worked off, told as revoked, committed and no longer read. False when they were lost in between. */
  giveBack(partitions: readonly TopicPartition[]): Promise<boolean>
  /** The partitions belong to others already. */
  drop(partitions: readonly TopicPartition[], error: KafkaliteError): void
  /** The subscription cannot go on. */
  fail(error: unknown): void
  wake(): void
}

/** The partitions there are now, by topic: those that come later are new. */
export async function partitionsNow(context: ClientContext): Promise<ReadonlyMap<string, number>> {
  return new Map((await context.cluster.topics()).map(({ name, partitions }) => [name, partitions]))
}

/** Creates the named topics that are not there, as allow.auto.create.topics does, where the broker allows it. */
export async function createMissing(context: ClientContext, topics: TopicChoice): Promise<void> {
  if (topics instanceof RegExp) return
  for (const name of topics) {
    try {
      await context.cluster.topic(name, { create: true })
    } catch (error) {
      // It is read from the moment it is created.
      if (!KafkaliteError.is(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
    }
  }
}
