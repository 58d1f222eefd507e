// Data folders as kafkalite leaves them, one for each thing that shapes its files. A new kind of file gets a folder here and is then
// held against Kafka's tools by every test of this project.
import fs from 'node:fs'
import { join } from 'node:path'
import { Broker, FileStorage, json } from 'kafkalite'
import { BatchWriter } from '../../src/record/batch-writer.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import type { EncodedHeader } from '../../src/record/record.js'
import type { LogConfig, LogStore } from '../../src/storage/storage.js'
import { CONFIG, START_MS } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

export interface WrittenFolder {
  readonly name: string
  /** Whether the last segment was left open, without indexes in files. */
  readonly crashed?: boolean
  write(folder: string): Promise<void>
}

type Plain = readonly [key: string | null, value: string | null, headers?: readonly EncodedHeader[]]

/** `count` records that differ in all that a record can differ in. */
export function mixed(count: number, from = 0): Plain[] {
  return Array.from({ length: count }, (_, n): Plain => {
    const i = from + n
    const value = i % 7 === 0 ? null : `value ${i} ${'ä€𝄞~'.repeat(i % 60)}`
    const headers: EncodedHeader[] = Array.from({ length: i % 4 }, (_, h) => [`header${h}`, h === 2 ? null : `of ${i} é`])
    return [i % 3 === 0 ? null : `key${i % 50}`, i % 11 === 0 ? '' : value, headers]
  })
}

interface Packing {
  readonly at: number
  readonly timestamp?: (n: number) => number
  readonly compression?: 'none' | 'gzip'
  readonly logAppendTime?: number
}

export function pack(contents: readonly Plain[], { at, timestamp, compression = 'none', logAppendTime }: Packing): PackedBatch {
  const writer = new BatchWriter()
  contents.forEach(([key, value, headers], n) => {
    writer.append(key, value, timestamp?.(n) ?? START_MS + at + n, headers === undefined || headers.length === 0 ? null : headers)
  })
  const batch = writer.finish({ compression })
  batch.place(at, 0)
  if (logAppendTime !== undefined) batch.stampLogAppendTime(logAppendTime)
  return batch
}

async function withLog(folder: string, config: Partial<LogConfig>, use: (log: LogStore) => unknown): Promise<void> {
  const storage = new FileStorage(folder)
  await storage.open({ clock: new VirtualClock(START_MS) })
  await use(await storage.log('orders-0', { ...CONFIG, ...config }))
  await storage.close()
}

/** Appends batches of growing size until `total` records are there. */
async function fill(log: LogStore, total: number, packing: Omit<Packing, 'at'> = {}): Promise<void> {
  for (let size = 1, end = log.endOffset + total; log.endOffset < end; size = (size % 40) + 1) {
    const at = log.endOffset
    await log.append([pack(mixed(Math.min(size, end - at), at), { ...packing, at })])
  }
}

/** The folder as it is while the storage that writes it is still open: what a killed process leaves. */
async function leaveOpen(folder: string, use: (log: LogStore) => Promise<void>): Promise<void> {
  const origin = `${folder}-open`
  await withLog(origin, { segmentBytes: 30_000 }, async (log) => {
    await use(log)
    fs.cpSync(origin, folder, { recursive: true, filter: (path) => !path.endsWith('LOCK') })
  })
  fs.rmSync(origin, { recursive: true })
}

async function withBroker(folder: string, use: (broker: Broker) => Promise<void>): Promise<void> {
  const broker = await Broker.open({ storage: new FileStorage(folder) })
  await use(broker)
  await broker.close()
}

const SEVERAL: Partial<LogConfig> = { segmentBytes: 30_000 }

export const WRITTEN_FOLDERS: readonly WrittenFolder[] = [
  {
    name: 'records of a topic, sent one by one and many at a time',
    write: (folder) =>
      withBroker(folder, async (broker) => {
        const orders = await broker.topic('orders', { partitions: 3, segmentBytes: 1_048_576 })
        for (let n = 0; n < 50; n++) await orders.send({ key: `key${n}`, value: `single ${n}` })
        await Promise.all(
          Array.from({ length: 8000 }, (_, n) => orders.send({ key: `key${n}`, value: `${n} `.repeat(90), headers: { n: `${n}` } })),
        )
        const producer = broker.producer({ compression: 'gzip' })
        await Promise.all(Array.from({ length: 3000 }, (_, n) => producer.send('orders', { value: `packed ${n}` })))
      }),
  },
  {
    name: 'keys, headers, null values and empty values',
    write: (folder) => withLog(folder, {}, (log) => fill(log, 500)),
  },
  { name: 'gzip', write: (folder) => withLog(folder, SEVERAL, (log) => fill(log, 3000, { compression: 'gzip' })) },
  { name: 'several segments', write: (folder) => withLog(folder, SEVERAL, (log) => fill(log, 2000)) },
  {
    name: 'segments that began because time passed',
    write: (folder) => withLog(folder, { segmentMs: 300 }, (log) => fill(log, 1500)),
  },
  {
    name: 'timestamps in disorder, the same, none, and of the broker',
    write: (folder) =>
      withLog(folder, SEVERAL, async (log) => {
        await fill(log, 300, { timestamp: (n) => START_MS - n * 1000 })
        await fill(log, 300, { timestamp: () => START_MS })
        await fill(log, 300, { timestamp: () => -1 })
        await fill(log, 300, { timestamp: (n) => START_MS + ((n * 7919) % 1000) })
        await fill(log, 300, { logAppendTime: START_MS + 5000 })
      }),
  },
  {
    name: 'no timestamps at all',
    write: (folder) => withLog(folder, SEVERAL, (log) => fill(log, 1000, { timestamp: () => -1 })),
  },
  {
    name: 'a large record and large batches',
    write: (folder) =>
      withLog(folder, { segmentBytes: 2_000_000 }, async (log) => {
        await log.append([pack([['large', 'l'.repeat(1_000_000)]], { at: 0 })])
        for (let n = 0; n < 5; n++) await log.append([pack(mixed(3000, log.endOffset), { at: log.endOffset })])
      }),
  },
  {
    name: 'holes, within a segment and between two',
    write: (folder) =>
      withLog(folder, SEVERAL, async (log) => {
        for (let n = 0; n < 120; n++) await log.append([pack(mixed(10, n), { at: log.endOffset + (n % 5 === 4 ? n * 3 : 0) })])
      }),
  },
  {
    name: 'a start that moved into the middle of a segment',
    write: (folder) =>
      withLog(folder, SEVERAL, async (log) => {
        await fill(log, 2000)
        await log.truncateBefore(777)
      }),
  },
  {
    name: 'an end that was cut off and written on',
    write: (folder) =>
      withLog(folder, SEVERAL, async (log) => {
        await fill(log, 2000)
        await log.truncateAfter(1234)
        await fill(log, 400)
        await log.roll()
        await fill(log, 5)
      }),
  },
  {
    name: 'a log that was closed and opened again between appends',
    write: async (folder) => {
      for (let round = 0; round < 6; round++) await withLog(folder, SEVERAL, (log) => fill(log, 130))
    },
  },
  { name: 'an empty log', write: (folder) => withLog(folder, {}, () => undefined) },
  {
    name: 'a process that was killed, before anybody recovers it',
    crashed: true,
    write: (folder) => leaveOpen(folder, (log) => fill(log, 2000)),
  },
  {
    name: 'a killed process with a torn tail, recovered and written on',
    write: async (folder) => {
      await leaveOpen(folder, (log) => fill(log, 2000))
      const last = fs.readdirSync(join(folder, 'orders-0')).filter((name) => name.endsWith('.log'))
      fs.appendFileSync(join(folder, 'orders-0', last.sort().at(-1) ?? ''), pack(mixed(30), { at: 2000 }).bytes.subarray(0, 999))
      await withLog(folder, SEVERAL, (log) => fill(log, 100))
    },
  },
  {
    name: 'transactions of both ends, over several segments',
    write: (folder) =>
      withBroker(folder, async (broker) => {
        await broker.topic('orders', { segmentBytes: 1_048_576 })
        const producer = broker.producer({ transactionalId: 'teller' })
        for (let n = 0; n < 24; n++) {
          const work = producer.transaction(async (tx) => {
            for (let i = 0; i < 10; i++) await tx.send('orders', { key: `key${i}`, value: `${n} `.repeat(5000) })
            if (n % 3 === 0) throw new Error('no')
          })
          await (n % 3 === 0 ? work.catch(() => undefined) : work)
        }
      }),
  },
  {
    name: 'what the broker keeps for itself: topics, committed offsets, the state of a queue',
    write: (folder) =>
      withBroker(folder, async (broker) => {
        const orders = await broker.topic('orders')
        for (let n = 0; n < 20; n++) await orders.send({ key: `key${n}`, value: `order ${n}` })
        const consumer = broker.consumer({ groupId: 'billing', topics: ['orders'], from: 'earliest' })
        let seen = 0
        for await (const _ of consumer) if (++seen === 20) break
        const mail = await broker.queue('mail')
        for (let n = 0; n < 20; n++) await mail.send({ value: { n } })
        const received = await mail.receive({ max: 10 })
        for (const message of received) await message.acknowledge()
        const settings = await broker.topic('settings', { cleanupPolicy: 'compact', value: json<number>() })
        for (let n = 0; n < 50; n++) await settings.send({ key: `key${n % 5}`, value: n })
      }),
  },
]
