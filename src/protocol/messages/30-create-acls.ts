// Generated from src/protocol/schema by npm run tables: request and response of CreateAcls (key 30), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface CreateAclsRequest {
  readonly creations: readonly {
    readonly resourceType: number
    readonly resourceName: string
    readonly resourcePatternType: number
    readonly principal: string
    readonly host: string
    readonly operation: number
    readonly permissionType: number
  }[]
}

export const createAclsRequest = new Message<CreateAclsRequest>('CreateAclsRequest', 30, '1-3', '2+', `
  creations []AclCreation 0+
    resourceType int8 0+
    resourceName string 0+
    resourcePatternType int8 1+ default:3
    principal string 0+
    host string 0+
    operation int8 0+
    permissionType int8 0+
`)

export interface CreateAclsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly {
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export const createAclsResponse = new Message<CreateAclsResponse>('CreateAclsResponse', 30, '1-3', '2+', `
  throttleTimeMs int32 0+
  results []AclCreationResult 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+
`)
