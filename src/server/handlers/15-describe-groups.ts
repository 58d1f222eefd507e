// DescribeGroups: groups of the classic protocol and who is in them. A group of another kind is as good as none.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { describeGroupsRequest, describeGroupsResponse } from '../../protocol/messages/15-describe-groups.js'
import { GROUP_OPERATIONS } from '../authorized-operations.js'
import { handler } from '../handler.js'

/** From here on a group that is not there is an error; before, it is a dead one. */
const NOT_FOUND_VERSION = 6

export const describeGroups = handler({
  request: describeGroupsRequest,
  response: describeGroupsResponse,
  first: 0,
  last: 6,
  handle({ groups, includeAuthorizedOperations }, { broker, version }) {
    const operations = includeAuthorizedOperations ? { authorizedOperations: GROUP_OPERATIONS } : {}
    return {
      groups: groups.map((groupId) => {
        const group = broker.groups.describe(groupId)
        if (group === undefined) {
          const isError = version >= NOT_FOUND_VERSION
          return {
            groupId,
            groupState: 'Dead',
            errorCode: isError ? ERROR_CODES.GROUP_ID_NOT_FOUND : ERROR_CODES.NONE,
            errorMessage: isError ? `There is no classic group "${groupId}"` : null,
          }
        }
        return {
          groupId,
          groupState: group.state,
          protocolType: group.protocolType,
          protocolData: group.protocol,
          members: group.members.map(({ memberId, instanceId, clientId, clientHost, metadata, assignment }) => ({
            memberId,
            groupInstanceId: instanceId,
            clientId,
            clientHost,
            memberMetadata: metadata,
            memberAssignment: assignment,
          })),
          ...operations,
        }
      }),
    }
  },
})
