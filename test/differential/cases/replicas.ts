// What concerns replicas, of which one node has one each: descriptions page by page, log folders, elections and reassignments.
import type { Outgoing } from '../../../src/protocol/message.js'
import type { DescribeTopicPartitionsRequest } from '../../../src/protocol/messages/75-describe-topic-partitions.js'
import {
  alterPartitionReassignments,
  alterReplicaLogDirs,
  describeLogDirs,
  describeTopicPartitions,
  electLeaders,
  listPartitionReassignments,
  produce,
} from '../apis.js'
import { values } from '../batches.js'
import type { Case } from '../case.js'
import type { Subject } from '../subject.js'

/** What everybody may do with a topic. */
const TOPIC_OPERATIONS = 3576
const TIMEOUT = { timeoutMs: 10_000 }

type Asked = Outgoing<DescribeTopicPartitionsRequest>

/** Pages from `cursor` on, until there is none. */
async function describe(on: Subject, label: string, asked: Asked): Promise<void> {
  await on.ask(label, describeTopicPartitions, 0, { responsePartitionLimit: 2000, cursor: null, ...asked })
}

async function reassign(
  on: Subject,
  label: string,
  name: string,
  replicas: readonly number[] | null,
  { partition = 0, version = 1, isSameFactor = false }: { partition?: number; version?: number; isSameFactor?: boolean } = {},
): Promise<void> {
  await on.ask(label, alterPartitionReassignments, version, {
    ...TIMEOUT,
    ...(isSameFactor && { allowReplicationFactorChange: false }),
    topics: [{ name, partitions: [{ partitionIndex: partition, replicas }] }],
  })
}

/** What is asked about folders; t is the topic of the case. */
const FOLDERS: Readonly<Record<string, readonly { readonly topic: string; readonly partitions: readonly number[] }[]>> = {
  'unknown topic': [{ topic: 'replicas-never', partitions: [0] }],
  'unknown partition': [{ topic: 't', partitions: [7, 2] }],
  'a bad name': [{ topic: 'a b', partitions: [0] }],
  'no topics': [],
  'no partitions': [{ topic: 't', partitions: [] }],
  'a partition twice': [{ topic: 't', partitions: [1, 1] }],
}

export const REPLICA_CASES: readonly Case[] = [
  {
    name: 'descriptions: names out of order, twice, bad, and unknown ones between',
    differs: [
      {
        why: 'A name that is empty is a bad one like others; in Kafka the request fails.',
        ours: {
          'an empty name/topics/0/errorCode': 17,
          'an empty name/topics/0/topicAuthorizedOperations': TOPIC_OPERATIONS,
          'an empty name/topics/1/errorCode': 0,
          'an empty name/topics/1/partitions': [
            {
              errorCode: 0,
              partitionIndex: 0,
              leaderId: 1,
              leaderEpoch: 0,
              replicaNodes: [1],
              isrNodes: [1],
              eligibleLeaderReplicas: [],
              lastKnownElr: [],
              offlineReplicas: [],
            },
          ],
          'an empty name/topics/1/topicAuthorizedOperations': TOPIC_OPERATIONS,
          'an empty name/topics/1/topicId': '<topic id 1>',
        },
      },
    ],
    async run(on) {
      const [b, a] = [await on.topic('b', 2), await on.topic('a', 1)]
      await describe(on, 'out of order', { topics: [{ name: b }, { name: a }] })
      await describe(on, 'twice', { topics: [{ name: a }, { name: a }] })
      await describe(on, 'bad names', { topics: [{ name: 'a b' }, { name: '..' }] })
      await describe(on, 'an empty name', { topics: [{ name: a }, { name: '' }] })
      const between = { topics: [{ name: a }, { name: on.name('aa') }, { name: b }] }
      await describe(on, 'unknown between', between)
      await describe(on, 'unknown between, one partition', { ...between, responsePartitionLimit: 1 })
      await describe(on, 'unknown between, two partitions', { ...between, responsePartitionLimit: 2 })
      await describe(on, 'unknown at the end of a page', { topics: [{ name: a }, { name: on.name('z') }], responsePartitionLimit: 1 })
    },
  },
  {
    name: 'descriptions: limits of 0 and below, and cursors to other places',
    async run(on) {
      const [a, b] = [await on.topic('a', 3), await on.topic('b', 2)]
      const topics = [{ name: a }, { name: b }]
      await describe(on, 'limit 0', { topics, responsePartitionLimit: 0 })
      await describe(on, 'limit -1', { topics, responsePartitionLimit: -1 })
      const from = (topicName: string, partitionIndex: number): Asked => ({ topics, cursor: { topicName, partitionIndex } })
      await describe(on, 'in the first', from(a, 1))
      await describe(on, 'at the second', from(b, 0))
      await describe(on, 'behind the last partition', from(a, 3))
      await describe(on, 'far behind the last partition', from(a, 17))
      await describe(on, 'behind the last partition of the last', from(b, 2))
      await describe(on, 'negative partition', from(a, -1))
      await describe(on, 'negative partition of an unknown topic', from(on.name('aa'), -1))
      await describe(on, 'a topic between', from(on.name('aa'), 1))
      await describe(on, 'a topic before', from(on.name('A'), 1))
      await describe(on, 'a topic behind', from(on.name('z'), 1))
      await describe(on, 'a bad name', from('', 0))
      const [other, unknown] = [await on.topic('aa', 1), on.name('ab')]
      await describe(on, 'a topic that is not asked for', from(other, 0))
      const withUnknown = { topics: [...topics, { name: unknown }] }
      await describe(on, 'an unknown topic that is asked for', { ...withUnknown, cursor: { topicName: unknown, partitionIndex: 2 } })
      await describe(on, 'all, negative partition', { topics: [], cursor: { topicName: a, partitionIndex: -1 } })
      await describe(on, 'all, behind the last topic', { topics: [], cursor: { topicName: '~', partitionIndex: 0 } })
    },
  },
  {
    name: 'log folders: of partitions with and without records, unknown ones, all versions',
    differs: [
      {
        why: 'A broker in memory is on no disk.',
        isInMemory: true,
        ours: Object.fromEntries(
          [...Object.keys(FOLDERS), 'version 4', 'version 5'].flatMap((label) =>
            ['totalBytes', 'usableBytes'].map((field) => [`${label}/results/0/${field}`, -1]),
          ),
        ),
      },
    ],
    async run(on) {
      const topic = await on.topic('t', 3)
      const partitionData = [{ index: 1, records: values('a', 'b') }]
      await on.ask('a batch', produce, 9, { acks: -1, ...TIMEOUT, topicData: [{ name: topic, partitionData }] })
      const asked = { topics: [{ topic, partitions: [0, 1] }] }
      for (const version of [1, 2, 3, 4, 5]) await on.ask(`version ${version}`, describeLogDirs, version, asked)
      for (const [label, topics] of Object.entries(FOLDERS)) {
        const named = topics.map(({ topic: name, partitions }) => ({ topic: name === 't' ? topic : name, partitions }))
        await on.ask(label, describeLogDirs, 5, { topics: named })
      }
      const all = await on.call(describeLogDirs, 4, { topics: null })
      const [folder] = all.results
      on.note('all', folder?.topics.find(({ name }) => name === topic)?.partitions.length ?? 0)
    },
  },
  {
    name: 'log folders: a partition is moved to where it is, elsewhere, and an unknown one',
    async run(on) {
      const topic = await on.topic('t', 2)
      const { results } = await on.call(describeLogDirs, 4, { topics: [] })
      const path = results[0]?.logDir ?? ''
      const move = async (label: string, to: string, name: string, partitions: number[], version = 2): Promise<void> => {
        await on.ask(label, alterReplicaLogDirs, version, { dirs: [{ path: to, topics: [{ name, partitions }] }] })
      }
      await move('where it is', path, topic, [0, 1])
      await move('where it is, version 1', path, topic, [0], 1)
      await move('elsewhere', '/no/such/folder', topic, [0])
      await move('elsewhere, relative', 'relative', topic, [0])
      await move('an unknown partition', path, topic, [7])
      await move('an unknown topic', path, on.name('never'), [0])
      await move('an unknown topic elsewhere', '/no/such/folder', on.name('never'), [0])
      await on.ask('nothing', alterReplicaLogDirs, 2, { dirs: [] })
      await on.ask('two folders', alterReplicaLogDirs, 2, {
        dirs: [
          { path, topics: [{ name: topic, partitions: [0] }] },
          { path: '/no/such/folder', topics: [{ name: topic, partitions: [1] }] },
        ],
      })
    },
  },
  {
    name: 'elections: all, of unknown partitions and kinds, in all versions',
    async run(on) {
      const topic = await on.topic('t', 2)
      for (const version of [0, 1, 2])
        await on.ask(`version ${version}`, electLeaders, version, { ...TIMEOUT, topicPartitions: [{ topic, partitions: [0, 1] }] })
      for (const electionType of [0, 1]) {
        const all = await on.call(electLeaders, 2, { ...TIMEOUT, electionType, topicPartitions: null })
        on.note(
          `all, type ${electionType}`,
          all.replicaElectionResults.find((each) => each.topic === topic)?.partitionResult.length ?? null,
        )
      }
      await on.ask('none', electLeaders, 2, { ...TIMEOUT, topicPartitions: [] })
      await on.ask('no partitions', electLeaders, 2, { ...TIMEOUT, topicPartitions: [{ topic, partitions: [] }] })
      await on.ask('unknown partition', electLeaders, 2, { ...TIMEOUT, topicPartitions: [{ topic, partitions: [7, -1, 0] }] })
      await on.ask('unknown partition, unclean', electLeaders, 2, {
        ...TIMEOUT,
        electionType: 1,
        topicPartitions: [{ topic, partitions: [7] }],
      })
      await on.ask('a bad name', electLeaders, 2, { ...TIMEOUT, topicPartitions: [{ topic: 'a b', partitions: [0] }] })
      await on.ask('twice', electLeaders, 2, { ...TIMEOUT, topicPartitions: [{ topic, partitions: [0, 0] }] })
      await on.ask('a kind that is none', electLeaders, 2, { ...TIMEOUT, electionType: 2, topicPartitions: [{ topic, partitions: [0] }] })
      await on.ask('a kind that is none, all', electLeaders, 2, { ...TIMEOUT, electionType: -1, topicPartitions: null })
      await on.ask('a kind that is none, version 1', electLeaders, 1, {
        ...TIMEOUT,
        electionType: 7,
        topicPartitions: [{ topic, partitions: [0] }],
      })
    },
  },
  {
    name: 'reassignments: to where it is, elsewhere, to nowhere, taken back',
    async run(on) {
      const topic = await on.topic('t', 2)
      await reassign(on, 'where it is', topic, [1])
      await reassign(on, 'where it is, version 0', topic, [1], { version: 0 })
      await reassign(on, 'where it is, with as many replicas', topic, [1], { isSameFactor: true })
      await reassign(on, 'elsewhere', topic, [2])
      await reassign(on, 'here and elsewhere', topic, [1, 2])
      await reassign(on, 'here and elsewhere, with as many replicas', topic, [1, 2], { isSameFactor: true })
      await reassign(on, 'twice here', topic, [1, 1])
      await reassign(on, 'twice here, with as many replicas', topic, [1, 1], { isSameFactor: true })
      await reassign(on, 'nowhere', topic, [])
      await reassign(on, 'nowhere, with as many replicas', topic, [], { isSameFactor: true })
      await reassign(on, 'a negative broker', topic, [-1])
      await reassign(on, 'a negative broker beside this one', topic, [1, -1])
      await reassign(on, 'taken back', topic, null)
      await reassign(on, 'taken back, version 0', topic, null, { version: 0 })
      await reassign(on, 'an unknown partition', topic, [1], { partition: 7 })
      await reassign(on, 'an unknown partition elsewhere', topic, [2], { partition: 7 })
      await reassign(on, 'an unknown partition taken back', topic, null, { partition: 7 })
      await reassign(on, 'an unknown topic', on.name('never'), [1])
      await reassign(on, 'an unknown topic taken back', on.name('never'), null)
      await reassign(on, 'a bad name', 'a b', [1])
      await on.ask('nothing', alterPartitionReassignments, 1, { ...TIMEOUT, topics: [] })
      await on.ask('no partitions', alterPartitionReassignments, 1, { ...TIMEOUT, topics: [{ name: topic, partitions: [] }] })
      const partitions = [
        { partitionIndex: 0, replicas: [1] },
        { partitionIndex: 0, replicas: [2] },
        { partitionIndex: 1, replicas: null },
      ]
      await on.ask('several', alterPartitionReassignments, 1, { ...TIMEOUT, topics: [{ name: topic, partitions }] })
    },
  },
  {
    name: 'reassignments under way: of all, of some, of unknown partitions',
    async run(on) {
      const name = await on.topic('t', 2)
      await on.ask('all', listPartitionReassignments, 0, { ...TIMEOUT, topics: null })
      await on.ask('none', listPartitionReassignments, 0, { ...TIMEOUT, topics: [] })
      await on.ask('some', listPartitionReassignments, 0, { ...TIMEOUT, topics: [{ name, partitionIndexes: [0, 1] }] })
      await on.ask('unknown partition', listPartitionReassignments, 0, { ...TIMEOUT, topics: [{ name, partitionIndexes: [7] }] })
      await on.ask('unknown topic', listPartitionReassignments, 0, {
        ...TIMEOUT,
        topics: [{ name: on.name('never'), partitionIndexes: [0] }],
      })
      await on.ask('a bad name', listPartitionReassignments, 0, { ...TIMEOUT, topics: [{ name: 'a b', partitionIndexes: [0] }] })
    },
  },
]
