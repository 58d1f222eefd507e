// OffsetForLeaderEpoch: where an epoch of a partition ended. There is one epoch, which has not ended yet: its end is that of the log.

import { errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from '../../protocol/messages/23-offset-for-leader-epoch.js'
import { type BrokerView, LEADER_EPOCH } from '../broker-view.js'
import { handler } from '../handler.js'
import { leaderEpochError } from '../leader-epoch.js'

type Asked = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]
type PartitionAnswer = Outgoing<OffsetForLeaderEpochResponse['topics'][number]['partitions'][number]>

export const offsetForLeaderEpoch = handler({
  request: offsetForLeaderEpochRequest,
  response: offsetForLeaderEpochResponse,
  first: 2,
  last: 4,
  async handle({ topics }, { broker }) {
    const answers = topics.map(async ({ topic, partitions }) => ({
      topic,
      partitions: await Promise.all(partitions.map((partition) => endOf(broker, topic, partition))),
    }))
    return { topics: await Promise.all(answers) }
  },
})

async function endOf(
  { cluster }: BrokerView,
  topic: string,
  { partition, currentLeaderEpoch, leaderEpoch }: Asked,
): Promise<PartitionAnswer> {
  try {
    const latest = await cluster.offset({ topic, partition }, 'latest')
    const errorCode = leaderEpochError(currentLeaderEpoch)
    if (errorCode !== 0) return { partition, errorCode }
    return leaderEpoch === LEADER_EPOCH ? { partition, leaderEpoch, endOffset: latest?.offset ?? -1 } : { partition }
  } catch (error) {
    return { partition, errorCode: errorCodeOf(error) }
  }
}
