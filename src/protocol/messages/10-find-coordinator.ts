// Generated from src/protocol/schema by npm run tables: request and response of FindCoordinator (key 10), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface FindCoordinatorRequest {
  readonly key: string
  readonly keyType: number
  readonly coordinatorKeys: readonly string[]
}

export const findCoordinatorRequest = new Message<FindCoordinatorRequest>('FindCoordinatorRequest', 10, '0-6', '3+', `
  key string 0-3
  keyType int8 1+ default:0
  coordinatorKeys []string 4+
`)

export interface FindCoordinatorResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly coordinators: readonly {
    readonly key: string
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export const findCoordinatorResponse = new Message<FindCoordinatorResponse>('FindCoordinatorResponse', 10, '0-6', '3+', `
  throttleTimeMs int32 1+ ignorable
  errorCode int16 0-3
  errorMessage string 1-3 null:1-3 ignorable
  nodeId int32 0-3
  host string 0-3
  port int32 0-3
  coordinators []Coordinator 4+
    key string 4+
    nodeId int32 4+
    host string 4+
    port int32 4+
    errorCode int16 4+
    errorMessage string 4+ null:4+ ignorable
`)
