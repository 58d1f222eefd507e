// DescribeShareGroupOffsets: where share groups stand in the partitions, and how many records are not finished there.

import type { SharePlace } from '../../core/share-group-port.js'
import { ERROR_CODES, errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsResponse,
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
} from '../../protocol/messages/90-describe-share-group-offsets.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'
import { leaderEpochOf } from '../leader-epoch.js'

type Group = Outgoing<DescribeShareGroupOffsetsResponse['groups'][number]>
type Topic = Outgoing<DescribeShareGroupOffsetsResponse['groups'][number]['topics'][number]>

export const describeShareGroupOffsets = handler({
  request: describeShareGroupOffsetsRequest,
  response: describeShareGroupOffsetsResponse,
  first: 0,
  last: 1,
  async handle({ groups }, { broker }) {
    const described: Group[] = []
    for (const { groupId, topics } of groups) described.push(await describeGroup(groupId, topics, broker))
    return { groups: described }
  },
})

type Asked = DescribeShareGroupOffsetsRequest['groups'][number]['topics']

async function describeGroup(groupId: string, asked: Asked, broker: BrokerView): Promise<Group> {
  try {
    const places = await broker.shareGroups.places(groupId, asked?.map(({ topicName }) => topicName) ?? null)
    const wanted = asked ?? [...new Set(places.map(({ topic }) => topic))].map((topicName) => ({ topicName, partitions: null }))
    const topics: Topic[] = []
    for (const { topicName, partitions } of wanted) topics.push(await describeTopic(topicName, partitions, places, broker))
    return { groupId, topics }
  } catch (error) {
    return { groupId, topics: [], errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
  }
}

async function describeTopic(
  topicName: string,
  partitions: readonly number[] | null,
  places: readonly SharePlace[],
  broker: BrokerView,
): Promise<Topic> {
  const topic = await broker.topicNamed(topicName)
  const there = new Map(places.filter((place) => place.topic === topicName).map((place) => [place.partition, place]))
  const described = (partitions ?? [...there.keys()]).map((partitionIndex) => {
    const place = there.get(partitionIndex)
    if (place === undefined) {
      const errorMessage = `There is no partition ${topicName}-${partitionIndex}`
      return { partitionIndex, startOffset: -1, errorCode: ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
    }
    const leaderEpoch = leaderEpochOf(broker.cluster, place)
    return { partitionIndex, startOffset: place.startOffset, lag: place.lag, leaderEpoch }
  })
  return { topicName, ...(topic !== undefined && { topicId: topic.id }), partitions: described }
}
