// ShareGroupHeartbeat (KIP-932): how members join, stay in and leave a share group, and hear where to fetch from.

import { KafkaliteError } from '../../errors.js'
import { errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import {
  type ShareGroupHeartbeatRequest,
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
} from '../../protocol/messages/76-share-group-heartbeat.js'
import { handler } from '../handler.js'
import { identified } from '../topic-lookup.js'

const MEMBER_ID_CHARS_MAX = 36

export const shareGroupHeartbeat = handler({
  request: shareGroupHeartbeatRequest,
  response: shareGroupHeartbeatResponse,
  first: 1,
  last: 1,
  async handle(request, { broker, clientId, clientHost }) {
    try {
      check(request)
      const { groupId, memberId, rackId, subscribedTopicNames: topics } = request
      const told = broker.shareGroups.heartbeat({
        groupId,
        memberId,
        memberEpoch: request.memberEpoch,
        rackId,
        clientId: clientId ?? '',
        clientHost: `/${clientHost}`,
        topics,
      })
      const { memberEpoch, heartbeatIntervalMs, assignment } = told
      const topicPartitions = assignment === null ? null : await identified(broker, assignment)
      return { memberId, memberEpoch, heartbeatIntervalMs, assignment: topicPartitions === null ? null : { topicPartitions } }
    } catch (error) {
      return { errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
    }
  },
})

/** INVALID_REQUEST. */
function check({ groupId, memberId, memberEpoch, rackId, subscribedTopicNames: topics }: ShareGroupHeartbeatRequest): void {
  const fails = (why: string): KafkaliteError => new KafkaliteError('INVALID_REQUEST', why)
  if (groupId === '') throw fails('GroupId is empty')
  if (memberId === '' || memberId.length > MEMBER_ID_CHARS_MAX) throw fails(`MemberId has 1 to ${MEMBER_ID_CHARS_MAX} characters`)
  if (memberEpoch < -1) throw fails(`MemberEpoch ${memberEpoch} says nothing`)
  if (rackId === '') throw fails('RackId is empty')
  if (memberEpoch === 0 && (topics === null || topics.length === 0)) throw fails('A member that joins says which topics it wants')
}
