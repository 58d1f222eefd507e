// DeleteAcls: removes the access rules that each filter finds, and says which they were.

import { ERROR_CODES, errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type DeleteAclsResponse, deleteAclsRequest, deleteAclsResponse } from '../../protocol/messages/31-delete-acls.js'
import { NO_AUTHORIZER } from '../access/acl.js'
import { handler } from '../handler.js'

type Result = Outgoing<DeleteAclsResponse['filterResults'][number]>

export const deleteAcls = handler({
  request: deleteAclsRequest,
  response: deleteAclsResponse,
  first: 1,
  last: 3,
  async handle({ filters }, { acls }) {
    const filterResults: Result[] = []
    for (const filter of filters) {
      if (acls === null) {
        filterResults.push({ errorCode: ERROR_CODES.SECURITY_DISABLED, errorMessage: NO_AUTHORIZER, matchingAcls: [] })
        continue
      }
      try {
        const found = acls.found(filter)
        await acls.remove(found)
        filterResults.push({ errorMessage: null, matchingAcls: found.map((acl) => ({ ...acl, errorMessage: null })) })
      } catch (error) {
        filterResults.push({ errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error), matchingAcls: [] })
      }
    }
    return { filterResults }
  },
})
