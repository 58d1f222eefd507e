// Fetch: what is in the partitions from the asked offsets on, or what comes within the time that the client waits. The batches go from
// the log to the socket as they are. In a session (KIP-227) only what changed is asked and answered.

import type { Cluster, FetchedPartition, FetchPosition, Isolation, TopicPartition } from '../../core/cluster.js'
import { KafkaliteError } from '../../errors.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type FetchRequest, type FetchResponse, fetchRequest, fetchResponse } from '../../protocol/messages/01-fetch.js'
import { type BrokerView, NODE_ID } from '../broker-view.js'
import { type EpochEnd, endOfEpoch, leaderEpochError, leaderEpochOf } from '../leader-epoch.js'
import { type Call, handler } from '../handler.js'
import { findTopic } from '../topic-lookup.js'

type TopicAnswer = Outgoing<FetchResponse['responses'][number]>
type PartitionAnswer = Outgoing<FetchResponse['responses'][number]['partitions'][number]>

/** From here on a reader is told the epoch that it should know (KIP-951). */
const LEADER_VERSION = 16
const NO_RECORDS = new Uint8Array(0)

/** One asked partition: an error that is known already, or a place to read. */
interface Asked {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly position: FetchPosition | null
  /** What the reader has read is not what stands here: where the epoch ended that it read last. */
  readonly diverging?: EpochEnd | null | undefined
  /** For a reader that speaks to a leader of the past. */
  readonly leaderEpoch?: number | undefined
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
  const partitions: Asked[] = []
  for (const partition of asked.partitions) {
    const { partition: partitionIndex } = partition
    const isThere = topic !== undefined && partitionIndex >= 0 && partitionIndex < topic.partitions
    if (isThere) partitions.push(await lookAt(topic.name, partition, broker, version))
    else partitions.push({ partitionIndex, errorCode: errorCode || ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION, position: null })
  }
  return { topic: topic?.name ?? asked.topic, topicId: asked.topicId, partitions }
}

async function lookAt(
  topic: string,
  asked: FetchRequest['topics'][number]['partitions'][number],
  { cluster }: BrokerView,
  version: number,
): Promise<Asked> {
  const { partition: partitionIndex, fetchOffset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch } = asked
  const position = { topic, partition: partitionIndex, offset: fetchOffset, maxBytes: partitionMaxBytes }
  try {
    const leaderEpoch = leaderEpochOf(cluster, position)
    const epochError = leaderEpochError(currentLeaderEpoch, leaderEpoch)
    const tells = epochError === ERROR_CODES.FENCED_LEADER_EPOCH && version >= LEADER_VERSION
    if (epochError !== 0) return { partitionIndex, errorCode: epochError, position: null, ...(tells && { leaderEpoch }) }
    const diverging = lastFetchedEpoch < 0 ? null : await divergence(cluster, position, lastFetchedEpoch)
    return { partitionIndex, errorCode: 0, position, diverging }
  } catch (error) {
    return { partitionIndex, errorCode: errorCodeOf(error), position: null }
  }
}

/** Where the reader's history leaves that of the log; null when it does not. OFFSET_OUT_OF_RANGE for an epoch that never was. */
async function divergence(cluster: Cluster, position: FetchPosition, lastFetchedEpoch: number): Promise<EpochEnd | null> {
  const end = await endOfEpoch(cluster, position, lastFetchedEpoch)
  const start = (await cluster.offset(position, 'earliest'))?.offset ?? 0
  if (end.endOffset < 0 || position.offset < start)
    throw new KafkaliteError('OFFSET_OUT_OF_RANGE', `No epoch ${lastFetchedEpoch} was read up to offset ${position.offset}`)
  return end.epoch < lastFetchedEpoch || end.endOffset < position.offset ? end : null
}

async function read(
  request: FetchRequest,
  asked: readonly AskedTopic[],
  isolation: Isolation,
  { broker, signal }: Call,
): Promise<ReadonlyMap<string, FetchedPartition>> {
  const all = asked.flatMap(({ partitions }) => partitions)
  const positions = new Map<string, FetchPosition>()
  for (const { position, diverging } of all) if (position !== null && diverging == null) positions.set(keyOf(position), position)
  // An error is told at once.
  const hasError = all.some(({ errorCode, diverging }) => errorCode !== 0 || diverging != null)
  const found = await broker.cluster.fetch({
    positions: [...positions.values()],
    maxWaitMs: hasError || positions.size === 0 ? 0 : Math.max(0, request.maxWaitMs),
    minBytes: request.minBytes,
    maxBytes: request.maxBytes,
    maxPartitionBytes: request.maxBytes,
    isolation,
    signal,
  })
  return new Map(found.map((partition) => [keyOf(partition), partition]))
}

async function answerOf(
  { partitionIndex, errorCode, position, diverging, leaderEpoch }: Asked,
  found: ReadonlyMap<string, FetchedPartition>,
  isolation: Isolation,
  broker: BrokerView,
): Promise<PartitionAnswer> {
  if (position === null) {
    const failed = failure(partitionIndex, errorCode)
    return leaderEpoch === undefined ? failed : { ...failed, currentLeader: { leaderId: NODE_ID, leaderEpoch } }
  }
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
      ...(diverging != null && { divergingEpoch: diverging }),
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
