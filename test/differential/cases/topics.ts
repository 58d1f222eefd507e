// Topics: what they may be called, how many partitions they have, and how they come and go.
import type { Outgoing } from '../../../src/protocol/message.js'
import type { CreateTopicsRequest } from '../../../src/protocol/messages/19-create-topics.js'
import { ZERO_UUID } from '../../../src/protocol/uuid.js'
import { createPartitions, createTopics, deleteTopics, describeTopicPartitions, electLeaders, metadata } from '../apis.js'
import type { Case, Difference } from '../case.js'
import type { Subject } from '../subject.js'

/** What configSource says of a config that was given. */
const SET_FOR_TOPIC = 1

type Wanted = Outgoing<CreateTopicsRequest['topics'][number]>

/** One topic in a request of its own. Of its configs those are kept that were set; the cases of configs have the others. */
async function create(on: Subject, label: string, topic: Wanted, validateOnly = false): Promise<void> {
  await createAll(on, label, [{ numPartitions: 1, replicationFactor: 1, ...topic }], validateOnly)
}

async function createAll(on: Subject, label: string, wanted: readonly Wanted[], validateOnly = false, version = 7): Promise<void> {
  const keep = on.slot(label)
  const { topics } = await on.call(createTopics, version, { topics: wanted, timeoutMs: 10_000, validateOnly })
  const set = (topic: (typeof topics)[number]): unknown =>
    topic.configs?.filter(({ configSource }) => configSource === SET_FOR_TOPIC) ?? null
  keep({ topics: topics.map((topic) => ({ ...topic, configs: set(topic) })) })
}

async function grow(
  on: Subject,
  label: string,
  name: string,
  count: number,
  extras: { brokers?: number[][]; validateOnly?: boolean } = {},
): Promise<void> {
  const assignments = extras.brokers?.map((brokerIds) => ({ brokerIds })) ?? null
  const topics = [{ name, count, assignments }]
  await on.ask(label, createPartitions, 3, { topics, timeoutMs: 10_000, validateOnly: extras.validateOnly ?? false })
}

const asDefault: Difference = {
  why: 'A config that is set to what it would be anyway counts as one that was not set; one that means nothing here is checked and not kept.',
  ours: { 'create/topics/0/configs': [] },
}
const asText = (value: string): Difference => ({
  why: 'Values of configs are kept as what they say, not as they were written.',
  ours: { 'create/topics/0/configs/0/value': value },
})
const CREATED_DIFFERENCES: Readonly<Record<string, readonly Difference[]>> = {
  'both cleanup policies with a space': [asText('compact,delete')],
  'a space around a number': [asText('5')],
  'a ratio of a half': [asDefault],
  'a boolean in capitals': [asDefault],
  'min.insync.replicas of 1': [asDefault],
}

/** Names that are tried as they are; the good ones are made unique. */
const BAD_NAMES: Readonly<Record<string, string>> = {
  empty: '',
  'a dot': '.',
  'two dots': '..',
  '250 characters': 'x'.repeat(250),
  'with a space': 'a b',
  'with an accent': 'caf\u00e9',
  'with a slash': 'a/b',
  'with a colon': 'a:b',
}

export const TOPIC_CASES: readonly Case[] = [
  ...Object.entries(BAD_NAMES).map(
    ([name, topic]): Case => ({ name: `a topic name: ${name}`, run: (on) => create(on, 'create', { name: topic }) }),
  ),
  {
    name: 'the longest topic name, three dots, and every character that is allowed',
    async run(on) {
      await create(on, '249 characters', { name: on.name('y').padEnd(249, 'y') })
      await create(on, 'three dots', { name: '...' })
      await create(on, 'all kinds', { name: `${on.name('aZ0')}.-` })
    },
  },
  {
    name: 'names that differ by a dot and an underscore collide',
    differs: [
      {
        why: 'Names that collide with each other in one request are refused too; Kafka creates both.',
        ours: {
          'both in one request/topics/1/topicId': ZERO_UUID,
          'both in one request/topics/1/errorCode': 17,
          'both in one request/topics/1/numPartitions': -1,
          'both in one request/topics/1/replicationFactor': -1,
        },
      },
    ],
    async run(on) {
      await create(on, 'dot', { name: on.name('a.b') })
      await create(on, 'underscore', { name: on.name('a_b') })
      const both = [on.name('c.d'), on.name('c_d')].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }))
      await createAll(on, 'both in one request', both)
    },
  },
  {
    name: 'a topic is created twice, and named twice in one request',
    async run(on) {
      const topic = { name: on.name('twice'), numPartitions: 1, replicationFactor: 1 }
      await create(on, 'first', topic)
      await create(on, 'again', topic)
      await create(on, 'again, only validated', topic, true)
      const other = { ...topic, name: on.name('other') }
      await createAll(on, 'twice in a request', [other, other])
    },
  },
  ...[0, -2, -1].map(
    (numPartitions): Case => ({
      name: `a topic of ${numPartitions} partitions`,
      run: (on) => create(on, 'create', { name: on.name('t'), numPartitions }),
    }),
  ),
  ...[-1, 0, 2, -2].map(
    (replicationFactor): Case => ({
      name: `a replication factor of ${replicationFactor} on one broker`,
      run: (on) => create(on, 'create', { name: on.name('t'), replicationFactor }),
    }),
  ),
  ...(
    [
      ['unknown config', 'no.such.config', '1'],
      ['segments that are too small', 'segment.bytes', '1000'],
      ['a retention of -2', 'retention.ms', '-2'],
      ['a retention of -1', 'retention.ms', '-1'],
      ['an empty cleanup policy', 'cleanup.policy', ''],
      ['a wrong cleanup policy', 'cleanup.policy', 'foo'],
      ['both cleanup policies', 'cleanup.policy', 'compact,delete'],
      ['both cleanup policies with a space', 'cleanup.policy', 'compact, delete'],
      ['a number that is none', 'retention.ms', 'soon'],
      ['a value of null', 'retention.ms', null],
      ['a compression that nobody knows', 'compression.type', 'brotli'],
      ['a negative message size', 'max.message.bytes', '-1'],
      ['a message size of 0', 'max.message.bytes', '0'],
      ['a ratio above 1', 'min.cleanable.dirty.ratio', '1.5'],
      ['a ratio of a half', 'min.cleanable.dirty.ratio', '0.5'],
      ['a timestamp type in small letters', 'message.timestamp.type', 'logappendtime'],
      ['a boolean in capitals', 'preallocate', 'TRUE'],
      ['a boolean that is none', 'preallocate', 'yes'],
      ['a space around a number', 'retention.ms', ' 5 '],
      ['min.insync.replicas of 0', 'min.insync.replicas', '0'],
      ['min.insync.replicas of 1', 'min.insync.replicas', '1'],
      ['segments of 1 ms', 'segment.ms', '1'],
      ['segments of 0 ms', 'segment.ms', '0'],
    ] as const
  ).map(
    ([what, name, value]): Case => ({
      name: `created with ${what}`,
      differs: CREATED_DIFFERENCES[what] ?? [],
      run: (on) => create(on, 'create', { name: on.name('t'), configs: [{ name, value }] }),
    }),
  ),
  {
    name: 'only validated: nothing is created',
    async run(on) {
      const name = on.name('dry')
      await create(on, 'good', { name, numPartitions: 3 }, true)
      await create(on, 'bad', { name, numPartitions: 0 }, true)
      await on.ask('metadata', metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
    },
  },
  {
    name: 'assignments: whole, with a gap, twice the same, foreign, beside numbers',
    async run(on) {
      const by = { numPartitions: -1, replicationFactor: -1 }
      const at = (...indexes: number[]): Wanted['assignments'] => indexes.map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }))
      await create(on, 'whole', { ...by, name: on.name('whole'), assignments: at(0, 1) })
      await create(on, 'gap', { ...by, name: on.name('gap'), assignments: at(0, 2) })
      await create(on, 'twice', { ...by, name: on.name('same'), assignments: at(0, 0) })
      await create(on, 'foreign', { ...by, name: on.name('foreign'), assignments: [{ partitionIndex: 0, brokerIds: [7] }] })
      await create(on, 'no broker', { ...by, name: on.name('none'), assignments: [{ partitionIndex: 0, brokerIds: [] }] })
      await create(on, 'the same broker twice', { ...by, name: on.name('two'), assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }] })
      await create(on, 'with numbers', { name: on.name('numbers'), assignments: at(0) })
    },
  },
  {
    name: 'what CreateTopics tells in its versions',
    async run(on) {
      for (const version of [2, 3, 4, 5, 6, 7]) {
        const topics = [
          { name: on.name(`v${version}`), numPartitions: 2, replicationFactor: 1, configs: [{ name: 'retention.ms', value: '1000' }] },
        ]
        await createAll(on, `version ${version}`, topics, false, version)
      }
    },
  },
  {
    name: 'topics are deleted: unknown, by name, by id, twice in a request',
    async run(on) {
      const name = await on.topic('gone')
      await on.ask('unknown name', deleteTopics, 6, { timeoutMs: 10_000, topics: [{ name: on.name('never') }] })
      await on.ask('unknown name, version 5', deleteTopics, 5, { timeoutMs: 10_000, topicNames: [on.name('never')] })
      await on.ask('unknown id', deleteTopics, 6, { timeoutMs: 10_000, topics: [{ name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }] })
      await on.ask('name and id', deleteTopics, 6, { timeoutMs: 10_000, topics: [{ name, topicId: await on.topicId(name) }] })
      await on.ask('by name', deleteTopics, 6, { timeoutMs: 10_000, topics: [{ name }] })
      await on.ask('again', deleteTopics, 6, { timeoutMs: 10_000, topics: [{ name }] })
      const other = await on.topic('other')
      await on.ask('by id', deleteTopics, 6, { timeoutMs: 10_000, topics: [{ name: null, topicId: await on.topicId(other) }] })
      const third = await on.topic('third')
      await on.ask('twice', deleteTopics, 6, { timeoutMs: 10_000, topics: [{ name: third }, { name: third }] })
    },
  },
  {
    name: 'a topic that is created again has another id',
    async run(on) {
      const name = await on.topic('again')
      const first = await on.topicId(name)
      await on.call(deleteTopics, 6, { timeoutMs: 10_000, topics: [{ name }] })
      await on.topic('again')
      on.note('same id', first === (await on.topicId(name)))
      await on.ask('the old id', metadata, 12, { topics: [{ name: null, topicId: first }] })
    },
  },
  {
    name: 'a topic grows: to as many, to fewer, to more, unknown, with assignments',
    async run(on) {
      const name = await on.topic('t', 2)
      await grow(on, 'same', name, 2)
      await grow(on, 'fewer', name, 1)
      await grow(on, 'zero', name, 0)
      await grow(on, 'negative', name, -1)
      await grow(on, 'only validated', name, 4, { validateOnly: true })
      await grow(on, 'more', name, 3)
      await grow(on, 'unknown', on.name('unknown'), 3)
      await grow(on, 'assigned', name, 4, { brokers: [[1]] })
      await grow(on, 'too many assignments', name, 5, { brokers: [[1], [1]] })
      await grow(on, 'a foreign broker', name, 5, { brokers: [[9]] })
      await on.ask('twice in a request', createPartitions, 3, {
        topics: [
          { name, count: 6, assignments: null },
          { name, count: 7, assignments: null },
        ],
      })
    },
  },
  {
    name: 'metadata: known, unknown, bad names, unknown ids, nothing asked',
    differs: [
      {
        why: 'A topic that is asked for by neither name nor id is one that is not there; in Kafka the request fails.',
        ours: {
          'id 0/brokers': [{ nodeId: 1, host: '<host>', port: '<port>', rack: null }],
          'id 0/clusterId': '<cluster 1>',
          'id 0/controllerId': 1,
          'id 0/topics/0/errorCode': 100,
          'id 0/topics/0/name': null,
        },
      },
    ],
    async run(on) {
      const name = await on.topic('t', 2)
      const asked = (topic: string): { topics: { name: string }[]; allowAutoTopicCreation: boolean } => ({
        topics: [{ name: topic }],
        allowAutoTopicCreation: false,
      })
      for (const version of [0, 1, 4, 5, 7, 8, 9, 11, 12])
        await on.ask(`version ${version}`, metadata, version, {
          topics: [{ name }],
          ...(version >= 4 && { allowAutoTopicCreation: false }),
        })
      await on.ask('unknown', metadata, 12, asked(on.name('never')))
      await on.ask('a bad name', metadata, 12, asked('a b'))
      await on.ask('an empty name', metadata, 12, asked(''))
      await on.ask('unknown id', metadata, 12, { topics: [{ name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }] })
      await on.ask('id 0', metadata, 12, { topics: [{ name: null }] })
      await on.ask('by id', metadata, 12, { topics: [{ name: null, topicId: await on.topicId(name) }] })
      await on.ask('by id, as Java asks', metadata, 12, { topics: [{ name: '', topicId: await on.topicId(name) }] })
      await on.ask('by id, beside another name', metadata, 12, { topics: [{ name: on.name('never'), topicId: await on.topicId(name) }] })
      const ids = [await on.topicId(name), await on.topicId(await on.topic('u', 1))]
      await on.ask('by two ids, as Java asks', metadata, 12, { topics: ids.map((topicId) => ({ name: '', topicId })) })
      await on.ask('nothing', metadata, 12, { topics: [] })
      await on.ask('the same twice', metadata, 12, { topics: [{ name }, { name }], allowAutoTopicCreation: false })
      const operations = { includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true }
      await on.ask('operations', metadata, 8, { topics: [{ name }], ...operations })
    },
  },
  {
    name: 'partitions of topics, described page by page',
    needs: [[describeTopicPartitions.request, 0]],
    async run(on) {
      const topics = [{ name: await on.topic('a', 3) }, { name: await on.topic('b', 2) }]
      await on.ask('all', describeTopicPartitions, 0, { topics, responsePartitionLimit: 2000, cursor: null })
      const page = await on.ask('a page', describeTopicPartitions, 0, { topics, responsePartitionLimit: 2, cursor: null })
      await on.ask('the next', describeTopicPartitions, 0, { topics, responsePartitionLimit: 2, cursor: page.nextCursor })
      await on.ask('unknown', describeTopicPartitions, 0, {
        topics: [{ name: on.name('never') }],
        responsePartitionLimit: 10,
        cursor: null,
      })
    },
  },
  {
    name: 'an election on one broker',
    needs: [[electLeaders.request, 2]],
    async run(on) {
      const topic = await on.topic('t', 2)
      await on.ask('preferred', electLeaders, 2, { electionType: 0, topicPartitions: [{ topic, partitions: [0, 1] }] })
      await on.ask('unclean', electLeaders, 2, { electionType: 1, topicPartitions: [{ topic, partitions: [0] }] })
      await on.ask('unknown', electLeaders, 2, { electionType: 0, topicPartitions: [{ topic: on.name('never'), partitions: [0] }] })
    },
  },
]
