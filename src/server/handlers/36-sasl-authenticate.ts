// SaslAuthenticate: one step of the exchange in which the client says who it is. What it sends is a secret and told to nobody.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '../../protocol/messages/36-sasl-authenticate.js'
import { handler } from '../handler.js'

export const saslAuthenticate = handler({
  request: saslAuthenticateRequest,
  response: saslAuthenticateResponse,
  first: 0,
  last: 2,
  async handle({ authBytes }, { authentication, endAfterAnswer }) {
    if (authentication === null) return { errorCode: ERROR_CODES.ILLEGAL_SASL_STATE, errorMessage: 'This listener asks nobody who it is' }
    const answer = await authentication.step(authBytes)
    if (answer !== null) return { ...answer, errorMessage: null }
    endAfterAnswer()
    return { errorCode: ERROR_CODES.SASL_AUTHENTICATION_FAILED, errorMessage: 'Authentication failed: Invalid username or password' }
  },
})
