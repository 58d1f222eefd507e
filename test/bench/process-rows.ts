// What a program pays for the library itself: the time of its import against that of kafkajs, and the memory of the records that it
// keeps against an array of the same objects. Each round is a process of its own.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Prepare, Row } from './ratio.js'
import { SMALL } from './values.js'

/** The package as it is published, made by main.ts: this file is in a bundle beside it. */
const PACKAGE = new URL('./package/index.js', import.meta.url).href
const KEPT = 1_000_000

/** Runs a program that prints a number. */
const program =
  (units: number, text: string): Prepare =>
  () => ({
    units,
    async work(): Promise<number> {
      const args = ['--expose-gc', '--input-type=module', '--eval', text]
      const cwd = fileURLToPath(new URL('.', import.meta.url))
      return Number(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' }))
    },
  })

const importOf = (name: string): string => `
  const start = performance.now()
  await import('${name}')
  console.log((performance.now() - start) / 1000)`

/** The array stays alive until the end, for it is asked for its length then. */
const KEEPING = `
  const source = Buffer.alloc(${SMALL}, 'x')
  const value = (at) => { source.write(String(1000000 + at), ${SMALL} - 7); return source.toString('latin1') }
  globalThis.gc()
  const before = process.memoryUsage().rss`
const KEPT_BYTES = `
  globalThis.gc()
  const bytes = process.memoryUsage().rss - before`

const keepInArray = `${KEEPING}
  const records = []
  for (let at = 0; at < ${KEPT}; at++) records.push({ key: null, value: value(at), offset: at, timestamp: Date.now(), headers: undefined })
  ${KEPT_BYTES}
  if (records.length !== ${KEPT}) throw new Error('records are missing')
  console.log(bytes)`

const keepInLog = `
  import { Broker } from '${PACKAGE}'
  const broker = await Broker.open()
  const topic = await broker.topic('bench')
  const producer = broker.producer()
  ${KEEPING}
  for (let at = 0; at < ${KEPT}; at++) if (!producer.write(topic, { value: value(at) })) await producer.flush()
  await producer.flush()
  ${KEPT_BYTES}
  if ((await topic.partition(0).endOffset()) !== ${KEPT}) throw new Error('records are missing')
  console.log(bytes)`

export function processRows(): Row[] {
  return [
    {
      name: "import 'kafkalite', how often in a second",
      yardstick: "import 'kafkajs'",
      target: 2,
      ours: program(1, importOf(PACKAGE)),
      theirs: program(1, importOf('kafkajs')),
    },
    {
      name: 'memory, 100 B, records kept in each byte of resident memory',
      yardstick: 'array of objects',
      target: 2,
      ours: program(KEPT, keepInLog),
      theirs: program(KEPT, keepInArray),
    },
  ]
}
