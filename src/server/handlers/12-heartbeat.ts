// Heartbeat: the member is alive, and learns whether the group is being assigned anew.

import { errorCodeOf } from '../../protocol/error-codes.js'
import { heartbeatRequest, heartbeatResponse } from '../../protocol/messages/12-heartbeat.js'
import { handler } from '../handler.js'

export const heartbeat = handler({
  request: heartbeatRequest,
  response: heartbeatResponse,
  first: 0,
  last: 4,
  handle({ groupId, memberId, groupInstanceId: instanceId, generationId: generation }, { broker }) {
    try {
      broker.groups.heartbeat({ groupId, memberId, instanceId, generation })
      return {}
    } catch (error) {
      return { errorCode: errorCodeOf(error) }
    }
  },
})
