// Generated from src/protocol/schema by npm run tables: request and response of JoinGroup (key 11), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface JoinGroupRequest {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly protocolType: string
  readonly protocols: readonly {
    readonly name: string
    readonly metadata: Uint8Array
  }[]
  readonly reason: string | null
}

export const joinGroupRequest = new Message<JoinGroupRequest>('JoinGroupRequest', 11, '0-9', '6+', `
  groupId string 0+
  sessionTimeoutMs int32 0+
  rebalanceTimeoutMs int32 1+ default:-1 ignorable
  memberId string 0+
  groupInstanceId string 5+ null:5+ default:null
  protocolType string 0+
  protocols []JoinGroupRequestProtocol 0+
    name string 0+
    metadata bytes 0+
  reason string 8+ null:8+ default:null ignorable
`)

export interface JoinGroupResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly memberId: string
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly metadata: Uint8Array
  }[]
}

export const joinGroupResponse = new Message<JoinGroupResponse>('JoinGroupResponse', 11, '0-9', '6+', `
  throttleTimeMs int32 2+ ignorable
  errorCode int16 0+
  generationId int32 0+ default:-1
  protocolType string 7+ null:7+ default:null ignorable
  protocolName string 0+ null:7+
  leader string 0+
  skipAssignment bool 9+ default:false
  memberId string 0+
  members []JoinGroupResponseMember 0+
    memberId string 0+
    groupInstanceId string 5+ null:5+ default:null ignorable
    metadata bytes 0+
`)
