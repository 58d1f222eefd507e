// AlterShareGroupOffsets: moves a share group that nobody is in to other places. What was in work there begins anew.

import { ERROR_CODES, errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponse,
  alterShareGroupOffsetsRequest,
  alterShareGroupOffsetsResponse,
} from '../../protocol/messages/91-alter-share-group-offsets.js'
import { handler } from '../handler.js'
import type { BrokerView } from '../broker-view.js'
import { shareGroupError } from '../share-offsets.js'

type Response = Outgoing<AlterShareGroupOffsetsResponse['responses'][number]>

export const alterShareGroupOffsets = handler({
  request: alterShareGroupOffsetsRequest,
  response: alterShareGroupOffsetsResponse,
  first: 0,
  last: 0,
  async handle({ groupId, topics }, { broker }) {
    const refused = shareGroupError(groupId, broker)
    if (refused !== null) return refused
    const responses: Response[] = []
    for (const topic of topics) responses.push(await alterTopic(groupId, topic, broker))
    return { responses }
  },
})

async function alterTopic(
  groupId: string,
  { topicName, partitions }: AlterShareGroupOffsetsRequest['topics'][number],
  broker: BrokerView,
): Promise<Response> {
  const topic = await broker.topicNamed(topicName)
  const isKnown = (index: number): boolean => topic !== undefined && index >= 0 && index < topic.partitions
  const known = partitions.filter(({ partitionIndex }) => isKnown(partitionIndex))
  let failure: { errorCode: number; errorMessage: string | null } = { errorCode: 0, errorMessage: null }
  try {
    const starts = new Map(known.map(({ partitionIndex, startOffset }) => [partitionIndex, startOffset]))
    if (known.length > 0) await broker.shareGroups.moveTo(groupId, topicName, starts)
  } catch (error) {
    failure = { errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
  }
  const missing = { errorCode: ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `There is no such partition of ${topicName}` }
  return {
    topicName,
    ...(topic !== undefined && { topicId: topic.id }),
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...(isKnown(partitionIndex) ? failure : missing) })),
  }
}
