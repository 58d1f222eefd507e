// ConsumerGroupDescribe: groups whose assignment the broker computes, with what each member has and is meant to have.

import type { ConsumerMemberDescription } from '../../core/consumer-group-port.js'
import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type ConsumerGroupDescribeResponse,
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from '../../protocol/messages/69-consumer-group-describe.js'
import { GROUP_OPERATIONS } from '../authorized-operations.js'
import type { BrokerView } from '../broker-view.js'
import { GROUP_STATES } from '../group-states.js'
import { handler } from '../handler.js'
import { assignmentOf } from '../topic-lookup.js'

type Member = Outgoing<ConsumerGroupDescribeResponse['groups'][number]['members'][number]>

const MEMBER_TYPES = { classic: 0, consumer: 1 } as const

export const consumerGroupDescribe = handler({
  request: consumerGroupDescribeRequest,
  response: consumerGroupDescribeResponse,
  first: 0,
  last: 1,
  async handle({ groupIds, includeAuthorizedOperations }, { broker }) {
    const groups: Outgoing<ConsumerGroupDescribeResponse>['groups'] = await Promise.all(
      groupIds.map(async (groupId) => {
        const group = broker.consumerGroups.describe(groupId)
        if (group === undefined)
          return {
            groupId,
            errorCode: groupId === '' ? ERROR_CODES.INVALID_GROUP_ID : ERROR_CODES.GROUP_ID_NOT_FOUND,
            errorMessage: `There is no consumer group "${groupId}"`,
          }
        return {
          groupId,
          groupState: GROUP_STATES[group.state],
          groupEpoch: group.epoch,
          assignmentEpoch: group.epoch,
          assignorName: group.assignor,
          members: await Promise.all(group.members.map((member) => describeMember(broker, member))),
          ...(includeAuthorizedOperations && { authorizedOperations: GROUP_OPERATIONS }),
        }
      }),
    )
    return { groups }
  },
})

async function describeMember(broker: BrokerView, member: ConsumerMemberDescription): Promise<Member> {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.topics,
    subscribedTopicRegex: member.pattern ?? '',
    assignment: await assignmentOf(broker, member.assignment),
    targetAssignment: await assignmentOf(broker, member.target),
    memberType: member.isClassic ? MEMBER_TYPES.classic : MEMBER_TYPES.consumer,
  }
}
