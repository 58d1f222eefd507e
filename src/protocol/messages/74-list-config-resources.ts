// Generated from src/protocol/schema by npm run tables: request and response of ListConfigResources (key 74), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface ListConfigResourcesRequest {
  readonly resourceTypes: readonly number[]
}

export const listConfigResourcesRequest = new Message<ListConfigResourcesRequest>('ListConfigResourcesRequest', 74, '0-1', '0+', `
  resourceTypes []int8 1+
`)

export interface ListConfigResourcesResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly configResources: readonly {
    readonly resourceName: string
    readonly resourceType: number
  }[]
}

export const listConfigResourcesResponse = new Message<ListConfigResourcesResponse>('ListConfigResourcesResponse', 74, '0-1', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  configResources []ConfigResource 0+
    resourceName string 0+
    resourceType int8 1+ default:16 ignorable
`)
