// Metadata: who the brokers are and what topics there are. A topic that is asked for and may be created is there when the answer goes
// out, because some clients fail a whole call on one topic that is still missing. Only what was asked for is listed.

import type { TopicDescription } from '../../core/cluster.js'
import { KafkaliteError } from '../../errors.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type MetadataRequest, type MetadataResponse, metadataRequest, metadataResponse } from '../../protocol/messages/03-metadata.js'
import { ZERO_UUID } from '../../protocol/uuid.js'
import { CLUSTER_OPERATIONS, TOPIC_OPERATIONS } from '../authorized-operations.js'
import { type BrokerView, NODE_ID } from '../broker-view.js'
import { type Call, handler } from '../handler.js'
import { leaderEpochOf } from '../leader-epoch.js'

type TopicAnswer = Outgoing<MetadataResponse['topics'][number]>

/** From here on a request says whether topics may be created, before they always may. */
const CREATION_VERSION = 4
/** From here on a request may name topics by their ids; versions 10 and 11 have the field and refuse it. */
const BY_ID_VERSION = 12

export const metadata = handler({
  request: metadataRequest,
  response: metadataResponse,
  first: 0,
  last: 13,
  async handle(request, call) {
    if (isMisnamed(request, call.version)) return { brokers: [], controllerId: -1, topics: (request.topics ?? []).map(refuse) }
    const topics = await topicsOf(request, call)
    const withOperations = (topic: TopicAnswer): TopicAnswer =>
      request.includeTopicAuthorizedOperations ? { ...topic, topicAuthorizedOperations: TOPIC_OPERATIONS } : topic
    return {
      brokers: [{ nodeId: NODE_ID, ...call.advertised }],
      clusterId: call.broker.clusterId,
      controllerId: NODE_ID,
      topics: topics.map(withOperations),
      ...(request.includeClusterAuthorizedOperations && { clusterAuthorizedOperations: CLUSTER_OPERATIONS }),
    }
  },
})

/** Whether a topic is named by its id, or not at all, where only names are allowed. */
export function isMisnamed({ topics }: MetadataRequest, version: number): boolean {
  return version < BY_ID_VERSION && topics !== null && topics.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID)
}

function refuse({ name }: { readonly name: string | null }): TopicAnswer {
  return { errorCode: ERROR_CODES.INVALID_REQUEST, name: name ?? '', topicId: ZERO_UUID }
}

async function topicsOf({ topics, allowAutoTopicCreation }: MetadataRequest, { broker, version }: Call): Promise<TopicAnswer[]> {
  // Before version 1 an empty list stands for all topics, since then null does.
  if (topics === null || (version === 0 && topics.length === 0)) {
    return (await broker.cluster.topics()).map((topic) => describeTopic(topic, broker))
  }
  const create = version < CREATION_VERSION || allowAutoTopicCreation
  const answers = new Map<string, TopicAnswer>()
  for (const { name, topicId } of topics) {
    // The id wins: Java's clients leave the name empty beside it, where others have null.
    const isById = name === null || topicId !== ZERO_UUID
    const asked = isById ? topicId : name
    if (!answers.has(asked)) answers.set(asked, isById ? await byId(topicId, broker) : await byName(name, create, broker))
  }
  return [...answers.values()]
}

async function byId(topicId: string, broker: Call['broker']): Promise<TopicAnswer> {
  const topic = await broker.topicById(topicId)
  return topic === undefined ? { errorCode: ERROR_CODES.UNKNOWN_TOPIC_ID, name: null, topicId } : describeTopic(topic, broker)
}

async function byName(name: string, create: boolean, broker: Call['broker']): Promise<TopicAnswer> {
  try {
    return describeTopic(await broker.cluster.topic(name, { create }), broker)
  } catch (error) {
    if (!KafkaliteError.is(error)) throw error
    return { errorCode: errorCodeOf(error), name, topicId: ZERO_UUID }
  }
}

function describeTopic({ name, id, internal, partitions }: TopicDescription, { cluster }: BrokerView): TopicAnswer {
  const nodes = [NODE_ID]
  return {
    name,
    topicId: id,
    isInternal: internal,
    partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      leaderId: NODE_ID,
      leaderEpoch: leaderEpochOf(cluster, { topic: name, partition: partitionIndex }),
      replicaNodes: nodes,
      isrNodes: nodes,
    })),
  }
}
