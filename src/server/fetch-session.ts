// Sessions of Fetch (KIP-227): a client names its partitions once, then only what changes, and is answered only what changed. A session
// belongs to no connection, as in Kafka. There is room for a number of them; when it is used up, one that was not used for a while gives
// way, and a client that gets none goes on naming everything.

import type { Clock } from '../lib/clock.js'
import { ERROR_CODES } from '../protocol/error-codes.js'
import type { Outgoing } from '../protocol/message.js'
import type { FetchRequest, FetchResponse } from '../protocol/messages/01-fetch.js'

type RequestTopic = FetchRequest['topics'][number]
type RequestPartition = RequestTopic['partitions'][number]
type ResponseTopic = Outgoing<FetchResponse['responses'][number]>
type ResponsePartition = Outgoing<FetchResponse['responses'][number]['partitions'][number]>

/** The epoch of a request that wants a session, and of one that wants none any more. */
const OPENS = 0
const CLOSES = -1
const EPOCH_MAX = 2_147_483_647
/** max.incremental.fetch.session.cache.slots. */
const SESSIONS_MAX = 1000
/** Partitions over all sessions: a session of thousands of them takes as much memory as hundreds of others. */
const PARTITIONS_MAX = 500_000
/** A session that was not used for so long gives way to another. Milliseconds. */
const EVICTABLE_AFTER_MS = 120_000
/** From this version on topics are named by their ids. */
const IDS_VERSION = 13

interface Kept {
  readonly topic: string
  readonly topicId: string
  partition: RequestPartition
  /** What was last answered; -1 after an error, so that it is answered again. */
  highWatermark: number
  logStartOffset: number
}

interface Session {
  readonly id: number
  readonly isById: boolean
  readonly partitions: Map<string, Kept>
  epoch: number
  usedMs: number
}

/** What a request comes down to. */
export interface FetchContext {
  /** Why it is refused; 0 when it is not. */
  readonly errorCode: number
  /** All partitions to read. */
  readonly topics: readonly RequestTopic[]
  /** The answer out of what there is to say of each partition. */
  answer(responses: readonly ResponseTopic[]): { readonly sessionId: number; readonly responses: readonly ResponseTopic[] }
}

export class FetchSessions {
  private readonly sessions = new Map<number, Session>()
  private partitions = 0

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** How many there are. */
  get size(): number {
    return this.sessions.size
  }

  contextOf(request: FetchRequest, version: number): FetchContext {
    const { sessionId, sessionEpoch, topics } = request
    if (sessionEpoch === CLOSES || sessionEpoch === OPENS) {
      this.close(sessionId)
      const whole = { errorCode: 0, topics, answer: (responses: readonly ResponseTopic[]) => ({ sessionId: 0, responses }) }
      if (sessionEpoch === CLOSES) return whole
      return { ...whole, answer: (responses) => ({ sessionId: this.open(topics, responses, version), responses }) }
    }
    const session = this.sessions.get(sessionId)
    if (session === undefined) return refused(ERROR_CODES.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== sessionEpoch) return refused(ERROR_CODES.INVALID_FETCH_SESSION_EPOCH)
    if (session.isById !== version >= IDS_VERSION) return refused(ERROR_CODES.FETCH_SESSION_TOPIC_ID_ERROR)
    this.touch(session)
    session.epoch = sessionEpoch === EPOCH_MAX ? 1 : sessionEpoch + 1
    this.change(session, request)
    return {
      errorCode: 0,
      topics: byTopic(session.partitions.values()),
      answer: (responses) => ({ sessionId, responses: changesOf(session, responses) }),
    }
  }

  /** Answers its id; 0 when there is no room. */
  private open(topics: readonly RequestTopic[], responses: readonly ResponseTopic[], version: number): number {
    const size = topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
    if (size === 0 || !this.makeRoom(size)) return 0
    const session: Session = { id: this.newId(), isById: version >= IDS_VERSION, partitions: new Map(), epoch: 1, usedMs: 0 }
    this.touch(session)
    this.keep(session, topics)
    changesOf(session, responses)
    return session.id
  }

  private change(session: Session, { topics, forgottenTopicsData }: FetchRequest): void {
    for (const { topic, topicId, partitions } of forgottenTopicsData) {
      for (const partition of partitions) if (session.partitions.delete(keyOf(session, topic, topicId, partition))) this.partitions--
    }
    this.keep(session, topics)
  }

  private keep(session: Session, topics: readonly RequestTopic[]): void {
    for (const { topic, topicId, partitions } of topics) {
      for (const partition of partitions) {
        const key = keyOf(session, topic, topicId, partition.partition)
        const there = session.partitions.get(key)
        if (there !== undefined) there.partition = partition
        else {
          session.partitions.set(key, { topic, topicId, partition, highWatermark: -1, logStartOffset: -1 })
          this.partitions++
        }
      }
    }
  }

  /** The last in the order of use. */
  private touch(session: Session): void {
    this.sessions.delete(session.id)
    session.usedMs = this.clock.now()
    this.sessions.set(session.id, session)
  }

  private makeRoom(size: number): boolean {
    for (const session of this.sessions.values()) {
      if (this.sessions.size < SESSIONS_MAX && this.partitions + size <= PARTITIONS_MAX) break
      if (this.clock.now() - session.usedMs < EVICTABLE_AFTER_MS) return false
      this.close(session.id)
    }
    return this.partitions + size <= PARTITIONS_MAX
  }

  private close(id: number): void {
    const session = this.sessions.get(id)
    if (session === undefined) return
    this.sessions.delete(id)
    this.partitions -= session.partitions.size
  }

  private newId(): number {
    let id = 1 + Math.floor(this.random() * (EPOCH_MAX - 1))
    // Also a `random` that always says the same leads to a free one.
    while (this.sessions.has(id)) id = id === EPOCH_MAX ? 1 : id + 1
    return id
  }
}

/** What has something to say that was not said before. What has records goes to the end, so that all have their turn. */
function changesOf(session: Session, responses: readonly ResponseTopic[]): readonly ResponseTopic[] {
  const changed: ResponseTopic[] = []
  for (const response of responses) {
    const partitions = (response.partitions ?? []).filter((partition) => isNews(session, response, partition))
    if (partitions.length > 0) changed.push({ ...response, partitions })
  }
  return changed
}

function isNews(session: Session, { topic = '', topicId = '' }: ResponseTopic, answer: ResponsePartition): boolean {
  const key = keyOf(session, topic, topicId, answer.partitionIndex ?? 0)
  const kept = session.partitions.get(key)
  if (kept === undefined) return true
  const { errorCode = 0, highWatermark = -1, logStartOffset = -1, records, divergingEpoch } = answer
  const hasRecords = records !== null && records !== undefined && records.length > 0
  const hasNews = hasRecords || errorCode !== 0 || divergingEpoch !== undefined
  const isNew = hasNews || highWatermark !== kept.highWatermark || logStartOffset !== kept.logStartOffset
  kept.highWatermark = errorCode === 0 ? highWatermark : -1
  kept.logStartOffset = errorCode === 0 ? logStartOffset : -1
  if (hasRecords) {
    session.partitions.delete(key)
    session.partitions.set(key, kept)
  }
  return isNew
}

/** Neighbours of one topic together, in the order of the session. */
function byTopic(kept: Iterable<Kept>): readonly RequestTopic[] {
  const topics = new Map<string, { topic: string; topicId: string; partitions: RequestPartition[] }>()
  for (const { topic, topicId, partition } of kept) {
    const key = `${topic} ${topicId}`
    const there = topics.get(key)
    if (there === undefined) topics.set(key, { topic, topicId, partitions: [partition] })
    else there.partitions.push(partition)
  }
  return [...topics.values()]
}

function refused(errorCode: number): FetchContext {
  return { errorCode, topics: [], answer: (responses) => ({ sessionId: 0, responses }) }
}

function keyOf({ isById }: Session, topic: string, topicId: string, partition: number): string {
  return `${isById ? topicId : topic} ${partition}`
}
