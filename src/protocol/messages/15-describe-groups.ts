// Generated from src/protocol/schema by npm run tables: request and response of DescribeGroups (key 15), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeGroupsRequest {
  readonly groups: readonly string[]
  readonly includeAuthorizedOperations: boolean
}

export const describeGroupsRequest = new Message<DescribeGroupsRequest>('DescribeGroupsRequest', 15, '0-6', '5+', `
  groups []string 0+
  includeAuthorizedOperations bool 3+
`)

export interface DescribeGroupsResponse {
  readonly throttleTimeMs: number
  readonly groups: readonly {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly groupId: string
    readonly groupState: string
    readonly protocolType: string
    readonly protocolData: string
    readonly members: readonly {
      readonly memberId: string
      readonly groupInstanceId: string | null
      readonly clientId: string
      readonly clientHost: string
      readonly memberMetadata: Uint8Array
      readonly memberAssignment: Uint8Array
    }[]
    readonly authorizedOperations: number
  }[]
}

export const describeGroupsResponse = new Message<DescribeGroupsResponse>('DescribeGroupsResponse', 15, '0-6', '5+', `
  throttleTimeMs int32 1+ ignorable
  groups []DescribedGroup 0+
    errorCode int16 0+
    errorMessage string 6+ null:6+ default:null
    groupId string 0+
    groupState string 0+
    protocolType string 0+
    protocolData string 0+
    members []DescribedGroupMember 0+
      memberId string 0+
      groupInstanceId string 4+ null:4+ default:null ignorable
      clientId string 0+
      clientHost string 0+
      memberMetadata bytes 0+
      memberAssignment bytes 0+
    authorizedOperations int32 3+ default:-2147483648
`)
