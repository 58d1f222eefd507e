// The states of transactions in Kafka's words.

import type { TransactionState } from '../core/transaction-port.js'

export const TRANSACTION_STATES: Readonly<Record<TransactionState, string>> = {
  empty: 'Empty',
  ongoing: 'Ongoing',
  prepareCommit: 'PrepareCommit',
  prepareAbort: 'PrepareAbort',
  completeCommit: 'CompleteCommit',
  completeAbort: 'CompleteAbort',
  dead: 'Dead',
}
