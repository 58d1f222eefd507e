// Generated from src/protocol/schema by npm run tables: request and response of SaslHandshake (key 17), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface SaslHandshakeRequest {
  readonly mechanism: string
}

export const saslHandshakeRequest = new Message<SaslHandshakeRequest>('SaslHandshakeRequest', 17, '0-1', 'none', `
  mechanism string 0+
`)

export interface SaslHandshakeResponse {
  readonly errorCode: number
  readonly mechanisms: readonly string[]
}

export const saslHandshakeResponse = new Message<SaslHandshakeResponse>('SaslHandshakeResponse', 17, '0-1', 'none', `
  errorCode int16 0+
  mechanisms []string 0+
`)
