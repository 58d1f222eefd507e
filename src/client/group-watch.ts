// Lets somebody who waits for a group to catch up tell the group's consumers in this process that commits should not be put off:
// with an interval of five seconds a test would wait that long for what was done at once.

import type { Cluster } from '../core/cluster.js'
import type { Committer } from './committer.js'

interface Watch {
  waiting: number
  readonly committers: Set<Committer>
}

const watches = new WeakMap<Cluster, Map<string, Watch>>()

function watchOf(cluster: Cluster, groupId: string): Watch {
  let groups = watches.get(cluster)
  if (groups === undefined) {
    groups = new Map()
    watches.set(cluster, groups)
  }
  let watch = groups.get(groupId)
  if (watch === undefined) {
    watch = { waiting: 0, committers: new Set() }
    groups.set(groupId, watch)
  }
  return watch
}

function forget(cluster: Cluster, groupId: string): void {
  const watch = watchOf(cluster, groupId)
  if (watch.waiting === 0 && watch.committers.size === 0) watches.get(cluster)?.delete(groupId)
}

/** The consumer commits for the group. Call what is returned when it no longer does. */
export function enlist(cluster: Cluster, groupId: string, committer: Committer): () => void {
  const watch = watchOf(cluster, groupId)
  watch.committers.add(committer)
  committer.eager = watch.waiting > 0
  return () => {
    watch.committers.delete(committer)
    forget(cluster, groupId)
  }
}

/** Commits are not put off from now on. Call what is returned when the waiting is over. */
export function hurry(cluster: Cluster, groupId: string): () => void {
  const watch = watchOf(cluster, groupId)
  watch.waiting++
  for (const committer of watch.committers) committer.hurry(true)
  return () => {
    watch.waiting--
    if (watch.waiting === 0) for (const committer of watch.committers) committer.hurry(false)
    forget(cluster, groupId)
  }
}
