// CreateTopics: each topic by itself. When the answer goes out the topic can be used, so that no client has to ask again for leaders.

import type { NewTopic } from '../../core/cluster.js'
import { KafkaliteError } from '../../errors.js'
import { errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  createTopicsRequest,
  createTopicsResponse,
} from '../../protocol/messages/19-create-topics.js'
import { NODE_ID } from '../broker-view.js'
import { type Call, handler } from '../handler.js'
import { repeatedIn } from '../repeated.js'
import { describeTopicConfigs, parseTopicConfigs } from '../topic-configs.js'

type Asked = CreateTopicsRequest['topics'][number]
type TopicAnswer = Outgoing<CreateTopicsResponse['topics'][number]>

export const createTopics = handler({
  request: createTopicsRequest,
  response: createTopicsResponse,
  first: 2,
  last: 7,
  async handle({ topics, validateOnly }, call) {
    const repeated = repeatedIn(topics.map(({ name }) => name))
    const answers: TopicAnswer[] = []
    for (const topic of topics) if (!repeated.has(topic.name)) answers.push(await create(topic, validateOnly, call))
    for (const name of repeated) answers.push(failure(name, twice(name)))
    return { topics: answers }
  },
})

async function create(asked: Asked, validateOnly: boolean, { broker }: Call): Promise<TopicAnswer> {
  const { name } = asked
  try {
    const unset = asked.configs.find(({ value }) => value === null)
    if (unset !== undefined) throw new KafkaliteError('INVALID_CONFIG', `${unset.name} of topic "${name}" has no value`)
    const topic: NewTopic = {
      ...copiesOf(asked),
      config: parseTopicConfigs(asked.configs, broker.settings.topicDefaults, `topic "${name}"`),
      validateOnly,
    }
    const made = await broker.cluster.createTopic(name, topic)
    return {
      name,
      errorMessage: null,
      topicId: made.id,
      numPartitions: made.partitions,
      replicationFactor: 1,
      configs: describeTopicConfigs(made.config, broker.settings.topicDefaults).map(({ name: config, value, source, isSensitive }) => ({
        name: config,
        value,
        readOnly: false,
        configSource: source,
        isSensitive,
      })),
    }
  } catch (error) {
    return failure(name, error)
  }
}

/** How many partitions and copies: by number, or by saying which brokers have each. */
function copiesOf({ name, numPartitions, replicationFactor, assignments }: Asked): NewTopic {
  if (assignments.length === 0) return { partitions: numPartitions, replicationFactor }
  if (numPartitions !== -1 || replicationFactor !== -1)
    throw new KafkaliteError('INVALID_REQUEST', `Topic "${name}" has both numbers and an assignment; give one of them`)
  const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex))
  const isWhole = indexes.size === assignments.length && assignments.every((_, index) => indexes.has(index))
  const isOurs = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === NODE_ID)
  if (!isWhole || !isOurs)
    throw new KafkaliteError('INVALID_REPLICA_ASSIGNMENT', `Topic "${name}" needs partitions from 0 on, each on broker ${NODE_ID} alone`)
  return { partitions: assignments.length }
}

function twice(name: string): KafkaliteError {
  return new KafkaliteError('INVALID_REQUEST', `Topic "${name}" is in the request twice`)
}

function failure(name: string, error: unknown): TopicAnswer {
  return { name, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error), configs: [] }
}
