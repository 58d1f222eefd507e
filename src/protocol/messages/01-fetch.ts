// Generated from src/protocol/schema by npm run tables: request and response of Fetch (key 1), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface FetchRequest {
  readonly clusterId: string | null
  readonly replicaId: number
  readonly replicaState: {
    readonly replicaId: number
    readonly replicaEpoch: number
  }
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolationLevel: number
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly topics: readonly {
    readonly topic: string
    readonly topicId: string
    readonly partitions: readonly {
      readonly partition: number
      readonly currentLeaderEpoch: number
      readonly fetchOffset: number
      readonly lastFetchedEpoch: number
      readonly logStartOffset: number
      readonly partitionMaxBytes: number
      readonly replicaDirectoryId: string
      readonly highWatermark: number
    }[]
  }[]
  readonly forgottenTopicsData: readonly {
    readonly topic: string
    readonly topicId: string
    readonly partitions: readonly number[]
  }[]
  readonly rackId: string
}

export const fetchRequest = new Message<FetchRequest>('FetchRequest', 1, '4-18', '12+', `
  clusterId string 12+ null:12+ default:null tag:0/12+ ignorable
  replicaId int32 0-14 default:-1
  replicaState ReplicaState 15+ tag:1/15+
    replicaId int32 15+ default:-1
    replicaEpoch int64 15+ default:-1
  maxWaitMs int32 0+
  minBytes int32 0+
  maxBytes int32 3+ default:0x7fffffff ignorable
  isolationLevel int8 4+ default:0 ignorable
  sessionId int32 7+ default:0 ignorable
  sessionEpoch int32 7+ default:-1 ignorable
  topics []FetchTopic 0+
    topic string 0-12 ignorable
    topicId uuid 13+ ignorable
    partitions []FetchPartition 0+
      partition int32 0+
      currentLeaderEpoch int32 9+ default:-1 ignorable
      fetchOffset int64 0+
      lastFetchedEpoch int32 12+ default:-1
      logStartOffset int64 5+ default:-1 ignorable
      partitionMaxBytes int32 0+
      replicaDirectoryId uuid 17+ tag:0/17+ ignorable
      highWatermark int64 18+ default:9223372036854775807 tag:1/18+ ignorable
  forgottenTopicsData []ForgottenTopic 7+
    topic string 7-12 ignorable
    topicId uuid 13+ ignorable
    partitions []int32 7+
  rackId string 11+ ignorable
`)

export interface FetchResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly sessionId: number
  readonly responses: readonly {
    readonly topic: string
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
      readonly highWatermark: number
      readonly lastStableOffset: number
      readonly logStartOffset: number
      readonly divergingEpoch: {
        readonly epoch: number
        readonly endOffset: number
      }
      readonly currentLeader: {
        readonly leaderId: number
        readonly leaderEpoch: number
      }
      readonly snapshotId: {
        readonly endOffset: number
        readonly epoch: number
      }
      readonly abortedTransactions: readonly {
        readonly producerId: number
        readonly firstOffset: number
      }[] | null
      readonly preferredReadReplica: number
      readonly records: Uint8Array | null
    }[]
  }[]
  readonly nodeEndpoints: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
}

export const fetchResponse = new Message<FetchResponse>('FetchResponse', 1, '4-18', '12+', `
  throttleTimeMs int32 1+ ignorable
  errorCode int16 7+ ignorable
  sessionId int32 7+ default:0
  responses []FetchableTopicResponse 0+
    topic string 0-12 ignorable
    topicId uuid 13+ ignorable
    partitions []PartitionData 0+
      partitionIndex int32 0+
      errorCode int16 0+
      highWatermark int64 0+
      lastStableOffset int64 4+ default:-1 ignorable
      logStartOffset int64 5+ default:-1 ignorable
      divergingEpoch EpochEndOffset 12+ tag:0/12+
        epoch int32 12+ default:-1
        endOffset int64 12+ default:-1
      currentLeader LeaderIdAndEpoch 12+ tag:1/12+
        leaderId int32 12+ default:-1
        leaderEpoch int32 12+ default:-1
      snapshotId SnapshotId 12+ tag:2/12+
        endOffset int64 0+ default:-1
        epoch int32 0+ default:-1
      abortedTransactions []AbortedTransaction 4+ null:4+ ignorable
        producerId int64 4+
        firstOffset int64 4+
      preferredReadReplica int32 11+ default:-1
      records records 0+ null:0+
  nodeEndpoints []NodeEndpoint 16+ tag:0/16+
    nodeId int32 16+
    host string 16+
    port int32 16+
    rack string 16+ null:16+ default:null
`)
