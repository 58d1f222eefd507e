// `npm run simulate:transactions -- --runs 10000 --seed 1`: that many histories from that seed on. Ends with what went on in them.

import { parseArgs } from 'node:util'
import type { BankReport } from './bank.js'
import { runSeed } from './seeds.js'

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
const first = Number(values.seed ?? 1)
const runs = Number(values.runs ?? (values.seed === undefined ? 1000 : 1))
const total: BankReport = { crashes: 0, committed: 0, aborted: 0, fenced: 0, rebalanced: 0, timedOut: 0 }
for (let seed = first; seed < first + runs; seed++) {
  const report = await runSeed(seed)
  for (const key of Object.keys(total) as (keyof BankReport)[]) total[key] += report[key]
}
console.log(`${runs} histories from seed ${first}: ${JSON.stringify(total)}`)
