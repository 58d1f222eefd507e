// Generated from src/protocol/schema by npm run tables: request and response of ElectLeaders (key 43), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ElectLeadersRequest {
  readonly electionType: number
  readonly topicPartitions: readonly {
    readonly topic: string
    readonly partitions: readonly number[]
  }[] | null
  readonly timeoutMs: number
}

export const electLeadersRequest = new Message<ElectLeadersRequest>('ElectLeadersRequest', 43, '0-2', '2+', `
  electionType int8 1+
  topicPartitions []TopicPartitions 0+ null:0+
    topic string 0+
    partitions []int32 0+
  timeoutMs int32 0+ default:60000
`)

export interface ElectLeadersResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly replicaElectionResults: readonly {
    readonly topic: string
    readonly partitionResult: readonly {
      readonly partitionId: number
      readonly errorCode: number
      readonly errorMessage: string | null
    }[]
  }[]
}

export const electLeadersResponse = new Message<ElectLeadersResponse>('ElectLeadersResponse', 43, '0-2', '2+', `
  throttleTimeMs int32 0+
  errorCode int16 1+
  replicaElectionResults []ReplicaElectionResult 0+
    topic string 0+
    partitionResult []PartitionResult 0+
      partitionId int32 0+
      errorCode int16 0+
      errorMessage string 0+ null:0+
`)
