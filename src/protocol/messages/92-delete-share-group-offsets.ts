// Generated from src/protocol/schema by npm run tables: request and response of DeleteShareGroupOffsets (key 92), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DeleteShareGroupOffsetsRequest {
  readonly groupId: string
  readonly topics: readonly {
    readonly topicName: string
  }[]
}

export const deleteShareGroupOffsetsRequest = new Message<DeleteShareGroupOffsetsRequest>('DeleteShareGroupOffsetsRequest', 92, '0', '0+', `
  groupId string 0+
  topics []DeleteShareGroupOffsetsRequestTopic 0+
    topicName string 0+
`)

export interface DeleteShareGroupOffsetsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly responses: readonly {
    readonly topicName: string
    readonly topicId: string
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export const deleteShareGroupOffsetsResponse = new Message<DeleteShareGroupOffsetsResponse>('DeleteShareGroupOffsetsResponse', 92, '0', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+ default:null
  responses []DeleteShareGroupOffsetsResponseTopic 0+
    topicName string 0+
    topicId uuid 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+ default:null
`)
