// ListGroups: every group, of those states and types that are asked for. Case does not matter, and an unknown type finds nothing.

import type { GroupState } from '../../core/cluster.js'
import { listGroupsRequest, listGroupsResponse } from '../../protocol/messages/16-list-groups.js'
import { handler } from '../handler.js'

/** The states of groups whose assignment the broker computes, in Kafka's words; classic groups say their own. */
const STATES: Readonly<Record<GroupState, string>> = {
  empty: 'Empty',
  assigning: 'Assigning',
  reconciling: 'Reconciling',
  stable: 'Stable',
  dead: 'Dead',
}

export const listGroups = handler({
  request: listGroupsRequest,
  response: listGroupsResponse,
  first: 0,
  last: 5,
  async handle({ statesFilter, typesFilter }, { broker }) {
    const groups = (await broker.cluster.groups()).map(({ id, type, state }) => {
      const classic = type === 'classic' ? broker.groups.describe(id) : undefined
      return {
        groupId: id,
        protocolType: classic?.protocolType ?? 'consumer',
        groupState: classic?.state ?? STATES[state],
        groupType: type,
      }
    })
    const matches = (filter: readonly string[], value: string): boolean =>
      filter.length === 0 || filter.some((each) => each.toLowerCase() === value.toLowerCase())
    return { groups: groups.filter(({ groupState, groupType }) => matches(statesFilter, groupState) && matches(typesFilter, groupType)) }
  },
})
