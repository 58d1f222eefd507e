// DescribeAcls: the access rules that a filter finds, by what they are about.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type DescribeAclsResponse, describeAclsRequest, describeAclsResponse } from '../../protocol/messages/29-describe-acls.js'
import { NO_AUTHORIZER } from '../access/acl.js'
import { handler } from '../handler.js'

type Resource = Outgoing<DescribeAclsResponse['resources'][number]>

export const describeAcls = handler({
  request: describeAclsRequest,
  response: describeAclsResponse,
  first: 1,
  last: 3,
  handle(filter, { acls }) {
    if (acls === null) return { errorCode: ERROR_CODES.SECURITY_DISABLED, errorMessage: NO_AUTHORIZER }
    const resources = new Map<string, Resource>()
    for (const { resourceType, resourceName, patternType, ...rule } of acls.found(filter)) {
      const key = JSON.stringify([resourceType, resourceName, patternType])
      const there = resources.get(key)?.acls ?? []
      resources.set(key, { resourceType, resourceName, patternType, acls: [...there, rule] })
    }
    return { errorMessage: null, resources: [...resources.values()] }
  },
})
