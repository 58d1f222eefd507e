// ElectLeaders: every partition is led by the one broker there is, so no election is needed.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  electLeadersRequest,
  electLeadersResponse,
} from '../../protocol/messages/43-elect-leaders.js'
import { handler } from '../handler.js'

/** The preferred replica, or any that is there. */
const KINDS: readonly number[] = [0, 1]
/** From here on the answer has an error of its own. */
const OWN_ERROR_VERSION = 1

export const electLeaders = handler({
  request: electLeadersRequest,
  response: electLeadersResponse,
  first: 0,
  last: 2,
  async handle(request, { broker, version }) {
    const { topicPartitions, electionType } = request
    if (!KINDS.includes(electionType)) return refusedElection(request, ERROR_CODES.INVALID_REQUEST, version)
    // Of all partitions those are told whose leader had to be elected, which is none; their topics are named.
    if (topicPartitions === null)
      return { replicaElectionResults: (await broker.cluster.topics()).map(({ name }) => ({ topic: name, partitionResult: [] })) }
    const replicaElectionResults: Outgoing<ElectLeadersResponse['replicaElectionResults'][number]>[] = []
    for (const { topic, partitions } of topicPartitions) {
      const count = (await broker.topicNamed(topic))?.partitions ?? 0
      const resultOf = (partitionId: number) =>
        partitionId >= 0 && partitionId < count
          ? { partitionId, errorCode: ERROR_CODES.ELECTION_NOT_NEEDED, errorMessage: 'The only broker leads already' }
          : { partitionId, errorCode: ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'There is no such partition' }
      replicaElectionResults.push({ topic, partitionResult: partitions.map(resultOf) })
    }
    return { replicaElectionResults }
  },
})

/** The whole request is refused. */
export function refusedElection(
  { topicPartitions }: ElectLeadersRequest,
  errorCode: number,
  version: number,
  errorMessage = 'There is no such kind of election',
): Outgoing<ElectLeadersResponse> {
  return {
    ...(version >= OWN_ERROR_VERSION && { errorCode }),
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
    })),
  }
}
