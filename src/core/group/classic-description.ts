// A classic group in the words of the others. What its members were assigned is theirs to understand, except when they are consumers:
// their assignment has Kafka's own form (ConsumerProtocolAssignment), which is read here for whoever looks at the group.

import { readInt16, readInt32 } from '../../lib/bytes.js'
import { readUtf8 } from '../../lib/text.js'
import type { ClassicGroupDescription } from '../classic-group-port.js'
import type { GroupDescription, GroupState, TopicPartition } from '../cluster.js'

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

/** The partitions in an assignment: int16 version, then an array of topics with an array of partitions each. Nothing when it is malformed. */
function readAssignment(bytes: Uint8Array): readonly TopicPartition[] {
  const partitions: TopicPartition[] = []
  let at = 2
  const count = (): number => {
    const value = at + 4 <= bytes.length ? readInt32(bytes, at) : 0
    at += 4
    return value
  }
  for (let topics = count(); topics > 0 && at + 2 <= bytes.length; topics--) {
    const end = at + 2 + readInt16(bytes, at)
    const topic = readUtf8(bytes, at + 2, Math.min(end, bytes.length))
    at = end
    for (let left = count(); left > 0 && at + 4 <= bytes.length; left--) partitions.push({ topic, partition: count() })
  }
  return partitions
}
