// OffsetFetch: what groups have committed. Nothing committed is offset -1 with empty metadata and no error, also for a group, topic or
// partition that nobody knows.

import type { TopicPartition } from '../../core/cluster.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type OffsetFetchResponse, offsetFetchRequest, offsetFetchResponse } from '../../protocol/messages/09-offset-fetch.js'
import type { BrokerView } from '../broker-view.js'
import { ZERO_UUID } from '../../protocol/uuid.js'
import { handler } from '../handler.js'
import { byTopic } from '../topic-lookup.js'

type GroupAnswer = Outgoing<OffsetFetchResponse['groups'][number]>
type TopicAnswer = Outgoing<OffsetFetchResponse['groups'][number]['topics'][number]>

interface AskedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

/** From here on one request asks for several groups. */
const GROUPS_VERSION = 8
/** From here on topics are named by their ids. */
const IDS_VERSION = 10

export const offsetFetch = handler({
  request: offsetFetchRequest,
  response: offsetFetchResponse,
  first: 1,
  last: 10,
  async handle(request, { broker, version }) {
    if (version < GROUPS_VERSION) {
      try {
        const asked = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null
        return { topics: await committed(broker, request.groupId, asked, request.requireStable, false) }
      } catch (error) {
        return { errorCode: errorCodeOf(error) }
      }
    }
    const groups = request.groups.map(async ({ groupId, memberId, memberEpoch, topics }): Promise<GroupAnswer> => {
      try {
        // Administrators say neither.
        if (memberId !== null && memberEpoch >= 0) checkMember(broker, groupId, memberId, memberEpoch)
        return { groupId, topics: await committed(broker, groupId, topics, request.requireStable, version >= IDS_VERSION) }
      } catch (error) {
        return { groupId, errorCode: errorCodeOf(error) }
      }
    })
    return { groups: await Promise.all(groups) }
  },
})

/** Members of groups that the broker assigns to say who they are. UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH. */
function checkMember({ consumerGroups }: BrokerView, groupId: string, memberId: string, memberEpoch: number): void {
  const members = consumerGroups.describe(groupId)?.members ?? []
  const isClassic = members.some((member) => member.isClassic && member.memberId === memberId)
  if (members.length > 0 && !isClassic) consumerGroups.checkEpoch(groupId, memberId, memberEpoch)
}

/** `stable`: an offset that a transaction is about to change is not answered. null asks for all. */
async function committed(
  broker: BrokerView,
  groupId: string,
  asked: readonly AskedTopic[] | null,
  stable: boolean,
  areByIds: boolean,
): Promise<TopicAnswer[]> {
  const topics: TopicAnswer[] = []
  const offsets = broker.groups.committed(groupId, undefined)
  const byKey = new Map(offsets.map((offset) => [`${offset.topic}-${offset.partition}`, offset]))
  for (const { name: asName, topicId, partitionIndexes } of asked ?? (await allOf(broker, offsets))) {
    const name = areByIds ? (await broker.topicById(topicId))?.name : asName
    const partitions = partitionIndexes.map((partitionIndex) => {
      const nothing = { partitionIndex, committedOffset: -1, metadata: '' }
      if (name === undefined) return { ...nothing, errorCode: ERROR_CODES.UNKNOWN_TOPIC_ID }
      if (stable && broker.cluster.transactions.hasPendingOffset(groupId, { topic: name, partition: partitionIndex }))
        return { ...nothing, errorCode: ERROR_CODES.UNSTABLE_OFFSET_COMMIT }
      const found = byKey.get(`${name}-${partitionIndex}`)
      if (found === undefined) return nothing
      const { offset: committedOffset, metadata = '', leaderEpoch: committedLeaderEpoch = -1 } = found
      return { partitionIndex, committedOffset, metadata, committedLeaderEpoch }
    })
    topics.push({ name: asName, topicId, partitions })
  }
  return topics
}

async function allOf(broker: BrokerView, offsets: readonly TopicPartition[]): Promise<AskedTopic[]> {
  const topics = [...byTopic(offsets)].map(async ([name, partitionIndexes]) => {
    const topicId = (await broker.topicNamed(name))?.id ?? ZERO_UUID
    return { name, topicId, partitionIndexes }
  })
  return Promise.all(topics)
}
