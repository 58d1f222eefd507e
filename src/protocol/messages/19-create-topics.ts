// Generated from src/protocol/schema by npm run tables: request and response of CreateTopics (key 19), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface CreateTopicsRequest {
  readonly topics: readonly {
    readonly name: string
    readonly numPartitions: number
    readonly replicationFactor: number
    readonly assignments: readonly {
      readonly partitionIndex: number
      readonly brokerIds: readonly number[]
    }[]
    readonly configs: readonly {
      readonly name: string
      readonly value: string | null
    }[]
  }[]
  readonly timeoutMs: number
  readonly validateOnly: boolean
}

export const createTopicsRequest = new Message<CreateTopicsRequest>('CreateTopicsRequest', 19, '2-7', '5+', `
  topics []CreatableTopic 0+
    name string 0+
    numPartitions int32 0+
    replicationFactor int16 0+
    assignments []CreatableReplicaAssignment 0+
      partitionIndex int32 0+
      brokerIds []int32 0+
    configs []CreatableTopicConfig 0+
      name string 0+
      value string 0+ null:0+
  timeoutMs int32 0+ default:60000
  validateOnly bool 1+ default:false
`)

export interface CreateTopicsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly topicId: string
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly topicConfigErrorCode: number
    readonly numPartitions: number
    readonly replicationFactor: number
    readonly configs: readonly {
      readonly name: string
      readonly value: string | null
      readonly readOnly: boolean
      readonly configSource: number
      readonly isSensitive: boolean
    }[] | null
  }[]
}

export const createTopicsResponse = new Message<CreateTopicsResponse>('CreateTopicsResponse', 19, '2-7', '5+', `
  throttleTimeMs int32 2+ ignorable
  topics []CreatableTopicResult 0+
    name string 0+
    topicId uuid 7+ ignorable
    errorCode int16 0+
    errorMessage string 1+ null:0+ ignorable
    topicConfigErrorCode int16 5+ tag:0/5+ ignorable
    numPartitions int32 5+ default:-1 ignorable
    replicationFactor int16 5+ default:-1 ignorable
    configs []CreatableTopicConfigs 5+ null:5+ ignorable
      name string 5+
      value string 5+ null:5+
      readOnly bool 5+
      configSource int8 5+ default:-1 ignorable
      isSensitive bool 5+
`)
