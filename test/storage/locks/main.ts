// `npm run locks -- [rounds] [racers] [seed]`: the race for one folder, long. Ends with 1 when there were two owners or none.
import { race } from './race.js'

const [rounds = 1000, racers = 4, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
console.log(`${rounds} rounds of ${racers} processes, seed ${seed}`)
const result = await race({ rounds, racers, seed })
console.log(
  `${result.owners} owners, one at a time; ${result.deaths} processes died; left over: ${result.leftovers.join(', ') || 'nothing'}`,
)
process.exitCode = result.leftovers.length === 0 ? 0 : 1
