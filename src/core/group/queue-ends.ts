// The end of a record: it is remembered for its sender, whoever waits for it is told, the next of its key may go, a sender that waited
// for room goes on. An end is known only when its words are written.

import type { Clock } from '../../lib/clock.js'
import type { QueueIds } from './queue-ids.js'
import type { QueueLog } from './queue-log.js'
import type { OpsWriter, OutcomeEntry } from './queue-ops.js'
import type { QueueOutcomes } from './queue-outcomes.js'
import type { QueueSender } from './queue-sender.js'
import type { SettledWatch } from './queue-settled.js'
import { ARCHIVED } from './record-state.js'
import type { SharePartition } from './share-partition.js'

export interface QueueEndsOptions {
  readonly clock: Clock
  readonly log: QueueLog
  readonly outcomes: QueueOutcomes
  readonly ids: QueueIds
  readonly watch: SettledWatch
  readonly sender: QueueSender
}

export class QueueEnds {
  /** Outcomes whose words are on their way. */
  private readonly planned = new Map<string, OutcomeEntry>()

  constructor(private readonly given: QueueEndsOptions) {}

  /** Puts an acknowledgement that is to be remembered into the words. */
  plan(entry: OutcomeEntry, ops: OpsWriter): void {
    this.planned.set(`${entry.partition}-${entry.offset}`, entry)
    ops.outcome(entry)
  }

  /** The words could not be written. */
  cancel(partition: number, offset: number): void {
    if (this.planned.size > 0) this.planned.delete(`${partition}-${offset}`)
  }

  /** The record was acknowledged, and that is written. */
  acknowledged(share: SharePartition, offset: number, deliveryCount: number): void {
    const { watch } = this.given
    let result: Uint8Array | undefined
    if (this.planned.size > 0) {
      const key = `${share.id}-${offset}`
      const entry = this.planned.get(key)
      if (entry !== undefined) {
        this.planned.delete(key)
        result = entry.result
        this.keep(entry)
      }
    }
    this.finished(share, offset)
    if (watch.size > 0) watch.settled(share.id, offset, { state: 'acknowledged', deliveryCount, result })
  }

  /** The record is finished without having been acknowledged. */
  giveUp(share: SharePartition, offset: number, reason: string, id: string | undefined, sentMs: number, told = reason): void {
    const { log, watch } = this.given
    const deliveryCount = share.states.count(offset)
    share.states.move(offset, ARCHIVED, deliveryCount)
    const entry: OutcomeEntry = { partition: share.id, offset, state: ARCHIVED, deliveryCount, sentMs, id, result: undefined, reason: told }
    log.ops.outcome(entry)
    this.keep(entry)
    this.finished(share, offset)
    if (watch.size > 0) watch.settled(share.id, offset, { state: 'archived', deliveryCount, reason: told })
  }

  finished(share: SharePartition, offset: number): void {
    share.parked.drop(offset)
    share.finished(offset)
    this.given.sender.roomMade()
  }

  private keep(entry: OutcomeEntry): void {
    const { outcomes, ids, clock } = this.given
    outcomes.add(entry)
    if (entry.id !== undefined) ids.add(entry.id, entry, entry.sentMs, clock.now())
  }
}
