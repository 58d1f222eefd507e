// Generated from src/protocol/schema by npm run tables: request and response of ShareGroupDescribe (key 77), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ShareGroupDescribeRequest {
  readonly groupIds: readonly string[]
  readonly includeAuthorizedOperations: boolean
}

export const shareGroupDescribeRequest = new Message<ShareGroupDescribeRequest>('ShareGroupDescribeRequest', 77, '1', '0+', `
  groupIds []string 0+
  includeAuthorizedOperations bool 0+
`)

export interface ShareGroupDescribeResponse {
  readonly throttleTimeMs: number
  readonly groups: readonly {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly groupId: string
    readonly groupState: string
    readonly groupEpoch: number
    readonly assignmentEpoch: number
    readonly assignorName: string
    readonly members: readonly {
      readonly memberId: string
      readonly rackId: string | null
      readonly memberEpoch: number
      readonly clientId: string
      readonly clientHost: string
      readonly subscribedTopicNames: readonly string[]
      readonly assignment: {
        readonly topicPartitions: readonly {
          readonly topicId: string
          readonly topicName: string
          readonly partitions: readonly number[]
        }[]
      }
    }[]
    readonly authorizedOperations: number
  }[]
}

export const shareGroupDescribeResponse = new Message<ShareGroupDescribeResponse>('ShareGroupDescribeResponse', 77, '1', '0+', `
  throttleTimeMs int32 0+
  groups []DescribedGroup 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+ default:null
    groupId string 0+
    groupState string 0+
    groupEpoch int32 0+
    assignmentEpoch int32 0+
    assignorName string 0+
    members []Member 0+
      memberId string 0+
      rackId string 0+ null:0+ default:null
      memberEpoch int32 0+
      clientId string 0+
      clientHost string 0+
      subscribedTopicNames []string 0+
      assignment Assignment 0+
        topicPartitions []TopicPartitions 0+
          topicId uuid 0+
          topicName string 0+
          partitions []int32 0+
    authorizedOperations int32 0+ default:-2147483648
`)
