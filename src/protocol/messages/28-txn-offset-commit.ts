// Generated from src/protocol/schema by npm run tables: request and response of TxnOffsetCommit (key 28), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface TxnOffsetCommitRequest {
  readonly transactionalId: string
  readonly groupId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly generationIdOrMemberEpoch: number
  readonly memberId: string
  readonly groupInstanceId: string | null
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

export const txnOffsetCommitRequest = new Message<TxnOffsetCommitRequest>('TxnOffsetCommitRequest', 28, '0-6', '3+', `
  transactionalId string 0+
  groupId string 0+
  producerId int64 0+
  producerEpoch int16 0+
  generationIdOrMemberEpoch int32 3+ default:-1
  memberId string 3+
  groupInstanceId string 3+ null:3+ default:null
  topics []TxnOffsetCommitRequestTopic 0+
    name string 0-5 ignorable
    topicId uuid 6+ ignorable
    partitions []TxnOffsetCommitRequestPartition 0+
      partitionIndex int32 0+
      committedOffset int64 0+
      committedLeaderEpoch int32 2+ default:-1 ignorable
      committedMetadata string 0+ null:0+
`)

export interface TxnOffsetCommitResponse {
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

export const txnOffsetCommitResponse = new Message<TxnOffsetCommitResponse>('TxnOffsetCommitResponse', 28, '0-6', '3+', `
  throttleTimeMs int32 0+
  topics []TxnOffsetCommitResponseTopic 0+
    name string 0-5 ignorable
    topicId uuid 6+ ignorable
    partitions []TxnOffsetCommitResponsePartition 0+
      partitionIndex int32 0+
      errorCode int16 0+
`)
