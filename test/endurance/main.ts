// npm run endure [-- --operations 1000000] [--seed 1]
// What takes long: a million small operations that leave no file open, and disks that are full.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seededRandom } from '../../src/testing/seeded-random.js'
import { fillDisk } from './full-disk.js'
import { countHandles } from './handles.js'

const { values } = parseArgs({ options: { operations: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } } })

for (const flush of ['always', 'os'] as const) {
  const { kind, first, second } = await fillDisk(flush)
  console.log(`full disk at flush ${flush}, on ${kind}: ${first} records went in, and after a deletion ${second} more`)
}
const folder = fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'kafkalite-handles-'))
try {
  const begun = performance.now()
  const { before, most, after } = await countHandles(folder, Number(values.operations), seededRandom(Number(values.seed)))
  const seconds = ((performance.now() - begun) / 1000).toFixed(0)
  console.log(`${values.operations} operations in ${seconds} s: ${before} files open before, at most ${most}, ${after} after`)
  if (after > before) process.exitCode = 1
} finally {
  fs.rmSync(folder, { recursive: true })
}
