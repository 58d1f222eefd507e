// Kafka's range assignor as its brokers have it: each topic by itself, in blocks of neighbouring partitions, the first members get
// one more when it does not come out even. Topics with equally many partitions and the same members are co-partitioned: one member
// has the same numbers of all of them.

import type { Assignment, Assignor, AssignorMember } from './assignor.js'

export const assignRange: Assignor = (members, partitionsOf) => {
  const sorted = [...members].sort(byInstanceThenId)
  const assignment: Assignment = new Map(members.map(({ id }) => [id, []]))
  const topics = new Set(members.flatMap(({ topics: wanted }) => [...wanted]))
  for (const topic of [...topics].sort()) {
    const takers = sorted.filter((member) => member.topics.has(topic))
    const count = partitionsOf(topic)
    const each = Math.floor(count / takers.length)
    const larger = count % takers.length
    let next = 0
    takers.forEach(({ id }, index) => {
      const end = next + each + (index < larger ? 1 : 0)
      for (; next < end; next++) assignment.get(id)?.push({ topic, partition: next })
    })
  }
  return assignment
}

/** Static members first, by their instance id, so that the order outlives their restarts. */
function byInstanceThenId(a: AssignorMember, b: AssignorMember): number {
  if (a.instanceId !== undefined && b.instanceId !== undefined) return a.instanceId < b.instanceId ? -1 : 1
  if (a.instanceId !== undefined) return -1
  if (b.instanceId !== undefined) return 1
  return a.id < b.id ? -1 : 1
}
