// OffsetDelete: removes what a group has committed for single partitions, except in topics that its members read.

import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import { offsetDeleteRequest, offsetDeleteResponse } from '../../protocol/messages/47-offset-delete.js'
import { handler } from '../handler.js'

export const offsetDelete = handler({
  request: offsetDeleteRequest,
  response: offsetDeleteResponse,
  first: 0,
  last: 0,
  async handle({ groupId, topics }, { broker }) {
    try {
      const answers: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[] = []
      const subscribed = broker.groups.subscribed(groupId)
      for (const { name, partitions } of topics) {
        const topic = await broker.topicNamed(name)
        const codeOf = (index: number): number => {
          if (index < 0 || index >= (topic?.partitions ?? 0)) return ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION
          return subscribed.has(name) ? ERROR_CODES.GROUP_SUBSCRIBED_TO_TOPIC : ERROR_CODES.NONE
        }
        const places = partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: codeOf(partitionIndex) }))
        const gone = places.filter(({ errorCode }) => errorCode === ERROR_CODES.NONE)
        await broker.groups.removeOffsets(
          groupId,
          gone.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
        )
        answers.push({ name, partitions: places })
      }
      return { topics: answers }
    } catch (error) {
      return { errorCode: errorCodeOf(error) }
    }
  },
})
