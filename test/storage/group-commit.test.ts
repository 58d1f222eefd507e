// A broker at flush 'always' on files: all senders of all partitions share the syncs of one journal.

import { describe, expect, it } from 'vitest'
import { Broker, FileStorage } from '../../src/index.js'
import { newFolder } from './data-folder.js'
import { FailingDisk } from './failing-disk.js'

describe("At flush 'always'", () => {
  for (const partitions of [1, 16, 64]) {
    it(`64 senders to ${partitions} partitions share one sync a round, of the journal alone`, async () => {
      const fileSystem = new FailingDisk()
      const broker = await Broker.open({ storage: new FileStorage(newFolder(), { fileSystem }), flush: 'always' })
      const topic = await broker.topic('orders', { partitions })
      const producer = broker.producer()
      fileSystem.synced.length = 0
      const rounds = 10
      await Promise.all(
        Array.from({ length: 64 }, async (_, sender) => {
          for (let round = 0; round < rounds; round++) await producer.send(topic, { value: 'paid', partition: sender % partitions })
        }),
      )
      const journal = fileSystem.synced.filter((path) => path.endsWith('.journal')).length
      expect(fileSystem.synced.length).toBe(journal)
      // One more for a journal file that is made, and some slack for rounds that begin before everybody is back.
      expect(journal).toBeLessThanOrEqual(rounds * 2 + 2)
      await broker.close()
    })
  }

  it('a topic of its own level does not make the others wait for the disk', async () => {
    const fileSystem = new FailingDisk()
    const broker = await Broker.open({ storage: new FileStorage(newFolder(), { fileSystem }) })
    const [precious, plain] = [await broker.topic('precious', { flush: 'always' }), await broker.topic('plain')]
    const producer = broker.producer()
    fileSystem.synced.length = 0
    for (let n = 0; n < 10; n++) await producer.send(plain, { value: 'x' })
    expect(fileSystem.synced).toEqual([])
    await producer.send(precious, { value: 'x' })
    expect(fileSystem.synced.every((path) => path.endsWith('.journal'))).toBe(true)
    await broker.close()
  })
})
