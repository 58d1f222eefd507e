// DeleteTopics: each topic by itself, by name or from version 6 on by id.

import { ERROR_CODES, errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type DeleteTopicsResponse, deleteTopicsRequest, deleteTopicsResponse } from '../../protocol/messages/20-delete-topics.js'
import { ZERO_UUID } from '../../protocol/uuid.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'
import { repeatedIn } from '../repeated.js'

type TopicAnswer = Outgoing<DeleteTopicsResponse['responses'][number]>

/** From here on a topic may be named by its id. */
const IDS_VERSION = 6

export const deleteTopics = handler({
  request: deleteTopicsRequest,
  response: deleteTopicsResponse,
  first: 1,
  last: 6,
  async handle({ topics, topicNames }, { broker, version }) {
    const asked = version >= IDS_VERSION ? topics : topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const repeated = repeatedIn(asked.map(({ name, topicId }) => name ?? topicId))
    const responses: TopicAnswer[] = []
    const seen = new Set<string>()
    for (const { name, topicId } of asked) {
      const isBoth = name !== null && topicId !== ZERO_UUID
      if (isBoth) responses.push(unclear(name, topicId, 'A topic is named by its name or its id, not by both'))
      else if (!repeated.has(name ?? topicId)) responses.push(await remove(broker, name, topicId))
      else if (!seen.has(name ?? topicId)) responses.push(unclear(name, topicId, 'The topic is in the request twice'))
      seen.add(name ?? topicId)
    }
    return { responses }
  },
})

function unclear(name: string | null, topicId: string, errorMessage: string): TopicAnswer {
  return { name, topicId, errorCode: ERROR_CODES.INVALID_REQUEST, errorMessage }
}

async function remove(broker: BrokerView, given: string | null, id: string): Promise<TopicAnswer> {
  const topic = given === null ? await broker.topicById(id) : await broker.topicNamed(given)
  const name = topic?.name ?? given
  const topicId = topic?.id ?? id
  if (topic === undefined || name === null) {
    const errorCode = given === null ? ERROR_CODES.UNKNOWN_TOPIC_ID : ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION
    return { name, topicId, errorCode, errorMessage: 'There is no such topic' }
  }
  try {
    await broker.cluster.deleteTopic(name)
    return { name, topicId }
  } catch (error) {
    return { name, topicId, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
  }
}
