// DeleteRecords: how far the start moves, and who sees it.
import { deleteRecords } from '../apis.js'
import { batch, values } from '../batches.js'
import type { Case } from '../case.js'
import { fill, look, read } from '../produced.js'
import type { Subject } from '../subject.js'

async function remove(on: Subject, label: string, topic: string, offset: number, partition = 0): Promise<void> {
  await on.ask(label, deleteRecords, 2, {
    timeoutMs: 10_000,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
  })
}

async function filled(on: Subject, configs: Readonly<Record<string, string>> = {}): Promise<string> {
  const topic = await on.topic('t', 1, configs)
  await fill(on, topic, batch(['a', 'b', 'c', 'd'].map((key) => ({ key, value: key }))))
  await fill(on, topic, batch([{ key: 'e', value: 'e' }]))
  return topic
}

export const DELETED_RECORDS_CASES: readonly Case[] = [
  {
    name: 'records are deleted up to an offset, and no further back again',
    differs: [
      {
        why: 'The latest record is looked for among those that are there.',
        ours: {
          'latest by time of nothing/topics/0/partitions/0/timestamp': -1,
          'latest by time of nothing/topics/0/partitions/0/offset': -1,
          'latest by time of nothing/topics/0/partitions/0/leaderEpoch': -1,
        },
      },
    ],
    async run(on) {
      const topic = await filled(on)
      await remove(on, 'up to 2', topic, 2)
      await remove(on, 'up to 1', topic, 1)
      await remove(on, 'up to 2 again', topic, 2)
      await look(on, 'earliest', topic, -2)
      await look(on, 'latest', topic, -1)
      await look(on, 'by time', topic, 1)
      await read(on, 'read before the start', topic, 1)
      await read(on, 'read from the start', topic, 2)
      await remove(on, 'all, by -1', topic, -1)
      await look(on, 'earliest of nothing', topic, -2)
      await look(on, 'by time of nothing', topic, 1)
      await look(on, 'latest by time of nothing', topic, -3)
      await fill(on, topic, values('next'))
      await read(on, 'read the next', topic, 5)
    },
  },
  {
    name: 'records are deleted where that cannot be',
    async run(on) {
      const topic = await filled(on)
      await remove(on, 'above the end', topic, 6)
      await remove(on, '-2', topic, -2)
      await remove(on, 'unknown partition', topic, 1, 9)
      await remove(on, 'unknown topic', on.name('never'), 1)
      await remove(on, 'empty topic name', '', 1)
    },
  },
  {
    name: 'records of a compacted topic are not deleted',
    run: async (on) => remove(on, 'compact', await filled(on, { 'cleanup.policy': 'compact' }), 2),
  },
  {
    name: 'records of a topic that is compacted and deleted',
    run: async (on) => remove(on, 'both', await filled(on, { 'cleanup.policy': 'compact,delete' }), 2),
  },
  {
    name: 'several partitions at once',
    async run(on) {
      const topic = await on.topic('t', 3)
      for (const partition of [0, 1]) await fill(on, topic, values('a', 'b'), { partition })
      const partitions = [1, 5, 0].map((offset, partitionIndex) => ({ partitionIndex, offset }))
      for (const version of [0, 1, 2])
        await on.ask(`version ${version}`, deleteRecords, version, { timeoutMs: 10_000, topics: [{ name: topic, partitions }] })
    },
  },
]
