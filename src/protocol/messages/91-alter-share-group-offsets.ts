// Generated from src/protocol/schema by npm run tables: request and response of AlterShareGroupOffsets (key 91), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface AlterShareGroupOffsetsRequest {
  readonly groupId: string
  readonly topics: readonly {
    readonly topicName: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly startOffset: number
    }[]
  }[]
}

export const alterShareGroupOffsetsRequest = new Message<AlterShareGroupOffsetsRequest>('AlterShareGroupOffsetsRequest', 91, '0', '0+', `
  groupId string 0+
  topics []AlterShareGroupOffsetsRequestTopic 0+
    topicName string 0+
    partitions []AlterShareGroupOffsetsRequestPartition 0+
      partitionIndex int32 0+
      startOffset int64 0+
`)

export interface AlterShareGroupOffsetsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly responses: readonly {
    readonly topicName: string
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
      readonly errorMessage: string | null
    }[]
  }[]
}

export const alterShareGroupOffsetsResponse = new Message<AlterShareGroupOffsetsResponse>('AlterShareGroupOffsetsResponse', 91, '0', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+ default:null
  responses []AlterShareGroupOffsetsResponseTopic 0+
    topicName string 0+
    topicId uuid 0+
    partitions []AlterShareGroupOffsetsResponsePartition 0+
      partitionIndex int32 0+
      errorCode int16 0+
      errorMessage string 0+ null:0+ default:null
`)
