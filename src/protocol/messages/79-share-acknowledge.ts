// Generated from src/protocol/schema by npm run tables: request and response of ShareAcknowledge (key 79), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ShareAcknowledgeRequest {
  readonly groupId: string | null
  readonly memberId: string | null
  readonly shareSessionEpoch: number
  readonly isRenewAck: boolean
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly acknowledgementBatches: readonly {
        readonly firstOffset: number
        readonly lastOffset: number
        readonly acknowledgeTypes: readonly number[]
      }[]
    }[]
  }[]
}

export const shareAcknowledgeRequest = new Message<ShareAcknowledgeRequest>('ShareAcknowledgeRequest', 79, '1-2', '0+', `
  groupId string 0+ null:0+ default:null
  memberId string 0+ null:0+
  shareSessionEpoch int32 0+
  isRenewAck bool 2+ default:false
  topics []AcknowledgeTopic 0+
    topicId uuid 0+
    partitions []AcknowledgePartition 0+
      partitionIndex int32 0+
      acknowledgementBatches []AcknowledgementBatch 0+
        firstOffset int64 0+
        lastOffset int64 0+
        acknowledgeTypes []int8 0+
`)

export interface ShareAcknowledgeResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly acquisitionLockTimeoutMs: number
  readonly responses: readonly {
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
      readonly errorMessage: string | null
      readonly currentLeader: {
        readonly leaderId: number
        readonly leaderEpoch: number
      }
    }[]
  }[]
  readonly nodeEndpoints: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
}

export const shareAcknowledgeResponse = new Message<ShareAcknowledgeResponse>('ShareAcknowledgeResponse', 79, '1-2', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+ default:null
  acquisitionLockTimeoutMs int32 2+ ignorable
  responses []ShareAcknowledgeTopicResponse 0+
    topicId uuid 0+
    partitions []PartitionData 0+
      partitionIndex int32 0+
      errorCode int16 0+
      errorMessage string 0+ null:0+ default:null
      currentLeader LeaderIdAndEpoch 0+
        leaderId int32 0+
        leaderEpoch int32 0+
  nodeEndpoints []NodeEndpoint 0+
    nodeId int32 0+
    host string 0+
    port int32 0+
    rack string 0+ null:0+ default:null
`)
