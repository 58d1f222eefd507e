// npm run fuzz -- --frames N --seed S: the fuzzer of frames for as long as wanted. Exit code 1 when the listener reported a fault.
import { parseArgs } from 'node:util'
import { fuzz } from './frame-fuzz.js'

const { values } = parseArgs({ options: { frames: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } } })
const { frames, answered, closed, faults } = await fuzz({ frames: Number(values.frames), seed: Number(values.seed) })
for (const fault of new Set(faults)) console.log(fault)
const seconds = Math.round(performance.now() / 1000)
const megabytes = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(
  `${frames} frames from seed ${values.seed}: ${answered} answered, ${closed} closed, ${faults.length} faults, ${seconds} s, at most ${megabytes} MB resident`,
)
process.exitCode = faults.length === 0 ? 0 : 1
