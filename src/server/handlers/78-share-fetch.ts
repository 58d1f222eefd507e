// ShareFetch (KIP-932): records for a member of a share group, each locked for it, and on its back what the member says about those that it
// got before. The batches go from the log to the socket as they are; AcquiredRecords says which of their records are the member's.

import { ERROR_CODES, errorCodeOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type ShareFetchRequest,
  type ShareFetchResponse,
  shareFetchRequest,
  shareFetchResponse,
} from '../../protocol/messages/78-share-fetch.js'
import { type Call, handler } from '../handler.js'
import { acknowledge } from '../share-acknowledging.js'
import { type AcquiredPlace, acquire, type SharedTopic } from '../share-acquiring.js'
import { ENDS, keyOf, OPENS, type SharedPlace, type ShareSession } from '../share-session.js'

type Partition = Outgoing<ShareFetchResponse['responses'][number]['partitions'][number]> & { readonly partitionIndex: number }

const RECORD_LIMIT_MODE = 1
const NOWHERE = { leaderId: -1, leaderEpoch: -1 }
const NO_RECORDS = new Uint8Array(0)

export const shareFetch = handler({
  request: shareFetchRequest,
  response: shareFetchResponse,
  first: 1,
  last: 2,
  async handle(request, call) {
    const { broker } = call
    const groupId = request.groupId ?? ''
    const { lockMs } = broker.shareGroups.settings(groupId)
    const session = sessionOf(request, groupId, call)
    if (typeof session === 'number') return { errorCode: session }
    const answers = new Answers()
    await acknowledgeAll(request, session, call, answers)
    if (request.shareSessionEpoch === ENDS) {
      await broker.shareSessions.end(session)
      return { acquisitionLockTimeoutMs: lockMs, responses: answers.all() }
    }
    changePlaces(request, session)
    // A request that renews fetches nothing.
    const topics = request.isRenewAck ? [] : await topicsOf(session, groupId, call, answers)
    const fetched = await fetchFrom(request, session, topics, call, answers)
    for (const one of fetched) answers.records(one)
    if (request.shareSessionEpoch === OPENS) for (const place of session.places.values()) answers.at(place)
    return { acquisitionLockTimeoutMs: topics[0]?.session.lockMs ?? lockMs, responses: answers.all() }
  },
})

/** The session of the request, or the number of the error. */
function sessionOf(request: ShareFetchRequest, groupId: string, { broker, signal }: Call): ShareSession | number {
  const { shareSessionEpoch: epoch, memberId } = request
  if (groupId === '') return ERROR_CODES.INVALID_GROUP_ID
  if (memberId === null || memberId === '') return ERROR_CODES.INVALID_REQUEST
  if (epoch !== OPENS) return broker.shareSessions.find(groupId, memberId, epoch)
  const acknowledges = request.topics.some(({ partitions }) => partitions.some((each) => each.acknowledgementBatches.length > 0))
  if (acknowledges) return ERROR_CODES.INVALID_REQUEST
  return broker.shareSessions.open(groupId, memberId, signal) ?? ERROR_CODES.SHARE_SESSION_LIMIT_REACHED
}

async function acknowledgeAll(request: ShareFetchRequest, session: ShareSession, { broker }: Call, answers: Answers): Promise<void> {
  const mayRenew = request.isRenewAck && broker.shareGroups.settings(request.groupId ?? '').mayRenew
  const work: Promise<void>[] = []
  for (const { topicId, partitions } of request.topics) {
    for (const { partitionIndex: partition, acknowledgementBatches } of partitions) {
      if (acknowledgementBatches.length === 0) continue
      const place = { topicId, partition }
      const done = acknowledge(session, place, acknowledgementBatches, mayRenew)
      work.push(done.then((code) => answers.acknowledged(place, code)))
    }
  }
  await Promise.all(work)
}

function changePlaces(request: ShareFetchRequest, session: ShareSession): void {
  for (const { topicId, partitions } of request.topics) {
    for (const { partitionIndex: partition } of partitions) session.places.set(keyOf({ topicId, partition }), { topicId, partition })
  }
  for (const { topicId, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) session.places.delete(keyOf({ topicId, partition }))
  }
}

/** The queues to acquire from, the topic that was first going last the next time; what is not there is answered. */
async function topicsOf(session: ShareSession, groupId: string, { broker }: Call, answers: Answers): Promise<readonly SharedTopic[]> {
  const wanted = new Map<string, number[]>()
  for (const { topicId, partition } of session.places.values()) {
    const there = wanted.get(topicId)
    if (there === undefined) wanted.set(topicId, [partition])
    else there.push(partition)
  }
  const topics: SharedTopic[] = []
  for (const [topicId, partitions] of wanted) {
    const topic = await broker.topicById(topicId)
    const known = partitions.filter((partition) => topic !== undefined && partition >= 0 && partition < topic.partitions)
    const error = topic === undefined ? ERROR_CODES.UNKNOWN_TOPIC_ID : ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION
    for (const partition of partitions) if (!known.includes(partition)) answers.failed({ topicId, partition }, error)
    if (topic === undefined || known.length === 0) continue
    try {
      topics.push({ topicId, session: await broker.shareGroups.session(groupId, topic.name), partitions: new Set(known) })
    } catch (failure) {
      for (const partition of known) answers.failed({ topicId, partition }, errorCodeOf(failure))
    }
  }
  const turn = session.epoch % Math.max(1, topics.length)
  return [...topics.slice(turn), ...topics.slice(0, turn)]
}

async function fetchFrom(
  request: ShareFetchRequest,
  session: ShareSession,
  topics: readonly SharedTopic[],
  { signal, version }: Call,
  answers: Answers,
): Promise<readonly AcquiredPlace[]> {
  try {
    return await acquire(session, topics, {
      maxRecords: Math.max(0, request.maxRecords),
      maxBytes: request.maxBytes,
      // What there is to tell is told at once.
      maxWaitMs: answers.isEmpty ? Math.max(0, request.maxWaitMs) : 0,
      wholeBatches: !(version >= 2 && request.shareAcquireMode === RECORD_LIMIT_MODE),
      rangeRecords: Math.max(0, request.batchSize),
      signal,
    })
  } catch (failure) {
    for (const { topicId, partitions } of topics)
      for (const partition of partitions) answers.failed({ topicId, partition }, errorCodeOf(failure))
    return []
  }
}

/** The partitions of the answer, each once. */
class Answers {
  private readonly topics = new Map<string, Map<number, Partition>>()

  get isEmpty(): boolean {
    return this.topics.size === 0
  }

  all(): Outgoing<ShareFetchResponse>['responses'] {
    return [...this.topics].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions.values()] }))
  }

  at(place: SharedPlace): void {
    this.change(place, {})
  }

  acknowledged(place: SharedPlace, acknowledgeErrorCode: number): void {
    this.change(place, { acknowledgeErrorCode })
  }

  failed(place: SharedPlace, errorCode: number): void {
    this.change(place, { errorCode, currentLeader: NOWHERE })
  }

  records({ place, batches, ranges }: AcquiredPlace): void {
    this.change(place, { records: batches.map(({ bytes }) => bytes), acquiredRecords: ranges })
  }

  private change({ topicId, partition }: SharedPlace, change: Omit<Partition, 'partitionIndex'>): void {
    const partitions = this.topics.get(topicId) ?? new Map<number, Partition>()
    this.topics.set(topicId, partitions)
    const there = partitions.get(partition) ?? { partitionIndex: partition, records: NO_RECORDS }
    partitions.set(partition, { ...there, ...change })
  }
}
