// What a waiting message costs in memory, by what it was sent with: `npm run bench:queue-memory -- --messages 1000000`. Payloads stay on disk,
// so what is counted is the heap, buffers and whatever else the process holds outside of it, after garbage collection: while the queue
// that was filled is open, and after it was opened anew.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { Broker, FileStorage, type NewMessage, type Queue } from '../../src/index.js'
import { mustBe } from './ratio.js'

const AT_ONCE = 1000
const HOUR_MS = 3_600_000

const { values } = parseArgs({ options: { messages: { type: 'string', default: '1000000' }, only: { type: 'string', default: '' } } })
const count = Number(values.messages)

const value = (i: number): string => `${'x'.repeat(90)}${i}`
const KINDS: Readonly<Record<string, (i: number) => NewMessage<string>>> = {
  'a value': (i) => ({ value: value(i) }),
  'a key': (i) => ({ value: value(i), key: `key ${i % 1000}` }),
  'a header': (i) => ({ value: value(i), headers: { trace: 'abc' } }),
  'a priority': (i) => ({ value: value(i), priority: i % 3 }),
  'a time to live': (i) => ({ value: value(i), ttlMs: HOUR_MS + i }),
  'a delay': (i) => ({ value: value(i), delayMs: HOUR_MS + i }),
  'an id': (i) => ({ value: value(i), id: `job ${i}` }),
}

/** Bytes that are held: the heap, and what lies outside of it, buffers included. */
function held(): number {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc')
  for (let i = 0; i < 4; i++) globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function open(folder: string): Promise<{ broker: Broker; queue: Queue<string> }> {
  const broker = await Broker.open({ storage: new FileStorage(folder), flush: 'os' })
  return { broker, queue: await broker.queue<string>('jobs', { priorities: 3 }) }
}

async function measure(make: (i: number) => NewMessage<string>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kafkalite-queue-'))
  try {
    const first = await open(folder)
    const before = held()
    for (let at = 0; at < count; at += AT_ONCE) await first.queue.send(Array.from({ length: AT_ONCE }, (_, i) => make(at + i)))
    const sent = held() - before
    await first.broker.close()
    const closed = held()
    const start = performance.now()
    const second = await open(folder)
    const { available, delayed } = await second.queue.counts()
    const openedMs = performance.now() - start
    mustBe('messages that wait', available + delayed, count)
    const opened = held() - closed
    await second.broker.close()
    return [(sent / count).toFixed(1), (opened / count).toFixed(1), `${openedMs.toFixed(0)} ms`]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const table = new Table({ head: ['sent with', 'bytes each', 'after opening anew', 'opened in'], style: { head: [], border: [] } })
for (const [kind, make] of Object.entries(KINDS)) if (kind.includes(values.only)) table.push([kind, ...(await measure(make))])
console.log(`${count} messages wait`)
console.log(table.toString())
