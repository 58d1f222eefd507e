// The states of groups whose assignment the broker computes, in Kafka's words; classic groups say their own.

import type { GroupState } from '../core/cluster.js'

export const GROUP_STATES: Readonly<Record<GroupState, string>> = {
  empty: 'Empty',
  assigning: 'Assigning',
  reconciling: 'Reconciling',
  stable: 'Stable',
  dead: 'Dead',
}
