// Generated from src/protocol/schema by npm run tables: request and response of StreamsGroupDescribe (key 89), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface StreamsGroupDescribeRequest {
  readonly groupIds: readonly string[]
  readonly includeAuthorizedOperations: boolean
  readonly includeTopologyDescription: boolean
}

export const streamsGroupDescribeRequest = new Message<StreamsGroupDescribeRequest>('StreamsGroupDescribeRequest', 89, '0-1', '0+', `
  groupIds []string 0+
  includeAuthorizedOperations bool 0+
  includeTopologyDescription bool 1+ default:false
`)

export interface StreamsGroupDescribeResponse {
  readonly throttleTimeMs: number
  readonly groups: readonly {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly groupId: string
    readonly groupState: string
    readonly groupEpoch: number
    readonly assignmentEpoch: number
    readonly topology: {
      readonly epoch: number
      readonly subtopologies: readonly {
        readonly subtopologyId: string
        readonly sourceTopics: readonly string[]
        readonly repartitionSinkTopics: readonly string[]
        readonly stateChangelogTopics: readonly {
          readonly name: string
          readonly partitions: number
          readonly replicationFactor: number
          readonly topicConfigs: readonly {
            readonly key: string
            readonly value: string
          }[]
        }[]
        readonly repartitionSourceTopics: readonly {
          readonly name: string
          readonly partitions: number
          readonly replicationFactor: number
          readonly topicConfigs: readonly {
            readonly key: string
            readonly value: string
          }[]
        }[]
      }[] | null
    } | null
    readonly members: readonly {
      readonly memberId: string
      readonly memberEpoch: number
      readonly instanceId: string | null
      readonly rackId: string | null
      readonly clientId: string
      readonly clientHost: string
      readonly topologyEpoch: number
      readonly processId: string
      readonly userEndpoint: {
        readonly host: string
        readonly port: number
      } | null
      readonly clientTags: readonly {
        readonly key: string
        readonly value: string
      }[]
      readonly taskOffsets: readonly {
        readonly subtopologyId: string
        readonly partition: number
        readonly offset: number
      }[]
      readonly taskEndOffsets: readonly {
        readonly subtopologyId: string
        readonly partition: number
        readonly offset: number
      }[]
      readonly assignment: {
        readonly activeTasks: readonly {
          readonly subtopologyId: string
          readonly partitions: readonly number[]
        }[]
        readonly standbyTasks: readonly {
          readonly subtopologyId: string
          readonly partitions: readonly number[]
        }[]
        readonly warmupTasks: readonly {
          readonly subtopologyId: string
          readonly partitions: readonly number[]
        }[]
      }
      readonly targetAssignment: {
        readonly activeTasks: readonly {
          readonly subtopologyId: string
          readonly partitions: readonly number[]
        }[]
        readonly standbyTasks: readonly {
          readonly subtopologyId: string
          readonly partitions: readonly number[]
        }[]
        readonly warmupTasks: readonly {
          readonly subtopologyId: string
          readonly partitions: readonly number[]
        }[]
      }
      readonly isClassic: boolean
    }[]
    readonly authorizedOperations: number
    readonly topologyDescription: {
      readonly subtopologies: readonly {
        readonly subtopologyId: string
        readonly nodes: readonly {
          readonly name: string
          readonly nodeType: number
          readonly sourceTopics: readonly string[]
          readonly sinkTopic: string | null
          readonly stores: readonly string[]
          readonly successors: readonly string[]
        }[]
      }[]
      readonly globalStores: readonly {
        readonly source: {
          readonly name: string
          readonly nodeType: number
          readonly sourceTopics: readonly string[]
          readonly sinkTopic: string | null
          readonly stores: readonly string[]
          readonly successors: readonly string[]
        }
        readonly processor: {
          readonly name: string
          readonly nodeType: number
          readonly sourceTopics: readonly string[]
          readonly sinkTopic: string | null
          readonly stores: readonly string[]
          readonly successors: readonly string[]
        }
      }[]
    } | null
    readonly topologyDescriptionStatus: number
    readonly assignorName: string | null
  }[]
}

export const streamsGroupDescribeResponse = new Message<StreamsGroupDescribeResponse>('StreamsGroupDescribeResponse', 89, '0-1', '0+', `
  throttleTimeMs int32 0+
  groups []DescribedGroup 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+ default:null
    groupId string 0+
    groupState string 0+
    groupEpoch int32 0+
    assignmentEpoch int32 0+
    topology Topology 0+ null:0+ default:null
      epoch int32 0+
      subtopologies []Subtopology 0+ null:0+ default:null
        subtopologyId string 0+
        sourceTopics []string 0+
        repartitionSinkTopics []string 0+
        stateChangelogTopics []TopicInfo 0+
          name string 0+
          partitions int32 0+
          replicationFactor int16 0+
          topicConfigs []KeyValue 0+
            key string 0+
            value string 0+
        repartitionSourceTopics []TopicInfo 0+
          name string 0+
          partitions int32 0+
          replicationFactor int16 0+
          topicConfigs []KeyValue 0+
            key string 0+
            value string 0+
    members []Member 0+
      memberId string 0+
      memberEpoch int32 0+
      instanceId string 0+ null:0+ default:null
      rackId string 0+ null:0+ default:null
      clientId string 0+
      clientHost string 0+
      topologyEpoch int32 0+
      processId string 0+
      userEndpoint Endpoint 0+ null:0+ default:null
        host string 0+
        port uint16 0+
      clientTags []KeyValue 0+
        key string 0+
        value string 0+
      taskOffsets []TaskOffset 0+
        subtopologyId string 0+
        partition int32 0+
        offset int64 0+
      taskEndOffsets []TaskOffset 0+
        subtopologyId string 0+
        partition int32 0+
        offset int64 0+
      assignment Assignment 0+
        activeTasks []TaskIds 0+
          subtopologyId string 0+
          partitions []int32 0+
        standbyTasks []TaskIds 0+
          subtopologyId string 0+
          partitions []int32 0+
        warmupTasks []TaskIds 0+
          subtopologyId string 0+
          partitions []int32 0+
      targetAssignment Assignment 0+
        activeTasks []TaskIds 0+
          subtopologyId string 0+
          partitions []int32 0+
        standbyTasks []TaskIds 0+
          subtopologyId string 0+
          partitions []int32 0+
        warmupTasks []TaskIds 0+
          subtopologyId string 0+
          partitions []int32 0+
      isClassic bool 0+
    authorizedOperations int32 0+ default:-2147483648
    topologyDescription TopologyDescription 1+ null:1+ default:null
      subtopologies []TopologyDescriptionSubtopology 1+
        subtopologyId string 1+
        nodes []TopologyDescriptionNode 1+
          name string 1+
          nodeType int8 1+
          sourceTopics []string 1+
          sinkTopic string 1+ null:1+ default:null
          stores []string 1+
          successors []string 1+
      globalStores []TopologyDescriptionGlobalStore 1+
        source TopologyDescriptionNode 1+
          name string 1+
          nodeType int8 1+
          sourceTopics []string 1+
          sinkTopic string 1+ null:1+ default:null
          stores []string 1+
          successors []string 1+
        processor TopologyDescriptionNode 1+
          name string 1+
          nodeType int8 1+
          sourceTopics []string 1+
          sinkTopic string 1+ null:1+ default:null
          stores []string 1+
          successors []string 1+
    topologyDescriptionStatus int8 1+ default:0
    assignorName string 1+ null:1+ default:null ignorable
`)
