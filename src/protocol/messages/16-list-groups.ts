// Generated from src/protocol/schema by npm run tables: request and response of ListGroups (key 16), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ListGroupsRequest {
  readonly statesFilter: readonly string[]
  readonly typesFilter: readonly string[]
}

export const listGroupsRequest = new Message<ListGroupsRequest>('ListGroupsRequest', 16, '0-5', '3+', `
  statesFilter []string 4+
  typesFilter []string 5+
`)

export interface ListGroupsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly groups: readonly {
    readonly groupId: string
    readonly protocolType: string
    readonly groupState: string
    readonly groupType: string
  }[]
}

export const listGroupsResponse = new Message<ListGroupsResponse>('ListGroupsResponse', 16, '0-5', '3+', `
  throttleTimeMs int32 1+ ignorable
  errorCode int16 0+
  groups []ListedGroup 0+
    groupId string 0+
    protocolType string 0+
    groupState string 4+ ignorable
    groupType string 5+ ignorable
`)
