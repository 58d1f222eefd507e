// DescribeTransactions: where the transactions of these transactional ids stand.

import { errorCodeOf } from '../../protocol/error-codes.js'
import { describeTransactionsRequest, describeTransactionsResponse } from '../../protocol/messages/65-describe-transactions.js'
import { handler } from '../handler.js'
import { byTopic } from '../topic-lookup.js'
import { TRANSACTION_STATES } from '../transaction-states.js'

export const describeTransactions = handler({
  request: describeTransactionsRequest,
  response: describeTransactionsResponse,
  first: 0,
  last: 0,
  handle({ transactionalIds }, { broker }) {
    return {
      transactionStates: transactionalIds.map((transactionalId) => {
        try {
          const { state, timeoutMs, startMs, producerId, producerEpoch, partitions } = broker.cluster.transactions.describe(transactionalId)
          return {
            transactionalId,
            transactionState: TRANSACTION_STATES[state],
            transactionTimeoutMs: timeoutMs,
            transactionStartTimeMs: startMs,
            producerId,
            producerEpoch,
            topics: [...byTopic(partitions)].map(([topic, numbers]) => ({ topic, partitions: numbers })),
          }
        } catch (error) {
          return { transactionalId, errorCode: errorCodeOf(error) }
        }
      }),
    }
  },
})
