// What a producer is told that was fenced: clients of before version 2 of most requests (4 of InitProducerId) know only that their epoch
// is over, and those of before KIP-890 have no word for "abort and go on".

import { ERROR_CODES, errorCodeOf } from '../protocol/error-codes.js'

export interface KnownErrors {
  /** The first version that knows PRODUCER_FENCED. */
  readonly fencedFrom: number
  /** The first version that knows TRANSACTION_ABORTABLE. */
  readonly abortableFrom: number
}

export function producerErrorCode(error: unknown, version: number, { fencedFrom, abortableFrom }: KnownErrors): number {
  const code = errorCodeOf(error)
  const isFenced = code === ERROR_CODES.PRODUCER_FENCED || code === ERROR_CODES.INVALID_PRODUCER_EPOCH
  if (isFenced) return version >= fencedFrom ? ERROR_CODES.PRODUCER_FENCED : ERROR_CODES.INVALID_PRODUCER_EPOCH
  if (code === ERROR_CODES.TRANSACTION_ABORTABLE && version < abortableFrom) return ERROR_CODES.INVALID_TXN_STATE
  return code
}
