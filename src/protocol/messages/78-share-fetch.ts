// Generated from src/protocol/schema by npm run tables: request and response of ShareFetch (key 78), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ShareFetchRequest {
  readonly groupId: string | null
  readonly memberId: string | null
  readonly shareSessionEpoch: number
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxRecords: number
  readonly batchSize: number
  readonly shareAcquireMode: number
  readonly isRenewAck: boolean
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly partitionMaxBytes: number
      readonly acknowledgementBatches: readonly {
        readonly firstOffset: number
        readonly lastOffset: number
        readonly acknowledgeTypes: readonly number[]
      }[]
    }[]
  }[]
  readonly forgottenTopicsData: readonly {
    readonly topicId: string
    readonly partitions: readonly number[]
  }[]
}

export const shareFetchRequest = new Message<ShareFetchRequest>('ShareFetchRequest', 78, '1-2', '0+', `
  groupId string 0+ null:0+ default:null
  memberId string 0+ null:0+
  shareSessionEpoch int32 0+
  maxWaitMs int32 0+
  minBytes int32 0+
  maxBytes int32 0+ default:0x7fffffff
  maxRecords int32 1+
  batchSize int32 1+
  shareAcquireMode int8 2+ default:0 ignorable
  isRenewAck bool 2+ default:false
  topics []FetchTopic 0+
    topicId uuid 0+
    partitions []FetchPartition 0+
      partitionIndex int32 0+
      partitionMaxBytes int32 0
      acknowledgementBatches []AcknowledgementBatch 0+
        firstOffset int64 0+
        lastOffset int64 0+
        acknowledgeTypes []int8 0+
  forgottenTopicsData []ForgottenTopic 0+
    topicId uuid 0+
    partitions []int32 0+
`)

export interface ShareFetchResponse {
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
      readonly acknowledgeErrorCode: number
      readonly acknowledgeErrorMessage: string | null
      readonly currentLeader: {
        readonly leaderId: number
        readonly leaderEpoch: number
      }
      readonly records: Uint8Array | null
      readonly acquiredRecords: readonly {
        readonly firstOffset: number
        readonly lastOffset: number
        readonly deliveryCount: number
      }[]
    }[]
  }[]
  readonly nodeEndpoints: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
}

export const shareFetchResponse = new Message<ShareFetchResponse>('ShareFetchResponse', 78, '1-2', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+ default:null
  acquisitionLockTimeoutMs int32 1+
  responses []ShareFetchableTopicResponse 0+
    topicId uuid 0+
    partitions []PartitionData 0+
      partitionIndex int32 0+
      errorCode int16 0+
      errorMessage string 0+ null:0+ default:null
      acknowledgeErrorCode int16 0+
      acknowledgeErrorMessage string 0+ null:0+ default:null
      currentLeader LeaderIdAndEpoch 0+
        leaderId int32 0+
        leaderEpoch int32 0+
      records records 0+ null:0
      acquiredRecords []AcquiredRecords 0+
        firstOffset int64 0+
        lastOffset int64 0+
        deliveryCount int16 0+
  nodeEndpoints []NodeEndpoint 0+
    nodeId int32 0+
    host string 0+
    port int32 0+
    rack string 0+ null:0+ default:null
`)
