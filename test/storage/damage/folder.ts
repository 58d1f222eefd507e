// A data folder with everything in it that kafkalite writes: a log of several segments, a compacted one, transactions that were committed
// and aborted, a log whose start was moved, committed offsets; on a disk in memory, so that thousands of copies of it can be damaged.

import { Broker } from '../../../src/broker.js'
import { KafkaliteError } from '../../../src/errors.js'
import { FileStorage } from '../../../src/storage/file/file-storage.js'
import type { LogConfig, LogStore } from '../../../src/storage/storage.js'
import { FaultyFileSystem } from '../../../src/testing/faulty-file-system.js'
import { seededRandom } from '../../../src/testing/seeded-random.js'
import { START_MS } from '../../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../../src/testing/virtual-clock.js'

export const FOLDER = '/data'
/** Records of the topics below. */
const RECORDS = 18
const TOPICS = ['plain', 'paid', 'kept', 'moved'] as const

/** Gives topics smaller segments than a topic may ask for. */
class SmallSegments extends FileStorage {
  override log(name: string, config: LogConfig): LogStore {
    return super.log(name, name.startsWith('__') ? config : { ...config, segmentBytes: 450 })
  }
}

export async function openBroker(disk: FaultyFileSystem, nowMs = START_MS): Promise<Broker> {
  const storage = new SmallSegments(FOLDER, { fileSystem: disk, journalFileBytes: 65_536 })
  return Broker.open({ storage, clock: new VirtualClock(nowMs), random: seededRandom(7), flush: 'always', autoCreateTopics: false })
}

async function fill(broker: Broker): Promise<void> {
  for (const name of TOPICS) {
    await broker.topic(name, name === 'kept' ? { cleanupPolicy: 'compact', minCleanableDirtyRatio: 0 } : {})
  }
  const producer = broker.producer()
  const payer = broker.producer({ transactionalId: 'payer' })
  for (let n = 0; n < RECORDS; n++) {
    const record = { key: `k${n % 13}`, value: `value ${n}`, timestamp: START_MS - 1000 + n * 10 }
    for (const topic of ['plain', 'kept', 'moved']) await producer.send(topic, record)
    if (n % 2 === 1) continue
    const transaction = payer.transaction(async (tx) => {
      await tx.send('paid', record)
      if (n % 6 === 4) throw new Error('never mind')
    })
    await transaction.catch(() => undefined)
  }
  await (await broker.topic('kept')).cleanUp()
  await (await broker.topic('moved')).partition(0).deleteRecords(RECORDS - 3)
  await broker.group('readers').reset([{ topic: 'plain', partition: 0, offset: 5 }])
}

/** The disk as a process left it that closed cleanly, or that died. */
export async function damagedDisk(end: 'close' | 'crash'): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem()
  const broker = await openBroker(disk)
  await fill(broker)
  if (end === 'close') await broker.close()
  return disk
}

/** Everything that can be asked of the folder, as text. */
export async function everything(disk: FaultyFileSystem): Promise<string> {
  const broker = await openBroker(disk)
  const lines: string[] = []
  try {
    const there = (await broker.topics()).map(({ name }) => name)
    lines.push(there.sort().join())
    for (const name of TOPICS) {
      const topic = await broker.topic(name)
      const partition = topic.partition(0)
      lines.push(`${name} ${await partition.startOffset()} ${await partition.endOffset()} ${await partition.offsetAt(START_MS - 950)}`)
      for await (const { offset, key, value, timestamp } of topic.read({ from: 'earliest', to: 'end', isolation: 'read_committed' }))
        lines.push(`${offset} ${key} ${value} ${timestamp}`)
    }
    for (const { topic, partition, committed } of (await broker.group('readers').lag()).partitions)
      lines.push(`${topic}-${partition} ${committed}`)
    lines.push(String((await broker.producer().send('plain', { value: 'one more' })).offset))
    return lines.join('\n')
  } finally {
    await broker.close().catch((error: unknown) => {
      if (!KafkaliteError.is(error)) throw error
    })
  }
}
