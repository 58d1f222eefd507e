// History again: a log keeps what was read, so a reader can start anywhere, at offset 0 or at the first flight of a day.

import type { Broker } from 'kafkalite'
import { computeDirectly, OrderCheck } from './direct.js'
import { fingerprint } from './flight.js'
import { FlightInput } from './input.js'
import { Progress } from './progress.js'
import { airportTable, histogram, printChecks, speedTable } from './report.js'
import { countFlights, openFlights } from './run.js'
import { Stage } from './stage.js'
import { Tally } from './tally.js'

/** True when all sums agree. */
export async function replay(broker: Broker, since: Date | undefined, signal: AbortSignal): Promise<boolean> {
  const flights = await openFlights(broker)
  const total = await countFlights(flights)
  if (total === 0) throw new Error('There is nothing to replay yet: run without --replay first')

  let toRead = 0
  for (const partition of flights.partitions) {
    const end = await partition.endOffset()
    const from = since ? ((await partition.offsetAt(since)) ?? end) : await partition.startOffset()
    console.log(`partition ${partition.id}: from offset ${from.toLocaleString('en-US')} to ${end.toLocaleString('en-US')}`)
    toRead += end - from
  }

  const progress = new Progress()
  const stage = new Stage('replayed', toRead, progress)
  const tally = new Tally()
  const order = new OrderCheck()
  for await (const records of flights.read({ from: since ?? 'earliest', to: 'end', signal }).batches()) {
    for (const { key, value, timestamp } of records) {
      if (key === null || value === null) continue
      tally.add(key, value.delay)
      order.add(key, fingerprint(timestamp, value))
    }
    stage.add(records.length)
  }
  stage.end()
  progress.stop()

  const direct = await computeDirectly(await FlightInput.open(total), since?.getTime())
  console.log(airportTable(tally))
  console.log(histogram(tally))
  console.log(speedTable([stage]))
  return printChecks([
    { what: 'flights', found: tally.flights, expected: direct.tally.flights },
    { what: 'minutes of delay', found: tally.delay, expected: direct.tally.delay },
    { what: 'airports that agree', found: tally.agreesOn(direct.tally), expected: direct.tally.airports.size },
    { what: 'airports in order', found: order.agreesOn(direct.order), expected: direct.order.airports.size },
  ])
}
