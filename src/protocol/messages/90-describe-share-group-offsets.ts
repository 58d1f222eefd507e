// Generated from src/protocol/schema by npm run tables: request and response of DescribeShareGroupOffsets (key 90), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeShareGroupOffsetsRequest {
  readonly groups: readonly {
    readonly groupId: string
    readonly topics: readonly {
      readonly topicName: string
      readonly partitions: readonly number[]
    }[] | null
  }[]
}

export const describeShareGroupOffsetsRequest = new Message<DescribeShareGroupOffsetsRequest>('DescribeShareGroupOffsetsRequest', 90, '0-1', '0+', `
  groups []DescribeShareGroupOffsetsRequestGroup 0+
    groupId string 0+
    topics []DescribeShareGroupOffsetsRequestTopic 0+ null:0+
      topicName string 0+
      partitions []int32 0+
`)

export interface DescribeShareGroupOffsetsResponse {
  readonly throttleTimeMs: number
  readonly groups: readonly {
    readonly groupId: string
    readonly topics: readonly {
      readonly topicName: string
      readonly topicId: string
      readonly partitions: readonly {
        readonly partitionIndex: number
        readonly startOffset: number
        readonly leaderEpoch: number
        readonly lag: number
        readonly errorCode: number
        readonly errorMessage: string | null
      }[]
    }[]
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export const describeShareGroupOffsetsResponse = new Message<DescribeShareGroupOffsetsResponse>('DescribeShareGroupOffsetsResponse', 90, '0-1', '0+', `
  throttleTimeMs int32 0+
  groups []DescribeShareGroupOffsetsResponseGroup 0+
    groupId string 0+
    topics []DescribeShareGroupOffsetsResponseTopic 0+
      topicName string 0+
      topicId uuid 0+
      partitions []DescribeShareGroupOffsetsResponsePartition 0+
        partitionIndex int32 0+
        startOffset int64 0+
        leaderEpoch int32 0+
        lag int64 1+ default:-1 ignorable
        errorCode int16 0+
        errorMessage string 0+ null:0+ default:null
    errorCode int16 0+
    errorMessage string 0+ null:0+ default:null
`)
