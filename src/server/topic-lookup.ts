// Topics as requests name them: by name in old versions, by id in new ones, and each has its own error when it is not there.

import type { TopicDescription, TopicPartition } from '../core/cluster.js'
import { ERROR_CODES } from '../protocol/error-codes.js'
import type { BrokerView } from './broker-view.js'

export interface FoundTopic {
  readonly topic: TopicDescription | undefined
  /** Why there is none; 0 when there is. */
  readonly errorCode: number
}

export async function findTopic(broker: BrokerView, name: string, id: string, isById: boolean): Promise<FoundTopic> {
  const topic = await (isById ? broker.topicById(id) : broker.topicNamed(name))
  if (topic !== undefined) return { topic, errorCode: ERROR_CODES.NONE }
  return { topic, errorCode: isById ? ERROR_CODES.UNKNOWN_TOPIC_ID : ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION }
}

/** The partitions of each topic. */
export function byTopic(places: readonly TopicPartition[]): ReadonlyMap<string, readonly number[]> {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of places) {
    const there = topics.get(topic)
    if (there === undefined) topics.set(topic, [partition])
    else there.push(partition)
  }
  return topics
}

/** Partitions of a topic that is named by its id. */
export interface PartitionsOfTopic {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** By the ids of their topics; those that are gone are left out. */
export async function identified(broker: BrokerView, places: readonly TopicPartition[]): Promise<readonly PartitionsOfTopic[]> {
  return (await assignmentOf(broker, places)).topicPartitions.map(({ topicId, partitions }) => ({ topicId, partitions }))
}

/** With ids and names of their topics; those that are gone are left out. */
export async function assignmentOf(
  broker: BrokerView,
  places: readonly TopicPartition[],
): Promise<{ readonly topicPartitions: readonly (PartitionsOfTopic & { readonly topicName: string })[] }> {
  const topicPartitions: (PartitionsOfTopic & { readonly topicName: string })[] = []
  for (const [topicName, partitions] of byTopic(places)) {
    const topic = await broker.topicNamed(topicName)
    if (topic !== undefined) topicPartitions.push({ topicId: topic.id, topicName, partitions })
  }
  return { topicPartitions }
}
