// Generated from src/protocol/schema by npm run tables: request and response of Produce (key 0), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ProduceRequest {
  readonly transactionalId: string | null
  readonly acks: number
  readonly timeoutMs: number
  readonly topicData: readonly {
    readonly name: string
    readonly topicId: string
    readonly partitionData: readonly {
      readonly index: number
      readonly records: Uint8Array | null
    }[]
  }[]
}

export const produceRequest = new Message<ProduceRequest>('ProduceRequest', 0, '3-13', '9+', `
  transactionalId string 3+ null:3+ default:null
  acks int16 0+
  timeoutMs int32 0+
  topicData []TopicProduceData 0+
    name string 0-12 ignorable
    topicId uuid 13+ ignorable
    partitionData []PartitionProduceData 0+
      index int32 0+
      records records 0+ null:0+
`)

export interface ProduceResponse {
  readonly responses: readonly {
    readonly name: string
    readonly topicId: string
    readonly partitionResponses: readonly {
      readonly index: number
      readonly errorCode: number
      readonly baseOffset: number
      readonly logAppendTimeMs: number
      readonly logStartOffset: number
      readonly recordErrors: readonly {
        readonly batchIndex: number
        readonly batchIndexErrorMessage: string | null
      }[]
      readonly errorMessage: string | null
      readonly currentLeader: {
        readonly leaderId: number
        readonly leaderEpoch: number
      }
    }[]
  }[]
  readonly throttleTimeMs: number
  readonly nodeEndpoints: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
}

export const produceResponse = new Message<ProduceResponse>('ProduceResponse', 0, '3-13', '9+', `
  responses []TopicProduceResponse 0+
    name string 0-12 ignorable
    topicId uuid 13+ ignorable
    partitionResponses []PartitionProduceResponse 0+
      index int32 0+
      errorCode int16 0+
      baseOffset int64 0+
      logAppendTimeMs int64 2+ default:-1 ignorable
      logStartOffset int64 5+ default:-1 ignorable
      recordErrors []BatchIndexAndErrorMessage 8+ ignorable
        batchIndex int32 8+
        batchIndexErrorMessage string 8+ null:8+ default:null
      errorMessage string 8+ null:8+ default:null ignorable
      currentLeader LeaderIdAndEpoch 10+ tag:0/10+
        leaderId int32 10+ default:-1
        leaderEpoch int32 10+ default:-1
  throttleTimeMs int32 1+ default:0 ignorable
  nodeEndpoints []NodeEndpoint 10+ tag:0/10+
    nodeId int32 10+
    host string 10+
    port int32 10+
    rack string 10+ null:10+ default:null
`)
