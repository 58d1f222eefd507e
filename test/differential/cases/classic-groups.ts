// Groups whose members assign partitions among themselves: JoinGroup, SyncGroup, Heartbeat, LeaveGroup.
import type { JoinGroupRequest, JoinGroupResponse } from '../../../src/protocol/messages/11-join-group.js'
import { deleteGroups, describeGroups, heartbeat, joinGroup, leaveGroup, offsetCommit, offsetFetch, syncGroup } from '../apis.js'
import type { Case } from '../case.js'
import type { Peer, Subject } from '../subject.js'

const SESSION = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'consumer' }
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const RANGE = [{ name: 'range', metadata: bytes('m') }]
const SECOND = [{ name: 'range', metadata: bytes('n') }]

type Asker = Pick<Peer, 'ask'>

function join(on: Asker, label: string, groupId: string, given: Partial<JoinGroupRequest> = {}, version = 7): Promise<JoinGroupResponse> {
  return on.ask(label, joinGroup, version, { groupId, memberId: '', ...SESSION, protocols: RANGE, ...given })
}

/** One member, in generation 1, with its assignment. */
async function alone(on: Subject, groupId: string): Promise<string> {
  await on.coordinated(groupId, 0)
  const { memberId } = await on.call(joinGroup, 3, { groupId, memberId: '', ...SESSION, protocols: RANGE })
  await on.call(syncGroup, 3, { groupId, generationId: 1, memberId, assignments: [{ memberId, assignment: bytes('a') }] })
  return memberId
}

async function beat(
  on: Asker,
  label: string,
  groupId: string,
  generationId: number,
  memberId: string,
  groupInstanceId: string | null = null,
): Promise<void> {
  await on.ask(label, heartbeat, 4, { groupId, generationId, memberId, groupInstanceId })
}

const groupCase = (name: string, run: (on: Subject, group: string) => Promise<void>): Case => ({
  name,
  async run(on) {
    const group = on.name('g')
    await on.coordinated(group, 0)
    await run(on, group)
  },
})

export const CLASSIC_GROUP_CASES: readonly Case[] = [
  groupCase('a member gets its id first, then joins, syncs and leaves', async (on, group) => {
    const { memberId } = await join(on, 'without an id', group)
    await join(on, 'with it', group, { memberId })
    await beat(on, 'heartbeat before the sync', group, 1, memberId)
    const assignments = [{ memberId, assignment: bytes('all') }]
    await on.ask('sync', syncGroup, 5, {
      groupId: group,
      generationId: 1,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments,
    })
    await on.ask('sync again', syncGroup, 5, { groupId: group, generationId: 1, memberId, protocolType: 'consumer', protocolName: 'range' })
    await beat(on, 'heartbeat', group, 1, memberId)
    await on.ask('described', describeGroups, 5, { groups: [group] })
    await on.ask('leave', leaveGroup, 4, { groupId: group, members: [{ memberId }] })
    await beat(on, 'heartbeat of one who left', group, 1, memberId)
    await on.ask('described when empty', describeGroups, 5, { groups: [group] })
  }),
  groupCase('joining in the versions of JoinGroup', async (on, group) => {
    for (const version of [0, 1, 2, 3]) {
      const id = `${group}-${version}`
      await on.coordinated(id, 0)
      await join(on, `version ${version}`, id, {}, version)
    }
    for (const version of [4, 5, 6, 7, 8, 9]) {
      const { memberId } = await join(on, `version ${version}`, `${group}-${version}`, {}, version)
      await join(on, `version ${version}, with the id`, `${group}-${version}`, { memberId }, version)
    }
  }),
  groupCase('those who cannot join', async (on, group) => {
    await join(on, 'an id that nobody has', group, { memberId: 'stranger' })
    await join(on, 'an empty group id', '', {})
    await join(on, 'no protocols', group, { protocols: [] })
    await join(on, 'an empty protocol type', group, { protocolType: '' })
    await join(on, 'a session that is too short', group, { sessionTimeoutMs: 5999 })
    await join(on, 'a session that is too long', group, { sessionTimeoutMs: 1_800_001 })
    await join(on, 'the longest session', group, { sessionTimeoutMs: 1_800_000 })
    await alone(on, `${group}-live`)
    await join(on, 'another protocol type', `${group}-live`, { protocolType: 'connect' })
    await join(on, 'no protocol in common', `${group}-live`, { protocols: [{ name: 'other', metadata: bytes('x') }] })
  }),
  groupCase('generations, ids and groups that are not', async (on, group) => {
    const memberId = await alone(on, group)
    await beat(on, 'good', group, 1, memberId)
    await beat(on, 'old generation', group, 0, memberId)
    await beat(on, 'later generation', group, 2, memberId)
    await beat(on, 'stranger', group, 1, 'stranger')
    await beat(on, 'unknown group', `${group}-unknown`, 1, memberId)
    await beat(on, 'empty group', '', 1, memberId)
    const sync = (label: string, groupId: string, generationId: number, id: string): Promise<unknown> =>
      on.ask(label, syncGroup, 5, { groupId, generationId, memberId: id, protocolType: 'consumer', protocolName: 'range' })
    await sync('sync of an old generation', group, 0, memberId)
    await sync('sync of a stranger', group, 1, 'stranger')
    await sync('sync of an unknown group', `${group}-unknown`, 1, memberId)
    await on.ask('sync with another protocol', syncGroup, 5, {
      groupId: group,
      generationId: 1,
      memberId,
      protocolType: 'consumer',
      protocolName: 'other',
    })
    await on.ask('sync with another type', syncGroup, 5, {
      groupId: group,
      generationId: 1,
      memberId,
      protocolType: 'other',
      protocolName: 'range',
    })
    await on.ask('a stranger leaves', leaveGroup, 4, { groupId: group, members: [{ memberId: 'stranger' }] })
    await on.ask('a stranger leaves, version 2', leaveGroup, 2, { groupId: group, memberId: 'stranger' })
    await on.ask('leaving an unknown group', leaveGroup, 4, { groupId: `${group}-unknown`, members: [{ memberId }] })
    await on.ask('leaving an unknown group, version 2', leaveGroup, 2, { groupId: `${group}-unknown`, memberId })
    await on.ask('two leave, one is a stranger', leaveGroup, 5, { groupId: group, members: [{ memberId }, { memberId: 'stranger' }] })
  }),
  groupCase('commits of a live group', async (on, group) => {
    const topic = await on.topic('t')
    const memberId = await alone(on, group)
    const commit = (label: string, generationIdOrMemberEpoch: number, id: string, version = 8): Promise<unknown> =>
      on.ask(label, offsetCommit, version, {
        groupId: group,
        generationIdOrMemberEpoch,
        memberId: id,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
      })
    await commit('good', 1, memberId)
    await commit('good, version 9', 1, memberId, 9)
    await commit('old generation', 0, memberId)
    await commit('later generation', 2, memberId)
    await commit('stranger', 1, 'stranger')
    await commit('nobody', -1, '')
    await on.ask('read', offsetFetch, 7, { groupId: group, topics: null })
    await on.ask('deleting the group', deleteGroups, 2, { groupsNames: [group] })
  }),
  groupCase('a second member joins', async (on, group) => {
    const first = await alone(on, group)
    const peer = await on.peer()
    const joining = join(peer, 'the second joins', group, { protocols: SECOND }, 3)
    await on.untilRefused(() => on.call(heartbeat, 4, { groupId: group, generationId: 1, memberId: first, groupInstanceId: null }))
    await beat(on, 'the first is told', group, 1, first)
    const meanwhile = await on.call(describeGroups, 4, { groups: [group] })
    on.note('described meanwhile', meanwhile.groups[0]?.groupState ?? null)
    const again = await join(on, 'the first joins again', group, { memberId: first }, 3)
    const { memberId: second } = await joining
    on.note('both are members', again.members.length)
    const followed = peer.ask('the second syncs', syncGroup, 3, { groupId: group, generationId: 2, memberId: second })
    const assignments = [first, second].map((memberId, index) => ({ memberId, assignment: bytes(`part ${index}`) }))
    await on.ask('the first syncs', syncGroup, 3, { groupId: group, generationId: 2, memberId: first, assignments })
    await followed
    await beat(on, 'heartbeat of the old generation', group, 1, first)
    await on.ask('a follower joins again', joinGroup, 3, { groupId: group, memberId: second, ...SESSION, protocols: SECOND })
    await on.ask('the second leaves', leaveGroup, 3, { groupId: group, members: [{ memberId: second }] })
    await beat(on, 'and the first is told', group, 2, first)
  }),
  groupCase('the protocol that all have is chosen by votes', async (on, group) => {
    const protocols = ['one', 'two'].map((name) => ({ name, metadata: bytes(name) }))
    const first = await join(on, 'one then two', group, { protocols }, 3)
    await on.ask('sync', syncGroup, 3, { groupId: group, generationId: 1, memberId: first.memberId, assignments: [] })
    const peer = await on.peer()
    const joining = join(peer, 'only two', group, { protocols: [{ name: 'two', metadata: bytes('zwei') }] }, 3)
    await on.untilRefused(() => on.call(heartbeat, 4, { groupId: group, generationId: 1, memberId: first.memberId, groupInstanceId: null }))
    await join(on, 'the first again', group, { protocols, memberId: first.memberId }, 3)
    await joining
  }),
  groupCase('static members', async (on, group) => {
    const one = { groupInstanceId: 'one' }
    const first = await join(on, 'joins', group, one)
    const assignments = [{ memberId: first.memberId, assignment: bytes('all') }]
    await on.ask('syncs', syncGroup, 5, {
      groupId: group,
      generationId: 1,
      memberId: first.memberId,
      ...one,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments,
    })
    const again = await join(on, 'joins again without its id', group, one)
    await beat(on, 'the old id', group, 1, first.memberId, 'one')
    await beat(on, 'the new id', group, again.generationId, again.memberId, 'one')
    await beat(on, 'the new id with another instance', group, again.generationId, again.memberId, 'two')
    await join(on, 'the old id joins', group, { ...one, memberId: first.memberId })
    await join(on, 'again in version 9', group, one, 9)
    await on.ask('described', describeGroups, 5, { groups: [group] })
    await on.ask('leaves by its instance', leaveGroup, 4, { groupId: group, members: [{ memberId: '', ...one }] })
    await on.ask('an instance that nobody has leaves', leaveGroup, 4, {
      groupId: group,
      members: [{ memberId: '', groupInstanceId: 'two' }],
    })
  }),
]
