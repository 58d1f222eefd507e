// ListOffsets: places in partitions by name or time. The names are negative timestamps.

import type { OffsetQuery } from '../../core/cluster.js'
import { KafkaliteError } from '../../errors.js'
import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  listOffsetsRequest,
  listOffsetsResponse,
} from '../../protocol/messages/02-list-offsets.js'
import { type Call, handler } from '../handler.js'
import { epochAt, leaderEpochError, leaderEpochOf } from '../leader-epoch.js'
import { repeatedIn } from '../repeated.js'

type PartitionAnswer = Outgoing<ListOffsetsResponse['topics'][number]['partitions'][number]>

/** The places that have names: since which version, and what they are here; null: there is never one, as nothing is kept elsewhere. */
const NAMED: ReadonlyMap<number, { readonly since: number; readonly query: OffsetQuery | null }> = new Map([
  [-1, { since: 1, query: 'latest' }],
  [-2, { since: 1, query: 'earliest' }],
  [-3, { since: 7, query: 'maxTimestamp' }],
  [-4, { since: 8, query: 'earliest' }],
  [-5, { since: 9, query: null }],
])

/** From here on an answer says which leader's record it found. */
const LEADER_EPOCH_VERSION = 4

export const listOffsets = handler({
  request: listOffsetsRequest,
  response: listOffsetsResponse,
  first: 1,
  last: 10,
  async handle(request, call) {
    const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`
    const asked = request.topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex }) => keyOf(name, partitionIndex)))
    const repeated = repeatedIn(asked)
    const topics = request.topics.map(async ({ name, partitions }) => {
      const once = partitions.filter(({ partitionIndex }) => !repeated.has(keyOf(name, partitionIndex)))
      const twice = new Set(partitions.filter((partition) => !once.includes(partition)).map(({ partitionIndex }) => partitionIndex))
      const found = await Promise.all(once.map((partition) => look(name, partition, request, call)))
      return { name, partitions: [...[...twice].map((index) => failure(index, ERROR_CODES.INVALID_REQUEST)), ...found] }
    })
    return { topics: await Promise.all(topics) }
  },
})

async function look(
  topic: string,
  { partitionIndex, currentLeaderEpoch, timestamp }: ListOffsetsRequest['topics'][number]['partitions'][number],
  { isolationLevel }: ListOffsetsRequest,
  { broker, version }: Call,
): Promise<PartitionAnswer> {
  try {
    const place = { topic, partition: partitionIndex }
    const query = queryOf(timestamp, version)
    const { cluster } = broker
    const epochError = leaderEpochError(currentLeaderEpoch, leaderEpochOf(cluster, place))
    if (epochError !== 0) return failure(partitionIndex, epochError)
    if (query === null) return { partitionIndex }
    const found = await cluster.offset(place, query, isolationLevel === 1 ? 'read_committed' : 'read_uncommitted')
    if (found === null) return { partitionIndex }
    const epoch = version >= LEADER_EPOCH_VERSION ? { leaderEpoch: await epochAt(cluster, place, found.offset) } : {}
    return { partitionIndex, timestamp: found.timestamp, offset: found.offset, ...epoch }
  } catch (error) {
    return failure(partitionIndex, errorCodeOf(error))
  }
}

/** UNSUPPORTED_VERSION for a name that the version does not know. */
function queryOf(timestamp: number, version: number): OffsetQuery | null {
  if (timestamp >= 0) return { timestamp }
  const named = NAMED.get(timestamp)
  if (named === undefined || version < named.since)
    throw new KafkaliteError('UNSUPPORTED_VERSION', `Timestamp ${timestamp} names no place in version ${version} of ListOffsets`)
  return named.query
}

function failure(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, errorCode, timestamp: -1, offset: -1 }
}
