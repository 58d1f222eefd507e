// Committed offsets, and groups as administrators see them.
import { deleteGroups, describeGroups, findCoordinator, listGroups, offsetCommit, offsetDelete, offsetFetch } from '../apis.js'
import { values } from '../batches.js'
import type { Case } from '../case.js'
import { fill } from '../produced.js'
import type { Subject } from '../subject.js'

const METADATA_MAX = 4096

interface Committed {
  readonly partitionIndex?: number
  readonly committedOffset?: number
  readonly committedMetadata?: string | null
  readonly committedLeaderEpoch?: number
}

interface Committer {
  readonly generationIdOrMemberEpoch?: number
  readonly memberId?: string
  readonly version?: number
}

async function commit(
  on: Subject,
  label: string,
  groupId: string,
  topic: string,
  offset: Committed = {},
  { version = 8, ...member }: Committer = {},
): Promise<void> {
  await on.coordinated(groupId, 0)
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '', ...offset }]
  await on.ask(label, offsetCommit, version, { groupId, ...member, topics: [{ name: topic, partitions }] })
}

async function committed(
  on: Subject,
  label: string,
  groupId: string,
  topics: readonly { name: string; partitionIndexes: readonly number[] }[] | null,
  version = 8,
): Promise<void> {
  await on.coordinated(groupId, 0)
  if (version < 8) await on.ask(label, offsetFetch, version, { groupId, topics })
  else await on.ask(label, offsetFetch, version, { groups: [{ groupId, topics }] })
}

export const OFFSET_CASES: readonly Case[] = [
  {
    name: 'offsets are committed and read back',
    async run(on) {
      const topic = await on.topic('t', 2)
      const group = on.name('g')
      await commit(on, 'plain', group, topic, { committedOffset: 5, committedMetadata: 'here' })
      await commit(on, 'far beyond the end', group, topic, { committedOffset: 1000, partitionIndex: 1 })
      await committed(on, 'one', group, [{ name: topic, partitionIndexes: [0] }])
      await committed(on, 'all', group, null)
      await committed(on, 'not committed', group, [{ name: topic, partitionIndexes: [7] }])
      await committed(on, 'unknown topic', group, [{ name: on.name('never'), partitionIndexes: [0] }])
      await committed(on, 'no topics', group, [])
      await committed(on, 'unknown group', on.name('unknown'), [{ name: topic, partitionIndexes: [0] }])
      await committed(on, 'all of an unknown group', on.name('unknown'), null)
      await commit(on, 'back again', group, topic, { committedOffset: 0 })
      await commit(on, 'minus one', group, topic, { committedOffset: -1 })
      await committed(on, 'after that', group, null)
    },
  },
  {
    name: 'offsets in the versions of their requests',
    async run(on) {
      const topic = await on.topic('t')
      const group = on.name('g')
      for (let version = 2; version <= 9; version++)
        await commit(on, `commit ${version}`, group, topic, { committedOffset: version }, { version })
      for (let version = 1; version <= 9; version++)
        await committed(on, `fetch ${version}`, group, [{ name: topic, partitionIndexes: [0] }], version)
      for (let version = 2; version <= 9; version++) await committed(on, `fetch all ${version}`, group, null, version)
    },
  },
  {
    name: 'metadata of a commit: null, the longest, and too long',
    async run(on) {
      const topic = await on.topic('t')
      const group = on.name('g')
      await commit(on, 'null', group, topic, { committedMetadata: null })
      await committed(on, 'read null', group, null)
      await commit(on, 'longest', group, topic, { committedMetadata: 'm'.repeat(METADATA_MAX) })
      await commit(on, 'too long', group, topic, { committedMetadata: 'm'.repeat(METADATA_MAX + 1) })
      await commit(on, 'too long in bytes', group, topic, { committedMetadata: '\u00e9'.repeat(METADATA_MAX / 2 + 1) })
    },
  },
  {
    name: 'the leader epoch of a commit comes back',
    async run(on) {
      const topic = await on.topic('t')
      const group = on.name('g')
      await commit(on, 'epoch 0', group, topic, { committedLeaderEpoch: 0 })
      await committed(on, 'read', group, null)
      await commit(on, 'epoch 3', group, topic, { committedLeaderEpoch: 3 })
      await committed(on, 'read again', group, null)
    },
  },
  {
    name: 'commits that cannot be',
    differs: [{ why: 'A group has a name.', ours: { 'empty group/topics/0/partitions/0/errorCode': 24 } }],
    async run(on) {
      const topic = await on.topic('t')
      const group = on.name('g')
      await commit(on, 'unknown topic', group, on.name('never'))
      await commit(on, 'unknown partition', group, topic, { partitionIndex: 4 })
      await commit(on, 'empty group', '', topic)
      await commit(on, 'generation 1 of an unknown group', group, topic, {}, { generationIdOrMemberEpoch: 1, memberId: 'm' })
      await commit(on, 'the same in version 9', group, topic, {}, { generationIdOrMemberEpoch: 1, memberId: 'm', version: 9 })
      await commit(on, 'a member without a generation', group, topic, {}, { memberId: 'm' })
      await commit(on, 'a generation without a member', group, topic, {}, { generationIdOrMemberEpoch: 1 })
      const partitions = [0, 9].map((partitionIndex) => ({ partitionIndex, committedOffset: 3, committedMetadata: '' }))
      await on.ask('one good and one bad', offsetCommit, 8, { groupId: group, topics: [{ name: topic, partitions }] })
      await committed(on, 'the good one', group, null)
    },
  },
  {
    name: 'several groups in one request',
    async run(on) {
      const topic = await on.topic('t')
      await commit(on, 'commit', on.name('a'), topic)
      const groups = [on.name('a'), on.name('b')].map((groupId) => ({ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }))
      await on.ask('fetch', offsetFetch, 8, { groups })
    },
  },
  {
    name: 'offsets are deleted',
    async run(on) {
      const topic = await on.topic('t', 2)
      const group = on.name('g')
      await commit(on, 'commit', group, topic)
      const remove = (label: string, groupId: string, name: string, partitionIndex = 0): Promise<unknown> =>
        on.ask(label, offsetDelete, 0, { groupId, topics: [{ name, partitions: [{ partitionIndex }] }] })
      await remove('not committed', group, topic, 1)
      await remove('unknown partition', group, topic, 9)
      await remove('unknown topic', group, on.name('never'))
      await remove('committed', group, topic)
      await committed(on, 'after that', group, [{ name: topic, partitionIndexes: [0] }])
      await remove('unknown group', on.name('unknown'), topic)
    },
  },
  {
    name: 'groups without members are described, listed and deleted',
    async run(on) {
      const topic = await on.topic('t')
      const group = on.name('g')
      await commit(on, 'commit', group, topic)
      const unknown = on.name('unknown')
      for (const version of [0, 1, 3, 4, 5]) await on.ask(`describe, version ${version}`, describeGroups, version, { groups: [group] })
      await on.ask('describe unknown', describeGroups, 5, { groups: [unknown] })
      await on.ask('describe unknown, version 6', describeGroups, 6, { groups: [unknown] })
      await on.ask('describe with operations', describeGroups, 5, { groups: [group], includeAuthorizedOperations: true })
      await on.ask('delete unknown', deleteGroups, 2, { groupsNames: [unknown] })
      await on.ask('delete', deleteGroups, 2, { groupsNames: [group] })
      await on.ask('delete again', deleteGroups, 2, { groupsNames: [group] })
      await committed(on, 'its offsets', group, [{ name: topic, partitionIndexes: [0] }])
    },
  },
  {
    name: 'groups are listed by state and type',
    async run(on) {
      const topic = await on.topic('t')
      const group = on.name('g')
      await commit(on, 'commit', group, topic)
      const list = async (label: string, filters: { statesFilter?: string[]; typesFilter?: string[] }): Promise<void> => {
        const { groups, errorCode } = await on.call(listGroups, 5, filters)
        on.note(label, { errorCode, groups: groups.filter(({ groupId }) => groupId === group).map((each) => ({ ...each })) })
      }
      await list('all', {})
      await list('empty', { statesFilter: ['Empty'] })
      await list('empty in small letters', { statesFilter: ['empty'] })
      await list('stable', { statesFilter: ['Stable'] })
      await list('nonsense', { statesFilter: ['Nonsense'] })
      await list('classic', { typesFilter: ['classic'] })
      await list('consumer', { typesFilter: ['consumer'] })
      await list('nonsense type', { typesFilter: ['nonsense'] })
    },
  },
  {
    name: 'offsets of a topic that is deleted',
    async run(on) {
      const topic = await on.topic('t')
      await fill(on, topic, values('a'))
      await commit(on, 'commit', on.name('g'), topic)
      await committed(on, 'before', on.name('g'), null)
    },
  },
  {
    name: 'coordinators: of groups, of transactions, of nothing',
    async run(on) {
      for (let version = 0; version <= 3; version++) {
        await on.coordinated(on.name('g'), 0)
        await on.ask(`group, version ${version}`, findCoordinator, version, { key: on.name('g') })
      }
      await on.coordinated(on.name('x'), 1)
      await on.ask('transaction', findCoordinator, 3, { key: on.name('x'), keyType: 1 })
      await on.ask('several', findCoordinator, 4, { keyType: 0, coordinatorKeys: [on.name('g'), on.name('h')] })
      await on.ask('none', findCoordinator, 4, { keyType: 0, coordinatorKeys: [] })
      await on.ask('type 7', findCoordinator, 4, { keyType: 7, coordinatorKeys: ['x'] })
      await on.ask('type 7, version 3', findCoordinator, 3, { keyType: 7, key: 'x' })
      await on.ask('an empty key', findCoordinator, 3, { keyType: 0, key: '' })
      await on.ask('an empty transactional id', findCoordinator, 3, { keyType: 1, key: '' })
    },
  },
]
