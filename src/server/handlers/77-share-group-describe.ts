// ShareGroupDescribe: share groups, with where each member fetches from.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type ShareGroupDescribeResponse,
  shareGroupDescribeRequest,
  shareGroupDescribeResponse,
} from '../../protocol/messages/77-share-group-describe.js'
import { GROUP_OPERATIONS } from '../authorized-operations.js'
import { GROUP_STATES } from '../group-states.js'
import { handler } from '../handler.js'
import { assignmentOf } from '../topic-lookup.js'

export const shareGroupDescribe = handler({
  request: shareGroupDescribeRequest,
  response: shareGroupDescribeResponse,
  first: 1,
  last: 1,
  async handle({ groupIds, includeAuthorizedOperations }, { broker }) {
    const groups: Outgoing<ShareGroupDescribeResponse['groups'][number]>[] = []
    for (const groupId of groupIds) {
      const group = broker.shareGroups.describe(groupId)
      if (group === undefined) {
        const errorMessage = `There is no share group "${groupId}"`
        groups.push({ groupId, errorCode: ERROR_CODES.GROUP_ID_NOT_FOUND, errorMessage })
        continue
      }
      const members = group.members.map(async ({ topics, assignment, ...member }) => ({
        ...member,
        subscribedTopicNames: topics,
        assignment: await assignmentOf(broker, assignment),
      }))
      groups.push({
        groupId,
        groupState: GROUP_STATES[group.state],
        groupEpoch: group.epoch,
        assignmentEpoch: group.epoch,
        assignorName: 'simple',
        members: await Promise.all(members),
        ...(includeAuthorizedOperations && { authorizedOperations: GROUP_OPERATIONS }),
      })
    }
    return { groups }
  },
})
