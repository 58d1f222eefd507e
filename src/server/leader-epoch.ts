// Leader epochs: clients tell which leader they think to speak to. Here there has been one since each partition was made.

import { ERROR_CODES } from '../protocol/error-codes.js'
import { LEADER_EPOCH } from './broker-view.js'

/** The error for a client that speaks to the leader of `epoch`; -1: it does not say. */
export function leaderEpochError(epoch: number): number {
  if (epoch < 0 || epoch === LEADER_EPOCH) return ERROR_CODES.NONE
  return epoch < LEADER_EPOCH ? ERROR_CODES.FENCED_LEADER_EPOCH : ERROR_CODES.UNKNOWN_LEADER_EPOCH
}

/** Of a commit: -1 says nothing. */
export function toldEpoch(epoch: number): number | undefined {
  return epoch < 0 ? undefined : epoch
}
