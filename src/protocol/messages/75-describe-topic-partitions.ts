// Generated from src/protocol/schema by npm run tables: request and response of DescribeTopicPartitions (key 75), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeTopicPartitionsRequest {
  readonly topics: readonly {
    readonly name: string
  }[]
  readonly responsePartitionLimit: number
  readonly cursor: {
    readonly topicName: string
    readonly partitionIndex: number
  } | null
}

export const describeTopicPartitionsRequest = new Message<DescribeTopicPartitionsRequest>('DescribeTopicPartitionsRequest', 75, '0', '0+', `
  topics []TopicRequest 0+
    name string 0+
  responsePartitionLimit int32 0+ default:2000
  cursor Cursor 0+ null:0+ default:null
    topicName string 0+
    partitionIndex int32 0+
`)

export interface DescribeTopicPartitionsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly errorCode: number
    readonly name: string | null
    readonly topicId: string
    readonly isInternal: boolean
    readonly partitions: readonly {
      readonly errorCode: number
      readonly partitionIndex: number
      readonly leaderId: number
      readonly leaderEpoch: number
      readonly replicaNodes: readonly number[]
      readonly isrNodes: readonly number[]
      readonly eligibleLeaderReplicas: readonly number[] | null
      readonly lastKnownElr: readonly number[] | null
      readonly offlineReplicas: readonly number[]
    }[]
    readonly topicAuthorizedOperations: number
  }[]
  readonly nextCursor: {
    readonly topicName: string
    readonly partitionIndex: number
  } | null
}

export const describeTopicPartitionsResponse = new Message<DescribeTopicPartitionsResponse>('DescribeTopicPartitionsResponse', 75, '0', '0+', `
  throttleTimeMs int32 0+ ignorable
  topics []DescribeTopicPartitionsResponseTopic 0+
    errorCode int16 0+
    name string 0+ null:0+
    topicId uuid 0+ ignorable
    isInternal bool 0+ default:false ignorable
    partitions []DescribeTopicPartitionsResponsePartition 0+
      errorCode int16 0+
      partitionIndex int32 0+
      leaderId int32 0+
      leaderEpoch int32 0+ default:-1 ignorable
      replicaNodes []int32 0+
      isrNodes []int32 0+
      eligibleLeaderReplicas []int32 0+ null:0+ default:null
      lastKnownElr []int32 0+ null:0+ default:null
      offlineReplicas []int32 0+ ignorable
    topicAuthorizedOperations int32 0+ default:-2147483648
  nextCursor Cursor 0+ null:0+ default:null
    topicName string 0+
    partitionIndex int32 0+
`)
