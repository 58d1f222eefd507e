// AddOffsetsToTxn: a producer is about to commit offsets of the group in its transaction.

import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from '../../protocol/messages/25-add-offsets-to-txn.js'
import { handler } from '../handler.js'
import { producerErrorCode } from '../producer-errors.js'

const KNOWN_ERRORS = { fencedFrom: 2, abortableFrom: 4 }

export const addOffsetsToTxn = handler({
  request: addOffsetsToTxnRequest,
  response: addOffsetsToTxnResponse,
  first: 0,
  last: 4,
  async handle({ groupId, ...producer }, { broker, version }) {
    try {
      await broker.cluster.transactions.addGroup(producer, groupId)
      return {}
    } catch (error) {
      return { errorCode: producerErrorCode(error, version, KNOWN_ERRORS) }
    }
  },
})
