// Generated from src/protocol/schema by npm run tables: request and response of SaslAuthenticate (key 36), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface SaslAuthenticateRequest {
  readonly authBytes: Uint8Array
}

export const saslAuthenticateRequest = new Message<SaslAuthenticateRequest>('SaslAuthenticateRequest', 36, '0-2', '2+', `
  authBytes bytes 0+
`)

export interface SaslAuthenticateResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly authBytes: Uint8Array
  readonly sessionLifetimeMs: number
}

export const saslAuthenticateResponse = new Message<SaslAuthenticateResponse>('SaslAuthenticateResponse', 36, '0-2', '2+', `
  errorCode int16 0+
  errorMessage string 0+ null:0+
  authBytes bytes 0+
  sessionLifetimeMs int64 1+ default:0 ignorable
`)
