// The whole state of a queue in the words of its log, so that what was written before can go.

import type { QueueBurial } from './queue-burial.js'
import type { DeadTopic } from './queue-dead-topic.js'
import type { QueueExpiry } from './queue-expiry.js'
import type { QueueIds } from './queue-ids.js'
import type { OpsWriter } from './queue-ops.js'
import type { QueueOutcomes } from './queue-outcomes.js'
import type { KeyRates } from './queue-rate.js'
import type { QueueServer } from './queue-server.js'
import { ACKNOWLEDGED, ARCHIVED, DELAYED, DYING } from './record-state.js'
import type { SharePartition } from './share-partition.js'

export interface QueueSnapshot {
  readonly topicId: string
  readonly now: number
  readonly shares: readonly SharePartition[]
  readonly outcomes: QueueOutcomes
  readonly ids: QueueIds
  readonly burial: QueueBurial
  readonly repeats: ReadonlyMap<string, Uint8Array>
  readonly dead: DeadTopic
  readonly expiry: QueueExpiry
  readonly keyRates: KeyRates | null
  readonly server: QueueServer
}

export function writeSnapshot(ops: OpsWriter, state: QueueSnapshot): void {
  const { shares } = state
  ops.topic(state.topicId)
  for (const share of shares) {
    const { id, states, parked } = share
    ops.place(id, states.advanceStart(), states.cursor)
    states.runs((first, length, to, count, until) => {
      if (to === ACKNOWLEDGED || to === ARCHIVED) ops.acknowledged(id, first, length)
      else ops.available(id, first, length, count, to === DELAYED && until !== Infinity ? until : 0)
    })
    for (const [offset, place] of parked.places) ops.parked(id, offset, place)
    share.writeLooked(ops)
  }
  state.outcomes.write(ops)
  state.ids.write(ops, state.now)
  state.burial.write(ops, ({ partition, offset }) => shares[partition]?.states.state(offset) === DYING)
  for (const [id, content] of state.repeats) ops.repeat(id, content)
  state.dead.write(ops)
  state.expiry.write(ops)
  state.keyRates?.write(ops, state.now)
  state.server.write(ops)
}
