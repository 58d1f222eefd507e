// ShareAcknowledge (KIP-932): what a member of a share group says about records that it holds, in the session of its ShareFetch.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from '../../protocol/messages/79-share-acknowledge.js'
import { handler } from '../handler.js'
import { acknowledge } from '../share-acknowledging.js'
import { ENDS, OPENS } from '../share-session.js'

export const shareAcknowledge = handler({
  request: shareAcknowledgeRequest,
  response: shareAcknowledgeResponse,
  first: 1,
  last: 2,
  async handle(request, { broker }) {
    const { groupId, memberId, shareSessionEpoch: epoch } = request
    if (groupId === null || groupId === '') return { errorCode: ERROR_CODES.INVALID_GROUP_ID }
    if (memberId === null || memberId === '') return { errorCode: ERROR_CODES.INVALID_REQUEST }
    const { lockMs, mayRenew } = broker.shareGroups.settings(groupId)
    if (epoch === OPENS) return { errorCode: ERROR_CODES.INVALID_SHARE_SESSION_EPOCH }
    const session = broker.shareSessions.find(groupId, memberId, epoch)
    if (typeof session === 'number') return { errorCode: session }
    const responses = request.topics.map(async ({ topicId, partitions }) => ({
      topicId,
      partitions: await Promise.all(
        partitions.map(async ({ partitionIndex, acknowledgementBatches }) => {
          const place = { topicId, partition: partitionIndex }
          const topic = await broker.topicById(topicId)
          const isThere = topic !== undefined && partitionIndex >= 0 && partitionIndex < topic.partitions
          const missing = topic === undefined ? ERROR_CODES.UNKNOWN_TOPIC_ID : ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION
          const errorCode = isThere ? await acknowledge(session, place, acknowledgementBatches, request.isRenewAck && mayRenew) : missing
          return { partitionIndex, errorCode, ...(errorCode !== 0 && { currentLeader: { leaderId: -1, leaderEpoch: -1 } }) }
        }),
      ),
    }))
    const answered = await Promise.all(responses)
    if (epoch === ENDS) await broker.shareSessions.end(session)
    return { acquisitionLockTimeoutMs: lockMs, responses: answered }
  },
})
