// ConsumerGroupHeartbeat (KIP-848): how remote members join, stay in and leave a group whose assignment the broker computes. Topics are
// named by their ids on the wire.

import type { TopicPartition } from '../../core/cluster.js'
import { KafkaliteError } from '../../errors.js'
import { errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import {
  type ConsumerGroupHeartbeatRequest,
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from '../../protocol/messages/68-consumer-group-heartbeat.js'
import { randomUuid } from '../../protocol/uuid.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'
import { identified, type PartitionsOfTopic } from '../topic-lookup.js'

/** From here on a member makes its id itself. */
const OWN_ID_VERSION = 1
const LEAVES_FOR_A_WHILE = -2

export const consumerGroupHeartbeat = handler({
  request: consumerGroupHeartbeatRequest,
  response: consumerGroupHeartbeatResponse,
  first: 0,
  last: 1,
  async handle(request, { broker, version, clientId, clientHost }) {
    try {
      check(request, version)
      const memberId = request.memberId === '' ? randomUuid(broker.cluster.random) : request.memberId
      const owned = request.topicPartitions === null ? null : await named(broker, request.topicPartitions)
      const { memberEpoch, assignment } = broker.consumerGroups.heartbeat({
        groupId: request.groupId,
        memberId,
        memberEpoch: request.memberEpoch,
        instanceId: request.instanceId,
        rackId: request.rackId,
        clientId: clientId ?? '',
        clientHost: `/${clientHost}`,
        rebalanceTimeoutMs: request.rebalanceTimeoutMs,
        topics: request.subscribedTopicNames,
        pattern: request.subscribedTopicRegex,
        assignor: request.serverAssignor || null,
        owned,
      })
      const heartbeatIntervalMs = request.memberEpoch < 0 ? 0 : broker.groupConfigs.consumerSettings(request.groupId).heartbeatIntervalMs
      if (assignment === null) return { memberId, memberEpoch, heartbeatIntervalMs, assignment: null }
      return { memberId, memberEpoch, heartbeatIntervalMs, assignment: { topicPartitions: await identified(broker, assignment) } }
    } catch (error) {
      return { errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
    }
  },
})

/** INVALID_REQUEST. */
function check(request: ConsumerGroupHeartbeatRequest, version: number): void {
  const { groupId, memberId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs, topicPartitions } = request
  const fails = (why: string): KafkaliteError => new KafkaliteError('INVALID_REQUEST', why)
  if (memberEpoch < LEAVES_FOR_A_WHILE) throw fails(`MemberEpoch ${memberEpoch} says nothing`)
  if (groupId === '') throw fails('GroupId is empty')
  if (memberId === '' && (version >= OWN_ID_VERSION || memberEpoch > 0)) throw fails('MemberId is empty')
  if (instanceId === '') throw fails('InstanceId is empty')
  if (rackId === '') throw fails('RackId is empty')
  if (memberEpoch === LEAVES_FOR_A_WHILE && instanceId === null) throw fails('A member that leaves for a while needs an InstanceId')
  if (memberEpoch !== 0) return
  if (rebalanceTimeoutMs <= 0) throw fails('A member that joins needs a RebalanceTimeoutMs')
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null)
    throw fails('A member that joins says which topics it wants')
  if (topicPartitions === null || topicPartitions.length > 0) throw fails('A member that joins has no TopicPartitions, and says so')
}

/** Topics that are gone are left out. */
async function named(broker: BrokerView, topics: readonly PartitionsOfTopic[]): Promise<TopicPartition[]> {
  const places: TopicPartition[] = []
  for (const { topicId, partitions } of topics) {
    const topic = await broker.topicById(topicId)
    if (topic !== undefined) for (const partition of partitions) places.push({ topic: topic.name, partition })
  }
  return places
}
