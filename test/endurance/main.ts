// npm run endure [-- --operations 1000000] [--seed 1]
// What takes long: a million small operations that leave no file open, and disks that are full.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seededRandom } from '../../src/testing/seeded-random.js'
import { CASES, type CaseName } from './full-disk.js'
import { countHandles, type Doing } from './handles.js'
import { onSmallDisk } from './small-disk.js'

const { values } = parseArgs({ options: { operations: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } } })

for (const name of Object.keys(CASES) as CaseName[]) {
  for (const flush of ['always', 'os'] as const) {
    const { kind, words } = await onSmallDisk(name, flush)
    console.log(`full disk, ${name} at flush ${flush}, on ${kind}: ${words}`)
  }
}
// An operation that waits for what will never come ends the process without a word: then say which one.
const doing: Doing = { operation: 0, name: 'nothing' }
process.once('beforeExit', () => {
  console.error(`operation ${doing.operation} (${doing.name}) waits, and nothing is left that could end it`)
  process.exit(1)
})
const folder = fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'kafkalite-handles-'))
try {
  const begun = performance.now()
  const { before, most, after } = await countHandles(folder, Number(values.operations), seededRandom(Number(values.seed)), doing)
  const seconds = ((performance.now() - begun) / 1000).toFixed(0)
  console.log(`${values.operations} operations in ${seconds} s: ${before} files open before, at most ${most}, ${after} after`)
  if (after > before) process.exitCode = 1
} finally {
  fs.rmSync(folder, { recursive: true })
}
process.removeAllListeners('beforeExit')
