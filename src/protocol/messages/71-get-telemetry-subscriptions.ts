// Generated from src/protocol/schema by npm run tables: request and response of GetTelemetrySubscriptions (key 71), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface GetTelemetrySubscriptionsRequest {
  readonly clientInstanceId: string
}

export const getTelemetrySubscriptionsRequest = new Message<GetTelemetrySubscriptionsRequest>('GetTelemetrySubscriptionsRequest', 71, '0', '0+', `
  clientInstanceId uuid 0+
`)

export interface GetTelemetrySubscriptionsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly acceptedCompressionTypes: readonly number[]
  readonly pushIntervalMs: number
  readonly telemetryMaxBytes: number
  readonly deltaTemporality: boolean
  readonly requestedMetrics: readonly string[]
}

export const getTelemetrySubscriptionsResponse = new Message<GetTelemetrySubscriptionsResponse>('GetTelemetrySubscriptionsResponse', 71, '0', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  clientInstanceId uuid 0+
  subscriptionId int32 0+
  acceptedCompressionTypes []int8 0+
  pushIntervalMs int32 0+
  telemetryMaxBytes int32 0+
  deltaTemporality bool 0+
  requestedMetrics []string 0+
`)
