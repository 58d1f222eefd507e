// The one folder that all partitions are in, as clients name it.

import type { Cluster } from '../core/cluster.js'

type Folder = NonNullable<ReturnType<NonNullable<Cluster['whereabouts']>>>

/** What stands for the path of a broker in memory. */
const IN_MEMORY: Folder = { path: 'memory', totalBytes: -1, usableBytes: -1 }

export function logFolderOf(cluster: Cluster): Folder {
  return cluster.whereabouts?.() ?? IN_MEMORY
}
