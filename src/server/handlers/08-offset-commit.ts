// OffsetCommit: keeps where a group has got to. Partitions that do not exist get their own error, the others are committed together.

import type { ClassicOffset } from '../../core/classic-group-port.js'
import { KafkaliteError } from '../../errors.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import { offsetCommitRequest, offsetCommitResponse } from '../../protocol/messages/08-offset-commit.js'
import { handler } from '../handler.js'
import { toldEpoch } from '../leader-epoch.js'
import { findTopic } from '../topic-lookup.js'

/** offset.metadata.max.bytes, which Kafka counts in characters. */
const METADATA_CHARS_MAX = 4096
/** From here on a group that is not there is told apart from a generation that is over. */
const GROUP_NOT_FOUND_VERSION = 9
/** From here on members whose assignment the broker computes commit with their epoch. */
const MEMBER_EPOCH_VERSION = 9
/** From here on topics are named by their ids. */
const IDS_VERSION = 10

export const offsetCommit = handler({
  request: offsetCommitRequest,
  response: offsetCommitResponse,
  first: 2,
  last: 10,
  async handle(request, { broker, version }) {
    const { groupId, memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: generation } = request
    const offsets: ClassicOffset[] = []
    const codes = new Map<string, number>()
    for (const { name, topicId, partitions } of request.topics) {
      const { topic, errorCode } = await findTopic(broker, name, topicId, version >= IDS_VERSION)
      for (const { partitionIndex, committedOffset, committedMetadata, committedLeaderEpoch } of partitions) {
        const metadata = committedMetadata ?? ''
        const exists = partitionIndex >= 0 && partitionIndex < (topic?.partitions ?? 0)
        const isLong = metadata.length > METADATA_CHARS_MAX
        const code = exists ? (isLong ? ERROR_CODES.OFFSET_METADATA_TOO_LARGE : 0) : errorCode || ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION
        codes.set(`${topicId} ${name}-${partitionIndex}`, code)
        const leaderEpoch = toldEpoch(committedLeaderEpoch)
        if (code === 0 && topic !== undefined)
          offsets.push({ topic: topic.name, partition: partitionIndex, offset: committedOffset, metadata, leaderEpoch })
      }
    }
    let groupCode = 0
    try {
      if (version < MEMBER_EPOCH_VERSION && broker.consumerGroups.has(groupId, memberId))
        throw new KafkaliteError('UNSUPPORTED_VERSION', 'Members with an epoch commit from version 9 on')
      await broker.groups.commit({ groupId, memberId, instanceId, generation }, offsets)
    } catch (error) {
      const isOld = version < GROUP_NOT_FOUND_VERSION && KafkaliteError.is(error, 'GROUP_ID_NOT_FOUND')
      groupCode = isOld ? ERROR_CODES.ILLEGAL_GENERATION : errorCodeOf(error)
    }
    const codeOf = (id: string, name: string, index: number): number => groupCode || (codes.get(`${id} ${name}-${index}`) ?? 0)
    return {
      topics: request.topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: codeOf(topicId, name, partitionIndex) })),
      })),
    }
  },
})
