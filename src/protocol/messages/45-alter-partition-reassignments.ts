// Generated from src/protocol/schema by npm run tables: request and response of AlterPartitionReassignments (key 45), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface AlterPartitionReassignmentsRequest {
  readonly timeoutMs: number
  readonly allowReplicationFactorChange: boolean
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly replicas: readonly number[] | null
    }[]
  }[]
}

export const alterPartitionReassignmentsRequest = new Message<AlterPartitionReassignmentsRequest>('AlterPartitionReassignmentsRequest', 45, '0-1', '0+', `
  timeoutMs int32 0+ default:60000
  allowReplicationFactorChange bool 1+ default:true
  topics []ReassignableTopic 0+
    name string 0+
    partitions []ReassignablePartition 0+
      partitionIndex int32 0+
      replicas []int32 0+ null:0+ default:null
`)

export interface AlterPartitionReassignmentsResponse {
  readonly throttleTimeMs: number
  readonly allowReplicationFactorChange: boolean
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly responses: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
      readonly errorMessage: string | null
    }[]
  }[]
}

export const alterPartitionReassignmentsResponse = new Message<AlterPartitionReassignmentsResponse>('AlterPartitionReassignmentsResponse', 45, '0-1', '0+', `
  throttleTimeMs int32 0+
  allowReplicationFactorChange bool 1+ default:true ignorable
  errorCode int16 0+
  errorMessage string 0+ null:0+
  responses []ReassignableTopicResponse 0+
    name string 0+
    partitions []ReassignablePartitionResponse 0+
      partitionIndex int32 0+
      errorCode int16 0+
      errorMessage string 0+ null:0+
`)
