// LeaveGroup: one member leaves, or from version 3 on several, each with an answer of its own.

import { errorCodeOf } from '../../protocol/error-codes.js'
import { leaveGroupRequest, leaveGroupResponse } from '../../protocol/messages/13-leave-group.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'

const MEMBERS_VERSION = 3

export const leaveGroup = handler({
  request: leaveGroupRequest,
  response: leaveGroupResponse,
  first: 0,
  last: 5,
  handle({ groupId, memberId, members }, { broker, version }) {
    if (version < MEMBERS_VERSION) return { errorCode: leave(broker, groupId, memberId, null) }
    return {
      members: members.map(({ memberId: id, groupInstanceId }) => ({
        memberId: id,
        groupInstanceId,
        errorCode: leave(broker, groupId, id, groupInstanceId),
      })),
    }
  },
})

function leave({ groups }: BrokerView, groupId: string, memberId: string, instanceId: string | null): number {
  try {
    groups.leave({ groupId, memberId, instanceId })
    return 0
  } catch (error) {
    return errorCodeOf(error)
  }
}
