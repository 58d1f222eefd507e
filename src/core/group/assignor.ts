// What an assignor gets and gives: who takes part, which topics each wants, what each had, and then which partitions each is to have.

import type { TopicPartition } from '../cluster.js'

export interface AssignorMember {
  readonly id: string
  readonly instanceId?: string | undefined
  /** The topics it takes records of; all of them exist. */
  readonly topics: ReadonlySet<string>
  /** What the last assignment meant it to have. */
  readonly target: readonly TopicPartition[]
}

/** The partitions of each member, in the order of topics and partitions. Every partition of a wanted topic is someone's, once. */
export type Assignment = Map<string, TopicPartition[]>

export type Assignor = (members: readonly AssignorMember[], partitionsOf: (topic: string) => number) => Assignment

/** A partition as a key of maps. A slash is in no topic name. */
export function keyOf(partition: TopicPartition): string {
  return `${partition.topic}/${partition.partition}`
}

/** By topic, then by number. */
export function inOrder(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition
}

/** All partitions of the topics that at least one member wants, in order. */
export function wantedPartitions(members: readonly AssignorMember[], partitionsOf: (topic: string) => number): TopicPartition[] {
  const topics = new Set<string>()
  for (const member of members) for (const topic of member.topics) topics.add(topic)
  const all: TopicPartition[] = []
  for (const topic of [...topics].sort()) {
    for (let partition = 0; partition < partitionsOf(topic); partition++) all.push({ topic, partition })
  }
  return all
}
