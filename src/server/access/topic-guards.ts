// The guards of the APIs whose things are topics.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { FetchRequest } from '../../protocol/messages/01-fetch.js'
import type { ListOffsetsRequest } from '../../protocol/messages/02-list-offsets.js'
import type { MetadataRequest } from '../../protocol/messages/03-metadata.js'
import type { ProduceRequest } from '../../protocol/messages/00-produce.js'
import type { CreateTopicsRequest } from '../../protocol/messages/19-create-topics.js'
import type { DeleteRecordsRequest } from '../../protocol/messages/21-delete-records.js'
import type { DeleteTopicsRequest } from '../../protocol/messages/20-delete-topics.js'
import type { OffsetForLeaderEpochRequest } from '../../protocol/messages/23-offset-for-leader-epoch.js'
import type { CreatePartitionsRequest } from '../../protocol/messages/37-create-partitions.js'
import type { DescribeProducersRequest } from '../../protocol/messages/61-describe-producers.js'
import type { DescribeTopicPartitionsRequest } from '../../protocol/messages/75-describe-topic-partitions.js'
import { ZERO_UUID } from '../../protocol/uuid.js'
import type { Call } from '../handler.js'
import type { Access } from './access-control.js'
import { isMisnamed } from '../handlers/03-metadata.js'
import { isAstray } from '../handlers/75-describe-topic-partitions.js'
import { both, type Fields, type Guard, guard, items } from './guard.js'

const { TOPIC_AUTHORIZATION_FAILED: errorCode, TRANSACTIONAL_ID_AUTHORIZATION_FAILED } = ERROR_CODES
const errorMessage = 'Authorization failed.'
/** From here on DeleteTopics lists topics by name or id. */
const DELETE_BY_ID_VERSION = 6

type Named<T> = T extends readonly (infer E)[] ? E : never

/** Whether a topic may come into being by being asked for. */
async function mayBeMade(name: string, access: Access, { broker }: Call): Promise<boolean> {
  if (access.may('create', 'cluster') || access.may('create', 'topic', name)) return true
  return !broker.settings.autoCreateTopics || (await broker.topicNamed(name)) !== undefined
}

/** Topics that have an id and no name; what the id stands for nobody learns who may not. */
async function nameOf(name: string | null, id: string, { broker }: Call): Promise<string | undefined> {
  return name === null || name === '' ? (await broker.topicById(id))?.name : name
}

const produce = both(
  guard<ProduceRequest & Fields>((request, access) => {
    const { transactionalId, topicData, acks } = request
    if (transactionalId === null || access.may('write', 'transactionalId', transactionalId)) return { request }
    const responses = topicData.map((topic) => refusedProduce(topic, TRANSACTIONAL_ID_AUTHORIZATION_FAILED))
    return { request, answer: acks === 0 ? 'disconnect' : { responses } }
  }),
  items<Named<ProduceRequest['topicData']>>({
    list: 'topicData',
    into: 'responses',
    async allowed({ name, topicId }, access, call) {
      const topic = await nameOf(name, topicId, call)
      return topic === undefined || (access.may('write', 'topic', topic) && (await mayBeMade(topic, access, call)))
    },
    refused: (topic) => refusedProduce(topic, errorCode),
  }),
)

function refusedProduce({ name, topicId, partitionData }: Named<ProduceRequest['topicData']>, code: number): Fields {
  const failure = { errorCode: code, errorMessage, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 }
  return { name, topicId, partitionResponses: partitionData.map(({ index }) => ({ index, ...failure })) }
}

const fetch = both(
  // A session would go on with what was allowed when it began; without one each request is looked at.
  guard<FetchRequest & Fields>((request) => ({ request: { ...request, sessionId: 0, sessionEpoch: -1 } })),
  items<Named<FetchRequest['topics']>>({
    list: 'topics',
    into: 'responses',
    async allowed({ topic: name, topicId }, access, call) {
      const topic = await nameOf(name, topicId, call)
      return topic === undefined || access.may('read', 'topic', topic)
    },
    refused: ({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition: partitionIndex }) => ({
        partitionIndex,
        errorCode,
        highWatermark: -1,
        lastStableOffset: -1,
        logStartOffset: -1,
        records: new Uint8Array(0),
      })),
    }),
  }),
)

/** `null` asks for all, of which only those are answered that may be seen. */
const metadata = guard<MetadataRequest & Fields>(async (request, access, call) => {
  if (isMisnamed(request, call.version)) return { request }
  const { topics, allowAutoTopicCreation } = request
  const seen = (response: Fields): Fields => withOperations(response, access)
  const isAll = topics === null || (call.version === 0 && topics.length === 0)
  if (isAll) {
    const mine = (response: Fields): Fields => ({
      ...response,
      topics: (response.topics as readonly { readonly name: string }[]).filter(({ name }) => access.may('describe', 'topic', name)),
    })
    return { request, finish: (response) => (typeof response === 'string' ? response : seen(mine(response))) }
  }
  const passed: Named<typeof topics>[] = []
  const refused: Fields[] = []
  const creates = call.version < 4 || allowAutoTopicCreation
  for (const topic of topics) {
    const isById = topic.name === null || topic.topicId !== ZERO_UUID
    const name = await nameOf(isById ? null : topic.name, topic.topicId, call)
    const isAllowed = name === undefined || (access.may('describe', 'topic', name) && (!creates || (await mayBeMade(name, access, call))))
    if (isAllowed) passed.push(topic)
    else refused.push({ errorCode, name: isById ? null : topic.name, topicId: isById ? topic.topicId : ZERO_UUID, partitions: [] })
  }
  return {
    // In version 0 an empty list would stand for all.
    request: { ...request, topics: passed.length === 0 && call.version === 0 ? [{ name: '', topicId: ZERO_UUID }] : passed },
    finish: (response) => {
      if (typeof response === 'string') return response
      const answered = (response.topics as readonly Fields[]).filter(({ name }) => name !== '')
      return seen({ ...response, topics: [...answered, ...refused] })
    },
  }
})

function withOperations(response: Fields, access: Access): Fields {
  const { clusterAuthorizedOperations: bits } = response as { readonly clusterAuthorizedOperations?: number }
  const topics = (response.topics as readonly { readonly name?: string; readonly topicAuthorizedOperations?: number }[]).map((topic) =>
    topic.topicAuthorizedOperations === undefined || topic.name === undefined || topic.name === null
      ? topic
      : { ...topic, topicAuthorizedOperations: access.operations(topic.topicAuthorizedOperations, 'topic', topic.name) },
  )
  return { ...response, topics, ...(bits !== undefined && { clusterAuthorizedOperations: access.operations(bits, 'cluster') }) }
}

/** Done before pages are made, so that a page is as long as it may be, and says nothing of what may not be seen. */
const describeTopicPartitions = guard<DescribeTopicPartitionsRequest & Fields>(async (request, access, { broker }) => {
  if (isAstray(request)) return { request }
  const { topics, cursor } = request
  const from = cursor?.topicName ?? ''
  const named = topics.length === 0 ? await broker.cluster.topics() : topics
  const names = [...new Set(named.map(({ name }) => name))].filter((name) => name >= from)
  const seen = names.filter((name) => access.may('describe', 'topic', name))
  const refused = topics.length === 0 ? [] : names.filter((name) => !seen.includes(name)).map((name) => ({ name, errorCode }))
  // An empty list would ask for all.
  if (seen.length === 0) return { request, answer: { topics: refused } }
  const place = seen.includes(from) ? cursor : null
  return {
    request: { ...request, topics: seen.map((name) => ({ name })), cursor: place },
    finish: (response) => {
      if (typeof response === 'string') return response
      const answered = withOperations(response, access)
      return { ...answered, topics: [...(answered.topics as readonly Fields[]), ...refused] }
    },
  }
})

export const TOPIC_GUARDS: Readonly<Record<number, Guard>> = {
  0: produce,
  1: fetch,
  2: items<Named<ListOffsetsRequest['topics']>>({
    list: 'topics',
    into: 'topics',
    allowed: ({ name }, access) => access.may('describe', 'topic', name),
    refused: ({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, timestamp: -1, offset: -1 })),
    }),
  }),
  3: metadata,
  19: items<Named<CreateTopicsRequest['topics']>>({
    list: 'topics',
    into: 'topics',
    allowed: ({ name }, access) => access.may('create', 'cluster') || access.may('create', 'topic', name),
    refused: ({ name }) => ({ name, errorCode, errorMessage, configs: null }),
  }),
  20: (request, access, call) =>
    call.version >= DELETE_BY_ID_VERSION
      ? deleteTopics(request, access, call)
      : items<DeleteTopicsRequest['topicNames'][number]>({
          list: 'topicNames',
          into: 'responses',
          allowed: (name) => access.may('delete', 'topic', name),
          refused: (name) => ({ name, errorCode, errorMessage }),
        })(request, access, call),
  21: items<Named<DeleteRecordsRequest['topics']>>({
    list: 'topics',
    into: 'topics',
    allowed: ({ name }, access) => access.may('delete', 'topic', name),
    refused: ({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, lowWatermark: -1 })),
    }),
  }),
  23: items<Named<OffsetForLeaderEpochRequest['topics']>>({
    list: 'topics',
    into: 'topics',
    allowed: ({ topic }, access) => access.may('describe', 'topic', topic),
    refused: ({ topic, partitions }) => ({ topic, partitions: partitions.map(({ partition }) => ({ partition, errorCode })) }),
  }),
  37: items<Named<CreatePartitionsRequest['topics']>>({
    list: 'topics',
    into: 'results',
    allowed: ({ name }, access) => access.may('alter', 'topic', name),
    refused: ({ name }) => ({ name, errorCode, errorMessage }),
  }),
  61: items<Named<DescribeProducersRequest['topics']>>({
    list: 'topics',
    into: 'topics',
    allowed: ({ name }, access) => access.may('read', 'topic', name),
    refused: ({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode, errorMessage })),
    }),
  }),
  75: describeTopicPartitions,
}

const deleteTopics = items<Named<DeleteTopicsRequest['topics']>>({
  list: 'topics',
  into: 'responses',
  async allowed({ name, topicId }, access, call) {
    const topic = await nameOf(name, topicId, call)
    return topic === undefined || access.may('delete', 'topic', topic)
  },
  refused: ({ name, topicId }) => ({ name, topicId, errorCode, errorMessage }),
})
