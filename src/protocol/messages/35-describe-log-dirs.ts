// Generated from src/protocol/schema by npm run tables: request and response of DescribeLogDirs (key 35), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeLogDirsRequest {
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly number[]
  }[] | null
}

export const describeLogDirsRequest = new Message<DescribeLogDirsRequest>('DescribeLogDirsRequest', 35, '1-5', '2+', `
  topics []DescribableLogDirTopic 0+ null:0+
    topic string 0+
    partitions []int32 0+
`)

export interface DescribeLogDirsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly results: readonly {
    readonly errorCode: number
    readonly logDir: string
    readonly topics: readonly {
      readonly name: string
      readonly partitions: readonly {
        readonly partitionIndex: number
        readonly partitionSize: number
        readonly offsetLag: number
        readonly isFutureKey: boolean
      }[]
    }[]
    readonly totalBytes: number
    readonly usableBytes: number
    readonly isCordoned: boolean
  }[]
}

export const describeLogDirsResponse = new Message<DescribeLogDirsResponse>('DescribeLogDirsResponse', 35, '1-5', '2+', `
  throttleTimeMs int32 0+
  errorCode int16 3+ ignorable
  results []DescribeLogDirsResult 0+
    errorCode int16 0+
    logDir string 0+
    topics []DescribeLogDirsTopic 0+
      name string 0+
      partitions []DescribeLogDirsPartition 0+
        partitionIndex int32 0+
        partitionSize int64 0+
        offsetLag int64 0+
        isFutureKey bool 0+
    totalBytes int64 4+ default:-1 ignorable
    usableBytes int64 4+ default:-1 ignorable
    isCordoned bool 5+ default:false ignorable
`)
