// The default assignor: all members get equally many partitions, give or take one, and keep what they had where that allows it.
// When all want the same topics, quotas say who keeps how much and free partitions are dealt in blocks. When they want different
// topics, free partitions go to the least loaded who wants them, and then partitions move along chains of members as long as that
// brings a load down by two against the one it goes to: no chain left means as even as the wishes allow.

import type { TopicPartition } from '../cluster.js'
import { type Assignment, type Assignor, type AssignorMember, inOrder, keyOf, wantedPartitions } from './assignor.js'

export const assignUniform: Assignor = (members, partitionsOf) => {
  if (members.length === 0) return new Map()
  const partitions = wantedPartitions(members, partitionsOf)
  const assignment = wantTheSame(members) ? byQuota(members, partitions) : byBalance(members, partitions)
  for (const assigned of assignment.values()) assigned.sort(inOrder)
  return assignment
}

function wantTheSame(members: readonly AssignorMember[]): boolean {
  const first = (members[0] as AssignorMember).topics
  return members.every(({ topics }) => topics.size === first.size && [...topics].every((topic) => first.has(topic)))
}

/** What each member had and may still have; a partition is kept by one. Removed from `free`. */
function kept(
  members: readonly AssignorMember[],
  free: Map<string, TopicPartition>,
  limit: (member: AssignorMember, had: number) => number,
): Assignment {
  const assignment: Assignment = new Map()
  for (const member of members) {
    const had = member.target.filter((partition) => member.topics.has(partition.topic) && free.has(keyOf(partition))).sort(inOrder)
    const keeps = had.slice(0, limit(member, had.length))
    for (const partition of keeps) free.delete(keyOf(partition))
    assignment.set(member.id, keeps)
  }
  return assignment
}

function byQuota(members: readonly AssignorMember[], partitions: readonly TopicPartition[]): Assignment {
  const quota = Math.floor(partitions.length / members.length)
  let larger = partitions.length % members.length
  const free = new Map(partitions.map((partition) => [keyOf(partition), partition]))
  const assignment = kept(members, free, (_, had) => {
    if (had <= quota || larger === 0) return quota
    larger--
    return quota + 1
  })
  const rest = [...free.values()]
  let next = 0
  for (const { id } of members) {
    const assigned = assignment.get(id) as TopicPartition[]
    let size = quota
    if (assigned.length <= quota && larger > 0) {
      larger--
      size++
    }
    while (assigned.length < size) assigned.push(rest[next++] as TopicPartition)
  }
  return assignment
}

function byBalance(members: readonly AssignorMember[], partitions: readonly TopicPartition[]): Assignment {
  const free = new Map(partitions.map((partition) => [keyOf(partition), partition]))
  const assignment = kept(members, free, (_, had) => had)
  const takers = new Map<string, readonly AssignorMember[]>()
  for (const { topic } of partitions) {
    if (!takers.has(topic))
      takers.set(
        topic,
        members.filter(({ topics }) => topics.has(topic)),
      )
  }
  const loadOf = ({ id }: AssignorMember): number => (assignment.get(id) as TopicPartition[]).length
  // Topics that few want come first, while those who want more can still be spared for them.
  const byDemand = [...free.values()].sort(
    (a, b) => (takers.get(a.topic)?.length ?? 0) - (takers.get(b.topic)?.length ?? 0) || inOrder(a, b),
  )
  for (const partition of byDemand) {
    const [first, ...others] = takers.get(partition.topic) as readonly AssignorMember[]
    let least = first as AssignorMember
    for (const other of others) if (loadOf(other) < loadOf(least)) least = other
    assignment.get(least.id)?.push(partition)
  }
  while (members.some((member) => moveFrom(member, assignment, takers, loadOf))) {
    // Each move lowers the sum of the squared loads, so this ends.
  }
  return assignment
}

interface Step {
  readonly member: AssignorMember
  readonly from: Step | null
  readonly moved: TopicPartition | null
}

/** Moves one partition away from `start`, perhaps over members in between, to someone whose load is at least two lower. */
function moveFrom(
  start: AssignorMember,
  assignment: Assignment,
  takers: ReadonlyMap<string, readonly AssignorMember[]>,
  loadOf: (member: AssignorMember) => number,
): boolean {
  const most = loadOf(start)
  const seen = new Set([start.id])
  const queue: Step[] = [{ member: start, from: null, moved: null }]
  for (const step of queue) {
    if (step.from !== null && loadOf(step.member) <= most - 2) {
      moveAlong(step, assignment)
      return true
    }
    for (const moved of assignment.get(step.member.id) as TopicPartition[]) {
      for (const member of takers.get(moved.topic) ?? []) {
        if (seen.has(member.id)) continue
        seen.add(member.id)
        queue.push({ member, from: step, moved })
      }
    }
  }
  return false
}

function moveAlong(last: Step, assignment: Assignment): void {
  for (let step = last; step.from !== null && step.moved !== null; step = step.from) {
    const giver = assignment.get(step.from.member.id) as TopicPartition[]
    giver.splice(giver.indexOf(step.moved), 1)
    assignment.get(step.member.id)?.push(step.moved)
  }
}
