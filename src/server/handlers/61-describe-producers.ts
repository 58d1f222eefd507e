// DescribeProducers: which producers a partition remembers, and where open transactions begin.

import { errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import { describeProducersRequest, describeProducersResponse } from '../../protocol/messages/61-describe-producers.js'
import { handler } from '../handler.js'

export const describeProducers = handler({
  request: describeProducersRequest,
  response: describeProducersResponse,
  first: 0,
  last: 0,
  handle({ topics }, { broker }) {
    return {
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          try {
            const producers = broker.cluster.transactions.producers({ topic: name, partition: partitionIndex })
            const activeProducers = producers.map(({ transactionStartOffset, ...producer }) => ({
              ...producer,
              currentTxnStartOffset: transactionStartOffset,
            }))
            return { partitionIndex, activeProducers }
          } catch (error) {
            return { partitionIndex, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
          }
        }),
      })),
    }
  },
})
