// EndTxn: commits or aborts a transaction. It is answered when its markers are written, so whoever reads committed records sees them.

import { endTxnRequest, endTxnResponse } from '../../protocol/messages/26-end-txn.js'
import { handler } from '../handler.js'
import { producerErrorCode } from '../producer-errors.js'

/** From here on each end of a transaction gives the producer another epoch (transaction.version 2), and the answer says which. */
const BUMPING_VERSION = 5
const KNOWN_ERRORS = { fencedFrom: 2, abortableFrom: 4 }

export const endTxn = handler({
  request: endTxnRequest,
  response: endTxnResponse,
  first: 0,
  last: 5,
  async handle({ committed: commit, ...producer }, { broker, version }) {
    try {
      return await broker.cluster.transactions.end({ ...producer, commit, version: version >= BUMPING_VERSION ? 2 : 1 })
    } catch (error) {
      return { errorCode: producerErrorCode(error, version, KNOWN_ERRORS) }
    }
  },
})
