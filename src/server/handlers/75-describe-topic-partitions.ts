// DescribeTopicPartitions: topics in the order of their names, page by page. A page ends when it has as many partitions as it may; its
// cursor says where the next one begins, also when what begins there is no topic.

import type { TopicDescription } from '../../core/cluster.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '../../protocol/messages/75-describe-topic-partitions.js'
import { TOPIC_OPERATIONS } from '../authorized-operations.js'
import { type BrokerView, NODE_ID } from '../broker-view.js'
import { handler } from '../handler.js'
import { leaderEpochOf } from '../leader-epoch.js'

type TopicAnswer = Outgoing<DescribeTopicPartitionsResponse['topics'][number]>

/** Partitions in a page at the most. Kafka: max.request.partition.size.limit */
const PAGE_PARTITIONS_MAX = 2000
const NODES = [NODE_ID]

export const describeTopicPartitions = handler({
  request: describeTopicPartitionsRequest,
  response: describeTopicPartitionsResponse,
  first: 0,
  last: 0,
  async handle(request, { broker }) {
    const { topics, cursor, responsePartitionLimit } = request
    if (isAstray(request)) return { topics: topics.map(({ name }) => ({ name, errorCode: ERROR_CODES.INVALID_REQUEST })) }
    return page(await described(request, broker), broker, cursor, Math.min(Math.max(responsePartitionLimit, 1), PAGE_PARTITIONS_MAX))
  },
})

/** Whether the cursor is at no place of what is asked for. */
export function isAstray({ topics, cursor }: DescribeTopicPartitionsRequest): boolean {
  if (cursor === null) return false
  return cursor.partitionIndex < 0 || (topics.length > 0 && !topics.some(({ name }) => name === cursor.topicName))
}

/** A topic, or why there is none: an error's number. */
type Found = readonly [name: string, topic: TopicDescription | number]

/** What is asked for, from the cursor on, in the order of the names. */
async function described({ topics, cursor }: DescribeTopicPartitionsRequest, { cluster }: BrokerView): Promise<readonly Found[]> {
  const found = new Map<string, TopicDescription | number>()
  if (topics.length === 0) for (const topic of await cluster.topics()) found.set(topic.name, topic)
  for (const { name } of topics) {
    try {
      found.set(name, await cluster.topic(name))
    } catch (error) {
      found.set(name, errorCodeOf(error))
    }
  }
  const from = cursor?.topicName ?? ''
  return [...found].filter(([name]) => name >= from).sort(([a], [b]) => (a < b ? -1 : 1))
}

function page(
  topics: readonly Found[],
  broker: BrokerView,
  cursor: DescribeTopicPartitionsRequest['cursor'],
  limit: number,
): Outgoing<DescribeTopicPartitionsResponse> {
  const answers: TopicAnswer[] = []
  let left = limit
  for (const [topicName, topic] of topics) {
    if (left === 0) return { topics: answers, nextCursor: { topicName, partitionIndex: 0 } }
    if (typeof topic === 'number') {
      answers.push({ name: topicName, errorCode: topic, topicAuthorizedOperations: TOPIC_OPERATIONS })
      continue
    }
    const from = topicName === cursor?.topicName ? cursor.partitionIndex : 0
    const to = Math.min(topic.partitions, from + left)
    answers.push(describe(topic, broker, from, Math.max(to - from, 0)))
    if (to < topic.partitions) return { topics: answers, nextCursor: { topicName, partitionIndex: to } }
    left -= Math.max(to - from, 0)
  }
  return { topics: answers }
}

function describe({ name, id, internal }: TopicDescription, { cluster }: BrokerView, from: number, count: number): TopicAnswer {
  return {
    name,
    topicId: id,
    isInternal: internal,
    topicAuthorizedOperations: TOPIC_OPERATIONS,
    partitions: Array.from({ length: count }, (_, index) => ({
      partitionIndex: from + index,
      leaderId: NODE_ID,
      leaderEpoch: leaderEpochOf(cluster, { topic: name, partition: from + index }),
      replicaNodes: NODES,
      isrNodes: NODES,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    })),
  }
}
