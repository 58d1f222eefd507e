// Generated from src/protocol/schema by npm run tables: request and response of ApiVersions (key 18), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ApiVersionsRequest {
  readonly clientSoftwareName: string
  readonly clientSoftwareVersion: string
  readonly clusterId: string | null
  readonly nodeId: number
}

export const apiVersionsRequest = new Message<ApiVersionsRequest>('ApiVersionsRequest', 18, '0-5', '3+', `
  clientSoftwareName string 3+ ignorable
  clientSoftwareVersion string 3+ ignorable
  clusterId string 5+ null:5+ default:null ignorable
  nodeId int32 5+ default:-1 ignorable
`)

export interface ApiVersionsResponse {
  readonly errorCode: number
  readonly apiKeys: readonly {
    readonly apiKey: number
    readonly minVersion: number
    readonly maxVersion: number
  }[]
  readonly throttleTimeMs: number
  readonly supportedFeatures: readonly {
    readonly name: string
    readonly minVersion: number
    readonly maxVersion: number
  }[]
  readonly finalizedFeaturesEpoch: number
  readonly finalizedFeatures: readonly {
    readonly name: string
    readonly maxVersionLevel: number
    readonly minVersionLevel: number
  }[]
  readonly zkMigrationReady: boolean
}

export const apiVersionsResponse = new Message<ApiVersionsResponse>('ApiVersionsResponse', 18, '0-5', '3+', `
  errorCode int16 0+
  apiKeys []ApiVersion 0+
    apiKey int16 0+
    minVersion int16 0+
    maxVersion int16 0+
  throttleTimeMs int32 1+ ignorable
  supportedFeatures []SupportedFeatureKey 3+ tag:0/3+ ignorable
    name string 3+
    minVersion int16 3+
    maxVersion int16 3+
  finalizedFeaturesEpoch int64 3+ default:-1 tag:1/3+ ignorable
  finalizedFeatures []FinalizedFeatureKey 3+ tag:2/3+ ignorable
    name string 3+
    maxVersionLevel int16 3+
    minVersionLevel int16 3+
  zkMigrationReady bool 3+ default:false tag:3/3+ ignorable
`)
