// Generated from src/protocol/schema by npm run tables: request and response of AddPartitionsToTxn (key 24), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface AddPartitionsToTxnRequest {
  readonly transactions: readonly {
    readonly transactionalId: string
    readonly producerId: number
    readonly producerEpoch: number
    readonly verifyOnly: boolean
    readonly topics: readonly {
      readonly name: string
      readonly partitions: readonly number[]
    }[]
  }[]
  readonly v3AndBelowTransactionalId: string
  readonly v3AndBelowProducerId: number
  readonly v3AndBelowProducerEpoch: number
  readonly v3AndBelowTopics: readonly {
    readonly name: string
    readonly partitions: readonly number[]
  }[]
}

export const addPartitionsToTxnRequest = new Message<AddPartitionsToTxnRequest>('AddPartitionsToTxnRequest', 24, '0-5', '3+', `
  transactions []AddPartitionsToTxnTransaction 4+
    transactionalId string 4+
    producerId int64 4+
    producerEpoch int16 4+
    verifyOnly bool 4+ default:false
    topics []AddPartitionsToTxnTopic 4+
      name string 0+
      partitions []int32 0+
  v3AndBelowTransactionalId string 0-3
  v3AndBelowProducerId int64 0-3
  v3AndBelowProducerEpoch int16 0-3
  v3AndBelowTopics []AddPartitionsToTxnTopic 0-3
    name string 0+
    partitions []int32 0+
`)

export interface AddPartitionsToTxnResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly resultsByTransaction: readonly {
    readonly transactionalId: string
    readonly topicResults: readonly {
      readonly name: string
      readonly resultsByPartition: readonly {
        readonly partitionIndex: number
        readonly partitionErrorCode: number
      }[]
    }[]
  }[]
  readonly resultsByTopicV3AndBelow: readonly {
    readonly name: string
    readonly resultsByPartition: readonly {
      readonly partitionIndex: number
      readonly partitionErrorCode: number
    }[]
  }[]
}

export const addPartitionsToTxnResponse = new Message<AddPartitionsToTxnResponse>('AddPartitionsToTxnResponse', 24, '0-5', '3+', `
  throttleTimeMs int32 0+
  errorCode int16 4+ ignorable
  resultsByTransaction []AddPartitionsToTxnResult 4+
    transactionalId string 4+
    topicResults []AddPartitionsToTxnTopicResult 4+
      name string 0+
      resultsByPartition []AddPartitionsToTxnPartitionResult 0+
        partitionIndex int32 0+
        partitionErrorCode int16 0+
  resultsByTopicV3AndBelow []AddPartitionsToTxnTopicResult 0-3
    name string 0+
    resultsByPartition []AddPartitionsToTxnPartitionResult 0+
      partitionIndex int32 0+
      partitionErrorCode int16 0+
`)
