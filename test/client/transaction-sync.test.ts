// What a commit costs at flush 'always': one sync, however many partitions, offsets and queues it touches.
import { expect, onTestFinished, test } from 'vitest'
import { Broker, FileStorage } from '../../src/index.js'
import type { OpenFile } from '../../src/storage/file/file-system.js'
import { NodeFileSystem } from '../../src/storage/file/node-file-system.js'
import { newFolder } from '../storage/data-folder.js'

class Counting extends NodeFileSystem {
  syncs = 0

  override open(path: string, mode: 'create' | 'open'): OpenFile {
    const file = super.open(path, mode)
    const sync = (): Promise<void> => {
      this.syncs++
      return file.sync()
    }
    return Object.assign(Object.create(file) as OpenFile, { sync })
  }
}

async function openBroker(): Promise<{ readonly broker: Broker; readonly disk: Counting }> {
  const disk = new Counting()
  const broker = await Broker.open({ storage: new FileStorage(newFolder(), { fileSystem: disk }), flush: 'always' })
  onTestFinished(() => broker.close())
  return { broker, disk }
}

test('a commit over eight partitions, the offsets of a group and a queue is one sync', async () => {
  const { broker, disk } = await openBroker()
  const output = await broker.topic('output', { partitions: 8 })
  const input = await broker.topic('input')
  const queue = await broker.queue('jobs')
  const producer = broker.producer({ transactionalId: 'worker' })
  const consumer = input.consumer({ groupId: 'workers', from: 'earliest', autoCommit: false })
  for (let round = 0; round < 3; round++) {
    await input.send({ value: 'a' })
    await queue.send({ value: 'b' })
    const [record] = await consumer.poll({ maxRecords: 1 })
    const [message] = await queue.receive({ max: 1 })
    const before = disk.syncs
    await producer.transaction(async (tx) => {
      await Promise.all(Array.from({ length: 8 }, (_, partition) => tx.send(output, { value: record?.value ?? '', partition })))
      await tx.commitOffsets(consumer)
      if (message !== undefined) await tx.acknowledge(message)
    })
    // The first also begins the logs that it touches.
    if (round > 0) expect(disk.syncs - before).toBe(1)
  }
})
