// SyncGroup: the leader brings the assignments, the others wait for theirs. The bytes are always in the answer, also when there are none.

import { errorCodeOf } from '../../protocol/error-codes.js'
import { syncGroupRequest, syncGroupResponse } from '../../protocol/messages/14-sync-group.js'
import { handler } from '../handler.js'

export const syncGroup = handler({
  request: syncGroupRequest,
  response: syncGroupResponse,
  first: 0,
  last: 5,
  async handle(request, { broker }) {
    try {
      const { protocolType, protocol, assignment } = await broker.groups.sync({
        groupId: request.groupId,
        memberId: request.memberId,
        instanceId: request.groupInstanceId,
        generation: request.generationId,
        protocolType: request.protocolType,
        protocol: request.protocolName,
        assignments: request.assignments,
      })
      return { protocolType, protocolName: protocol, assignment }
    } catch (error) {
      return { errorCode: errorCodeOf(error) }
    }
  },
})
