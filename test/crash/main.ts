// npm run crash [-- --rounds 300] [--seed 1]
// Kills real processes in the middle of their work and checks that what they were promised is there.

import { parseArgs } from 'node:util'
import { SystemClock } from '../../src/lib/clock.js'
import { seededRandom } from '../../src/testing/seeded-random.js'
import { crashRounds } from './rounds.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } } })
const begun = performance.now()
const promises = await crashRounds({
  rounds: Number(values.rounds),
  random: seededRandom(Number(values.seed)),
  clock: new SystemClock(),
  onRound: (round, checked) => {
    if ((round + 1) % 50 === 0) console.log(`round ${round + 1}: ${checked} promises kept`)
  },
})
const seconds = (performance.now() - begun) / 1000
console.log(`${values.rounds} processes killed, ${promises} promises kept, in ${seconds.toFixed(0)} s`)
