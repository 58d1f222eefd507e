// EndTxn: commits or aborts a transaction. It is answered when its markers are written, so whoever reads committed records sees them.

import { endTxnRequest, endTxnResponse } from '../../protocol/messages/26-end-txn.js'
import { handler } from '../handler.js'
import { producerErrorCode } from '../producer-errors.js'

const KNOWN_ERRORS = { fencedFrom: 2, abortableFrom: 4 }

export const endTxn = handler({
  request: endTxnRequest,
  response: endTxnResponse,
  first: 0,
  last: 4,
  async handle({ committed: commit, ...producer }, { broker, version }) {
    try {
      await broker.cluster.transactions.end({ ...producer, commit, version: 1 })
      return {}
    } catch (error) {
      return { errorCode: producerErrorCode(error, version, KNOWN_ERRORS) }
    }
  },
})
