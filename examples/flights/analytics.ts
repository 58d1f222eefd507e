// Three members of a group share the partitions and keep a tally of each. A tally and the offset it reaches to are published as one
// record, so they cannot disagree: whoever gets the partition next, after a rebalance or a kill, takes both from there. The committed
// offset only says where to start reading; it is never ahead, and what the tally has counted already is passed over.

import { type Broker, type Consumer, json, type Topic, type TopicPartition } from 'kafkalite'
import type { FlightDetails, FlightTopic } from './flight.js'
import type { Stage } from './stage.js'
import { Tally, type TallyState } from './tally.js'

interface PartitionState extends TallyState {
  /** The offset after the last flight that is counted. */
  readonly next: number
}
type StateTopic = Topic<PartitionState>

interface Count {
  readonly tally: Tally
  next: number
  saved: number
}

const GROUP = 'analytics'
const MEMBERS = 3
const SAVE_EVERY = 100_000

export class Analytics {
  readonly #broker: Broker
  readonly #states: StateTopic
  readonly #members: Member[]
  readonly #stop = new AbortController()
  /** Settles when the members have stopped; rejects when one of them fails. */
  readonly done: Promise<unknown>

  private constructor(broker: Broker, flights: FlightTopic, states: StateTopic, stage: Stage) {
    this.#broker = broker
    this.#states = states
    this.#members = Array.from({ length: MEMBERS }, () => new Member(flights, states, stage))
    this.done = Promise.all(this.#members.map((member) => member.run(this.#stop.signal)))
  }

  static async start(broker: Broker, flights: FlightTopic, stage: Stage): Promise<Analytics> {
    return new Analytics(broker, flights, await stateTopic(broker), stage)
  }

  /** When all that is published is counted. */
  async finish(signal: AbortSignal): Promise<Tally> {
    await this.#broker.group(GROUP).caughtUp({ signal })
    this.stop()
    await this.done
    const total = new Tally()
    for (const state of (await latestStates(this.#states)).values()) total.merge(new Tally(state))
    return total
  }

  stop(): void {
    this.#stop.abort()
  }
}

class Member {
  readonly #flights: FlightTopic
  readonly #states: StateTopic
  readonly #stage: Stage
  readonly #consumer: Consumer<FlightDetails>
  readonly #counts = new Map<number, Count>()

  constructor(flights: FlightTopic, states: StateTopic, stage: Stage) {
    this.#flights = flights
    this.#states = states
    this.#stage = stage
    this.#consumer = flights.consumer({ groupId: GROUP, from: 'earliest', autoCommit: false })
    const forget = (partitions: readonly TopicPartition[]): void => {
      for (const { partition } of partitions) this.#counts.delete(partition)
    }
    this.#consumer.on('revoked', forget)
    this.#consumer.on('lost', forget)
  }

  async run(stop: AbortSignal): Promise<void> {
    let unsaved = 0
    while (!stop.aborted) {
      const records = await this.#consumer.poll({ timeoutMs: 200, maxRecords: 5_000 })
      let counted = 0
      for (const { partition, offset, key, value } of records) {
        const count = this.#counts.get(partition) ?? (await this.#load(partition))
        if (offset < count.next || key === null || value === null) continue
        count.tally.add(key, value.delay)
        count.next = offset + 1
        counted += 1
      }
      if (counted > 0) this.#stage.add(counted)
      unsaved += counted
      if (unsaved >= SAVE_EVERY || (records.length === 0 && unsaved > 0)) {
        await this.#save()
        unsaved = 0
      }
    }
    await this.#consumer.close()
  }

  async #load(partition: number): Promise<Count> {
    const state = (await latestStates(this.#states)).get(partition)
    const count: Count = { tally: new Tally(state), next: state?.next ?? 0, saved: state?.next ?? 0 }
    this.#counts.set(partition, count)
    return count
  }

  async #save(): Promise<void> {
    const changed = [...this.#counts].filter(([, count]) => count.next > count.saved)
    const offsets = changed.map(([partition, { next }]) => ({ topic: this.#flights.name, partition, offset: next }))
    await this.#states.send(changed.map(([partition, { tally, next }]) => ({ key: String(partition), value: { ...tally.state(), next } })))
    await this.#consumer.commit(offsets)
    for (const [, count] of changed) count.saved = count.next
  }
}

/** What was last published of each partition. */
async function latestStates(states: StateTopic): Promise<Map<number, PartitionState>> {
  const latest = new Map<number, PartitionState>()
  for await (const { key, value } of states.read({ from: 'earliest', to: 'end' })) {
    if (value && value.next >= (latest.get(Number(key))?.next ?? 0)) latest.set(Number(key), value)
  }
  return latest
}

/** How many flights are counted already: where the stage goes on from. */
export async function countedBefore(broker: Broker): Promise<number> {
  let counted = 0
  for (const { next } of (await latestStates(await stateTopic(broker))).values()) counted += next
  return counted
}

const stateTopic = (broker: Broker): Promise<StateTopic> =>
  broker.topic('analytics-state', { cleanupPolicy: 'compact', value: json<PartitionState>() })
