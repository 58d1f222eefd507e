// Generated from src/protocol/schema by npm run tables: request and response of DescribeTransactions (key 65), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeTransactionsRequest {
  readonly transactionalIds: readonly string[]
}

export const describeTransactionsRequest = new Message<DescribeTransactionsRequest>('DescribeTransactionsRequest', 65, '0', '0+', `
  transactionalIds []string 0+
`)

export interface DescribeTransactionsResponse {
  readonly throttleTimeMs: number
  readonly transactionStates: readonly {
    readonly errorCode: number
    readonly transactionalId: string
    readonly transactionState: string
    readonly transactionTimeoutMs: number
    readonly transactionStartTimeMs: number
    readonly producerId: number
    readonly producerEpoch: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly number[]
    }[]
  }[]
}

export const describeTransactionsResponse = new Message<DescribeTransactionsResponse>('DescribeTransactionsResponse', 65, '0', '0+', `
  throttleTimeMs int32 0+
  transactionStates []TransactionState 0+
    errorCode int16 0+
    transactionalId string 0+
    transactionState string 0+
    transactionTimeoutMs int32 0+
    transactionStartTimeMs int64 0+
    producerId int64 0+
    producerEpoch int16 0+
    topics []TopicData 0+
      topic string 0+
      partitions []int32 0+
`)
