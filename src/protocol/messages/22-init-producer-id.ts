// Generated from src/protocol/schema by npm run tables: request and response of InitProducerId (key 22), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface InitProducerIdRequest {
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly enable2Pc: boolean
  readonly keepPreparedTxn: boolean
}

export const initProducerIdRequest = new Message<InitProducerIdRequest>('InitProducerIdRequest', 22, '0-6', '2+', `
  transactionalId string 0+ null:0+
  transactionTimeoutMs int32 0+
  producerId int64 3+ default:-1
  producerEpoch int16 3+ default:-1
  enable2Pc bool 6+ default:false
  keepPreparedTxn bool 6+ default:false
`)

export interface InitProducerIdResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly ongoingTxnProducerId: number
  readonly ongoingTxnProducerEpoch: number
}

export const initProducerIdResponse = new Message<InitProducerIdResponse>('InitProducerIdResponse', 22, '0-6', '2+', `
  throttleTimeMs int32 0+ ignorable
  errorCode int16 0+
  producerId int64 0+ default:-1
  producerEpoch int16 0+
  ongoingTxnProducerId int64 6+ default:-1
  ongoingTxnProducerEpoch int16 6+ default:-1
`)
