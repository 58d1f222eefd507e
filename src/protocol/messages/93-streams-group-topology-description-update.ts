// Generated from src/protocol/schema by npm run tables: request and response of StreamsGroupTopologyDescriptionUpdate (key 93), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface StreamsGroupTopologyDescriptionUpdateRequest {
  readonly groupId: string
  readonly memberId: string
  readonly topologyEpoch: number
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
  }
}

export const streamsGroupTopologyDescriptionUpdateRequest = new Message<StreamsGroupTopologyDescriptionUpdateRequest>('StreamsGroupTopologyDescriptionUpdateRequest', 93, '0', '0+', `
  groupId string 0+
  memberId string 0+
  topologyEpoch int32 0+
  topologyDescription TopologyDescription 0+
    subtopologies []TopologyDescriptionSubtopology 0+
      subtopologyId string 0+
      nodes []TopologyDescriptionNode 0+
        name string 0+
        nodeType int8 0+
        sourceTopics []string 0+
        sinkTopic string 0+ null:0+ default:null
        stores []string 0+
        successors []string 0+
    globalStores []TopologyDescriptionGlobalStore 0+
      source TopologyDescriptionNode 0+
        name string 0+
        nodeType int8 0+
        sourceTopics []string 0+
        sinkTopic string 0+ null:0+ default:null
        stores []string 0+
        successors []string 0+
      processor TopologyDescriptionNode 0+
        name string 0+
        nodeType int8 0+
        sourceTopics []string 0+
        sinkTopic string 0+ null:0+ default:null
        stores []string 0+
        successors []string 0+
`)

export interface StreamsGroupTopologyDescriptionUpdateResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const streamsGroupTopologyDescriptionUpdateResponse = new Message<StreamsGroupTopologyDescriptionUpdateResponse>('StreamsGroupTopologyDescriptionUpdateResponse', 93, '0', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+ default:null
`)
