// Which members of a share group fetch from which partitions (Kafka's SimpleAssignor): every partition has a member, every member has a
// partition, and where there are more members than partitions several share one.

import type { TopicPartition } from '../topic-partition.js'

export interface SharingMember {
  readonly id: string
  readonly topics: readonly string[]
}

/** For each member its partitions. `partitions`: how many a topic has; 0 when it is not there. */
export function assignShared(
  members: readonly SharingMember[],
  partitions: (topic: string) => number,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const assigned = new Map<string, TopicPartition[]>(members.map(({ id }) => [id, []]))
  // Topics that the same members read are handed out together, so that none gets the first partition of each of them.
  const classes = new Map<string, { readonly readers: readonly SharingMember[]; readonly places: TopicPartition[] }>()
  const topics = new Set(members.flatMap((member) => member.topics))
  for (const topic of [...topics].sort()) {
    const readers = members.filter((member) => member.topics.includes(topic))
    const key = JSON.stringify(readers.map(({ id }) => id))
    const group = classes.get(key) ?? { readers, places: [] }
    classes.set(key, group)
    for (let partition = 0; partition < partitions(topic); partition++) group.places.push({ topic, partition })
  }
  for (const { readers, places } of classes.values()) {
    if (places.length === 0) continue
    const sharing = Math.ceil(readers.length / places.length)
    for (let i = 0; i < places.length * sharing; i++) {
      const reader = readers[i % readers.length] as SharingMember
      assigned.get(reader.id)?.push(places[i % places.length] as TopicPartition)
    }
  }
  return assigned
}
