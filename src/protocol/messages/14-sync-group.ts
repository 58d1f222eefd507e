// Generated from src/protocol/schema by npm run tables: request and response of SyncGroup (key 14), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface SyncGroupRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: readonly {
    readonly memberId: string
    readonly assignment: Uint8Array
  }[]
}

export const syncGroupRequest = new Message<SyncGroupRequest>('SyncGroupRequest', 14, '0-5', '4+', `
  groupId string 0+
  generationId int32 0+
  memberId string 0+
  groupInstanceId string 3+ null:3+ default:null
  protocolType string 5+ null:5+ default:null ignorable
  protocolName string 5+ null:5+ default:null ignorable
  assignments []SyncGroupRequestAssignment 0+
    memberId string 0+
    assignment bytes 0+
`)

export interface SyncGroupResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export const syncGroupResponse = new Message<SyncGroupResponse>('SyncGroupResponse', 14, '0-5', '4+', `
  throttleTimeMs int32 1+ ignorable
  errorCode int16 0+
  protocolType string 5+ null:5+ default:null ignorable
  protocolName string 5+ null:5+ default:null ignorable
  assignment bytes 0+
`)
