// Flights that are three hours late become jobs of a queue. A dispatcher reads the flights as a group and sends the jobs; four
// receivers work them; the dispatcher hears of each from its receipt. A job's id is its flight's place in the log: a job that is sent
// again after a kill, or worked twice, is the same job, and is counted once.

import {
  type Broker,
  type Consumer,
  json,
  KafkaliteError,
  type Message,
  type Queue,
  type Receipt,
  type Receiver,
  type Topic,
} from 'kafkalite'
import { type FlightDetails, type FlightRecord, type FlightTopic, fateOf, REBOOK_FROM } from './flight.js'
import type { Stage } from './stage.js'

interface Job extends FlightDetails {
  /** Where the flight stands in the log. */
  readonly flight: string
  readonly date: number
  readonly origin: string
}
interface Rebooked {
  readonly delay: number
  readonly attempts: number
}

export interface RebookingResult {
  rebooked: number
  rebookedDelay: number
  failedTwice: number
  deadLettered: number
}

const GROUP = 'dispatcher'
const RECEIVERS = 4

export class Rebooking {
  /** Receipts of this run: the job was done, or was dead-lettered. */
  readonly receipts = { sent: 0, done: 0, dead: 0 }
  readonly #broker: Broker
  readonly #jobs: Queue<Job, string>
  readonly #outcomes: Topic<Rebooked>
  readonly #dispatcher: Consumer<FlightDetails>
  readonly #stages: { dispatched: Stage; jobs: Stage }
  readonly #waiting: Promise<void>[] = []
  #receivers: Receiver[] = []
  /** Settles when the dispatcher has stopped; rejects when it fails. */
  done: Promise<void> = Promise.resolve()

  private constructor(
    broker: Broker,
    flights: FlightTopic,
    jobs: Queue<Job, string>,
    outcomes: Topic<Rebooked>,
    stages: { dispatched: Stage; jobs: Stage },
  ) {
    this.#broker = broker
    this.#jobs = jobs
    this.#outcomes = outcomes
    this.#stages = stages
    this.#dispatcher = flights.consumer({ groupId: GROUP, from: 'earliest', maxPollRecords: 5_000, autoCommitIntervalMs: 500 })
  }

  static async start(broker: Broker, flights: FlightTopic, stages: { dispatched: Stage; jobs: Stage }): Promise<Rebooking> {
    const jobs = await broker.queue<Job, string>('rebooking', { maxDeliveries: 5, backoff: [20, 100] })
    const outcomes = await broker.topic('rebooked', { value: json<Rebooked>() })
    const rebooking = new Rebooking(broker, flights, jobs, outcomes, stages)
    for (let receiver = 0; receiver < RECEIVERS; receiver++) {
      rebooking.#receivers.push(await jobs.process((job) => rebooking.#rebook(job), { concurrency: 8 }))
    }
    const running = await rebooking.#dispatcher.runBatch((records) => rebooking.#dispatch(records), {
      // A flight that cannot be dispatched is no bad record but a defect of this program: stop, do not put it aside.
      onError: { retries: 0, afterRetries: 'stop' },
    })
    rebooking.done = running.done
    return rebooking
  }

  /** When every late flight is a job and every job is done or given up. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#broker.group(GROUP).caughtUp({ signal })
    await this.#dispatcher.close()
    await this.#jobs.drained({ signal })
    await Promise.all(this.#waiting)
    for (const receiver of this.#receivers) await receiver.close()
    this.#stages.dispatched.end()
    this.#stages.jobs.end()
  }

  async #dispatch(records: readonly FlightRecord[]): Promise<void> {
    const late = records.filter((record) => record.value !== null && record.value.delay >= REBOOK_FROM)
    const messages = late.map(({ partition, offset, timestamp, key, value }) => {
      const flight = `${partition}/${offset}`
      return { id: flight, value: { flight, date: timestamp, origin: key!, ...value! } }
    })
    if (messages.length > 0) for (const receipt of await this.#jobs.send(messages)) this.#follow(receipt)
    this.#stages.dispatched.add(records.length)
  }

  #follow(receipt: Receipt<string>): void {
    if (receipt.duplicate) return
    this.receipts.sent += 1
    const done = (): void => {
      this.receipts.done += 1
      this.#stages.jobs.add(1)
    }
    const failed = (error: unknown): void => {
      if (!KafkaliteError.is(error, 'DEAD_LETTERED')) return
      this.receipts.dead += 1
      this.#stages.jobs.add(1)
    }
    this.#waiting.push(receipt.acknowledged.then(done, failed))
  }

  async #rebook({ value: job, deliveryCount }: Message<Job, string>): Promise<string> {
    const fate = fateOf(job.date, job)
    if (fate === 'poison') throw new Error('no airline flies there any more')
    if (fate === 'failsTwice' && deliveryCount <= 2) throw new Error('the airline does not answer')
    await this.#outcomes.send({ key: job.flight, value: { delay: job.delay, attempts: deliveryCount } })
    return `a seat to ${job.destination}`
  }
}

/** What became of the jobs of all runs, each counted once. */
export async function readOutcomes(broker: Broker): Promise<RebookingResult> {
  const result: RebookingResult = { rebooked: 0, rebookedDelay: 0, failedTwice: 0, deadLettered: 0 }
  const seen = new Set<string>()
  const outcomes = await broker.topic('rebooked', { value: json<Rebooked>() })
  for await (const { key, value } of outcomes.read({ from: 'earliest', to: 'end' })) {
    if (key === null || value === null || seen.has(key)) continue
    seen.add(key)
    result.rebooked += 1
    result.rebookedDelay += value.delay
    if (value.attempts > 2) result.failedTwice += 1
  }
  const dead = await broker.topic('rebooking.dead', { value: json<Job>() })
  for await (const { value } of dead.read({ from: 'earliest', to: 'end' })) {
    if (value === null || seen.has(value.flight)) continue
    seen.add(value.flight)
    result.deadLettered += 1
  }
  return result
}
