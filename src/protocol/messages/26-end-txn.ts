// Generated from src/protocol/schema by npm run tables: request and response of EndTxn (key 26), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface EndTxnRequest {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
}

export const endTxnRequest = new Message<EndTxnRequest>('EndTxnRequest', 26, '0-5', '3+', `
  transactionalId string 0+
  producerId int64 0+
  producerEpoch int16 0+
  committed bool 0+
`)

export interface EndTxnResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly producerId: number
  readonly producerEpoch: number
}

export const endTxnResponse = new Message<EndTxnResponse>('EndTxnResponse', 26, '0-5', '3+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  producerId int64 5+ default:-1 ignorable
  producerEpoch int16 5+ default:-1 ignorable
`)
