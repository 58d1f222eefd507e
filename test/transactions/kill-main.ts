// `npm run crash:transactions -- --rounds 300 --flush os`: so many deaths of a real process, and what the log says after each.

import { parseArgs } from 'node:util'
import { killRounds } from './kill.js'

const { values } = parseArgs({ options: { rounds: { type: 'string' }, flush: { type: 'string' }, seed: { type: 'string' } } })
const report = await killRounds(Number(values.rounds ?? 300), values.flush === 'always' ? 'always' : 'os', Number(values.seed ?? 1))
console.log(JSON.stringify(report))
