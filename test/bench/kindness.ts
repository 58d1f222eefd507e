// npm run bench:kindness [-- --quick] [--folder /some/disk]
// What the host of a broker feels: how long its event loop is held while records are written and read flat out, while a log is
// compacted, cut by retention and recovered; the CPU of a broker that has nothing to do; and the memory of a long stream in a small heap.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { Broker, FileStorage, type Topic, type TopicOptions } from 'kafkalite'
import { SystemClock } from '../../src/lib/clock.js'
import { mustBe } from './ratio.js'
import { freshValue, LARGE, SMALL } from './values.js'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, folder: { type: 'string', default: tmpdir() } },
})
const scale = values.quick ? 0.05 : 1
const clock = new SystemClock()
const scratch = mkdtempSync(join(values.folder, 'kafkalite-kindness-'))
const table = new Table({ head: ['while', 'p99 of the loop delay', 'longest', 'took'], style: { head: [], border: [] } })

/** Runs the work and notes how late the event loop came to its timers meanwhile. */
async function watched(what: string, work: () => Promise<unknown>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const start = performance.now()
  delay.enable()
  await work()
  delay.disable()
  const ms = (nanoseconds: number): string => `${(nanoseconds / 1e6).toFixed(1)} ms`
  // The histogram counts the wait of a millisecond between two looks as delay.
  table.push([what, ms(delay.percentile(99)), ms(delay.max), `${((performance.now() - start) / 1000).toFixed(1)} s`])
}

async function writeAll(broker: Broker, topic: Topic<string>, count: number, size: number, keys = 0): Promise<void> {
  const producer = broker.producer()
  for (let at = 0; at < count; at++) {
    const key = keys === 0 ? null : `key-${at % keys}`
    if (!producer.write(topic, { key, value: freshValue(size, at) })) await producer.flush()
  }
  await producer.close()
}

async function readAll(topic: Topic<string>, count: number, size: number): Promise<void> {
  let characters = 0
  const reading = topic.read({ from: 'earliest', limit: count })
  for await (const records of reading.batches()) for (const { value } of records) characters += value?.length ?? 0
  mustBe('characters', characters, count * size)
}

const open = (name: string): Promise<Broker> => Broker.open({ storage: new FileStorage(join(scratch, name)) })

async function flatOut(name: string, broker: Broker, options: TopicOptions<string, string>): Promise<void> {
  const topic = await broker.topic(name, options)
  const count = 3_000_000 * scale
  await watched(`${name}: 100 B written and read flat out`, () =>
    Promise.all([writeAll(broker, topic, count, SMALL), readAll(topic, count, SMALL)]),
  )
}

async function upkeep(): Promise<void> {
  const broker = await open('upkeep')
  const count = 3_000_000 * scale
  const compacted = await broker.topic('compacted', { cleanupPolicy: 'compact', segmentBytes: 16 << 20 })
  await writeAll(broker, compacted, count, SMALL, 1_000)
  await watched('compaction of these records', () => compacted.cleanUp())
  const cut = await broker.topic('cut', { segmentBytes: 16 << 20, retentionBytes: 32 << 20 })
  await writeAll(broker, cut, count, SMALL)
  await watched('retention of these records', () => cut.cleanUp())
  await broker.close()
  rmSync(join(scratch, 'upkeep', '.kafka_cleanshutdown'), { force: true })
  await watched('recovery without a clean close', async () => (await open('upkeep')).close())
}

async function idle(): Promise<void> {
  const broker = await Broker.open()
  for (let at = 0; at < 1_000; at++) await broker.topic(`topic-${at}`)
  const seconds = 10 * Math.max(scale, 0.2)
  const before = process.cpuUsage()
  await new Promise<void>((resolve) => clock.setTimer(clock.now() + seconds * 1000, resolve, { holds: true }))
  const { user, system } = process.cpuUsage(before)
  console.log(`idle with 1,000 topics: ${((user + system) / 1000).toFixed(1)} ms of CPU in ${seconds} s`)
  await broker.close()
}

/** Run with --max-old-space-size=64: records pass through the log, which keeps 64 MiB of them. */
async function stream(): Promise<void> {
  const broker = await open('stream')
  const topic = await broker.topic('stream', { segmentBytes: 16 << 20, retentionBytes: 64 << 20 })
  const count = Math.round(10_000_000 * scale)
  let resident = 0
  const consumer = topic.consumer({ groupId: 'reader', from: 'earliest' })
  let records = 0
  await consumer.runBatch((batch) => {
    records += batch.length
    resident = Math.max(resident, process.memoryUsage.rss())
  })
  const producer = broker.producer()
  for (let at = 0; at < count; at++) {
    if (producer.write(topic, { value: freshValue(LARGE, at) }) && at % 10_000 !== 0) continue
    await producer.flush()
    // The reader stays near, or retention would overtake it.
    while (at - records > 20_000) await new Promise((resolve) => setImmediate(resolve))
  }
  await producer.close()
  await broker.group('reader').caughtUp()
  mustBe('records', records, count)
  console.log(`${((count * LARGE) / 1e9).toFixed(1)} GB through a heap of 64 MB: at most ${(resident / 1e6).toFixed(0)} MB resident`)
  await broker.close()
}

try {
  await stream()
  await idle()
  const memory = await Broker.open()
  await flatOut('memory', memory, {})
  await memory.close()
  const files = await open('files')
  await flatOut('files', files, {})
  await files.close()
  await upkeep()
  console.log(table.toString())
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
