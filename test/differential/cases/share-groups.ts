// Groups that share the records of partitions (KIP-932): members, sessions, what is acquired and what becomes of it, as a broker tells it.
import type { Outgoing } from '../../../src/protocol/message.js'
import type { ShareFetchRequest, ShareFetchResponse } from '../../../src/protocol/messages/78-share-fetch.js'
import {
  alterShareGroupOffsets,
  deleteShareGroupOffsets,
  describeShareGroupOffsets,
  incrementalAlterConfigs,
  produce,
  shareAcknowledge,
  shareFetch,
  shareGroupDescribe,
  shareGroupHeartbeat,
} from '../apis.js'
import { values } from '../batches.js'
import type { Case } from '../case.js'
import type { Subject } from '../subject.js'

const GROUP = 32
const SET = 0
const [ACCEPT, RELEASE, REJECT, RENEW] = [1, 2, 3, 4]
const MEMBER = 'AAAAAAAAAAAAAAAAAAAAAA-1'
const OTHER = 'AAAAAAAAAAAAAAAAAAAAAA-2'

type Types = readonly [first: number, last: number, ...types: (number | undefined)[]]

/** A group of one member and its session on a topic of one partition. */
class Sharing {
  private epoch = 0

  private constructor(
    private readonly on: Subject,
    readonly id: string,
    readonly topic: string,
    readonly topicId: string,
    readonly memberId = MEMBER,
  ) {}

  /** With these batches in the topic, each of as many records. */
  static async open(on: Subject, sizes: readonly number[]): Promise<Sharing> {
    const id = on.name('g')
    const topic = await on.topic('t')
    await on.coordinated(id, 0)
    const configs = [{ name: 'share.auto.offset.reset', configOperation: SET, value: 'earliest' }]
    await on.call(incrementalAlterConfigs, 1, { resources: [{ resourceType: GROUP, resourceName: id, configs }] })
    let next = 0
    for (const size of sizes) {
      const records = values(...Array.from({ length: size }, () => `v${next++}`))
      await on.call(produce, 9, { acks: -1, timeoutMs: 10_000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] })
    }
    const sharing = new Sharing(on, id, topic, await on.topicId(topic))
    await sharing.join()
    return sharing
  }

  /** Until the member is told of its partition. */
  private async join(): Promise<void> {
    const { on, id: groupId, memberId, topic } = this
    let { memberEpoch } = await on.call(shareGroupHeartbeat, 1, { groupId, memberId, memberEpoch: 0, subscribedTopicNames: [topic] })
    await on.until(
      async () => {
        const beat = await on.call(shareGroupHeartbeat, 1, { groupId, memberId, memberEpoch })
        memberEpoch = beat.memberEpoch
        return on.call(shareGroupDescribe, 1, { groupIds: [groupId] })
      },
      ({ groups }) => (groups[0]?.members[0]?.assignment.topicPartitions.length ?? 0) > 0,
    )
  }

  /** What is acquired, once something is. */
  async fetch(label: string, given: Outgoing<ShareFetchRequest> = {}, acknowledged: readonly Types[] = []): Promise<void> {
    const keep = this.on.slot(label)
    let answer: ShareFetchResponse | undefined
    const found = (): number => answer?.responses[0]?.partitions[0]?.acquiredRecords.length ?? 0
    let told: readonly Types[] = acknowledged
    await this.on.until(
      async () => {
        answer = await this.ask(given, told)
        told = []
      },
      () => found() > 0,
    )
    keep(answer?.responses)
  }

  /** One fetch, whatever it gives. */
  async fetchOnce(label: string, given: Outgoing<ShareFetchRequest> = {}, acknowledged: readonly Types[] = []): Promise<void> {
    const keep = this.on.slot(label)
    keep((await this.ask(given, acknowledged)).responses)
  }

  private async ask(given: Outgoing<ShareFetchRequest>, acknowledged: readonly Types[]): Promise<ShareFetchResponse> {
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: acknowledged.map(batchOf) }]
    return this.on.call(shareFetch, 2, {
      groupId: this.id,
      memberId: this.memberId,
      shareSessionEpoch: this.epoch++,
      maxWaitMs: 300,
      minBytes: 1,
      maxBytes: 1 << 20,
      maxRecords: 500,
      batchSize: 500,
      topics: [{ topicId: this.topicId, partitions }],
      ...given,
    })
  }

  async acknowledge(label: string, types: Types, isRenewAck = false): Promise<void> {
    const topics = [{ topicId: this.topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: [batchOf(types)] }] }]
    const session = { groupId: this.id, memberId: this.memberId, shareSessionEpoch: this.epoch }
    const { errorCode } = await this.on.ask(label, shareAcknowledge, 2, { ...session, isRenewAck, topics })
    if (errorCode === 0) this.epoch++
  }
}

function batchOf([firstOffset, lastOffset, ...types]: Types) {
  return { firstOffset, lastOffset, acknowledgeTypes: types.map((type) => type ?? 0) }
}

export const SHARE_GROUP_CASES: readonly Case[] = [
  {
    name: 'heartbeats of members that cannot be',
    async run(on) {
      const groupId = on.name('g')
      await on.coordinated(groupId, 0)
      const join = { groupId, memberId: MEMBER, memberEpoch: 0, subscribedTopicNames: ['t'] }
      await on.ask('no group', shareGroupHeartbeat, 1, { ...join, groupId: '' })
      await on.ask('no member', shareGroupHeartbeat, 1, { ...join, memberId: '' })
      await on.ask('a long member', shareGroupHeartbeat, 1, { ...join, memberId: 'x'.repeat(37) })
      await on.ask('no topics', shareGroupHeartbeat, 1, { ...join, subscribedTopicNames: null })
      await on.ask('an empty list of topics', shareGroupHeartbeat, 1, { ...join, subscribedTopicNames: [] })
      await on.ask('an empty rack', shareGroupHeartbeat, 1, { ...join, rackId: '' })
      await on.ask('epoch -2', shareGroupHeartbeat, 1, { ...join, memberEpoch: -2 })
      await on.ask('a group that is not there', shareGroupHeartbeat, 1, { ...join, memberEpoch: 5 })
      await on.ask('described', shareGroupDescribe, 1, { groupIds: [on.name('never')] })
    },
  },
  {
    name: 'ranges are as long as the batches allow',
    async run(on) {
      const sharing = await Sharing.open(on, [2, 2, 2, 2, 2])
      await sharing.fetch('batch size 3', { batchSize: 3 })
    },
  },
  {
    name: 'ranges of a batch size of 1',
    async run(on) {
      const sharing = await Sharing.open(on, [3, 1, 2])
      await sharing.fetch('batch size 1', { batchSize: 1 })
    },
  },
  {
    name: 'a limit of records ends behind a batch, or where it is when it is strict',
    async run(on) {
      const sharing = await Sharing.open(on, [2, 2, 2, 2])
      await sharing.fetch('three, by batches', { maxRecords: 3 })
      await sharing.fetch('three, strictly', { maxRecords: 3, shareAcquireMode: 1 })
    },
  },
  {
    name: 'records are accepted, released and rejected',
    async run(on) {
      const sharing = await Sharing.open(on, [5])
      await sharing.fetch('all')
      await sharing.acknowledge('one each', [0, 2, ACCEPT, RELEASE, REJECT])
      await sharing.fetch('the released one')
      await sharing.acknowledge('the rest', [3, 4, RELEASE])
      await sharing.fetch('the rest again', {}, [[1, 1, ACCEPT]])
    },
  },
  {
    name: 'acknowledgements that are wrong',
    differs: [
      {
        why: 'A partition whose records were not acknowledged names no leader: some clients would take 0 for a node that it moved to.',
        ours: Object.fromEntries(
          ['a type that is none', 'too many types', 'no types', 'backwards', 'behind the end', 'renewed without saying so'].flatMap(
            (label) => ['leaderId', 'leaderEpoch'].map((field) => [`${label}/responses/0/partitions/0/currentLeader/${field}`, -1]),
          ),
        ),
      },
      {
        why: 'Records that nobody has acquired yet are like those that another member holds.',
        ours: { 'behind the end/responses/0/partitions/0/errorCode': 121 },
      },
    ],
    async run(on) {
      const sharing = await Sharing.open(on, [4])
      await sharing.fetch('all')
      await sharing.acknowledge('a type that is none', [0, 0, 9])
      await sharing.acknowledge('too many types', [0, 0, ACCEPT, ACCEPT])
      await sharing.acknowledge('no types', [0, 0])
      await sharing.acknowledge('backwards', [1, 0, ACCEPT])
      await sharing.acknowledge('behind the end', [3, 9, ACCEPT])
      await sharing.acknowledge('renewed without saying so', [0, 0, RENEW])
      await sharing.acknowledge('accepted', [0, 1, ACCEPT])
      await sharing.acknowledge('accepted again', [1, 1, ACCEPT])
      await sharing.acknowledge('half accepted already', [1, 2, RELEASE])
    },
  },
  {
    name: 'sessions that are not, and are out of step',
    differs: [{ why: 'A group without an id is refused.', ours: { 'no group/errorCode': 24, 'no group/acquisitionLockTimeoutMs': 0 } }],
    async run(on) {
      const sharing = await Sharing.open(on, [1])
      const { id: groupId, topicId } = sharing
      const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: [batchOf([0, 0, ACCEPT])] }] }]
      const other = { groupId, memberId: OTHER, maxWaitMs: 0, maxRecords: 1, batchSize: 1, maxBytes: 1000 }
      await on.ask('not there', shareFetch, 2, { ...other, shareSessionEpoch: 3, topics: [] })
      await on.ask('acknowledges at once', shareFetch, 2, { ...other, shareSessionEpoch: 0, topics })
      await on.ask('no member', shareFetch, 2, { ...other, memberId: '', shareSessionEpoch: 0, topics: [] })
      await on.ask('no group', shareFetch, 2, { ...other, groupId: '', shareSessionEpoch: 0, topics: [] })
      await on.ask('acknowledged without a session', shareAcknowledge, 2, { groupId, memberId: OTHER, shareSessionEpoch: 1, topics })
      await on.ask('acknowledged as the first', shareAcknowledge, 2, { groupId, memberId: OTHER, shareSessionEpoch: 0, topics })
      await sharing.fetch('the first')
      await on.ask('out of step', shareAcknowledge, 2, { groupId, memberId: MEMBER, shareSessionEpoch: 900, topics })
    },
  },
  {
    name: 'offsets of a group with a member, and of none',
    differs: [
      {
        why: 'A group that never was is not there; Kafka makes it when its offsets are changed, and tells of offsets that it does not have.',
        ours: {
          'forgotten, no group/errorCode': 69,
          'forgotten, no group/responses': [],
          'moved, no group/errorCode': 69,
          'moved, no group/responses': [],
          'told, no group/groups/0/errorCode': 69,
          'told, no group/groups/0/topics': [],
        },
      },
    ],
    async run(on) {
      const { id: groupId, topic } = await Sharing.open(on, [2])
      const partitions = [{ partitionIndex: 0, startOffset: 1 }]
      await on.ask('moved', alterShareGroupOffsets, 0, { groupId, topics: [{ topicName: topic, partitions }] })
      await on.ask('forgotten', deleteShareGroupOffsets, 0, { groupId, topics: [{ topicName: topic }] })
      const never = on.name('never')
      await on.coordinated(never, 0)
      await on.ask('moved, no group', alterShareGroupOffsets, 0, { groupId: never, topics: [{ topicName: topic, partitions }] })
      await on.ask('forgotten, no group', deleteShareGroupOffsets, 0, { groupId: never, topics: [{ topicName: topic }] })
      const groups = [{ groupId: never, topics: [{ topicName: topic, partitions: [0] }] }]
      await on.ask('told, no group', describeShareGroupOffsets, 1, { groups })
    },
  },
]
