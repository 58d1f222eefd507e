// A classic group in the words of the others. What its members were assigned is theirs to understand, except when they are consumers:
// their assignment has Kafka's own form (ConsumerProtocolAssignment), which is read here for whoever looks at the group.

import type { ClassicGroupDescription } from '../classic-group-port.js'
import type { GroupDescription, GroupState } from '../cluster.js'
import { readAssignment } from './consumer-protocol.js'

const STATES: Readonly<Record<ClassicGroupDescription['state'], GroupState>> = {
  Empty: 'empty',
  PreparingRebalance: 'assigning',
  CompletingRebalance: 'reconciling',
  Stable: 'stable',
}

export function describeClassic(group: ClassicGroupDescription): GroupDescription {
  const isConsumers = group.protocolType === 'consumer'
  return {
    id: group.groupId,
    type: 'classic',
    state: STATES[group.state],
    epoch: group.generation,
    members: group.members.map(({ memberId, instanceId, clientId, assignment }) => ({
      id: memberId,
      ...(instanceId !== null && { instanceId }),
      clientId,
      partitions: isConsumers ? readAssignment(assignment) : [],
    })),
  }
}
