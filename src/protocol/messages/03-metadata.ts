// Generated from src/protocol/schema by npm run tables: request and response of Metadata (key 3), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface MetadataRequest {
  readonly topics: readonly {
    readonly topicId: string
    readonly name: string | null
  }[] | null
  readonly allowAutoTopicCreation: boolean
  readonly includeClusterAuthorizedOperations: boolean
  readonly includeTopicAuthorizedOperations: boolean
}

export const metadataRequest = new Message<MetadataRequest>('MetadataRequest', 3, '0-13', '9+', `
  topics []MetadataRequestTopic 0+ null:1+
    topicId uuid 10+ ignorable
    name string 0+ null:10+
  allowAutoTopicCreation bool 4+ default:true
  includeClusterAuthorizedOperations bool 8-10
  includeTopicAuthorizedOperations bool 8+
`)

export interface MetadataResponse {
  readonly throttleTimeMs: number
  readonly brokers: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
  }[]
  readonly clusterId: string | null
  readonly controllerId: number
  readonly topics: readonly {
    readonly errorCode: number
    readonly name: string | null
    readonly topicId: string
    readonly isInternal: boolean
    readonly partitions: readonly {
      readonly errorCode: number
      readonly partitionIndex: number
      readonly leaderId: number
      readonly leaderEpoch: number
      readonly replicaNodes: readonly number[]
      readonly isrNodes: readonly number[]
      readonly offlineReplicas: readonly number[]
    }[]
    readonly topicAuthorizedOperations: number
  }[]
  readonly clusterAuthorizedOperations: number
  readonly errorCode: number
}

export const metadataResponse = new Message<MetadataResponse>('MetadataResponse', 3, '0-13', '9+', `
  throttleTimeMs int32 3+ ignorable
  brokers []MetadataResponseBroker 0+
    nodeId int32 0+
    host string 0+
    port int32 0+
    rack string 1+ null:1+ default:null ignorable
  clusterId string 2+ null:2+ default:null ignorable
  controllerId int32 1+ default:-1 ignorable
  topics []MetadataResponseTopic 0+
    errorCode int16 0+
    name string 0+ null:12+
    topicId uuid 10+ ignorable
    isInternal bool 1+ default:false ignorable
    partitions []MetadataResponsePartition 0+
      errorCode int16 0+
      partitionIndex int32 0+
      leaderId int32 0+
      leaderEpoch int32 7+ default:-1 ignorable
      replicaNodes []int32 0+
      isrNodes []int32 0+
      offlineReplicas []int32 5+ ignorable
    topicAuthorizedOperations int32 8+ default:-2147483648
  clusterAuthorizedOperations int32 8-10 default:-2147483648
  errorCode int16 13+ ignorable
`)
