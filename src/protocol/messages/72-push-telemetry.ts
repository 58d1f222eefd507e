// Generated from src/protocol/schema by npm run tables: request and response of PushTelemetry (key 72), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface PushTelemetryRequest {
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Uint8Array
}

export const pushTelemetryRequest = new Message<PushTelemetryRequest>('PushTelemetryRequest', 72, '0', '0+', `
  clientInstanceId uuid 0+
  subscriptionId int32 0+
  terminating bool 0+
  compressionType int8 0+
  metrics bytes 0+
`)

export interface PushTelemetryResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
}

export const pushTelemetryResponse = new Message<PushTelemetryResponse>('PushTelemetryResponse', 72, '0', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
`)
