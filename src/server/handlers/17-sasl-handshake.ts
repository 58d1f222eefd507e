// SaslHandshake: the client chooses how it says who it is.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { saslHandshakeRequest, saslHandshakeResponse } from '../../protocol/messages/17-sasl-handshake.js'
import { handler } from '../handler.js'

export const saslHandshake = handler({
  request: saslHandshakeRequest,
  response: saslHandshakeResponse,
  // In version 0 what follows has no headers; no client that knows SaslAuthenticate uses it, but some look whether it is there.
  first: 1,
  last: 1,
  named: 0,
  async handle({ mechanism }, { authentication, endAfterAnswer }) {
    if (authentication === null) return { errorCode: ERROR_CODES.ILLEGAL_SASL_STATE }
    const isThere = authentication.choose(mechanism)
    if (!isThere) endAfterAnswer()
    return { errorCode: isThere ? ERROR_CODES.NONE : ERROR_CODES.UNSUPPORTED_SASL_MECHANISM, mechanisms: authentication.mechanisms }
  },
})
