// What a member of a share group says about the records that it holds, in a ShareAcknowledge or on the back of a ShareFetch. For each
// partition it is taken as a whole or refused as a whole.

import type { QueueSession, Settlement } from '../core/queue-port.js'
import { KafkaliteError } from '../errors.js'
import { ERROR_CODES, errorCodeOf } from '../protocol/error-codes.js'
import type { SharedPlace, ShareSession } from './share-session.js'

export interface AcknowledgementBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  /** One for all, or one for each. */
  readonly acknowledgeTypes: readonly number[]
}

const GAP = 0
const ACCEPT = 1
const RELEASE = 2
const REJECT = 3
const RENEW = 4

const SETTLEMENTS: Readonly<Record<number, Settlement>> = {
  [GAP]: { kind: 'reject', note: { reason: 'gap' } },
  [ACCEPT]: { kind: 'acknowledge' },
  [RELEASE]: { kind: 'release' },
  [REJECT]: { kind: 'reject' },
}

/** Nobody holds more records of a partition than that, so no batch that means something is longer. */
const BATCH_OFFSETS_MAX = 1_000_000

interface Said {
  readonly offset: number
  readonly lease: number
  readonly type: number
}

/** Answers the number of the error. `mayRenew`: the request says that it renews, and the group allows it. */
export async function acknowledge(
  session: ShareSession,
  place: SharedPlace,
  batches: readonly AcknowledgementBatch[],
  mayRenew: boolean,
): Promise<number> {
  if (!areSound(batches, mayRenew)) return ERROR_CODES.INVALID_REQUEST
  const holder = session.holder(place)
  const said: Said[] = []
  let start = -1
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    for (let offset = firstOffset; offset <= lastOffset; offset++) {
      const type = acknowledgeTypes.length === 1 ? acknowledgeTypes[0] : acknowledgeTypes[offset - firstOffset]
      const lease = session.lease(place, offset)
      if (lease !== undefined) {
        said.push({ offset, lease, type: type as number })
        continue
      }
      if (start < 0) start = holder?.startOf(place.partition) ?? 0
      // What lies below the first record that is not finished is done with; a gap has nothing to settle.
      if (offset >= start && type !== GAP) return ERROR_CODES.INVALID_RECORD_STATE
    }
  }
  if (holder === undefined) return ERROR_CODES.NONE
  return settleAll(session, holder, place, said)
}

async function settleAll(session: ShareSession, holder: QueueSession, place: SharedPlace, said: readonly Said[]): Promise<number> {
  // Those of one turn are written together and share a promise, so there are few to wait for.
  const writing = new Set<PromiseLike<void>>()
  try {
    for (const { offset, lease, type } of said) {
      const token = { partition: place.partition, offset, lease }
      if (type === RENEW) {
        holder.renew(token)
        continue
      }
      const settled = holder.settle(token, SETTLEMENTS[type] as Settlement)
      if (settled !== undefined) writing.add(settled)
      session.letGo(place, offset)
    }
    await Promise.all(writing)
    return ERROR_CODES.NONE
  } catch (error) {
    return KafkaliteError.is(error, 'LOCK_LOST') ? ERROR_CODES.INVALID_RECORD_STATE : errorCodeOf(error)
  }
}

function areSound(batches: readonly AcknowledgementBatch[], mayRenew: boolean): boolean {
  let last = -1
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    const length = lastOffset - firstOffset + 1
    if (firstOffset <= last || length < 1 || length > BATCH_OFFSETS_MAX) return false
    if (acknowledgeTypes.length !== 1 && acknowledgeTypes.length !== length) return false
    if (acknowledgeTypes.some((type) => type < GAP || type > RENEW || (type === RENEW && !mayRenew))) return false
    last = lastOffset
  }
  return true
}
