// npx tsx --expose-gc test/bench/opening.ts [folder] [--gib 1]
// What opening and reading cost where much is there: a log of 10 GB that was closed cleanly (sparse: of each segment the first bytes
// are batches, the rest is a hole), a thousand partitions, and a topic read through. Prints milliseconds, megabytes and descriptors.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker, FileStorage } from 'kafkalite'
import { formatCleanMark, parseCleanMark } from '../../src/storage/file/checkpoint.js'

const SEGMENTS = 10
const SEGMENT_BYTES = 1_073_741_824
const given = process.argv.slice(2)
const place = given[0] === undefined || given[0].startsWith('--') ? tmpdir() : given[0]
const gib = Number(given[given.indexOf('--gib') + 1] ?? 1) || 1

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

function memory(): number {
  globalThis.gc?.()
  return process.memoryUsage().rss
}

function descriptors(): number {
  return fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : -1
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(join(place, 'kafkalite-opening-'))
  try {
    await work(folder)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

async function openTimed(folder: string, what: string): Promise<Broker> {
  const before = memory()
  const used = process.cpuUsage()
  const begun = performance.now()
  const broker = await Broker.open({ storage: new FileStorage(folder) })
  const took = performance.now() - begun
  const { user, system } = process.cpuUsage(used)
  const held = descriptors()
  console.log(
    `${what}: ${took.toFixed(0)} ms (${((user + system) / 1000).toFixed(0)} ms of processor), ${megabytes(memory() - before)} MB more, ${held} descriptors`,
  )
  return broker
}

/** Makes the last segment and all before it as large as they can be, and the clean mark with them. */
function stretch(folder: string): void {
  const log = join(folder, 'large-0')
  for (const name of fs.readdirSync(log)) if (name.endsWith('.log')) fs.truncateSync(join(log, name), SEGMENT_BYTES)
  const path = join(folder, '.kafka_cleanshutdown')
  const logs = parseCleanMark(fs.readFileSync(path))
  const large = logs.get('large-0')
  if (large === undefined) throw new Error(`${path} does not name the log`)
  fs.writeFileSync(path, formatCleanMark(logs.set('large-0', { ...large, size: SEGMENT_BYTES })))
}

await withFolder(async (folder) => {
  const broker = await Broker.open({ storage: new FileStorage(folder) })
  const large = await broker.topic('large', { segmentBytes: 1_048_576, retentionMs: -1 })
  for (let sent = 0; sent < SEGMENTS * 10; sent++) await large.send({ value: 'x'.repeat(100_000) })
  await broker.close()
  stretch(folder)
  await (await openTimed(folder, `a log of ${SEGMENTS} segments of 1 GiB, closed cleanly`)).close()
})

await withFolder(async (folder) => {
  const broker = await Broker.open({ storage: new FileStorage(folder) })
  const many = await broker.topic('many', { partitions: 1000 })
  await Promise.all(Array.from({ length: 1000 }, (_, partition) => many.send({ partition, value: 'one' })))
  await broker.close()
  await (await openTimed(folder, '1,000 partitions, closed cleanly')).close()
})

await withFolder(async (folder) => {
  const broker = await Broker.open({ storage: new FileStorage(folder) })
  const topic = await broker.topic('long', { retentionMs: -1 })
  const value = 'x'.repeat(10_000)
  const records = Math.floor((gib * SEGMENT_BYTES) / 10_000)
  for (let sent = 0; sent < records; sent += 500) await Promise.all(Array.from({ length: 500 }, () => topic.send({ value })))
  await broker.close()
  const again = await openTimed(folder, `${gib} GiB, closed cleanly`)
  const before = memory()
  const begun = performance.now()
  let most = before
  let read = 0
  for await (const _ of (await again.topic('long')).read({ to: 'end' })) {
    if (++read % 5000 === 0) most = Math.max(most, process.memoryUsage().rss)
  }
  console.log(`${read} records of 10 kB read: ${(performance.now() - begun).toFixed(0)} ms, at most ${megabytes(most - before)} MB more`)
  await again.close()
})
