// Generated from src/protocol/schema by npm run tables: request and response of CreatePartitions (key 37), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface CreatePartitionsRequest {
  readonly topics: readonly {
    readonly name: string
    readonly count: number
    readonly assignments: readonly {
      readonly brokerIds: readonly number[]
    }[] | null
  }[]
  readonly timeoutMs: number
  readonly validateOnly: boolean
}

export const createPartitionsRequest = new Message<CreatePartitionsRequest>('CreatePartitionsRequest', 37, '0-3', '2+', `
  topics []CreatePartitionsTopic 0+
    name string 0+
    count int32 0+
    assignments []CreatePartitionsAssignment 0+ null:0+
      brokerIds []int32 0+
  timeoutMs int32 0+
  validateOnly bool 0+
`)

export interface CreatePartitionsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly {
    readonly name: string
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export const createPartitionsResponse = new Message<CreatePartitionsResponse>('CreatePartitionsResponse', 37, '0-3', '2+', `
  throttleTimeMs int32 0+
  results []CreatePartitionsTopicResult 0+
    name string 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+ default:null
`)
