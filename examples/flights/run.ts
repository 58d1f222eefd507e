// The whole run: publisher and services work at once on one log, and in the end their sums are held against the input.

import type { Broker } from 'kafkalite'
import { Analytics, countedBefore } from './analytics.js'
import { Auditor } from './auditor.js'
import { computeDirectly } from './direct.js'
import { flightSerde, type FlightTopic, PARTITIONS } from './flight.js'
import { FlightInput } from './input.js'
import { Progress } from './progress.js'
import { publish } from './publisher.js'
import { readOutcomes, Rebooking } from './rebooking.js'
import { airportTable, type Check, histogram, printChecks, speedTable } from './report.js'
import { Stage } from './stage.js'

/** The flights of 2001 are older than the 7 days that a topic keeps its records for by default. */
export const openFlights = (broker: Broker): Promise<FlightTopic> =>
  broker.topic('flights', { partitions: PARTITIONS, retentionMs: -1, value: flightSerde })

export async function countFlights(flights: FlightTopic): Promise<number> {
  const ends = await Promise.all(flights.partitions.map((partition) => partition.endOffset()))
  return ends.reduce((sum, end) => sum + end, 0)
}

/** True when all sums agree. */
export async function run(broker: Broker, limit: number | undefined, signal: AbortSignal): Promise<boolean> {
  const input = await FlightInput.open(limit)
  const flights = await openFlights(broker)
  const already = await countFlights(flights)
  if (already > input.total) throw new Error(`The folder holds ${already} flights, more than ${input.total}: start over with --fresh`)
  if (already > 0) console.log(`${already.toLocaleString('en-US')} flights are there from before`)

  console.log('First the sums straight from the input, to check against ...')
  const direct = await computeDirectly(input)
  const progress = new Progress()
  const jobs = direct.rebooked + direct.deadLettered
  const stages = {
    published: new Stage('published', input.total, progress, already),
    analysed: new Stage('analysed', input.total, progress, await countedBefore(broker)),
    audited: new Stage('audited', input.total, progress),
    dispatched: new Stage('dispatched', input.total, progress),
    jobs: new Stage('jobs', jobs, progress),
  }
  const auditor = new Auditor()
  const analytics = await Analytics.start(broker, flights, stages.analysed)
  const rebooking = await Rebooking.start(broker, flights, stages)
  const published = publish(broker, flights, input, stages.published, signal)
  const [tally] = await Promise.all([
    published.then(() => analytics.finish(signal)),
    published.then(() => rebooking.finish(signal)),
    auditor.run(flights, input.total, stages.audited, signal),
    // These settle late, and reject when a service fails in the middle.
    analytics.done,
    rebooking.done,
  ]).finally(() => {
    analytics.stop()
    progress.stop()
  })

  const outcomes = await readOutcomes(broker)
  const { receipts } = rebooking
  const checks: Check[] = [
    { what: 'flights in the log', found: await countFlights(flights), expected: input.total },
    { what: 'analytics: flights', found: tally.flights, expected: direct.tally.flights },
    { what: 'analytics: minutes of delay', found: tally.delay, expected: direct.tally.delay },
    { what: 'analytics: airports that agree', found: tally.agreesOn(direct.tally), expected: direct.tally.airports.size },
    { what: 'auditor: flights', found: auditor.flights, expected: direct.tally.flights },
    { what: 'auditor: flights out of order', found: auditor.outOfOrder, expected: 0 },
    { what: 'auditor: airports in order', found: auditor.order.agreesOn(direct.order), expected: direct.order.airports.size },
    { what: 'jobs: rebooked', found: outcomes.rebooked, expected: direct.rebooked },
    { what: 'jobs: minutes of delay', found: outcomes.rebookedDelay, expected: direct.rebookedDelay },
    { what: 'jobs: failed twice, then rebooked', found: outcomes.failedTwice, expected: direct.failedTwice },
    { what: 'jobs: dead-lettered', found: outcomes.deadLettered, expected: direct.deadLettered },
    { what: 'receipts for the jobs of this run', found: receipts.done + receipts.dead, expected: receipts.sent },
  ]
  console.log(airportTable(tally))
  console.log(histogram(tally))
  console.log(speedTable(Object.values(stages)))
  return printChecks(checks)
}
