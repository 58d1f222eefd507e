// OffsetForLeaderEpoch: where an epoch of a partition ended, or where the log ends when it has not ended yet.

import { errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from '../../protocol/messages/23-offset-for-leader-epoch.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'
import { endOfEpoch, leaderEpochError, leaderEpochOf } from '../leader-epoch.js'

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
    const place = { topic, partition }
    const errorCode = leaderEpochError(currentLeaderEpoch, leaderEpochOf(cluster, place))
    if (errorCode !== 0) return { partition, errorCode }
    const { epoch, endOffset } = await endOfEpoch(cluster, place, leaderEpoch)
    return { partition, leaderEpoch: epoch, endOffset }
  } catch (error) {
    return { partition, errorCode: errorCodeOf(error) }
  }
}
