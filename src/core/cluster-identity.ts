// The id by which clients know the cluster: made when somebody first asks, and kept in the metadata log under a key that no topic can
// have, so that it is the same each time the storage is opened.

import type { KeyedLog } from './keyed-log.js'
import { randomId } from './random-id.js'
import type { TopicRecord } from './topic.js'

const KEY = '/cluster'

/** Whether an entry of the metadata log is about the cluster and not a topic. */
export function isIdentity(key: string): boolean {
  return key === KEY
}

export async function identityOf(metadata: KeyedLog<TopicRecord>, random: () => number): Promise<string> {
  const there = metadata.get(KEY)
  if (there !== undefined) return there.id
  const id = randomId(random)
  await metadata.write([[KEY, { id, partitions: 0, config: {} }]], 'os')
  return id
}
