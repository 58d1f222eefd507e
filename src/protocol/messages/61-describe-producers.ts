// Generated from src/protocol/schema by npm run tables: request and response of DescribeProducers (key 61), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeProducersRequest {
  readonly topics: readonly {
    readonly name: string
    readonly partitionIndexes: readonly number[]
  }[]
}

export const describeProducersRequest = new Message<DescribeProducersRequest>('DescribeProducersRequest', 61, '0', '0+', `
  topics []TopicRequest 0+
    name string 0+
    partitionIndexes []int32 0+
`)

export interface DescribeProducersResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
      readonly errorMessage: string | null
      readonly activeProducers: readonly {
        readonly producerId: number
        readonly producerEpoch: number
        readonly lastSequence: number
        readonly lastTimestamp: number
        readonly coordinatorEpoch: number
        readonly currentTxnStartOffset: number
      }[]
    }[]
  }[]
}

export const describeProducersResponse = new Message<DescribeProducersResponse>('DescribeProducersResponse', 61, '0', '0+', `
  throttleTimeMs int32 0+
  topics []TopicResponse 0+
    name string 0+
    partitions []PartitionResponse 0+
      partitionIndex int32 0+
      errorCode int16 0+
      errorMessage string 0+ null:0+ default:null
      activeProducers []ProducerState 0+
        producerId int64 0+
        producerEpoch int32 0+
        lastSequence int32 0+ default:-1
        lastTimestamp int64 0+ default:-1
        coordinatorEpoch int32 0+
        currentTxnStartOffset int64 0+ default:-1
`)
