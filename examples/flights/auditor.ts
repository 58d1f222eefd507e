// The auditor belongs to no group: it sees every record, keeps no place, and in each run checks the whole log from its beginning.

import { OrderCheck } from './direct.js'
import { type FlightTopic, fingerprint } from './flight.js'
import type { Stage } from './stage.js'

export class Auditor {
  flights = 0
  /** Flights that came after a later one of the same airport. */
  outOfOrder = 0
  readonly order = new OrderCheck()

  /** Until it has seen `limit` flights, also those that are yet to be published. */
  async run(flights: FlightTopic, limit: number, stage: Stage, signal: AbortSignal): Promise<void> {
    const lastOf = new Map<string, number>()
    for await (const records of flights.read({ from: 'earliest', limit, signal }).batches()) {
      for (const { key, value, timestamp } of records) {
        if (key === null || value === null) continue
        if (timestamp < (lastOf.get(key) ?? 0)) this.outOfOrder += 1
        lastOf.set(key, timestamp)
        this.order.add(key, fingerprint(timestamp, value))
        this.flights += 1
      }
      stage.add(records.length)
    }
    stage.end()
  }
}
