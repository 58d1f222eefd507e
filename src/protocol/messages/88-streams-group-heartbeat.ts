// Generated from src/protocol/schema by npm run tables: request and response of StreamsGroupHeartbeat (key 88), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface StreamsGroupHeartbeatRequest {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly endpointInformationEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly topology: {
    readonly epoch: number
    readonly subtopologies: readonly {
      readonly subtopologyId: string
      readonly sourceTopics: readonly string[]
      readonly sourceTopicRegex: readonly string[]
      readonly stateChangelogTopics: readonly {
        readonly name: string
        readonly partitions: number
        readonly replicationFactor: number
        readonly topicConfigs: readonly {
          readonly key: string
          readonly value: string
        }[]
      }[]
      readonly repartitionSinkTopics: readonly string[]
      readonly repartitionSourceTopics: readonly {
        readonly name: string
        readonly partitions: number
        readonly replicationFactor: number
        readonly topicConfigs: readonly {
          readonly key: string
          readonly value: string
        }[]
      }[]
      readonly copartitionGroups: readonly {
        readonly sourceTopics: readonly number[]
        readonly sourceTopicRegex: readonly number[]
        readonly repartitionSourceTopics: readonly number[]
      }[]
    }[]
  } | null
  readonly activeTasks: readonly {
    readonly subtopologyId: string
    readonly partitions: readonly number[]
  }[] | null
  readonly standbyTasks: readonly {
    readonly subtopologyId: string
    readonly partitions: readonly number[]
  }[] | null
  readonly warmupTasks: readonly {
    readonly subtopologyId: string
    readonly partitions: readonly number[]
  }[] | null
  readonly processId: string | null
  readonly userEndpoint: {
    readonly host: string
    readonly port: number
  } | null
  readonly clientTags: readonly {
    readonly key: string
    readonly value: string
  }[] | null
  readonly taskOffsets: readonly {
    readonly subtopologyId: string
    readonly partition: number
    readonly offset: number
  }[] | null
  readonly taskEndOffsets: readonly {
    readonly subtopologyId: string
    readonly partition: number
    readonly offset: number
  }[] | null
  readonly shutdownApplication: boolean
}

export const streamsGroupHeartbeatRequest = new Message<StreamsGroupHeartbeatRequest>('StreamsGroupHeartbeatRequest', 88, '0-1', '0+', `
  groupId string 0+
  memberId string 0+
  memberEpoch int32 0+
  endpointInformationEpoch int32 0+
  instanceId string 0+ null:0+ default:null
  rackId string 0+ null:0+ default:null
  rebalanceTimeoutMs int32 0+ default:-1
  topology Topology 0+ null:0+ default:null
    epoch int32 0+
    subtopologies []Subtopology 0+
      subtopologyId string 0+
      sourceTopics []string 0+
      sourceTopicRegex []string 0+
      stateChangelogTopics []TopicInfo 0+
        name string 0+
        partitions int32 0+
        replicationFactor int16 0+
        topicConfigs []KeyValue 0+
          key string 0+
          value string 0+
      repartitionSinkTopics []string 0+
      repartitionSourceTopics []TopicInfo 0+
        name string 0+
        partitions int32 0+
        replicationFactor int16 0+
        topicConfigs []KeyValue 0+
          key string 0+
          value string 0+
      copartitionGroups []CopartitionGroup 0+
        sourceTopics []int16 0+
        sourceTopicRegex []int16 0+
        repartitionSourceTopics []int16 0+
  activeTasks []TaskIds 0+ null:0+ default:null
    subtopologyId string 0+
    partitions []int32 0+
  standbyTasks []TaskIds 0+ null:0+ default:null
    subtopologyId string 0+
    partitions []int32 0+
  warmupTasks []TaskIds 0+ null:0+ default:null
    subtopologyId string 0+
    partitions []int32 0+
  processId string 0+ null:0+ default:null
  userEndpoint Endpoint 0+ null:0+ default:null
    host string 0+
    port uint16 0+
  clientTags []KeyValue 0+ null:0+ default:null
    key string 0+
    value string 0+
  taskOffsets []TaskOffset 0+ null:0+ default:null
    subtopologyId string 0+
    partition int32 0+
    offset int64 0+
  taskEndOffsets []TaskOffset 0+ null:0+ default:null
    subtopologyId string 0+
    partition int32 0+
    offset int64 0+
  shutdownApplication bool 0+ default:false
`)

export interface StreamsGroupHeartbeatResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberId: string
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  readonly acceptableRecoveryLagLegacy: number
  readonly taskOffsetIntervalMs: number
  readonly acceptableRecoveryLag: number
  readonly status: readonly {
    readonly statusCode: number
    readonly statusDetail: string
  }[] | null
  readonly activeTasks: readonly {
    readonly subtopologyId: string
    readonly partitions: readonly number[]
  }[] | null
  readonly standbyTasks: readonly {
    readonly subtopologyId: string
    readonly partitions: readonly number[]
  }[] | null
  readonly warmupTasks: readonly {
    readonly subtopologyId: string
    readonly partitions: readonly number[]
  }[] | null
  readonly topologyDescriptionRequired: boolean
  readonly endpointInformationEpoch: number
  readonly partitionsByUserEndpoint: readonly {
    readonly userEndpoint: {
      readonly host: string
      readonly port: number
    }
    readonly activePartitions: readonly {
      readonly topic: string
      readonly partitions: readonly number[]
    }[]
    readonly standbyPartitions: readonly {
      readonly topic: string
      readonly partitions: readonly number[]
    }[]
  }[] | null
}

export const streamsGroupHeartbeatResponse = new Message<StreamsGroupHeartbeatResponse>('StreamsGroupHeartbeatResponse', 88, '0-1', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+ default:null
  memberId string 0+
  memberEpoch int32 0+
  heartbeatIntervalMs int32 0+
  acceptableRecoveryLagLegacy int32 0
  taskOffsetIntervalMs int32 0+
  acceptableRecoveryLag int64 1+ default:-1 ignorable
  status []Status 0+ null:0+
    statusCode int8 0+
    statusDetail string 0+
  activeTasks []TaskIds 0+ null:0+ default:null
    subtopologyId string 0+
    partitions []int32 0+
  standbyTasks []TaskIds 0+ null:0+ default:null
    subtopologyId string 0+
    partitions []int32 0+
  warmupTasks []TaskIds 0+ null:0+ default:null
    subtopologyId string 0+
    partitions []int32 0+
  topologyDescriptionRequired bool 1+ default:false
  endpointInformationEpoch int32 0+
  partitionsByUserEndpoint []EndpointToPartitions 0+ null:0+ default:null
    userEndpoint Endpoint 0+
      host string 0+
      port uint16 0+
    activePartitions []TopicPartition 0+
      topic string 0+
      partitions []int32 0+
    standbyPartitions []TopicPartition 0+
      topic string 0+
      partitions []int32 0+
`)
