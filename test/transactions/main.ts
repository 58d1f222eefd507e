// `npm run simulate:transactions -- --runs 10000 --seed 1`: that many histories from that seed on. Ends with what went on in them.

import { parseArgs } from 'node:util'
import type { BankReport } from './bank.js'
import type { TillReport } from './till.js'
import { runSeed, runTillSeed } from './seeds.js'

/** One seed in so many has a history of the till, too. */
const TILL_EVERY = 4

// That a disk dies while it is opened, before anybody listens to the broker, is no news here.
process.removeAllListeners('warning')
const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
const first = Number(values.seed ?? 1)
const runs = Number(values.runs ?? (values.seed === undefined ? 1000 : 1))
const total: BankReport = { crashes: 0, committed: 0, aborted: 0, fenced: 0, rebalanced: 0, timedOut: 0 }
const till: TillReport = { crashes: 0, committed: 0, aborted: 0, lost: 0 }
for (let seed = first; seed < first + runs; seed++) {
  const report = await runSeed(seed)
  for (const key of Object.keys(total) as (keyof BankReport)[]) total[key] += report[key]
  if (seed % TILL_EVERY !== 0 && runs > 1) continue
  const told = await runTillSeed(seed)
  for (const key of Object.keys(till) as (keyof TillReport)[]) till[key] += told[key]
}
console.log(`${runs} histories from seed ${first}: ${JSON.stringify(total)}, with the till ${JSON.stringify(till)}`)
