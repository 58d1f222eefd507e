// AlterReplicaLogDirs: a partition is moved to the folder that it is in already, for there is no other one.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { alterReplicaLogDirsRequest, alterReplicaLogDirsResponse } from '../../protocol/messages/34-alter-replica-log-dirs.js'
import { handler } from '../handler.js'
import { logFolderOf } from '../log-folder.js'

export const alterReplicaLogDirs = handler({
  request: alterReplicaLogDirsRequest,
  response: alterReplicaLogDirsResponse,
  first: 1,
  last: 2,
  async handle({ dirs }, { broker }) {
    const ours = logFolderOf(broker.cluster).path
    const results = new Map<string, { partitionIndex: number; errorCode: number }[]>()
    for (const { path, topics } of dirs) {
      for (const { name, partitions } of topics) {
        const codes = results.get(name) ?? []
        const count = (await broker.topicNamed(name))?.partitions ?? 0
        for (const partitionIndex of partitions) {
          const isThere = partitionIndex >= 0 && partitionIndex < count
          const known = isThere ? ERROR_CODES.NONE : ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION
          codes.push({ partitionIndex, errorCode: path === ours ? known : ERROR_CODES.LOG_DIR_NOT_FOUND })
        }
        results.set(name, codes)
      }
    }
    return { results: [...results].map(([topicName, partitions]) => ({ topicName, partitions })) }
  },
})
