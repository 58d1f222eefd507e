// Generated from src/protocol/schema by npm run tables: request and response of ConsumerGroupHeartbeat (key 68), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ConsumerGroupHeartbeatRequest {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopicNames: readonly string[] | null
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  readonly topicPartitions: readonly {
    readonly topicId: string
    readonly partitions: readonly number[]
  }[] | null
}

export const consumerGroupHeartbeatRequest = new Message<ConsumerGroupHeartbeatRequest>('ConsumerGroupHeartbeatRequest', 68, '0-1', '0+', `
  groupId string 0+
  memberId string 0+
  memberEpoch int32 0+
  instanceId string 0+ null:0+ default:null
  rackId string 0+ null:0+ default:null
  rebalanceTimeoutMs int32 0+ default:-1
  subscribedTopicNames []string 0+ null:0+ default:null
  subscribedTopicRegex string 1+ null:1+ default:null
  serverAssignor string 0+ null:0+ default:null
  topicPartitions []TopicPartitions 0+ null:0+ default:null
    topicId uuid 0+
    partitions []int32 0+
`)

export interface ConsumerGroupHeartbeatResponse {
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

export const consumerGroupHeartbeatResponse = new Message<ConsumerGroupHeartbeatResponse>('ConsumerGroupHeartbeatResponse', 68, '0-1', '0+', `
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
