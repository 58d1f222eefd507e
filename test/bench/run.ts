// The table: each row is a ratio, ours by what a user would pick instead, both measured in this run by turns.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { bullRows } from './bullmq-rows.js'
import { fileRows } from './file-rows.js'
import { groupRows } from './group-rows.js'
import { memoryRows } from './memory-rows.js'
import { handOverRows } from './hand-over-rows.js'
import { packRows } from './pack-rows.js'
import { loadPeers } from './peers.js'
import { processRows } from './process-rows.js'
import { queueRows } from './queue-rows.js'
import { compare } from './ratio.js'
import { redisVersion } from './redis.js'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
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
  const inMemory = [...memoryRows(peers, scale), ...groupRows(scale), ...packRows(scale), ...processRows()]
  const rows = [...inMemory, ...fileRows(peers, scratch, scale), ...handOverRows(scratch, scale), ...queues].filter(
    ({ name, yardstick }) => name.includes(values.only) || yardstick.includes(values.only),
  )
  const table = new Table({
    head: ['kafkalite', 'against', 'ratio', 'least .. most', 'target', 'a second', 'against', ''],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  })
  const results: object[] = []
  for (const row of rows) {
    if (row.missing !== undefined) {
      console.log(`${row.name} / ${row.yardstick}: ${row.missing}`)
      table.push([row.name, row.yardstick, '', '', '', '', '', row.missing])
      continue
    }
    const result = await compare(row, rounds)
    const { median, least, most } = result
    const note = row.note?.() ?? ''
    const target = row.target === undefined ? '' : `${row.target.toFixed(2)} ${median >= row.target ? 'reached' : 'missed'}`
    console.log(`${row.name} / ${row.yardstick}: ${median.toFixed(2)} ${note}`)
    const spread = `${least.toFixed(2)} .. ${most.toFixed(2)}`
    table.push([row.name, row.yardstick, median.toFixed(2), spread, target, short(result.ours), short(result.theirs), note])
    results.push({ name: row.name, yardstick: row.yardstick, target: row.target, note, ...result })
  }
  console.log(table.toString())
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
