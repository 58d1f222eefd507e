// JoinGroup: waits until the group has a new generation and tells what it is.

import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type JoinGroupRequest,
  type JoinGroupResponse,
  joinGroupRequest,
  joinGroupResponse,
} from '../../protocol/messages/11-join-group.js'
import { type Call, handler } from '../handler.js'

/** From here on a new member gets its id before it joins. */
const MEMBER_ID_VERSION = 4
/** From here on the answer names the protocol type, and an unknown protocol is null. */
const PROTOCOL_TYPE_VERSION = 7
/** From here on a leader can be told not to assign. */
const SKIP_ASSIGNMENT_VERSION = 9

export const joinGroup = handler({
  request: joinGroupRequest,
  response: joinGroupResponse,
  first: 0,
  last: 9,
  async handle(request, call) {
    try {
      return await join(request, call)
    } catch (error) {
      return failure(errorCodeOf(error), request.memberId, call.version)
    }
  },
})

async function join(request: JoinGroupRequest, { broker, clientId, clientHost, version }: Call): Promise<Outgoing<JoinGroupResponse>> {
  const answer = await broker.groups.join({
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    clientId: clientId ?? '',
    clientHost: `/${clientHost}`,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType: request.protocolType,
    protocols: request.protocols,
    requireMemberId: version >= MEMBER_ID_VERSION,
    canSkipAssignment: version >= SKIP_ASSIGNMENT_VERSION,
  })
  if ('memberIdRequired' in answer) return failure(ERROR_CODES.MEMBER_ID_REQUIRED, answer.memberIdRequired, version)
  return {
    generationId: answer.generation,
    protocolType: answer.protocolType,
    protocolName: answer.protocol,
    leader: answer.leader,
    skipAssignment: answer.skipAssignment,
    memberId: answer.memberId,
    members: answer.members.map(({ memberId, instanceId, metadata }) => ({ memberId, groupInstanceId: instanceId, metadata })),
  }
}

function failure(errorCode: number, memberId: string, version: number): Outgoing<JoinGroupResponse> {
  return { errorCode, memberId, generationId: -1, protocolName: version >= PROTOCOL_TYPE_VERSION ? null : '', leader: '' }
}
