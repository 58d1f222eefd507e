// InitProducerId: gives an idempotent producer its id. Transactional ones are refused while there is no coordinator for them.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { initProducerIdRequest, initProducerIdResponse } from '../../protocol/messages/22-init-producer-id.js'
import { handler } from '../handler.js'

export const initProducerId = handler({
  request: initProducerIdRequest,
  response: initProducerIdResponse,
  first: 0,
  last: 5,
  handle({ transactionalId }, { broker }) {
    if (transactionalId !== null) {
      const errorCode = transactionalId === '' ? ERROR_CODES.INVALID_REQUEST : ERROR_CODES.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
      return { errorCode, producerId: -1, producerEpoch: -1 }
    }
    return { producerId: broker.nextProducerId(), producerEpoch: 0 }
  },
})
