// Generated from src/protocol/schema by npm run tables: request and response of OffsetCommit (key 8), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface OffsetCommitRequest {
  readonly groupId: string
  readonly generationIdOrMemberEpoch: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly retentionTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly committedOffset: number
      readonly committedLeaderEpoch: number
      readonly committedMetadata: string | null
    }[]
  }[]
}

export const offsetCommitRequest = new Message<OffsetCommitRequest>('OffsetCommitRequest', 8, '2-10', '8+', `
  groupId string 0+
  generationIdOrMemberEpoch int32 1+ default:-1 ignorable
  memberId string 1+ ignorable
  groupInstanceId string 7+ null:7+ default:null
  retentionTimeMs int64 2-4 default:-1 ignorable
  topics []OffsetCommitRequestTopic 0+
    name string 0-9 ignorable
    topicId uuid 10+ ignorable
    partitions []OffsetCommitRequestPartition 0+
      partitionIndex int32 0+
      committedOffset int64 0+
      committedLeaderEpoch int32 6+ default:-1 ignorable
      committedMetadata string 0+ null:0+
`)

export interface OffsetCommitResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
    }[]
  }[]
}

export const offsetCommitResponse = new Message<OffsetCommitResponse>('OffsetCommitResponse', 8, '2-10', '8+', `
  throttleTimeMs int32 3+ ignorable
  topics []OffsetCommitResponseTopic 0+
    name string 0-9 ignorable
    topicId uuid 10+ ignorable
    partitions []OffsetCommitResponsePartition 0+
      partitionIndex int32 0+
      errorCode int16 0+
`)
