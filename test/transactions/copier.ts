// The program that is killed: copies numbers from one topic to another, each in a transaction with its offset, until there is nothing
// left. Started again it goes on. `copier.ts <folder> <flush> <count>`; says a dot at each step, so that it can be killed in any of them.

import { Broker, FileStorage } from '../../src/index.js'

const [folder = '', flush = 'os', count = '0'] = process.argv.slice(2)
const PARTITIONS = 3

const broker = await Broker.open({ storage: new FileStorage(folder), flush: flush as 'os' | 'always' })
const input = await broker.topic('in', { partitions: PARTITIONS })
await broker.topic('out', { partitions: PARTITIONS })

// What arrived of the numbers before the last death is in the log.
for (const { id } of input.partitions) {
  const there = await input.partition(id).endOffset()
  for (let number = there; number * PARTITIONS + id < Number(count); number++)
    await input.send({ value: String(number * PARTITIONS + id), partition: id })
}
const producer = broker.producer({ transactionalId: 'copier' })
const consumer = broker.consumer({ topics: [input], groupId: 'copier', autoCommit: false, from: 'earliest' })
const step = (): boolean => process.stdout.write('.')
for (;;) {
  const records = await consumer.poll({ timeoutMs: 200, maxRecords: 7 })
  if (records.length === 0) break
  await producer.transaction(async (tx) => {
    step()
    for (const { value } of records) await tx.send('out', { value, partition: Number(value) % 2 })
    tx.commitOffsets(consumer)
    step()
  })
}
await broker.close()
