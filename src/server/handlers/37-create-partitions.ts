// CreatePartitions: more partitions for topics that are there.

import { KafkaliteError } from '../../errors.js'
import { ERROR_CODES, errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  createPartitionsRequest,
  createPartitionsResponse,
} from '../../protocol/messages/37-create-partitions.js'
import { type BrokerView, NODE_ID } from '../broker-view.js'
import { handler } from '../handler.js'
import { repeatedIn } from '../repeated.js'

type TopicAnswer = Outgoing<CreatePartitionsResponse['results'][number]>

export const createPartitions = handler({
  request: createPartitionsRequest,
  response: createPartitionsResponse,
  first: 0,
  last: 3,
  async handle({ topics, validateOnly }, { broker }) {
    const results: TopicAnswer[] = []
    const repeated = repeatedIn(topics.map(({ name }) => name))
    for (const topic of topics) if (!repeated.has(topic.name)) results.push(await grow(broker, topic, validateOnly))
    for (const name of repeated)
      results.push({ name, errorCode: ERROR_CODES.INVALID_REQUEST, errorMessage: 'The topic is in the request twice' })
    return { results }
  },
})

async function grow(
  { cluster }: BrokerView,
  { name, count, assignments }: CreatePartitionsRequest['topics'][number],
  validateOnly: boolean,
): Promise<TopicAnswer> {
  try {
    const { partitions } = await cluster.topic(name)
    if (count <= partitions)
      throw new KafkaliteError('INVALID_PARTITIONS', `Topic "${name}" has ${partitions} partitions and can only grow; asked for ${count}`)
    const isOurs =
      assignments === null ||
      (assignments.length === count - partitions &&
        assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === NODE_ID))
    if (!isOurs) throw new KafkaliteError('INVALID_REPLICA_ASSIGNMENT', `Each new partition of "${name}" can be on broker ${NODE_ID} alone`)
    if (!validateOnly) await cluster.addPartitions(name, count)
    return { name }
  } catch (error) {
    return { name, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
  }
}
