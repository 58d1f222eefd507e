// Two long runs of a queue on files: `npm run bench:queue-size`. A stream of five million messages passes ten that nobody finishes, and what is
// on disk must stay small; then ten million wait, and opening the queue again must not read them. Small ones of both are in the tests.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Broker, FileStorage, type Queue } from '../../src/index.js'
import { mustBe } from './ratio.js'

const AT_ONCE = 1000
const DISK_BYTES_MAX = 128 * 1024 * 1024
const OPEN_BYTES_MAX = 64 * 1024 * 1024

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '5000000' },
    stuck: { type: 'string', default: '10' },
    waiting: { type: 'string', default: '10000000' },
    folder: { type: 'string', default: tmpdir() },
  },
})

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

function sizeOf(folder: string): number {
  let bytes = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false })
    if (stat?.isFile() === true) bytes += stat.size
  }
  return bytes
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(values.folder, 'kafkalite-queue-'))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function send(queue: Queue<string>, from: number, count: number): Promise<unknown> {
  return queue.send(Array.from({ length: count }, (_, i) => ({ value: `${'x'.repeat(90)}${from + i}` })))
}

/** Messages pass while some are held; answers the most that was on disk. */
async function passStuck(folder: string, count: number, stuck: number): Promise<void> {
  const broker = await Broker.open({ storage: new FileStorage(folder), flush: 'os' })
  const queue = await broker.queue<string>('jobs', { lockMs: 86_400_000 })
  const every = Math.ceil(count / Math.max(stuck, 1))
  const held = []
  let most = 0
  for (let at = 0; at < count; at += AT_ONCE) {
    await send(queue, at, AT_ONCE)
    const messages = await queue.receive({ max: AT_ONCE })
    if (held.length < stuck && at >= held.length * every) held.push(...messages.splice(0, 1))
    await Promise.all(messages.map((message) => message.acknowledge()))
    if (at % 50_000 === 0) most = Math.max(most, sizeOf(folder))
  }
  most = Math.max(most, sizeOf(folder))
  console.log(`${count} messages passed ${held.length} that stay: at most ${megabytes(most)} on disk`)
  mustBe('messages held', (await queue.counts()).acquired, stuck)
  for (const message of held) await message.acknowledge()
  const { available, acquired, dead } = await queue.counts()
  mustBe('messages left', available + acquired + dead, 0)
  await broker.close()
  if (most > DISK_BYTES_MAX) throw new Error(`more than ${megabytes(DISK_BYTES_MAX)} on disk`)
}

async function openWaiting(folder: string, count: number): Promise<void> {
  const first = await Broker.open({ storage: new FileStorage(folder), flush: 'os' })
  const queue = await first.queue<string>('jobs')
  for (let at = 0; at < count; at += AT_ONCE * 10) await send(queue, at, AT_ONCE * 10)
  await first.close()
  const before = process.memoryUsage.rss()
  const start = performance.now()
  const second = await Broker.open({ storage: new FileStorage(folder), flush: 'os' })
  const again = await second.queue<string>('jobs')
  const [message] = await again.receive()
  const spentMs = performance.now() - start
  const grown = Math.max(0, process.memoryUsage.rss() - before)
  console.log(
    `a queue with ${count} waiting messages (${megabytes(sizeOf(folder))}): first one after ${spentMs.toFixed(0)} ms, ${megabytes(grown)} more memory, ${(grown / count).toFixed(1)} bytes a message`,
  )
  mustBe('first message', message?.value, `${'x'.repeat(90)}0`)
  await second.close()
  if (grown > OPEN_BYTES_MAX) throw new Error(`opening took more than ${megabytes(OPEN_BYTES_MAX)} of memory`)
}

await inFolder((folder) => passStuck(folder, Number(values.messages), Number(values.stuck)))
await inFolder((folder) => openWaiting(folder, Number(values.waiting)))
