// AlterPartitionReassignments: a partition can be on the one broker that it is on already. Nothing is ever moved, so nothing can be
// taken back.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type AlterPartitionReassignmentsResponse,
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '../../protocol/messages/45-alter-partition-reassignments.js'
import { NODE_ID } from '../broker-view.js'
import { handler } from '../handler.js'

type Topic = Outgoing<AlterPartitionReassignmentsResponse['responses'][number]>

export const alterPartitionReassignments = handler({
  request: alterPartitionReassignmentsRequest,
  response: alterPartitionReassignmentsResponse,
  first: 0,
  last: 1,
  async handle({ topics, allowReplicationFactorChange }, { broker }) {
    const responses: Topic[] = []
    for (const { name, partitions } of topics) {
      const count = (await broker.topicNamed(name))?.partitions ?? 0
      const answers = partitions.map(({ partitionIndex, replicas }) => {
        const [errorCode, errorMessage] = reassigned(partitionIndex >= 0 && partitionIndex < count, replicas)
        return { partitionIndex, errorCode, errorMessage }
      })
      responses.push({ name, partitions: answers })
    }
    // As Kafka's controller, which returns at once when nothing is asked.
    return { allowReplicationFactorChange, errorMessage: topics.length === 0 ? '' : null, responses }
  },
})

function reassigned(isThere: boolean, replicas: readonly number[] | null): readonly [code: number, message: string | null] {
  if (!isThere) return [ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION, 'There is no such partition']
  if (replicas === null) return [ERROR_CODES.NO_REASSIGNMENT_IN_PROGRESS, 'The partition is not being moved']
  if (replicas.length === 1 && replicas[0] === NODE_ID) return [ERROR_CODES.NONE, null]
  return [ERROR_CODES.INVALID_REPLICA_ASSIGNMENT, `A partition can be on broker ${NODE_ID} alone, not on [${replicas.join(', ')}]`]
}
