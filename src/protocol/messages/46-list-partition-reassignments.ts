// Generated from src/protocol/schema by npm run tables: request and response of ListPartitionReassignments (key 46), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ListPartitionReassignmentsRequest {
  readonly timeoutMs: number
  readonly topics: readonly {
    readonly name: string
    readonly partitionIndexes: readonly number[]
  }[] | null
}

export const listPartitionReassignmentsRequest = new Message<ListPartitionReassignmentsRequest>('ListPartitionReassignmentsRequest', 46, '0', '0+', `
  timeoutMs int32 0+ default:60000
  topics []ListPartitionReassignmentsTopics 0+ null:0+ default:null
    name string 0+
    partitionIndexes []int32 0+
`)

export interface ListPartitionReassignmentsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly replicas: readonly number[]
      readonly addingReplicas: readonly number[]
      readonly removingReplicas: readonly number[]
    }[]
  }[]
}

export const listPartitionReassignmentsResponse = new Message<ListPartitionReassignmentsResponse>('ListPartitionReassignmentsResponse', 46, '0', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+
  topics []OngoingTopicReassignment 0+
    name string 0+
    partitions []OngoingPartitionReassignment 0+
      partitionIndex int32 0+
      replicas []int32 0+
      addingReplicas []int32 0+
      removingReplicas []int32 0+
`)
