// Generated from src/protocol/schema by npm run tables: request and response of AlterUserScramCredentials (key 51), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface AlterUserScramCredentialsRequest {
  readonly deletions: readonly {
    readonly name: string
    readonly mechanism: number
  }[]
  readonly upsertions: readonly {
    readonly name: string
    readonly mechanism: number
    readonly iterations: number
    readonly salt: Uint8Array
    readonly saltedPassword: Uint8Array
  }[]
}

export const alterUserScramCredentialsRequest = new Message<AlterUserScramCredentialsRequest>('AlterUserScramCredentialsRequest', 51, '0', '0+', `
  deletions []ScramCredentialDeletion 0+
    name string 0+
    mechanism int8 0+
  upsertions []ScramCredentialUpsertion 0+
    name string 0+
    mechanism int8 0+
    iterations int32 0+
    salt bytes 0+
    saltedPassword bytes 0+
`)

export interface AlterUserScramCredentialsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly {
    readonly user: string
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export const alterUserScramCredentialsResponse = new Message<AlterUserScramCredentialsResponse>('AlterUserScramCredentialsResponse', 51, '0', '0+', `
  throttleTimeMs int32 0+
  results []AlterUserScramCredentialsResult 0+
    user string 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+
`)
