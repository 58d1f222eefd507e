// InitProducerId: a producer id that nobody else has, or the one of a transactional id under a new epoch, which fences whoever had it
// before and aborts what it left open.

import { initProducerIdRequest, initProducerIdResponse } from '../../protocol/messages/22-init-producer-id.js'
import { handler } from '../handler.js'
import { producerErrorCode } from '../producer-errors.js'

const KNOWN_ERRORS = { fencedFrom: 4, abortableFrom: 5 }

export const initProducerId = handler({
  request: initProducerIdRequest,
  response: initProducerIdResponse,
  first: 0,
  last: 5,
  async handle({ transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch }, { broker, version }) {
    try {
      const current = producerId >= 0 && transactionalId !== null ? { producerId, producerEpoch } : undefined
      return await broker.cluster.transactions.initProducerId({ transactionalId, timeoutMs, current })
    } catch (error) {
      return { errorCode: producerErrorCode(error, version, KNOWN_ERRORS), producerId: -1, producerEpoch: -1 }
    }
  },
})
