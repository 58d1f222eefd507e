// DescribeLogDirs: what partitions take of the one folder that they are in, and how much room is left there. What is not there is left out.

import type { TopicDescription } from '../../core/cluster.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  describeLogDirsRequest,
  describeLogDirsResponse,
} from '../../protocol/messages/35-describe-log-dirs.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'
import { logFolderOf } from '../log-folder.js'

type Topics = Outgoing<DescribeLogDirsResponse['results'][number]>['topics']

export const describeLogDirs = handler({
  request: describeLogDirsRequest,
  response: describeLogDirsResponse,
  first: 1,
  last: 5,
  async handle({ topics }, { broker }) {
    try {
      const { path: logDir, ...room } = logFolderOf(broker.cluster)
      return { errorCode: ERROR_CODES.NONE, results: [{ logDir, ...room, topics: await sizes(topics, broker) }] }
    } catch (error) {
      return { errorCode: errorCodeOf(error), results: [] }
    }
  },
})

async function sizes(asked: DescribeLogDirsRequest['topics'], { cluster }: BrokerView): Promise<Topics> {
  const wanted = asked === null ? null : new Map<string, Set<number>>()
  for (const { topic, partitions } of asked ?? [])
    for (const each of partitions) wanted?.set(topic, (wanted.get(topic) ?? new Set()).add(each))
  const answers: { name: string; partitions: { partitionIndex: number; partitionSize: number }[] }[] = []
  for (const { name, partitions: count } of await cluster.topics()) {
    const partitions = await sizesOf(name, count, wanted, cluster)
    if (partitions.length > 0) answers.push({ name, partitions })
  }
  return answers
}

async function sizesOf(
  topic: string,
  count: TopicDescription['partitions'],
  wanted: ReadonlyMap<string, ReadonlySet<number>> | null,
  cluster: BrokerView['cluster'],
): Promise<{ partitionIndex: number; partitionSize: number }[]> {
  const partitions: { partitionIndex: number; partitionSize: number }[] = []
  for (let partition = 0; partition < count; partition++) {
    if (wanted !== null && wanted.get(topic)?.has(partition) !== true) continue
    partitions.push({ partitionIndex: partition, partitionSize: await cluster.partitionSize({ topic, partition }) })
  }
  return partitions
}
