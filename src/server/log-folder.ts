// The one folder that all partitions are in, as clients name it.

import type { Cluster } from '../core/cluster.js'
import type { StorageFolder } from '../storage/storage.js'

/** What stands for the path of a broker in memory. */
const IN_MEMORY: StorageFolder = { path: 'memory', totalBytes: -1, usableBytes: -1 }

export function logFolderOf(cluster: Cluster): StorageFolder {
  return cluster.whereabouts?.() ?? IN_MEMORY
}
