// ListGroups: every group, of those states and types that are asked for. Case does not matter, and an unknown type finds nothing.

import { listGroupsRequest, listGroupsResponse } from '../../protocol/messages/16-list-groups.js'
import { GROUP_STATES } from '../group-states.js'
import { handler } from '../handler.js'

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
        protocolType: classic?.protocolType ?? (type === 'share' ? 'share' : 'consumer'),
        groupState: classic?.state ?? GROUP_STATES[state],
        groupType: type,
      }
    })
    const matches = (filter: readonly string[], value: string): boolean =>
      filter.length === 0 || filter.some((each) => each.toLowerCase() === value.toLowerCase())
    return { groups: groups.filter(({ groupState, groupType }) => matches(statesFilter, groupState) && matches(typesFilter, groupType)) }
  },
})
