// Generated from src/protocol/schema by npm run tables: request and response of DescribeUserScramCredentials (key 50), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeUserScramCredentialsRequest {
  readonly users: readonly {
    readonly name: string
  }[] | null
}

export const describeUserScramCredentialsRequest = new Message<DescribeUserScramCredentialsRequest>('DescribeUserScramCredentialsRequest', 50, '0', '0+', `
  users []UserName 0+ null:0+
    name string 0+
`)

export interface DescribeUserScramCredentialsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly results: readonly {
    readonly user: string
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly credentialInfos: readonly {
      readonly mechanism: number
      readonly iterations: number
    }[]
  }[]
}

export const describeUserScramCredentialsResponse = new Message<DescribeUserScramCredentialsResponse>('DescribeUserScramCredentialsResponse', 50, '0', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+
  results []DescribeUserScramCredentialsResult 0+
    user string 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+
    credentialInfos []CredentialInfo 0+
      mechanism int8 0+
      iterations int32 0+
`)
