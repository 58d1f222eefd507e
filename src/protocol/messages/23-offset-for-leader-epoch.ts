// Generated from src/protocol/schema by npm run tables: request and response of OffsetForLeaderEpoch (key 23), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface OffsetForLeaderEpochRequest {
  readonly replicaId: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly currentLeaderEpoch: number
      readonly leaderEpoch: number
    }[]
  }[]
}

export const offsetForLeaderEpochRequest = new Message<OffsetForLeaderEpochRequest>('OffsetForLeaderEpochRequest', 23, '2-4', '4+', `
  replicaId int32 3+ default:-2 ignorable
  topics []OffsetForLeaderTopic 0+
    topic string 0+
    partitions []OffsetForLeaderPartition 0+
      partition int32 0+
      currentLeaderEpoch int32 2+ default:-1 ignorable
      leaderEpoch int32 0+
`)

export interface OffsetForLeaderEpochResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly errorCode: number
      readonly partition: number
      readonly leaderEpoch: number
      readonly endOffset: number
    }[]
  }[]
}

export const offsetForLeaderEpochResponse = new Message<OffsetForLeaderEpochResponse>('OffsetForLeaderEpochResponse', 23, '2-4', '4+', `
  throttleTimeMs int32 2+ ignorable
  topics []OffsetForLeaderTopicResult 0+
    topic string 0+
    partitions []EpochEndOffset 0+
      errorCode int16 0+
      partition int32 0+
      leaderEpoch int32 1+ default:-1 ignorable
      endOffset int64 0+ default:-1
`)
