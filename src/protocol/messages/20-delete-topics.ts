// Generated from src/protocol/schema by npm run tables: request and response of DeleteTopics (key 20), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DeleteTopicsRequest {
  readonly topics: readonly {
    readonly name: string | null
    readonly topicId: string
  }[]
  readonly topicNames: readonly string[]
  readonly timeoutMs: number
}

export const deleteTopicsRequest = new Message<DeleteTopicsRequest>('DeleteTopicsRequest', 20, '1-6', '4+', `
  topics []DeleteTopicState 6+
    name string 6+ null:6+ default:null
    topicId uuid 6+
  topicNames []string 0-5 ignorable
  timeoutMs int32 0+
`)

export interface DeleteTopicsResponse {
  readonly throttleTimeMs: number
  readonly responses: readonly {
    readonly name: string | null
    readonly topicId: string
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export const deleteTopicsResponse = new Message<DeleteTopicsResponse>('DeleteTopicsResponse', 20, '1-6', '4+', `
  throttleTimeMs int32 1+ ignorable
  responses []DeletableTopicResult 0+
    name string 0+ null:6+
    topicId uuid 6+ ignorable
    errorCode int16 0+
    errorMessage string 5+ null:5+ default:null ignorable
`)
