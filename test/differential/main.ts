// npm run differential [-- --write] [-- --only WORDS]: puts every case to a fresh node of Apache Kafka and says where it answers otherwise
// than the files in answers/ say. --write keeps what it answers. Exit code 1 when something is other than it was.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { SystemClock } from '../../src/lib/clock.js'
import { KafkaNode } from '../kafka/kafka-node.js'
import { install } from '../kafka/tools.js'
import { GROUPS } from './groups.js'
import type { Transcript } from './transcript.js'
import { answersOf, KAFKA_VERSION, prefixOf, runCase, writeAnswers } from './run.js'

/** Everything stays as a user finds it, but for what would make the cases wait. */
const PROPERTIES = [
  'group.consumer.min.heartbeat.interval.ms=1000',
  'group.share.min.record.lock.duration.ms=1000',
  'transaction.max.timeout.ms=900000',
]

const PAUSE_MS = 25
const clock = new SystemClock()
const pause = (): Promise<void> => new Promise((resolve) => clock.setTimer(clock.now() + PAUSE_MS, resolve, { holds: true }))

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false }, only: { type: 'string', default: '' } } })
const tools = await install()
const folder = mkdtempSync(join(tmpdir(), 'kafkalite-differential-'))
const node = await KafkaNode.start(tools, folder, PROPERTIES)
let failed = 0
let asked = 0
try {
  const [host = '', port = ''] = node.address.split(':')
  for (const group of GROUPS) {
    const known = answersOf(group)
    const cases: Record<string, Transcript> = {}
    for (const one of group.cases) {
      const old = known.cases[one.name]
      if (!`${group.name}: ${one.name}`.includes(values.only) && old !== undefined) {
        cases[one.name] = old
        continue
      }
      asked++
      try {
        const transcript = await runCase(one, prefixOf(group, one), { host, port: Number(port), pause })
        cases[one.name] = transcript
        if (isDeepStrictEqual(old, JSON.parse(JSON.stringify(transcript)))) continue
        failed++
        console.log(`${group.name}: ${one.name}: ${old === undefined ? 'new' : 'other than before'}`)
        for (const [label, answer] of Object.entries(transcript))
          if (!isDeepStrictEqual(old?.[label], answer))
            console.log(`  ${label}\n    was ${JSON.stringify(old?.[label])}\n    is  ${JSON.stringify(answer)}`)
      } catch (error) {
        failed++
        console.log(`${group.name}: ${error instanceof Error ? error.message : error}`)
      }
    }
    if (values.write) writeAnswers(group, { kafka: KAFKA_VERSION, cases })
  }
} finally {
  await node.stop()
  rmSync(folder, { recursive: true, force: true })
}
console.log(`Apache Kafka ${KAFKA_VERSION}: ${asked} cases asked, ${failed} other than in the files`)
process.exitCode = failed === 0 || values.write ? 0 : 1
