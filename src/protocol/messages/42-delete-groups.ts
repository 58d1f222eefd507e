// Generated from src/protocol/schema by npm run tables: request and response of DeleteGroups (key 42), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DeleteGroupsRequest {
  readonly groupsNames: readonly string[]
}

export const deleteGroupsRequest = new Message<DeleteGroupsRequest>('DeleteGroupsRequest', 42, '0-3', '2+', `
  groupsNames []string 0+
`)

export interface DeleteGroupsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly {
    readonly groupId: string
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export const deleteGroupsResponse = new Message<DeleteGroupsResponse>('DeleteGroupsResponse', 42, '0-3', '2+', `
  throttleTimeMs int32 0+
  results []DeletableGroupResult 0+
    groupId string 0+
    errorCode int16 0+
    errorMessage string 3+ null:3+ default:null ignorable
`)
