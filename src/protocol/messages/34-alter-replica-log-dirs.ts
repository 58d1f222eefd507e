// Generated from src/protocol/schema by npm run tables: request and response of AlterReplicaLogDirs (key 34), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface AlterReplicaLogDirsRequest {
  readonly dirs: readonly {
    readonly path: string
    readonly topics: readonly {
      readonly name: string
      readonly partitions: readonly number[]
    }[]
  }[]
}

export const alterReplicaLogDirsRequest = new Message<AlterReplicaLogDirsRequest>('AlterReplicaLogDirsRequest', 34, '1-2', '2+', `
  dirs []AlterReplicaLogDir 0+
    path string 0+
    topics []AlterReplicaLogDirTopic 0+
      name string 0+
      partitions []int32 0+
`)

export interface AlterReplicaLogDirsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly {
    readonly topicName: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
    }[]
  }[]
}

export const alterReplicaLogDirsResponse = new Message<AlterReplicaLogDirsResponse>('AlterReplicaLogDirsResponse', 34, '1-2', '2+', `
  throttleTimeMs int32 0+
  results []AlterReplicaLogDirTopicResult 0+
    topicName string 0+
    partitions []AlterReplicaLogDirPartitionResult 0+
      partitionIndex int32 0+
      errorCode int16 0+
`)
