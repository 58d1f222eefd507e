// Generated from src/protocol/schema by npm run tables: request and response of OffsetFetch (key 9), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface OffsetFetchRequest {
  readonly groupId: string
  readonly topics: readonly {
    readonly name: string
    readonly partitionIndexes: readonly number[]
  }[] | null
  readonly groups: readonly {
    readonly groupId: string
    readonly memberId: string | null
    readonly memberEpoch: number
    readonly topics: readonly {
      readonly name: string
      readonly topicId: string
      readonly partitionIndexes: readonly number[]
    }[] | null
  }[]
  readonly requireStable: boolean
}

export const offsetFetchRequest = new Message<OffsetFetchRequest>('OffsetFetchRequest', 9, '1-10', '6+', `
  groupId string 0-7
  topics []OffsetFetchRequestTopic 0-7 null:2-7
    name string 0-7
    partitionIndexes []int32 0-7
  groups []OffsetFetchRequestGroup 8+
    groupId string 8+
    memberId string 9+ null:9+ default:null ignorable
    memberEpoch int32 9+ default:-1 ignorable
    topics []OffsetFetchRequestTopics 8+ null:8+
      name string 8-9 ignorable
      topicId uuid 10+ ignorable
      partitionIndexes []int32 8+
  requireStable bool 7+ default:false
`)

export interface OffsetFetchResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly committedOffset: number
      readonly committedLeaderEpoch: number
      readonly metadata: string | null
      readonly errorCode: number
    }[]
  }[]
  readonly errorCode: number
  readonly groups: readonly {
    readonly groupId: string
    readonly topics: readonly {
      readonly name: string
      readonly topicId: string
      readonly partitions: readonly {
        readonly partitionIndex: number
        readonly committedOffset: number
        readonly committedLeaderEpoch: number
        readonly metadata: string | null
        readonly errorCode: number
      }[]
    }[]
    readonly errorCode: number
  }[]
}

export const offsetFetchResponse = new Message<OffsetFetchResponse>('OffsetFetchResponse', 9, '1-10', '6+', `
  throttleTimeMs int32 3+ ignorable
  topics []OffsetFetchResponseTopic 0-7
    name string 0-7
    partitions []OffsetFetchResponsePartition 0-7
      partitionIndex int32 0-7
      committedOffset int64 0-7
      committedLeaderEpoch int32 5-7 default:-1 ignorable
      metadata string 0-7 null:0-7
      errorCode int16 0-7
  errorCode int16 2-7 default:0 ignorable
  groups []OffsetFetchResponseGroup 8+
    groupId string 8+
    topics []OffsetFetchResponseTopics 8+
      name string 8-9 ignorable
      topicId uuid 10+ ignorable
      partitions []OffsetFetchResponsePartitions 8+
        partitionIndex int32 8+
        committedOffset int64 8+
        committedLeaderEpoch int32 8+ default:-1 ignorable
        metadata string 8+ null:8+
        errorCode int16 8+
    errorCode int16 8+ default:0
`)
