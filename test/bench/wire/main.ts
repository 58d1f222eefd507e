// npm run bench:wire [-- --quick] [--rounds 5] [--folder /some/disk] [--json wire.json]
// The same clients against kafkalite in memory, kafkalite on files and Apache Kafka, each started anew for every round, in an order that
// changes. A ratio is that of one round; the table has the middle of all rounds.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { install } from '../../kafka/tools.js'
import { type Figures, isCompared, MEASURES, type Measure, measure, startInProcess } from './measures.js'
import { installLibrdkafka } from './programs.js'
import { inMemory, kafka, onFiles, type ServerKind } from './servers.js'

/** What Kafka's own start script gives its JVM. */
const KAFKA_JVM =
  '-Xms1g -Xmx1g -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
  },
})
const scale = values.quick
  ? { kafkajs: 40_000, java: 200_000, librdkafka: 50_000, single: 400 }
  : { kafkajs: 400_000, java: 2_000_000, librdkafka: 500_000, single: 4_000 }

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
const short = (value: number, { unit }: Measure): string =>
  unit === '/s' ? `${(value / 1e3).toFixed(0)} k/s` : `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`

process.env.KAFKA_JVM_OPTIONS = KAFKA_JVM
const programs = { tools: await install(), python: await installLibrdkafka() }
const kinds: readonly ServerKind[] = [inMemory, onFiles, kafka(programs.tools)]
const scratch = mkdtempSync(join(values.folder, 'kafkalite-wire-'))
const rounds = Number(values.rounds)
const all = new Map<string, Figures[]>(kinds.map(({ name }) => [name, []]))
const inProcess: number[] = []

try {
  console.log(
    `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model}), ${programs.tools.split('/').at(-1)}; ${rounds} rounds`,
  )
  // kafkajs is compiled by then.
  await startInProcess()
  for (let round = 0; round < rounds; round++) {
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) all.get(kind.name)?.push(await measure(kind, scratch, programs, scale))
    inProcess.push(await startInProcess())
    console.log(`round ${round + 1} done`)
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

const figuresOf = (kind: string, { name }: Measure): readonly number[] =>
  (all.get(kind) ?? []).flatMap((figures) => figures.get(name) ?? [])
/** Ours by theirs, of each round. */
const ratios = (kind: string, one: Measure): readonly number[] =>
  figuresOf(kind, one).map((own, round) => own / figuresOf('Apache Kafka', one)[round]!)

const table = new Table({ head: ['', ...kinds.map(({ name }) => name), 'target'], style: { head: [], border: [] } })
const results: object[] = []
for (const one of MEASURES) {
  const cells = kinds.map(({ name }) => {
    const own = figuresOf(name, one)
    if (own.length === 0) return ''
    results.push({ measure: one.name, unit: one.unit, server: name, median: median(own), rounds: own })
    if (name === 'Apache Kafka') return short(median(own), one)
    const ratio = median(ratios(name, one))
    const isGood = one.unit === '/s' ? ratio >= (one.target ?? 0) : ratio <= (one.target ?? Infinity)
    return `${short(median(own), one)} (${ratio.toFixed(ratio < 0.1 ? 3 : 2)}${isCompared(one, name) ? (isGood ? ', reached' : ', missed') : ''})`
  })
  const target = one.target === undefined ? '' : `${one.unit === '/s' ? '>=' : '<='} ${one.target.toFixed(2)}`
  table.push([one.name, ...cells, target])
}
console.log(table.toString())
console.log('In brackets: by the figure of Apache Kafka in the same round.')
const starts = figuresOf('Apache Kafka', MEASURES[0]!).map((their, round) => their / inProcess[round]!)
console.log(
  `In process, from Broker.open to the first record that kafkajs consumed: ${median(inProcess).toFixed(1)} ms, ${median(starts).toFixed(0)} times faster`,
)
results.push({ measure: 'start to first record consumed', unit: 'ms', server: 'in process', median: median(inProcess), rounds: inProcess })
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
