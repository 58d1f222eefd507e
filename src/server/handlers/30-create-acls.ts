// CreateAcls: each access rule by itself; it counts from the answer on.

import { ERROR_CODES, errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import { createAclsRequest, createAclsResponse } from '../../protocol/messages/30-create-acls.js'
import { NO_AUTHORIZER } from '../access/acl.js'
import { handler } from '../handler.js'

export const createAcls = handler({
  request: createAclsRequest,
  response: createAclsResponse,
  first: 1,
  last: 3,
  async handle({ creations }, { acls }) {
    const results: { errorCode: number; errorMessage: string | null }[] = []
    for (const { resourcePatternType: patternType, ...rule } of creations) {
      try {
        if (acls !== null) await acls.add([{ ...rule, patternType }])
        const disabled = { errorCode: ERROR_CODES.SECURITY_DISABLED, errorMessage: NO_AUTHORIZER }
        results.push(acls === null ? disabled : { errorCode: ERROR_CODES.NONE, errorMessage: null })
      } catch (error) {
        results.push({ errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) })
      }
    }
    return { results }
  },
})
