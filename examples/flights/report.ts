// The tables at the end: the busiest airports, the histogram, the speeds, and what was found beside what was to be found.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Table from 'cli-table3'
import type { Stage } from './stage.js'
import { DELAY_BOUNDS, type Tally } from './tally.js'

export interface Check {
  readonly what: string
  readonly found: number
  readonly expected: number
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const BAR = 50

function table(head: string[], rows: (string | number)[][]): string {
  const plain = process.stdout.isTTY ? {} : { style: { head: [], border: [] } }
  const colAligns = head.map((_, column) => (column === 0 ? 'left' : 'right') as 'left' | 'right')
  const lines = new Table({ head, colAligns, ...plain })
  lines.push(...rows)
  return lines.toString()
}

/** The ten airports with the most flights. */
export function airportTable(tally: Tally): string {
  const busiest = [...tally.airports].sort((a, b) => b[1].flights - a[1].flights).slice(0, 10)
  const rows = busiest.map(([code, { flights, delay, worst }]) => [code, count(flights), (delay / flights).toFixed(1), count(worst)])
  return table(['airport', 'flights', 'mean delay, min', 'worst, min'], rows)
}

export function histogram(tally: Tally): string {
  const most = Math.max(1, ...tally.delays)
  const lines = tally.delays.map((flights, row) => {
    const bound = DELAY_BOUNDS[row]
    const name = bound === undefined ? `${DELAY_BOUNDS.at(-1)} min and more` : `under ${bound} min`
    return `${name.padStart(16)} ${'#'.repeat(Math.ceil((BAR * flights) / most)).padEnd(BAR)} ${count(flights)}`
  })
  return ['delays', ...lines].join('\n')
}

export function speedTable(stages: readonly Stage[]): string {
  const rows = stages.map(({ name, records, seconds }) => [
    name,
    count(records),
    records > 0 ? seconds.toFixed(1) : '',
    records > 0 && seconds > 0 ? count(records / seconds) : '',
  ])
  return table(['stage', 'records in this run', 'seconds', 'records/s'], rows)
}

/** Prints the sums; true when all of them agree. */
export function printChecks(checks: readonly Check[]): boolean {
  const agrees = ({ found, expected }: Check): boolean => found === expected
  const rows = checks.map((check) => [check.what, count(check.found), count(check.expected), agrees(check) ? 'yes' : 'NO'])
  console.log(table(['sum', 'by the services', 'straight from the input', 'agree'], rows))
  const agreed = checks.every(agrees)
  console.log(agreed ? 'All sums agree.' : 'THE SUMS DO NOT AGREE.')
  return agreed
}

export function printResources(folder: string): void {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).blocks * 512
  }
  const peak = process.resourceUsage().maxRSS * 1024
  console.log(`disk used: ${megabytes(bytes)} in ${folder}; memory at most ${megabytes(peak)}; ${process.uptime().toFixed(1)} s`)
}

const megabytes = (bytes: number): string => `${count(bytes / 1e6)} MB`
