// @platformatic/kafka has two lines, each with a test file of its own; they are run in the same way.
import { fileURLToPath } from 'node:url'
import { run } from '../../kafka/tools.js'
import { installed, scenario } from '../scenario.js'
import { PLATFORMATIC_CHECKS, PLATFORMATIC_COMPRESSIONS } from './checks.js'

export function tryLine(line: 1 | 2): void {
  scenario(PLATFORMATIC_CHECKS[line], async (address) => {
    const [folder = '', node = ''] = (await installed('platformatic', String(line))).slice(-2)
    return run(node, [fileURLToPath(new URL('scenario.mjs', import.meta.url)), folder, address, ...PLATFORMATIC_COMPRESSIONS[line]])
  })
}
