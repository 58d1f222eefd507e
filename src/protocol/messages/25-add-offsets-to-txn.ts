// Generated from src/protocol/schema by npm run tables: request and response of AddOffsetsToTxn (key 25), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface AddOffsetsToTxnRequest {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly groupId: string
}

export const addOffsetsToTxnRequest = new Message<AddOffsetsToTxnRequest>('AddOffsetsToTxnRequest', 25, '0-4', '3+', `
  transactionalId string 0+
  producerId int64 0+
  producerEpoch int16 0+
  groupId string 0+
`)

export interface AddOffsetsToTxnResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
}

export const addOffsetsToTxnResponse = new Message<AddOffsetsToTxnResponse>('AddOffsetsToTxnResponse', 25, '0-4', '3+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
`)
