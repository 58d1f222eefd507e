// The command line: npm start -- [--folder data/flights] [--flights N] [--fresh] [--replay [--since 2001-03-01]]

import { parseArgs } from 'node:util'

export interface Options {
  readonly folder: string
  /** The first so many flights of the input; all where none is named. */
  readonly flights?: number
  /** Start over in an empty folder. */
  readonly fresh: boolean
  /** Do not publish: work through what is in the folder again. */
  readonly replay: boolean
  /** Replay from the first flight of that day on. */
  readonly since?: Date
}

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      folder: { type: 'string', default: 'data/flights' },
      flights: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      replay: { type: 'boolean', default: false },
      since: { type: 'string' },
    },
  })
  const flights = values.flights === undefined ? undefined : Number(values.flights)
  if (flights !== undefined && !(Number.isInteger(flights) && flights > 0))
    throw new Error(`--flights wants a number, not ${values.flights}`)
  const since = values.since === undefined ? undefined : new Date(values.since)
  if (since !== undefined && Number.isNaN(since.getTime())) throw new Error(`--since wants a date such as 2001-03-01, not ${values.since}`)
  return { folder: values.folder, flights, fresh: values.fresh, replay: values.replay || since !== undefined, since }
}
