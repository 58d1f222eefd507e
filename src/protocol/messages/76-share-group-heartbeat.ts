// Generated from src/protocol/schema by npm run tables: request and response of ShareGroupHeartbeat (key 76), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ShareGroupHeartbeatRequest {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly rackId: string | null
  readonly subscribedTopicNames: readonly string[] | null
}

export const shareGroupHeartbeatRequest = new Message<ShareGroupHeartbeatRequest>('ShareGroupHeartbeatRequest', 76, '1', '0+', `
  groupId string 0+
  memberId string 0+
  memberEpoch int32 0+
  rackId string 0+ null:0+ default:null
  subscribedTopicNames []string 0+ null:0+ default:null
`)

export interface ShareGroupHeartbeatResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  readonly assignment: {
    readonly topicPartitions: readonly {
      readonly topicId: string
      readonly partitions: readonly number[]
    }[]
  } | null
}

export const shareGroupHeartbeatResponse = new Message<ShareGroupHeartbeatResponse>('ShareGroupHeartbeatResponse', 76, '1', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+ default:null
  memberId string 0+ null:0+ default:null
  memberEpoch int32 0+
  heartbeatIntervalMs int32 0+
  assignment Assignment 0+ null:0+ default:null
    topicPartitions []TopicPartitions 0+
      topicId uuid 0+
      partitions []int32 0+
`)
