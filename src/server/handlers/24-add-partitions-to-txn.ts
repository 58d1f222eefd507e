// AddPartitionsToTxn: which partitions a producer is about to write to in its transaction; all of them or none.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponse,
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from '../../protocol/messages/24-add-partitions-to-txn.js'
import type { BrokerView } from '../broker-view.js'
import { handler } from '../handler.js'
import { producerErrorCode } from '../producer-errors.js'

const KNOWN_ERRORS = { fencedFrom: 2, abortableFrom: 5 }

type Topics = AddPartitionsToTxnRequest['v3AndBelowTopics']

export const addPartitionsToTxn = handler({
  request: addPartitionsToTxnRequest,
  response: addPartitionsToTxnResponse,
  first: 0,
  last: 3,
  async handle(request, { broker, version }) {
    const { v3AndBelowTransactionalId: transactionalId, v3AndBelowTopics: topics } = request
    const producer = { transactionalId, producerId: request.v3AndBelowProducerId, producerEpoch: request.v3AndBelowProducerEpoch }
    const unknown = await unknownPlaces(broker, topics)
    if (unknown.size > 0) {
      const { UNKNOWN_TOPIC_OR_PARTITION, OPERATION_NOT_ATTEMPTED } = ERROR_CODES
      return answer(topics, (name, index) => (unknown.has(`${name}-${index}`) ? UNKNOWN_TOPIC_OR_PARTITION : OPERATION_NOT_ATTEMPTED))
    }
    try {
      const places = topics.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, partition })))
      await broker.cluster.transactions.addPartitions(producer, places)
      return answer(topics, () => ERROR_CODES.NONE)
    } catch (error) {
      const code = producerErrorCode(error, version, KNOWN_ERRORS)
      return answer(topics, () => code)
    }
  },
})

async function unknownPlaces(broker: BrokerView, topics: Topics): Promise<ReadonlySet<string>> {
  const unknown = new Set<string>()
  for (const { name, partitions } of topics) {
    const count = (await broker.topicNamed(name))?.partitions ?? 0
    for (const partition of partitions) if (partition < 0 || partition >= count) unknown.add(`${name}-${partition}`)
  }
  return unknown
}

function answer(topics: Topics, codeOf: (name: string, index: number) => number): Outgoing<AddPartitionsToTxnResponse> {
  return {
    resultsByTopicV3AndBelow: topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((index) => ({ partitionIndex: index, partitionErrorCode: codeOf(name, index) })),
    })),
  }
}
