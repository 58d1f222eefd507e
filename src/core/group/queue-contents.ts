// What is in a queue, looked at and cleared without receiving it.

import { RecordCursor } from '../../record/batch-reader.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { AcquiredBatch, Outcome, RecordPlace } from '../queue-port.js'
import type { QueueEnds } from './queue-ends.js'
import type { OpsWriter } from './queue-ops.js'
import type { QueueOutcomes } from './queue-outcomes.js'
import { OWNERS_MAX } from './queue-session.js'
import {
  ACKNOWLEDGED,
  ACQUIRED,
  ARCHIVED,
  AVAILABLE,
  DELAYED,
  DYING,
  type RecordStates,
  SETTLING,
  type State,
  UNTOUCHED,
} from './record-state.js'
import type { SettledWatch } from './queue-settled.js'
import type { SharePartition } from './share-partition.js'

/** Records of one state, batch by batch in the order of their offsets, as they are when their turn comes. */
export async function* browseShares(
  shares: readonly SharePartition[],
  wanted: 'available' | 'delayed' | 'acquired',
): AsyncGenerator<AcquiredBatch, void, undefined> {
  const cursor = new RecordCursor()
  for (const share of shares) {
    for await (const batch of share.unfinished()) {
      const { offsets, deliveryCounts } = offsetsIn(batch, cursor, share.states, wanted)
      if (offsets.length > 0) yield { partition: share.id, batch, offsets, deliveryCounts, lease: -1, lockedUntil: 0 }
    }
  }
}

/** The offsets of everything that nobody holds, below the cursor or looked at ahead of it. */
function looseOffsets(states: RecordStates): number[] {
  const offsets: number[] = []
  states.runs((first, length, state) => {
    if (state !== AVAILABLE && state !== DELAYED) return
    for (let offset = first; offset < first + length; offset++) offsets.push(offset)
  })
  return offsets
}

/** The partition of a record that nobody holds and that is not finished. */
export function looseShare(shares: readonly SharePartition[], { partition, offset }: RecordPlace): SharePartition | null {
  const share = shares[partition]
  if (share === undefined || offset < share.states.start || offset >= share.end) return null
  return share.states.isLoose(offset) ? share : null
}

/** Who has to hear of a purge. */
export interface PurgeListeners {
  readonly ops: OpsWriter
  readonly ends: QueueEnds
  readonly outcomes: QueueOutcomes
  readonly watch: SettledWatch
  readonly peek: (place: RecordPlace) => Outcome | null
}

/** Takes out of the queue all that nobody holds, and answers how many that were. Of none it is known any more what became of it. */
export function purgeShares(shares: readonly SharePartition[], { ops, ends, outcomes, watch, peek }: PurgeListeners): number {
  let count = 0
  for (const share of shares) {
    const { id, states } = share
    const { end } = share
    count += share.available + states.delayed
    for (const offset of looseOffsets(states)) {
      states.move(offset, ARCHIVED, states.count(offset))
      ops.gap(id, offset, 1)
      ends.finished(share, offset)
    }
    share.passAll()
    outcomes.forgetBelow(id, end)
    ops.forgotten(id, end)
    watch.finishAll(id, end, (offset) => peek({ partition: id, offset }))
  }
  return count
}

function offsetsIn(
  batch: PackedBatch,
  cursor: RecordCursor,
  states: RecordStates,
  wanted: string,
): { offsets: number[]; deliveryCounts: number[] } {
  const offsets: number[] = []
  const deliveryCounts: number[] = []
  if (batch.isControl) return { offsets, deliveryCounts }
  cursor.open(batch)
  while (cursor.next()) {
    if (kindOf(states.state(cursor.offset)) !== wanted) continue
    offsets.push(cursor.offset)
    deliveryCounts.push(states.count(cursor.offset))
  }
  return { offsets, deliveryCounts }
}

function kindOf(state: State): string {
  if (state === UNTOUCHED || state === AVAILABLE) return 'available'
  if (state === DELAYED) return 'delayed'
  return state === ACQUIRED || state === SETTLING || state === DYING ? 'acquired' : 'finished'
}

/** The offsets that the owner holds, or that anyone does. */
export function acquiredBy(states: RecordStates, owner: number | undefined): number[] {
  const offsets: number[] = []
  if (states.acquired === 0) return offsets
  states.runs((first, length, state) => {
    if (state !== ACQUIRED) return
    for (let offset = first; offset < first + length; offset++) {
      if (owner === undefined || states.lease(offset) % OWNERS_MAX === owner) offsets.push(offset)
    }
  })
  return offsets
}

/** What is known of a record without looking at it. */
export function outcomeAt(shares: readonly SharePartition[], outcomes: QueueOutcomes, { partition, offset }: RecordPlace): Outcome | null {
  const share = shares[partition]
  if (share === undefined || offset < 0 || offset >= share.partition.endOffset) return null
  const { states } = share
  const state = states.state(offset)
  if (state !== ACKNOWLEDGED && state !== ARCHIVED) return { state: nameOf(state), deliveryCount: states.count(offset) }
  const entry = outcomes.at(partition, offset)
  if (entry === undefined) return outcomes.isForgotten(partition, offset) ? null : { state: 'acknowledged', deliveryCount: 1 }
  return { state: nameOf(entry.state), deliveryCount: entry.deliveryCount, result: entry.result, reason: entry.reason }
}

/** How many messages of a queue are in which state. */
export function countShares(shares: readonly SharePartition[]): { available: number; delayed: number; acquired: number } {
  const counts = { available: 0, delayed: 0, acquired: 0 }
  for (const { states, available } of shares) {
    counts.available += available
    counts.delayed += states.delayed
    counts.acquired += states.acquired + states.dying
  }
  return counts
}

/** The state in the port's words. */
function nameOf(state: State): Outcome['state'] {
  if (state === ACKNOWLEDGED) return 'acknowledged'
  if (state === ARCHIVED) return 'archived'
  if (state === DELAYED) return 'delayed'
  return state === ACQUIRED || state === DYING || state === SETTLING ? 'acquired' : 'available'
}
