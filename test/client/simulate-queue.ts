// Plays many histories of a queue against its model: `npm run simulate:queue -- --seed 1 --rounds 10000`. Stops at the first that departs
// from it and says how to play that one again.

import { parseArgs } from 'node:util'
import { seededRandom } from '../core/cluster-fixture.js'
import { playHistory } from './queue-run.js'

async function main(): Promise<void> {
  // That a disk dies while it is opened, before anybody listens to the queue, is no news here.
  process.removeAllListeners('warning')
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '1000' },
      steps: { type: 'string', default: '60' },
    },
  })
  const first = Number(values.seed)
  const rounds = Number(values.rounds)
  let messages = 0
  for (let seed = first; seed < first + rounds; seed++) {
    try {
      messages += await playHistory(seededRandom(seed), Number(values.steps), seed % 2 === 0)
    } catch (error) {
      console.error(`A queue departs from its model. Again: npm run simulate:queue -- --seed ${seed} --rounds 1 --steps ${values.steps}`)
      throw error
    }
  }
  console.log(`${rounds} histories from seed ${first} on with ${messages} messages are as the model says`)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
