// ListTransactions: the transactional ids that are known, by state, producer, age and pattern.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { listTransactionsRequest, listTransactionsResponse } from '../../protocol/messages/66-list-transactions.js'
import { handler } from '../handler.js'
import { TRANSACTION_STATES } from '../transaction-states.js'

export const listTransactions = handler({
  request: listTransactionsRequest,
  response: listTransactionsResponse,
  first: 0,
  last: 2,
  handle({ stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }, { broker }) {
    const known = Object.values(TRANSACTION_STATES)
    const pattern = patternOf(transactionalIdPattern)
    if (pattern === undefined) return { errorCode: ERROR_CODES.INVALID_REGULAR_EXPRESSION }
    const transactionStates = broker.cluster.transactions.list().flatMap(({ transactionalId, producerId, state, ageMs }) => {
      if (transactionalId === null || (pattern !== null && !pattern.test(transactionalId))) return []
      const transactionState = TRANSACTION_STATES[state]
      const fits =
        (stateFilters.length === 0 || stateFilters.includes(transactionState)) &&
        (producerIdFilters.length === 0 || producerIdFilters.includes(producerId)) &&
        (durationFilter < 0 || ageMs > durationFilter)
      return fits ? [{ transactionalId, producerId, transactionState }] : []
    })
    return { transactionStates, unknownStateFilters: stateFilters.filter((state) => !known.includes(state)) }
  },
})

/** null: every id; undefined: it is no pattern. */
function patternOf(text: string | null): RegExp | null | undefined {
  if (text === null || text === '') return null
  try {
    return new RegExp(`^(?:${text})$`)
  } catch {
    return undefined
  }
}
