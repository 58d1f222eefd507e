// The yardstick: everything the services find out, computed straight from the input, without the library.

import { fateOf, fingerprint, REBOOK_FROM } from './flight.js'
import type { FlightInput } from './input.js'
import { Tally } from './tally.js'

export interface Direct {
  readonly tally: Tally
  readonly order: OrderCheck
  rebooked: number
  /** Minutes, summed over the flights that were rebooked. */
  rebookedDelay: number
  failedTwice: number
  deadLettered: number
}

/** Of each airport a number that comes out the same only when its flights come in the same order. */
export class OrderCheck {
  readonly airports = new Map<string, number>()

  add(origin: string, hash: number): void {
    this.airports.set(origin, (Math.imul(this.airports.get(origin) ?? 0, 31) + hash) | 0)
  }

  /** How many airports have their flights in the same order. */
  agreesOn(other: OrderCheck): number {
    return [...this.airports].filter(([origin, hash]) => other.airports.get(origin) === hash).length
  }
}

/** Over the flights from `since` on. */
export async function computeDirectly(input: FlightInput, since = -Infinity): Promise<Direct> {
  const direct: Direct = { tally: new Tally(), order: new OrderCheck(), rebooked: 0, rebookedDelay: 0, failedTwice: 0, deadLettered: 0 }
  for await (const flights of input.read()) {
    for (const flight of flights) {
      if (flight.date < since) continue
      direct.tally.add(flight.origin, flight.delay)
      direct.order.add(flight.origin, fingerprint(flight.date, flight))
      if (flight.delay < REBOOK_FROM) continue
      const fate = fateOf(flight.date, flight)
      if (fate === 'poison') {
        direct.deadLettered += 1
      } else {
        direct.rebooked += 1
        direct.rebookedDelay += flight.delay
        if (fate === 'failsTwice') direct.failedTwice += 1
      }
    }
  }
  return direct
}
