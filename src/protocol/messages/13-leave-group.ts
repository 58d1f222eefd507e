// Generated from src/protocol/schema by npm run tables: request and response of LeaveGroup (key 13), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface LeaveGroupRequest {
  readonly groupId: string
  readonly memberId: string
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly reason: string | null
  }[]
}

export const leaveGroupRequest = new Message<LeaveGroupRequest>('LeaveGroupRequest', 13, '0-5', '4+', `
  groupId string 0+
  memberId string 0-2
  members []MemberIdentity 3+
    memberId string 3+
    groupInstanceId string 3+ null:3+ default:null
    reason string 5+ null:5+ default:null ignorable
`)

export interface LeaveGroupResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly errorCode: number
  }[]
}

export const leaveGroupResponse = new Message<LeaveGroupResponse>('LeaveGroupResponse', 13, '0-5', '4+', `
  throttleTimeMs int32 1+ ignorable
  errorCode int16 0+
  members []MemberResponse 3+
    memberId string 3+
    groupInstanceId string 3+ null:3+
    errorCode int16 3+
`)
