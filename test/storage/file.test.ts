// FileStorage against the published suite, and its files byte by byte against Kafka's.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BatchWriter } from '../../src/record/batch-writer.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { FileStorage } from '../../src/storage/file/file-storage.js'
import { storageSuite } from '../../src/testing/storage-suite.js'
import { batchAt, readAll, spans } from '../../src/testing/storage-suite/fixture.js'
import { newFolder, openLog, openStorage, segmentPath } from './data-folder.js'
import { words } from './suite-words.js'

for (const maxOpenFiles of [512, 1]) {
  storageSuite({
    name: `FileStorage with ${maxOpenFiles} open files`,
    test: words,
    open: async () => {
      const folder = newFolder()
      const make = (): FileStorage => new FileStorage(folder, { maxOpenFiles })
      return { storage: make(), reopen: async () => make(), dispose: () => fs.rmSync(folder, { recursive: true, force: true }) }
    },
  })
}

/** A batch of one record without key whose size is exactly `bytes`. */
function sized(offset: number, bytes: number, timestamp: number): PackedBatch {
  for (let length = Math.max(0, bytes - 80); ; length++) {
    const writer = new BatchWriter()
    writer.append(null, 'x'.repeat(length), timestamp, null)
    const batch = writer.finish()
    if (batch.sizeBytes > bytes) throw new Error(`no batch of ${bytes} bytes`)
    if (batch.sizeBytes < bytes) continue
    batch.place(offset, 0)
    return batch
  }
}

describe('The files of FileStorage', () => {
  it('hold the batch that Kafka writes for the same record', async () => {
    const folder = newFolder()
    const { storage, log } = await openLog(folder)
    const writer = new BatchWriter()
    writer.append('k', 'hello', 1000, null)
    const batch = writer.finish({ producerId: 4242, producerEpoch: 0, baseSequence: 0 })
    batch.place(0, 0)
    await log.append([batch])
    await storage.close()
    expect(fs.readFileSync(segmentPath(folder, 0)).toString('hex')).toBe(
      '00000000000000000000003e0000000002d62342d700000000000000000000000003e800000000000003e800000000000010920000000000000000000118000000026b0a68656c6c6f00',
    )
  })

  it('index a batch when more than 4096 bytes lie since the entry before, as Kafka does', async () => {
    const folder = newFolder()
    const { storage, log } = await openLog(folder)
    const stamps = [1000, 2000, 3000, 4000, 5000, 6000, 7000, 61_000]
    for (const [offset, timestamp] of stamps.entries())
      await log.append([sized(offset, offset === 0 ? 74 : offset === 7 ? 80 : 2071, timestamp)])
    await storage.close()
    expect(fs.readFileSync(segmentPath(folder, 0, 'index')).toString('hex')).toBe(
      '0000000300001078' + '00000005000020a6' + '00000007000030d4',
    )
    expect(fs.readFileSync(segmentPath(folder, 0, 'timeindex')).toString('hex')).toBe(
      '0000000000000fa000000003' + '000000000000177000000005' + '000000000000ee4800000007',
    )
  })

  it('are named by their first offset, and begin anew when the segment is full', async () => {
    const folder = newFolder()
    const size = batchAt(0).sizeBytes
    const { log } = await openLog(folder, { segmentBytes: size * 2 })
    for (let offset = 0; offset < 5; offset++) await log.append([batchAt(offset)])
    expect(fs.readdirSync(join(folder, 'orders-0')).filter((name) => name.endsWith('.log'))).toEqual([
      '00000000000000000000.log',
      '00000000000000000002.log',
      '00000000000000000004.log',
    ])
  })

  it('begin anew when a record is more than segmentMs younger than the first of the segment', async () => {
    const { log } = await openLog(newFolder(), { segmentMs: 60_000 })
    await log.append([batchAt(0, 1, 1000)])
    await log.append([batchAt(1, 1, 61_000)])
    expect(log.segments().length).toBe(1)
    await log.append([batchAt(2, 1, 61_001)])
    expect(log.segments().map((segment) => segment.baseOffset)).toEqual([0, 2])
  })

  it('begin anew when the offsets no longer fit into 31 bits', async () => {
    const { log } = await openLog(newFolder())
    const far = 2 ** 31 + 5
    await log.append([batchAt(0), batchAt(far), batchAt(far * 2)])
    expect(log.segments().map((segment) => segment.baseOffset)).toEqual([0, far, far * 2])
    expect(spans(await readAll(log))).toEqual([
      [0, 0],
      [far, far],
      [far * 2, far * 2],
    ])
  })

  it('keep starts and recovery points as Kafka writes them, and the mark of a clean stop', async () => {
    const folder = newFolder()
    const { storage, log } = await openLog(folder)
    await log.append([batchAt(0, 5)])
    await log.truncateBefore(2)
    // The checksum is an entry for a log that cannot be, which Kafka passes over.
    expect(fs.readFileSync(join(folder, 'log-start-offset-checkpoint'), 'utf8')).toMatch(/^0\n2\norders 0 2\n#crc32c 0 \d+\n$/)
    expect(fs.existsSync(join(folder, '.kafka_cleanshutdown'))).toBe(false)
    await storage.close()
    expect(fs.readFileSync(join(folder, 'recovery-point-offset-checkpoint'), 'utf8')).toBe('0\n1\norders 0 5\n')
    expect(JSON.parse(fs.readFileSync(join(folder, '.kafka_cleanshutdown'), 'utf8'))).toMatchObject({ version: 0, brokerEpoch: 0 })
    await openStorage(folder)
    expect(fs.existsSync(join(folder, '.kafka_cleanshutdown'))).toBe(false)
  })

  it('are never open beyond maxOpenFiles', async () => {
    const { storage, log } = await openLog(newFolder(), { segmentBytes: 200 }, { maxOpenFiles: 3 })
    for (let offset = 0; offset < 40; offset++) await log.append([batchAt(offset)])
    expect((await readAll(log)).length).toBe(40)
    expect(storage.place.files.count).toBeLessThanOrEqual(3)
  })

  it('go when the log is removed, and leftovers of a removal go at the next open', async () => {
    const folder = newFolder()
    const { storage, log } = await openLog(folder)
    await log.append([batchAt(0)])
    await log.close()
    await storage.remove('orders-0')
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('orders'))).toEqual([])
    await storage.close()
    fs.mkdirSync(join(folder, 'orders-0.1f-delete'))
    const again = await openStorage(folder)
    expect(again.list()).toEqual([])
    expect(fs.existsSync(join(folder, 'orders-0.1f-delete'))).toBe(false)
  })
})
