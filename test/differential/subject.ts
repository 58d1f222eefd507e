// The broker that a case speaks to: Apache Kafka or kafkalite, which the case does not know. Every answer is kept under the label of its
// request. What Kafka answers only because it is still getting ready (a leader not yet elected, a transaction still completing) is
// asked again, so that the answer is the one that stays.
import type { Outgoing } from '../../src/protocol/message.js'
import { WireClient } from '../server/wire-client.js'
import { type Api, createTopics, findCoordinator, listOffsets, metadata } from './apis.js'
import { comparable, type Json, Names, type Transcript } from './transcript.js'

export interface Place {
  readonly host: string
  readonly port: number
  /** Time for a broker that gets ready in steps, before it is asked again; null: what it says at first is its answer. */
  readonly pause: (() => Promise<void>) | null
}

/** LEADER_NOT_AVAILABLE, NOT_LEADER, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT_TRANSACTIONS. */
const PASSING = [5, 6, 14, 15, 16, 51]
const TRIES = 200
const LEADER_WAIT_CODES = [3, ...PASSING]

/** One connection of a case. */
export class Peer {
  constructor(
    private readonly subject: Subject,
    private readonly client: WireClient,
  ) {}

  /** Sends the request, keeps the answer under the label, and hands it back as it came. */
  async ask<Q, R>(label: string, api: Api<Q, R>, version: number, body: Outgoing<Q>): Promise<R> {
    const keep = this.subject.slot(label)
    try {
      const answer = await this.subject.settled(PASSING, () => this.client.call(api.request, api.response, version, body))
      keep(answer)
      return answer
    } catch (error) {
      keep('closed')
      throw error
    }
  }

  /** Sends a request that is answered by closing the connection, and keeps that. */
  async refused<Q, R>(label: string, api: Api<Q, R>, version: number, body: Outgoing<Q>): Promise<void> {
    await this.ask(label, api, version, body).catch(() => undefined)
  }

  /** The same without keeping the answer. */
  call<Q, R>(api: Api<Q, R>, version: number, body: Outgoing<Q>): Promise<R> {
    return this.subject.settled(PASSING, () => this.client.call(api.request, api.response, version, body))
  }

  get wire(): WireClient {
    return this.client
  }
}

export class Subject {
  private readonly names = new Names()
  private readonly kept: [label: string, answer: unknown][] = []
  private readonly peers: WireClient[] = []
  private first: Promise<Peer> | undefined

  /** @param prefix makes names of topics and groups that only this case has */
  constructor(
    private readonly place: Place,
    private readonly prefix: string,
  ) {}

  /** A name of the case's own. */
  name(of: string): string {
    return `${this.prefix}-${of}`
  }

  /** A further connection. */
  async peer(): Promise<Peer> {
    const client = await WireClient.connect(this.place)
    this.peers.push(client)
    return new Peer(this, client)
  }

  /** Asks on the case's first connection. */
  async ask<Q, R>(label: string, api: Api<Q, R>, version: number, body: Outgoing<Q>): Promise<R> {
    return (await this.main()).ask(label, api, version, body)
  }

  /** On a connection of its own, which the broker closes. */
  async refused<Q, R>(label: string, api: Api<Q, R>, version: number, body: Outgoing<Q>): Promise<void> {
    await (await this.peer()).refused(label, api, version, body)
  }

  async call<Q, R>(api: Api<Q, R>, version: number, body: Outgoing<Q>): Promise<R> {
    return (await this.main()).call(api, version, body)
  }

  /** Keeps something that is no answer. */
  note(label: string, value: Json): void {
    this.slot(label)(value)
  }

  /** A topic that can be written to. Answers its name. */
  async topic(of: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = this.name(of)
    const given = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions: partitions, replicationFactor: 1, configs: given }]
    // One of that name that was just deleted is gone only a while later.
    const made = await this.settled([36], () => this.call(createTopics, 7, { topics }))
    const code = made.topics[0]?.errorCode
    if (code !== 0) throw new Error(`The topic ${name} could not be created: ${code} ${made.topics[0]?.errorMessage}`)
    const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    await this.settled(LEADER_WAIT_CODES, () => this.call(listOffsets, 7, { replicaId: -1, topics: [{ name, partitions: asked }] }))
    return name
  }

  async topicId(name: string): Promise<string> {
    const { topics } = await this.call(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    return topics[0]?.topicId ?? ''
  }

  /** Waits until the broker coordinates the key. Type 0 is a group, 1 a transactional id. */
  async coordinated(key: string, keyType: number): Promise<void> {
    await this.call(findCoordinator, 4, { keyType, coordinatorKeys: [key] })
  }

  /** Asks until none of these codes is in the answer. */
  async settled<R>(codes: readonly number[], ask: () => Promise<R>): Promise<R> {
    let answer = await ask()
    const { pause } = this.place
    for (let left = TRIES; left > 0 && pause !== null && hasCode(answer, codes); left--) {
      await pause()
      answer = await ask()
    }
    return answer
  }

  /** Asks until the answer has another error code than 0: what another connection began has got through. */
  async untilRefused(ask: () => Promise<{ readonly errorCode: number }>): Promise<void> {
    for (let left = TRIES; left > 0 && (await ask()).errorCode === 0; left--) await this.place.pause?.()
  }

  /** Asks until the answer is what is waited for. */
  async until<R>(ask: () => Promise<R>, isDone: (answer: R) => boolean): Promise<R> {
    let answer = await ask()
    for (let left = TRIES; left > 0 && !isDone(answer); left--) {
      await this.place.pause?.()
      answer = await ask()
    }
    return answer
  }

  /** Takes the next place in the transcript. */
  slot(label: string): (answer: unknown) => void {
    if (this.kept.some(([known]) => known === label)) throw new Error(`Two requests of a case are called "${label}"`)
    const entry: [string, unknown] = [label, 'no answer']
    this.kept.push(entry)
    return (answer) => {
      entry[1] = answer
    }
  }

  /** Everything that was kept, and an end of all connections. */
  finish(): Transcript {
    for (const peer of this.peers) peer.close()
    return Object.fromEntries(this.kept.map(([label, answer]) => [label, comparable(answer, this.names)]))
  }

  private main(): Promise<Peer> {
    this.first ??= this.peer()
    return this.first
  }
}

function hasCode(value: unknown, codes: readonly number[]): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false
  return Object.entries(value).some(([name, each]) => (/errorCode$/i.test(name) ? codes.includes(each as number) : hasCode(each, codes)))
}
