// A node of Apache Kafka serves files that kafkalite wrote: put in place of a partition's own, as one would move a topic to Kafka, and
// read by Kafka's console consumer. That also compares the values of headers, which the dump tool does not print.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { consume, endOffsets } from './console-consumer.js'
import { filesOf } from './dump-log.js'
import { KafkaNode } from './kafka-node.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { batchesOf, readable } from './readable-record.js'
import { WRITTEN_FOLDERS } from './written-folders.js'

const tools = inject('kafkaTools')
const root = fs.mkdtempSync(join(tmpdir(), 'kafkalite-serves-'))
const cases = WRITTEN_FOLDERS.map((one, n) => ({ ...one, folder: join(root, `ours${n}`), topic: `topic${n}` }))
const written = new Map<string, readonly PackedBatch[]>()
let ends: ReadonlyMap<string, number>
let node: KafkaNode

beforeAll(async () => {
  const place = join(root, 'kafka')
  node = await KafkaNode.start(tools, place, ['log.retention.ms=-1'])
  for (const { topic } of cases) await node.createTopic(topic, { 'retention.ms': -1 })
  await node.stop()
  for (const { folder, topic, write } of cases) {
    await write(folder)
    const theirs = node.log(`${topic}-0`)
    for (const path of filesOf(theirs)) fs.rmSync(path)
    for (const path of filesOf(join(folder, 'orders-0'), ['.log', '.index', '.timeindex']))
      fs.cpSync(path, join(theirs, path.slice(path.lastIndexOf('/'))))
    written.set(topic, await batchesOf(folder, 'orders-0'))
  }
  node = await KafkaNode.start(tools, place, ['log.retention.ms=-1'])
  ends = await endOffsets(node)
})
afterAll(async () => {
  await node.stop()
  fs.rmSync(root, { recursive: true, force: true })
})

test.each(cases.map(({ name, topic }) => [name, topic] as const))('Kafka serves %s', async (_, topic) => {
  const batches = written.get(topic) ?? []
  const ours = readable(batches)
  expect(ends.get(`${topic}-0`)).toBe((batches.at(-1)?.lastOffset ?? -1) + 1)
  // Kafka still sees the records before a start that was moved: the start stands in another file of the data folder.
  expect(await consume(node, { topic, from: ours[0]?.offset ?? 0, count: ours.length })).toEqual(ours)
})
