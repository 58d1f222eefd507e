// DeleteShareGroupOffsets: a share group that nobody is in forgets where it stood in topics.

import { errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type DeleteShareGroupOffsetsResponse,
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
} from '../../protocol/messages/92-delete-share-group-offsets.js'
import { handler } from '../handler.js'
import { shareGroupError } from '../share-offsets.js'

export const deleteShareGroupOffsets = handler({
  request: deleteShareGroupOffsetsRequest,
  response: deleteShareGroupOffsetsResponse,
  first: 0,
  last: 0,
  async handle({ groupId, topics }, { broker }) {
    const refused = shareGroupError(groupId, broker)
    if (refused !== null) return refused
    const responses: Outgoing<DeleteShareGroupOffsetsResponse['responses'][number]>[] = []
    for (const { topicName } of topics) {
      const topic = await broker.topicNamed(topicName)
      const named = { topicName, ...(topic !== undefined && { topicId: topic.id }) }
      try {
        await broker.shareGroups.forget(groupId, topicName)
        responses.push(named)
      } catch (error) {
        responses.push({ ...named, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) })
      }
    }
    return { responses }
  },
})
