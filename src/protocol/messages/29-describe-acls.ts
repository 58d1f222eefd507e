// Generated from src/protocol/schema by npm run tables: request and response of DescribeAcls (key 29), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeAclsRequest {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

export const describeAclsRequest = new Message<DescribeAclsRequest>('DescribeAclsRequest', 29, '1-3', '2+', `
  resourceTypeFilter int8 0+
  resourceNameFilter string 0+ null:0+
  patternTypeFilter int8 1+ default:3
  principalFilter string 0+ null:0+
  hostFilter string 0+ null:0+
  operation int8 0+
  permissionType int8 0+
`)

export interface DescribeAclsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resources: readonly {
    readonly resourceType: number
    readonly resourceName: string
    readonly patternType: number
    readonly acls: readonly {
      readonly principal: string
      readonly host: string
      readonly operation: number
      readonly permissionType: number
    }[]
  }[]
}

export const describeAclsResponse = new Message<DescribeAclsResponse>('DescribeAclsResponse', 29, '1-3', '2+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+
  resources []DescribeAclsResource 0+
    resourceType int8 0+
    resourceName string 0+
    patternType int8 1+ default:3
    acls []AclDescription 0+
      principal string 0+
      host string 0+
      operation int8 0+
      permissionType int8 0+
`)
