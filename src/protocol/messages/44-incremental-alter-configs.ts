// Generated from src/protocol/schema by npm run tables: request and response of IncrementalAlterConfigs (key 44), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface IncrementalAlterConfigsRequest {
  readonly resources: readonly {
    readonly resourceType: number
    readonly resourceName: string
    readonly configs: readonly {
      readonly name: string
      readonly configOperation: number
      readonly value: string | null
    }[]
  }[]
  readonly validateOnly: boolean
}

export const incrementalAlterConfigsRequest = new Message<IncrementalAlterConfigsRequest>('IncrementalAlterConfigsRequest', 44, '0-1', '1+', `
  resources []AlterConfigsResource 0+
    resourceType int8 0+
    resourceName string 0+
    configs []AlterableConfig 0+
      name string 0+
      configOperation int8 0+
      value string 0+ null:0+
  validateOnly bool 0+
`)

export interface IncrementalAlterConfigsResponse {
  readonly throttleTimeMs: number
  readonly responses: readonly {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly resourceType: number
    readonly resourceName: string
  }[]
}

export const incrementalAlterConfigsResponse = new Message<IncrementalAlterConfigsResponse>('IncrementalAlterConfigsResponse', 44, '0-1', '1+', `
  throttleTimeMs int32 0+
  responses []AlterConfigsResourceResponse 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+
    resourceType int8 0+
    resourceName string 0+
`)
