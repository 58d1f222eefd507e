// Generated from src/protocol/schema by npm run tables: request and response of DeleteRecords (key 21), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DeleteRecordsRequest {
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly offset: number
    }[]
  }[]
  readonly timeoutMs: number
}

export const deleteRecordsRequest = new Message<DeleteRecordsRequest>('DeleteRecordsRequest', 21, '0-2', '2+', `
  topics []DeleteRecordsTopic 0+
    name string 0+
    partitions []DeleteRecordsPartition 0+
      partitionIndex int32 0+
      offset int64 0+
  timeoutMs int32 0+
`)

export interface DeleteRecordsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly lowWatermark: number
      readonly errorCode: number
    }[]
  }[]
}

export const deleteRecordsResponse = new Message<DeleteRecordsResponse>('DeleteRecordsResponse', 21, '0-2', '2+', `
  throttleTimeMs int32 0+
  topics []DeleteRecordsTopicResult 0+
    name string 0+
    partitions []DeleteRecordsPartitionResult 0+
      partitionIndex int32 0+
      lowWatermark int64 0+
      errorCode int16 0+
`)
