// DeleteGroups: groups without members go, with their offsets.

import { KafkaliteError } from '../../errors.js'
import { errorCodeOf } from '../../protocol/error-codes.js'
import { deleteGroupsRequest, deleteGroupsResponse } from '../../protocol/messages/42-delete-groups.js'
import { handler } from '../handler.js'

export const deleteGroups = handler({
  request: deleteGroupsRequest,
  response: deleteGroupsResponse,
  first: 0,
  last: 2,
  async handle({ groupsNames }, { broker }) {
    const results: { groupId: string; errorCode: number }[] = []
    for (const groupId of groupsNames) {
      try {
        if (groupId === '') throw new KafkaliteError('INVALID_GROUP_ID', 'A group id is a text that is not empty')
        await broker.cluster.deleteGroup(groupId)
        results.push({ groupId, errorCode: 0 })
      } catch (error) {
        results.push({ groupId, errorCode: errorCodeOf(error) })
      }
    }
    return { results }
  },
})
