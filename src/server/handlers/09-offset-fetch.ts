// OffsetFetch: what groups have committed. Nothing committed is offset -1 with empty metadata and no error, also for a group, topic or
// partition that nobody knows.

import type { TopicPartition } from '../../core/cluster.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type OffsetFetchResponse, offsetFetchRequest, offsetFetchResponse } from '../../protocol/messages/09-offset-fetch.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'

type TopicAnswer = Outgoing<OffsetFetchResponse['topics'][number]>

interface AskedTopic {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

/** From here on one request asks for several groups. */
const GROUPS_VERSION = 8

export const offsetFetch = handler({
  request: offsetFetchRequest,
  response: offsetFetchResponse,
  first: 1,
  last: 9,
  handle(request, { broker, version }) {
    if (version < GROUPS_VERSION) {
      try {
        return { topics: committed(broker, request.groupId, request.topics, request.requireStable) }
      } catch (error) {
        return { errorCode: errorCodeOf(error) }
      }
    }
    const groups: Outgoing<OffsetFetchResponse>['groups'] = request.groups.map(({ groupId, memberId, memberEpoch, topics }) => {
      try {
        // Administrators say neither.
        if (memberId !== null && memberEpoch >= 0) checkMember(broker, groupId, memberId, memberEpoch)
        return { groupId, topics: committed(broker, groupId, topics, request.requireStable) }
      } catch (error) {
        return { groupId, errorCode: errorCodeOf(error) }
      }
    })
    return { groups }
  },
})

/** Members of groups that the broker assigns to say who they are. UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH. */
function checkMember({ consumerGroups }: BrokerView, groupId: string, memberId: string, memberEpoch: number): void {
  const members = consumerGroups.describe(groupId)?.members ?? []
  const isClassic = members.some((member) => member.isClassic && member.memberId === memberId)
  if (members.length > 0 && !isClassic) consumerGroups.checkEpoch(groupId, memberId, memberEpoch)
}

/** `stable`: an offset that a transaction is about to change is not answered. null asks for all. */
function committed({ groups, cluster }: BrokerView, groupId: string, asked: readonly AskedTopic[] | null, stable: boolean): TopicAnswer[] {
  const places = asked?.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map((partition): TopicPartition => ({ topic: name, partition })),
  )
  const offsets = groups.committed(groupId, places)
  const byKey = new Map(offsets.map((offset) => [`${offset.topic}-${offset.partition}`, offset]))
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of places ?? offsets) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  return [...byTopic].map(([name, partitions]) => ({
    name,
    partitions: partitions.map((partitionIndex) => {
      const found = byKey.get(`${name}-${partitionIndex}`)
      if (stable && cluster.transactions.hasPendingOffset(groupId, { topic: name, partition: partitionIndex }))
        return { partitionIndex, committedOffset: -1, metadata: '', errorCode: ERROR_CODES.UNSTABLE_OFFSET_COMMIT }
      return { partitionIndex, committedOffset: found?.offset ?? -1, metadata: found?.metadata ?? '' }
    }),
  }))
}
