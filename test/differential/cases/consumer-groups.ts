// Groups to whose members the broker assigns partitions (KIP-848): ConsumerGroupHeartbeat and what is told of such groups.
import type { Outgoing } from '../../../src/protocol/message.js'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../src/protocol/messages/68-consumer-group-heartbeat.js'
import { consumerGroupDescribe, consumerGroupHeartbeat, deleteGroups, describeGroups, offsetCommit, offsetFetch } from '../apis.js'
import type { Case, Difference } from '../case.js'
import type { Subject } from '../subject.js'

type Beat = Outgoing<ConsumerGroupHeartbeatRequest>

const FIRST = 'AAAAAAAAAAAAAAAAAAAAAA-1'
const SECOND = 'AAAAAAAAAAAAAAAAAAAAAA-2'

interface Group {
  readonly id: string
  readonly topic: string
  readonly topicId: string
  readonly beat: (label: string, given: Beat) => Promise<ConsumerGroupHeartbeatResponse>
  readonly join: (label: string, memberId: string, given?: Beat) => Promise<ConsumerGroupHeartbeatResponse>
}

const DIFFERENCES: Readonly<Record<string, readonly Difference[]>> = {
  'one member joins, keeps alive and leaves': [
    {
      why: 'What is assigned to nobody is as new as the group.',
      ours: { 'described when empty/groups/0/assignmentEpoch': '<epoch 2>' },
    },
  ],
}

const groupCase = (name: string, run: (on: Subject, group: Group) => Promise<void>): Case => ({
  name,
  differs: DIFFERENCES[name] ?? [],
  async run(on) {
    const id = on.name('g')
    const topic = await on.topic('t', 2)
    await on.coordinated(id, 0)
    const beat = (label: string, given: Beat): Promise<ConsumerGroupHeartbeatResponse> =>
      on.ask(label, consumerGroupHeartbeat, 1, { groupId: id, ...given })
    const join = (label: string, memberId: string, given: Beat = {}): Promise<ConsumerGroupHeartbeatResponse> =>
      beat(label, { memberId, memberEpoch: 0, rebalanceTimeoutMs: 10_000, subscribedTopicNames: [topic], topicPartitions: [], ...given })
    await run(on, { id, topic, topicId: await on.topicId(topic), beat, join })
  },
})

export const CONSUMER_GROUP_CASES: readonly Case[] = [
  groupCase('one member joins, keeps alive and leaves', async (on, { id, topicId, beat, join }) => {
    const { memberEpoch } = await join('joins', FIRST)
    const owned = [{ topicId, partitions: [0, 1] }]
    await beat('owns it', { memberId: FIRST, memberEpoch, topicPartitions: owned })
    await beat('keeps alive', { memberId: FIRST, memberEpoch })
    await on.ask('described', consumerGroupDescribe, 1, { groupIds: [id] })
    await on.ask('described as a classic group', describeGroups, 5, { groups: [id] })
    await on.ask('deleted while it lives', deleteGroups, 2, { groupsNames: [id] })
    await beat('leaves', { memberId: FIRST, memberEpoch: -1 })
    await beat('is gone', { memberId: FIRST, memberEpoch })
    await on.ask('described when empty', consumerGroupDescribe, 1, { groupIds: [id] })
    await on.ask('deleted', deleteGroups, 2, { groupsNames: [id] })
  }),
  groupCase('those who cannot join', async (on, { join, beat, topic }) => {
    await join('no id', '', {})
    await join('no rebalance timeout', FIRST, { rebalanceTimeoutMs: -1 })
    await join('no subscription', FIRST, { subscribedTopicNames: null })
    await join('no list of what it owns', FIRST, { topicPartitions: null })
    await join('owning something', FIRST, { topicPartitions: [{ topicId: await on.topicId(topic), partitions: [0] }] })
    await join('an unknown assignor', FIRST, { serverAssignor: 'nobody' })
    await join('a bad pattern', FIRST, { subscribedTopicNames: null, subscribedTopicRegex: '(' })
    await join('an empty instance', FIRST, { instanceId: '' })
    await join('an empty rack', FIRST, { rackId: '' })
    await beat('an epoch that cannot be', { memberId: FIRST, memberEpoch: -5 })
    await beat('a static leave without an instance', { memberId: FIRST, memberEpoch: -2 })
    await beat('an epoch of an unknown group', { memberId: FIRST, memberEpoch: 3 })
    await on.ask('an empty group', consumerGroupHeartbeat, 1, {
      groupId: '',
      memberId: FIRST,
      memberEpoch: 0,
      rebalanceTimeoutMs: 1,
      subscribedTopicNames: [topic],
      topicPartitions: [],
    })
  }),
  groupCase('epochs that are behind, ahead, and of strangers', async (_on, { beat, join }) => {
    const { memberEpoch } = await join('joins', FIRST)
    await beat('ahead', { memberId: FIRST, memberEpoch: memberEpoch + 1 })
    await beat('a stranger', { memberId: SECOND, memberEpoch })
    await join('joins again', FIRST)
    await join('joins with no topic', FIRST, { subscribedTopicNames: [] })
  }),
  groupCase('a pattern of topics', async (_on, { join, topic }) => {
    // Kafka looks the topics up later, so what is assigned at first is chance.
    const { errorCode } = await join('matching none', FIRST, { subscribedTopicNames: [], subscribedTopicRegex: `no-${topic}` })
    if (errorCode === 0) await join('a bad one', SECOND, { subscribedTopicNames: [], subscribedTopicRegex: '[' })
  }),
  groupCase('static members', async (_on, { beat, join }) => {
    const { memberEpoch } = await join('joins', FIRST, { instanceId: 'one' })
    await join('another takes the instance while it lives', SECOND, { instanceId: 'one' })
    await beat('another instance id', { memberId: FIRST, memberEpoch, instanceId: 'two' })
    await beat('leaves for a while', { memberId: FIRST, memberEpoch: -2, instanceId: 'one' })
    await join('another takes it over', SECOND, { instanceId: 'one' })
    await beat('the first is fenced', { memberId: FIRST, memberEpoch, instanceId: 'one' })
  }),
  groupCase('commits with epochs', async (on, { id, topic, join }) => {
    const { memberEpoch } = await join('joins', FIRST)
    const commit = (label: string, epoch: number, memberId: string, version = 9): Promise<unknown> =>
      on.ask(label, offsetCommit, version, {
        groupId: id,
        generationIdOrMemberEpoch: epoch,
        memberId,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
      })
    await commit('good', memberEpoch, FIRST)
    await commit('behind', memberEpoch - 1, FIRST)
    await commit('ahead', memberEpoch + 1, FIRST)
    await commit('stranger', memberEpoch, SECOND)
    await commit('nobody', -1, '')
    await commit('an old version', memberEpoch, FIRST, 8)
    const read = (label: string, memberId: string | null, epoch: number): Promise<unknown> =>
      on.ask(label, offsetFetch, 9, { groups: [{ groupId: id, memberId, memberEpoch: epoch, topics: null }] })
    await read('read', FIRST, memberEpoch)
    await read('read by an administrator', null, -1)
    await read('read behind', FIRST, memberEpoch - 1)
    await read('read by a stranger', SECOND, memberEpoch)
  }),
  groupCase('groups that are not there', async (on, { id }) => {
    await on.ask('unknown', consumerGroupDescribe, 1, { groupIds: [id] })
    await on.ask('empty', consumerGroupDescribe, 1, { groupIds: [''] })
    await on.ask('unknown, with operations', consumerGroupDescribe, 1, { groupIds: [id], includeAuthorizedOperations: true })
  }),
]
