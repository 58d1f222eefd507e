// Generated from src/protocol/schema by npm run tables: request and response of ListOffsets (key 2), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ListOffsetsRequest {
  readonly replicaId: number
  readonly isolationLevel: number
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly currentLeaderEpoch: number
      readonly timestamp: number
    }[]
  }[]
  readonly timeoutMs: number
}

export const listOffsetsRequest = new Message<ListOffsetsRequest>('ListOffsetsRequest', 2, '1-11', '6+', `
  replicaId int32 0+
  isolationLevel int8 2+
  topics []ListOffsetsTopic 0+
    name string 0+
    partitions []ListOffsetsPartition 0+
      partitionIndex int32 0+
      currentLeaderEpoch int32 4+ default:-1 ignorable
      timestamp int64 0+
  timeoutMs int32 10+ ignorable
`)

export interface ListOffsetsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
      readonly timestamp: number
      readonly offset: number
      readonly leaderEpoch: number
    }[]
  }[]
}

export const listOffsetsResponse = new Message<ListOffsetsResponse>('ListOffsetsResponse', 2, '1-11', '6+', `
  throttleTimeMs int32 2+ ignorable
  topics []ListOffsetsTopicResponse 0+
    name string 0+
    partitions []ListOffsetsPartitionResponse 0+
      partitionIndex int32 0+
      errorCode int16 0+
      timestamp int64 1+ default:-1
      offset int64 1+ default:-1
      leaderEpoch int32 4+ default:-1
`)
