// Flights, mean and worst delay by airport, and how often which delay: what the analytics service keeps, and what is computed
// directly from the input to check it.

export interface AirportTally {
  flights: number
  /** Minutes, summed; the mean is this by `flights`. */
  delay: number
  worst: number
}

/** A tally as JSON: what the analytics service publishes as its state. */
export interface TallyState {
  readonly airports: readonly (readonly [airport: string, flights: number, delay: number, worst: number])[]
  readonly delays: readonly number[]
}

/** The upper ends of the histogram's rows, in minutes; a last row takes the rest. */
export const DELAY_BOUNDS = [-15, 0, 15, 30, 60, 120, 180, 360]

export class Tally {
  readonly airports = new Map<string, AirportTally>()
  readonly delays: number[]

  constructor(state?: TallyState) {
    for (const [airport, flights, delay, worst] of state?.airports ?? []) this.airports.set(airport, { flights, delay, worst })
    this.delays = state ? [...state.delays] : new Array(DELAY_BOUNDS.length + 1).fill(0)
  }

  add(origin: string, delay: number): void {
    const airport = this.#airport(origin)
    airport.flights += 1
    airport.delay += delay
    if (delay > airport.worst) airport.worst = delay
    let row = 0
    while (row < DELAY_BOUNDS.length && delay >= DELAY_BOUNDS[row]!) row++
    this.delays[row]! += 1
  }

  merge(other: Tally): void {
    for (const [origin, { flights, delay, worst }] of other.airports) {
      const airport = this.#airport(origin)
      airport.flights += flights
      airport.delay += delay
      airport.worst = Math.max(airport.worst, worst)
    }
    other.delays.forEach((count, row) => {
      this.delays[row]! += count
    })
  }

  state(): TallyState {
    return { airports: [...this.airports].map(([code, a]) => [code, a.flights, a.delay, a.worst] as const), delays: [...this.delays] }
  }

  get flights(): number {
    let flights = 0
    for (const airport of this.airports.values()) flights += airport.flights
    return flights
  }

  get delay(): number {
    let delay = 0
    for (const airport of this.airports.values()) delay += airport.delay
    return delay
  }

  /** How many airports of both have the same flights, delay and worst delay. */
  agreesOn(other: Tally): number {
    let same = 0
    for (const [origin, a] of this.airports) {
      const b = other.airports.get(origin)
      if (b && a.flights === b.flights && a.delay === b.delay && a.worst === b.worst) same++
    }
    return same
  }

  #airport(origin: string): AirportTally {
    let airport = this.airports.get(origin)
    if (!airport) {
      airport = { flights: 0, delay: 0, worst: -Infinity }
      this.airports.set(origin, airport)
    }
    return airport
  }
}
