// Generated from src/protocol/schema by npm run tables: request and response of AlterConfigs (key 33), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface AlterConfigsRequest {
  readonly resources: readonly {
    readonly resourceType: number
    readonly resourceName: string
    readonly configs: readonly {
      readonly name: string
      readonly value: string | null
    }[]
  }[]
  readonly validateOnly: boolean
}

export const alterConfigsRequest = new Message<AlterConfigsRequest>('AlterConfigsRequest', 33, '0-2', '2+', `
  resources []AlterConfigsResource 0+
    resourceType int8 0+
    resourceName string 0+
    configs []AlterableConfig 0+
      name string 0+
      value string 0+ null:0+
  validateOnly bool 0+
`)

export interface AlterConfigsResponse {
  readonly throttleTimeMs: number
  readonly responses: readonly {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly resourceType: number
    readonly resourceName: string
  }[]
}

export const alterConfigsResponse = new Message<AlterConfigsResponse>('AlterConfigsResponse', 33, '0-2', '2+', `
  throttleTimeMs int32 0+
  responses []AlterConfigsResourceResponse 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+
    resourceType int8 0+
    resourceName string 0+
`)
