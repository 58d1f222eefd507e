// Flights that are three hours late become jobs of a queue. A dispatcher reads the flights as a group and sends the jobs; four
// receivers work them; the dispatcher hears of each from its receipt. A kill can come between sending a job and committing the flight,
// or between doing it and acknowledging it, so after a restart a job may be there twice. Its id, its flight's place in the log, tells:
// what is finished is passed over.

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
  readonly ids: Set<string>
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
  /** The ids of the jobs that are rebooked or dead-lettered. */
  readonly #finished = new Set<string>()
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
    jobs.on('deadLettered', ({ value }) => rebooking.#finish(value.flight))
    await rebooking.#goOn(broker, flights)
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

  /** Takes over what runs before this one have done. */
  async #goOn(broker: Broker, flights: FlightTopic): Promise<void> {
    for (const id of (await readOutcomes(broker)).ids) this.#finished.add(id)
    this.#stages.jobs.done = this.#finished.size
    const committed = await this.#dispatcher.committed(flights.partitions.map(({ id }) => ({ topic: flights.name, partition: id })))
    this.#stages.dispatched.done = committed.reduce((sum, { offset }) => sum + offset, 0)
  }

  async #dispatch(records: readonly FlightRecord[]): Promise<void> {
    const late = records.filter((record) => record.value !== null && record.value.delay >= REBOOK_FROM)
    const jobs = late.map(({ partition, offset, timestamp, key, value }): Job => {
      return { flight: `${partition}/${offset}`, date: timestamp, origin: key!, ...value! }
    })
    const messages = jobs.filter(({ flight }) => !this.#finished.has(flight)).map((job) => ({ id: job.flight, value: job }))
    if (messages.length > 0) for (const receipt of await this.#jobs.send(messages)) this.#follow(receipt)
    this.#stages.dispatched.add(records.length)
  }

  #follow(receipt: Receipt<string>): void {
    this.receipts.sent += 1
    const done = (): void => {
      this.receipts.done += 1
    }
    const failed = (error: unknown): void => {
      if (KafkaliteError.is(error, 'DEAD_LETTERED')) this.receipts.dead += 1
    }
    this.#waiting.push(receipt.acknowledged.then(done, failed))
  }

  async #rebook({ value: job, deliveryCount }: Message<Job, string>): Promise<string> {
    const seat = `a seat to ${job.destination}`
    if (this.#finished.has(job.flight)) return seat
    const fate = fateOf(job.date, job)
    if (fate === 'poison') throw new Error('no airline flies there any more')
    if (fate === 'failsTwice' && deliveryCount <= 2) throw new Error('the airline does not answer')
    await this.#outcomes.send({ key: job.flight, value: { delay: job.delay, attempts: deliveryCount } })
    this.#finish(job.flight)
    return seat
  }

  #finish(flight: string): void {
    if (this.#finished.has(flight)) return
    this.#finished.add(flight)
    this.#stages.jobs.add(1)
  }
}

/** What became of the jobs of all runs, each counted once. */
export async function readOutcomes(broker: Broker): Promise<RebookingResult> {
  const result: RebookingResult = { rebooked: 0, rebookedDelay: 0, failedTwice: 0, deadLettered: 0, ids: new Set() }
  const outcomes = await broker.topic('rebooked', { value: json<Rebooked>() })
  for await (const { key, value } of outcomes.read({ from: 'earliest', to: 'end' })) {
    if (key === null || value === null || result.ids.has(key)) continue
    result.ids.add(key)
    result.rebooked += 1
    result.rebookedDelay += value.delay
    if (value.attempts > 2) result.failedTwice += 1
  }
  const dead = await broker.topic('rebooking.dead', { value: json<Job>() })
  for await (const { value } of dead.read({ from: 'earliest', to: 'end' })) {
    if (value === null || result.ids.has(value.flight)) continue
    result.ids.add(value.flight)
    result.deadLettered += 1
  }
  return result
}
