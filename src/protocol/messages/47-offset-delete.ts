// Generated from src/protocol/schema by npm run tables: request and response of OffsetDelete (key 47), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface OffsetDeleteRequest {
  readonly groupId: string
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
    }[]
  }[]
}

export const offsetDeleteRequest = new Message<OffsetDeleteRequest>('OffsetDeleteRequest', 47, '0', 'none', `
  groupId string 0+
  topics []OffsetDeleteRequestTopic 0+
    name string 0+
    partitions []OffsetDeleteRequestPartition 0+
      partitionIndex int32 0+
`)

export interface OffsetDeleteResponse {
  readonly errorCode: number
  readonly throttleTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
    }[]
  }[]
}

export const offsetDeleteResponse = new Message<OffsetDeleteResponse>('OffsetDeleteResponse', 47, '0', 'none', `
  errorCode int16 0+
  throttleTimeMs int32 0+ ignorable
  topics []OffsetDeleteResponseTopic 0+
    name string 0+
    partitions []OffsetDeleteResponsePartition 0+
      partitionIndex int32 0+
      errorCode int16 0+
`)
