// Fetch, ListOffsets and what depends on them: where a read begins and ends, and what a place is called.
import { fetch, listOffsets, offsetForLeaderEpoch } from '../apis.js'
import { batch, THEN, values } from '../batches.js'
import type { Case } from '../case.js'
import { type FetchExtras, fetchBody, fill, look, read } from '../produced.js'
import type { Subject } from '../subject.js'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** The names of places. -6 and beyond are not known to all brokers. */
const NAMED = { latest: -1, earliest: -2, 'latest by time': -3, 'earliest here': -4, 'latest elsewhere': -5, 'no name': -99 }

/** A topic with batches of 3, 2 and 1 records. */
async function filled(on: Subject, configs: Readonly<Record<string, string>> = {}): Promise<string> {
  const topic = await on.topic('t', 1, configs)
  await fill(on, topic, values('a', 'b', 'c'))
  await fill(on, topic, values('d', 'e'))
  await fill(on, topic, values('f'))
  return topic
}

const reading = (name: string, offset: number, extras: FetchExtras = {}): Case => ({
  name: `reading ${name}`,
  run: async (on) => {
    await read(on, 'read', await filled(on), offset, extras)
  },
})

export const READING_CASES: readonly Case[] = [
  ...Object.entries(NAMED).map(
    ([name, timestamp]): Case => ({
      name: `the place ${name}, of an empty and of a filled partition`,
      async run(on) {
        await look(on, 'empty', await on.topic('empty'), timestamp)
        await look(on, 'filled', await filled(on), timestamp)
        await look(on, 'unknown topic', on.name('never'), timestamp)
        await look(on, 'unknown partition', on.name('t'), timestamp, { partition: 7 })
      },
    }),
  ),
  {
    name: 'places by time, the times being in no order',
    async run(on) {
      const topic = await on.topic('t')
      for (const times of [[10, 30, 20], [5], [40, 15], [40]])
        await fill(on, topic, batch(times.map((time) => ({ value: 'x', timestamp: THEN + time }))))
      for (const time of [0, 5, 6, 10, 11, 20, 21, 30, 31, 40, 41]) await look(on, `from ${time}`, topic, THEN + time)
      await look(on, 'the latest by time', topic, -3)
      await look(on, 'time 0', topic, 0)
    },
  },
  {
    name: 'places in the versions of ListOffsets',
    async run(on) {
      const topic = await filled(on)
      for (let version = 1; version <= 9; version++) {
        await look(on, `latest, version ${version}`, topic, -1, { version })
        await look(on, `by time, version ${version}`, topic, THEN, { version })
      }
      await look(on, 'latest by time before there was a name', topic, -3, { version: 6 })
      await look(on, 'earliest here before there was a name', topic, -4, { version: 7 })
    },
  },
  {
    name: 'a place asked for twice, and with leader epochs',
    async run(on) {
      const topic = await filled(on)
      const asked = (currentLeaderEpoch: number): { partitionIndex: number; timestamp: number; currentLeaderEpoch: number } => ({
        partitionIndex: 0,
        timestamp: -1,
        currentLeaderEpoch,
      })
      await on.ask('twice', listOffsets, 9, { replicaId: -1, topics: [{ name: topic, partitions: [asked(-1), asked(-1)] }] })
      for (const epoch of [0, 1, 5])
        await on.ask(`epoch ${epoch}`, listOffsets, 9, { replicaId: -1, topics: [{ name: topic, partitions: [asked(epoch)] }] })
    },
  },
  reading('from the start', 0),
  reading('from inside a batch', 1),
  reading('from the second batch', 3),
  reading('from the last record', 5),
  reading('from the end', 6),
  reading('behind the end', 7),
  reading('far behind the end', 1000),
  reading('from -1', -1),
  reading('a partition that is not there', 0, { partition: 3 }),
  reading('a negative partition', 0, { partition: -1 }),
  reading('committed records where there are no transactions', 0, { isolationLevel: 1 }),
  reading('at most one byte of a partition', 0, { partitionMaxBytes: 1 }),
  reading('at most one byte in all', 0, { maxBytes: 1 }),
  reading('no bytes of a partition', 0, { partitionMaxBytes: 0 }),
  reading('no bytes in all', 0, { maxBytes: 0 }),
  reading('with the known leader epoch', 0, { currentLeaderEpoch: 0 }),
  reading('with an epoch that comes later', 0, { currentLeaderEpoch: 3 }),
  reading('with a last fetched epoch', 3, { lastFetchedEpoch: 0 }),
  reading('with a last fetched epoch that is not there', 3, { lastFetchedEpoch: 9 }),
  reading('and waiting for more than there is, not for long', 0, { minBytes: 1_000_000, maxWaitMs: 50 }),
  reading('at the end, and waiting not for long', 6, { minBytes: 1, maxWaitMs: 50 }),
  {
    name: 'reading what is not there',
    async run(on) {
      await read(on, 'unknown topic', on.name('never'), 0)
      await read(on, 'bad name', 'a b', 0)
      await on.ask('unknown id', fetch, 13, {
        ...fetchBody('', 0),
        topics: [{ topicId: UNKNOWN_ID, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
      })
      await on.ask('nothing', fetch, 12, { ...fetchBody('', 0), topics: [] })
    },
  },
  {
    name: 'reading in the versions of Fetch',
    async run(on) {
      const topic = await filled(on)
      for (let version = 4; version <= 12; version++) await read(on, `version ${version}`, topic, 2, { version })
      const topicId = await on.topicId(topic)
      const asked = { partition: 0, fetchOffset: 2, partitionMaxBytes: 100_000 }
      for (let version = 13; version <= 17; version++) {
        await on.ask(`version ${version}`, fetch, version, { ...fetchBody('', 0), topics: [{ topicId, partitions: [asked] }] })
      }
    },
  },
  {
    name: 'reading two partitions, one of them in error, answers at once',
    async run(on) {
      const topic = await on.topic('two', 2)
      await fill(on, topic, values('a'), { partition: 1 })
      const asked = (partition: number, fetchOffset: number): { partition: number; fetchOffset: number; partitionMaxBytes: number } => ({
        partition,
        fetchOffset,
        partitionMaxBytes: 100_000,
      })
      const body = fetchBody(topic, 0, { minBytes: 1, maxWaitMs: 30_000 })
      await on.ask('one is beyond the end', fetch, 12, { ...body, topics: [{ topic, partitions: [asked(0, 5), asked(1, 1)] }] })
      await on.ask('one has records', fetch, 12, { ...body, topics: [{ topic, partitions: [asked(0, 0), asked(1, 0)] }] })
    },
  },
  {
    name: 'a reader that waits is woken by what comes',
    async run(on) {
      const topic = await on.topic('t')
      const reader = await on.peer()
      const woken = read(reader, 'woken', topic, 0, { minBytes: 1, maxWaitMs: 30_000 })
      await fill(on, topic, values('a'))
      await woken
    },
  },
  {
    name: 'sessions of Fetch: an id that nobody knows',
    run: async (on) => {
      await on.ask('unknown', fetch, 12, { ...fetchBody(await filled(on), 0), sessionId: 77, sessionEpoch: 1 })
    },
  },
  {
    name: 'ends of leader epochs',
    async run(on) {
      const topic = await filled(on)
      const asked = (
        partition: number,
        leaderEpoch: number,
        currentLeaderEpoch = -1,
      ): { partition: number; leaderEpoch: number; currentLeaderEpoch: number } => ({
        partition,
        leaderEpoch,
        currentLeaderEpoch,
      })
      for (const epoch of [0, 1, 5, -1])
        await on.ask(`epoch ${epoch}`, offsetForLeaderEpoch, 4, { replicaId: -2, topics: [{ topic, partitions: [asked(0, epoch)] }] })
      await on.ask('unknown partition', offsetForLeaderEpoch, 4, { replicaId: -2, topics: [{ topic, partitions: [asked(5, 0)] }] })
      await on.ask('current epoch ahead', offsetForLeaderEpoch, 4, { replicaId: -2, topics: [{ topic, partitions: [asked(0, 0, 4)] }] })
      for (const version of [2, 3])
        await on.ask(`version ${version}`, offsetForLeaderEpoch, version, { topics: [{ topic, partitions: [asked(0, 0)] }] })
    },
  },
]
