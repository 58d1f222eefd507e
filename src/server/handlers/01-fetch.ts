// Fetch: what is in the partitions from the asked offsets on, or what comes within the time that the client waits. The batches go from
// the log to the socket as they are. In a session (KIP-227) only what changed is asked and answered.

import type { FetchedPartition, FetchPosition, Isolation, TopicPartition } from '../../core/cluster.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type FetchRequest, type FetchResponse, fetchRequest, fetchResponse } from '../../protocol/messages/01-fetch.js'
import { type BrokerView, LEADER_EPOCH } from '../broker-view.js'
import { leaderEpochError } from '../leader-epoch.js'
import { type Call, handler } from '../handler.js'
import { findTopic } from '../topic-lookup.js'

type TopicAnswer = Outgoing<FetchResponse['responses'][number]>
type PartitionAnswer = Outgoing<FetchResponse['responses'][number]['partitions'][number]>

const NO_RECORDS = new Uint8Array(0)

/** One asked partition: an error that is known already, or a place to read. */
interface Asked {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly position: FetchPosition | null
}

interface AskedTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly Asked[]
}

export const fetch = handler({
  request: fetchRequest,
  response: fetchResponse,
  first: 4,
  last: 17,
  async handle(request, call) {
    const context = call.broker.fetchSessions.contextOf(request, call.version)
    if (context.errorCode !== 0) return { errorCode: context.errorCode }
    const asked: AskedTopic[] = []
    for (const topic of context.topics) asked.push(await lookUp(topic, call))
    const isolation: Isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
    const found = await read(request, asked, isolation, call)
    const responses: TopicAnswer[] = []
    for (const { topic, topicId, partitions } of asked) {
      const answers: PartitionAnswer[] = []
      for (const partition of partitions) answers.push(await answerOf(partition, found, isolation, call.broker))
      responses.push({ topic, topicId, partitions: answers })
    }
    return context.answer(responses)
  },
})

async function lookUp(asked: FetchRequest['topics'][number], { broker, version }: Call): Promise<AskedTopic> {
  const { topic, errorCode } = await findTopic(broker, asked.topic, asked.topicId, version >= 13)
  const count = topic?.partitions ?? 0
  return {
    topic: topic?.name ?? asked.topic,
    topicId: asked.topicId,
    partitions: asked.partitions.map((partition): Asked => {
      const { partition: index, fetchOffset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch } = partition
      const known = topic !== undefined && index >= 0 && index < count
      const error = known ? epochError(currentLeaderEpoch, lastFetchedEpoch) : errorCode || ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION
      const position =
        error === 0 && topic !== undefined
          ? { topic: topic.name, partition: index, offset: fetchOffset, maxBytes: partitionMaxBytes }
          : null
      return { partitionIndex: index, errorCode: error, position }
    }),
  }
}

/** A reader that has read in an epoch that never was has not read from here. */
function epochError(current: number, lastFetched: number): number {
  return leaderEpochError(current) || (lastFetched > LEADER_EPOCH ? ERROR_CODES.OFFSET_OUT_OF_RANGE : 0)
}

async function read(
  request: FetchRequest,
  asked: readonly AskedTopic[],
  isolation: Isolation,
  { broker, signal }: Call,
): Promise<ReadonlyMap<string, FetchedPartition>> {
  const all = asked.flatMap(({ partitions }) => partitions)
  const positions = new Map<string, FetchPosition>()
  for (const { position } of all) if (position !== null) positions.set(keyOf(position), position)
  // An error is told at once.
  const hasError = all.some(({ errorCode }) => errorCode !== 0)
  const found = await broker.cluster.fetch({
    positions: [...positions.values()],
    maxWaitMs: hasError || all.length === 0 ? 0 : Math.max(0, request.maxWaitMs),
    minBytes: request.minBytes,
    maxBytes: request.maxBytes,
    maxPartitionBytes: request.maxBytes,
    isolation,
    signal,
  })
  return new Map(found.map((partition) => [keyOf(partition), partition]))
}

async function answerOf(
  { partitionIndex, errorCode, position }: Asked,
  found: ReadonlyMap<string, FetchedPartition>,
  isolation: Isolation,
  broker: BrokerView,
): Promise<PartitionAnswer> {
  if (position === null) return failure(partitionIndex, errorCode)
  const fetched = found.get(keyOf(position))
  if (fetched?.error !== undefined) return failure(partitionIndex, errorCodeOf(fetched.error))
  try {
    const { cluster } = broker
    const highWatermark = (await cluster.offset(position, 'latest'))?.offset ?? 0
    const lastStableOffset = (await cluster.offset(position, 'latest', 'read_committed'))?.offset ?? 0
    const logStartOffset = (await cluster.offset(position, 'earliest'))?.offset ?? 0
    const abortedTransactions = isolation === 'read_committed' ? (fetched?.aborted ?? []) : null
    return {
      partitionIndex,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      abortedTransactions,
      records: bytesOf(fetched?.batches ?? []),
    }
  } catch (error) {
    // The topic went while it was being read.
    return failure(partitionIndex, errorCodeOf(error))
  }
}

function bytesOf(batches: readonly PackedBatch[]): Uint8Array | readonly Uint8Array[] {
  return batches.length === 0 ? NO_RECORDS : batches.map(({ bytes }) => bytes)
}

function failure(partitionIndex: number, errorCode: number): PartitionAnswer {
  // A partition that is there has no list of transactions then, one that is not there has an empty one.
  const isThere = errorCode !== ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION && errorCode !== ERROR_CODES.UNKNOWN_TOPIC_ID
  const none = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, records: NO_RECORDS }
  return { partitionIndex, errorCode, ...none, ...(isThere && { abortedTransactions: null }) }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
