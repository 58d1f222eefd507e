// Generated from src/protocol/schema by npm run tables: request and response of Heartbeat (key 12), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface HeartbeatRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export const heartbeatRequest = new Message<HeartbeatRequest>('HeartbeatRequest', 12, '0-4', '4+', `
  groupId string 0+
  generationId int32 0+
  memberId string 0+
  groupInstanceId string 3+ null:3+ default:null
`)

export interface HeartbeatResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
}

export const heartbeatResponse = new Message<HeartbeatResponse>('HeartbeatResponse', 12, '0-4', '4+', `
  throttleTimeMs int32 1+ ignorable
  errorCode int16 0+
`)
