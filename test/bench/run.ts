// The table: each row is a ratio, ours by what a user would pick instead, both measured in this run by turns.

import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { bullRows } from './bullmq-rows.js'
import { fileRows } from './file-rows.js'
import { memoryRows } from './memory-rows.js'
import { loadPeers } from './peers.js'
import { queueRows } from './queue-rows.js'
import { compare } from './ratio.js'
import { redisVersion } from './redis.js'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
    only: { type: 'string', default: '' },
  },
})

const short = (value: number): string =>
  value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(0)

const peers = await loadPeers()
const scratch = mkdtempSync(join(values.folder, 'kafkalite-bench-'))
const scale = values.quick ? 0.1 : 1
const rounds = Number(values.rounds)
try {
  console.log(
    `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model}), ${peers.versions}, redis-server ${redisVersion() ?? 'missing'}; ${rounds} rounds`,
  )
  const queues = [...queueRows(peers, scratch, scale), ...bullRows(peers, scratch, scale)]
  const rows = [...memoryRows(peers, scale), ...fileRows(peers, scratch, scale), ...queues].filter(
    ({ name, yardstick }) => name.includes(values.only) || yardstick.includes(values.only),
  )
  const table = new Table({
    head: ['kafkalite', 'against', 'ratio', 'least .. most', 'records/s', 'against'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  })
  for (const row of rows) {
    if (row.missing !== undefined) {
      console.log(`${row.name} / ${row.yardstick}: ${row.missing}`)
      table.push([row.name, row.yardstick, row.missing, '', '', ''])
      continue
    }
    const { median, least, most, ours, theirs } = await compare(row, rounds)
    console.log(`${row.name} / ${row.yardstick}: ${median.toFixed(2)}`)
    table.push([row.name, row.yardstick, median.toFixed(2), `${least.toFixed(2)} .. ${most.toFixed(2)}`, short(ours), short(theirs)])
  }
  console.log(table.toString())
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
