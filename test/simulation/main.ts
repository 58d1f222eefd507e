// npm run simulate [-- --seed 1] [--rounds 400] [--crashes 10000] [--trace]
// Runs seed after seed and ends at the first promise that was broken, with the seed that repeats it. With --crashes it goes on until
// there were that many.

import { parseArgs } from 'node:util'
import { simulate } from './simulation.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string' },
    crashes: { type: 'string' },
    trace: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
  },
})
const first = Number(values.seed)
const rounds = Number(values.rounds ?? (values.crashes === undefined ? 1 : Infinity))
const wanted = Number(values.crashes ?? Infinity)
const total = { crashes: 0, powerCuts: 0, calls: 0, failed: 0 }
const begun = performance.now()

for (let seed = first; seed < first + rounds && total.crashes < wanted; seed++) {
  try {
    const result = await simulate(seed, values.trace)
    total.crashes += result.crashes
    total.powerCuts += result.powerCuts
    total.calls += result.calls
  } catch (error) {
    total.failed++
    console.error(error instanceof Error ? error.message : error)
    if (values.trace && error instanceof Error)
      console.error((error.cause as Error | undefined)?.stack, (error.cause as Error | undefined)?.cause)
    console.error(`repeat it: npm run simulate -- --seed ${seed} --trace`)
    process.exitCode = 1
    if (!values.all) break
  }
}
const seconds = (performance.now() - begun) / 1000
console.log(
  `${total.crashes} crashes, ${total.powerCuts} of them power cuts, ${total.calls} file system calls, ${total.failed} seeds failed, ` +
    `in ${seconds.toFixed(1)} s: ${(total.crashes / seconds).toFixed(0)} crashes a second`,
)
