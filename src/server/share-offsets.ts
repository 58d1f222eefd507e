// Whether the places of a share group can be changed by somebody outside of it.

import { ERROR_CODES } from '../protocol/error-codes.js'
import type { BrokerView } from './broker-view.js'

/** The answer to who may not; null: nobody is in the group. */
export function shareGroupError(groupId: string, { shareGroups }: BrokerView): { errorCode: number; errorMessage: string } | null {
  if (groupId === '') return { errorCode: ERROR_CODES.INVALID_GROUP_ID, errorMessage: 'A group id is a text that is not empty' }
  const group = shareGroups.describe(groupId)
  if (group === undefined) return { errorCode: ERROR_CODES.GROUP_ID_NOT_FOUND, errorMessage: `There is no share group "${groupId}"` }
  if (group.members.length === 0) return null
  return { errorCode: ERROR_CODES.NON_EMPTY_GROUP, errorMessage: `Group "${groupId}" has members; close its consumers first` }
}
