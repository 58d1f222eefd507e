// Generated from src/protocol/schema by npm run tables: request and response of ListTransactions (key 66), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ListTransactionsRequest {
  readonly stateFilters: readonly string[]
  readonly producerIdFilters: readonly number[]
  readonly durationFilter: number
  readonly transactionalIdPattern: string | null
}

export const listTransactionsRequest = new Message<ListTransactionsRequest>('ListTransactionsRequest', 66, '0-2', '0+', `
  stateFilters []string 0+
  producerIdFilters []int64 0+
  durationFilter int64 1+ default:-1
  transactionalIdPattern string 2+ null:2+ default:null
`)

export interface ListTransactionsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly unknownStateFilters: readonly string[]
  readonly transactionStates: readonly {
    readonly transactionalId: string
    readonly producerId: number
    readonly transactionState: string
  }[]
}

export const listTransactionsResponse = new Message<ListTransactionsResponse>('ListTransactionsResponse', 66, '0-2', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  unknownStateFilters []string 0+
  transactionStates []TransactionState 0+
    transactionalId string 0+
    producerId int64 0+
    transactionState string 0+
`)
