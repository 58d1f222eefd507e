// The guards of the APIs whose things are groups: of the classic protocol, of KIP-848, and share groups.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { OffsetCommitRequest } from '../../protocol/messages/08-offset-commit.js'
import type { OffsetFetchRequest } from '../../protocol/messages/09-offset-fetch.js'
import type { OffsetDeleteRequest } from '../../protocol/messages/47-offset-delete.js'
import type { ShareFetchRequest } from '../../protocol/messages/78-share-fetch.js'
import type { Access } from './access-control.js'
import { after, both, type Fields, type Guard, guard, items, whole } from './guard.js'

const { GROUP_AUTHORIZATION_FAILED: errorCode, TOPIC_AUTHORIZATION_FAILED } = ERROR_CODES
const errorMessage = 'Authorization failed.'

interface OfGroup {
  readonly groupId: string | null
}
interface OfTopic {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

/** The whole request needs a right on its group. */
const member = whole<OfGroup>(
  ({ groupId }, access) => access.may('read', 'group', groupId ?? ''),
  () => ({ errorCode, errorMessage }),
)

/** Each group by itself, named by a text. */
const described = (list: string): Guard =>
  both(
    items<string>({
      list,
      into: 'groups',
      allowed: (groupId, access) => access.may('describe', 'group', groupId),
      refused: (groupId) => ({ groupId, errorCode, errorMessage, groupState: '' }),
    }),
    after((response, access) => ({
      ...response,
      groups: (response.groups as readonly { readonly groupId: string; readonly authorizedOperations?: number }[]).map((group) =>
        group.authorizedOperations === undefined
          ? group
          : { ...group, authorizedOperations: access.operations(group.authorizedOperations, 'group', group.groupId) },
      ),
    })),
  )

export function refusedTopic({ name, partitions }: OfTopic, code: number): Fields {
  return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })) }
}

/** The topics of a commit or a deletion of offsets. */
export const readTopics = items<OfTopic>({
  list: 'topics',
  into: 'topics',
  allowed: ({ name }, access) => access.may('read', 'topic', name),
  refused: (topic) => refusedTopic(topic, TOPIC_AUTHORIZATION_FAILED),
})

type AskedOffsets = OffsetFetchRequest['groups'][number]
type AskedTopics = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null

/** What may be asked of a group's topics, and the refusals for the others; with all asked for, what may not be seen is left out. */
function offsetsOf(topics: AskedTopics, access: Access): { readonly passed: AskedTopics; readonly refused: readonly Fields[] } {
  if (topics === null) return { passed: null, refused: [] }
  const may = ({ name }: { readonly name: string }): boolean => access.may('describe', 'topic', name)
  const refused = topics
    .filter((topic) => !may(topic))
    .map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        errorCode: TOPIC_AUTHORIZATION_FAILED,
        committedOffset: -1,
        metadata: '',
      })),
    }))
  return { passed: topics.filter(may), refused }
}

const seenTopics = (topics: unknown, access: Access): readonly Fields[] =>
  ((topics as readonly Fields[] | undefined) ?? []).filter(({ name }) => access.may('describe', 'topic', name as string))

const offsetFetch = guard<OffsetFetchRequest & Fields>((request, access, { version }) => {
  const mayAsk = (groupId: string): boolean => access.may('describe', 'group', groupId)
  if (version < 8) {
    if (!mayAsk(request.groupId)) return { request, answer: { errorCode } }
    const { passed, refused } = offsetsOf(request.topics, access)
    const finish = (response: Fields): Fields => ({ ...response, topics: [...seenTopics(response.topics, access), ...refused] })
    return { request: { ...request, topics: passed }, finish: (response) => (typeof response === 'string' ? response : finish(response)) }
  }
  const refusals = new Map<string, readonly Fields[]>()
  const groups = request.groups
    .filter(({ groupId }) => mayAsk(groupId))
    .map((group): AskedOffsets => {
      const { passed, refused } = offsetsOf(group.topics, access)
      refusals.set(group.groupId, refused)
      return { ...group, topics: passed as AskedOffsets['topics'] }
    })
  const finish = (response: Fields): Fields => ({
    ...response,
    groups: [
      ...(response.groups as readonly Fields[]).map((group) => ({
        ...group,
        topics: [...seenTopics(group.topics, access), ...(refusals.get(group.groupId as string) ?? [])],
      })),
      ...request.groups.filter(({ groupId }) => !mayAsk(groupId)).map(({ groupId }) => ({ groupId, errorCode })),
    ],
  })
  return { request: { ...request, groups }, finish: (response) => (typeof response === 'string' ? response : finish(response)) }
})

/** Topics that a member names it must be able to see. */
const subscribed = whole<{ readonly subscribedTopicNames: readonly string[] | null }>(
  ({ subscribedTopicNames }, access) => (subscribedTopicNames ?? []).every((name) => access.may('describe', 'topic', name)),
  () => ({ errorCode: TOPIC_AUTHORIZATION_FAILED, errorMessage }),
)

/** Topics of share groups, by id: each partition is refused by itself. */
const shared = items<ShareFetchRequest['topics'][number]>({
  list: 'topics',
  into: 'responses',
  async allowed({ topicId }, access, { broker }) {
    const topic = await broker.topicById(topicId)
    return topic === undefined || access.may('read', 'topic', topic.name)
  },
  refused: ({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: TOPIC_AUTHORIZATION_FAILED, errorMessage })),
  }),
})

const shareTopics = items<{ readonly topicName: string; readonly partitions?: readonly { readonly partitionIndex: number }[] }>({
  list: 'topics',
  into: 'responses',
  allowed: ({ topicName }, access) => access.may('read', 'topic', topicName),
  refused: ({ topicName, partitions }) => ({
    topicName,
    errorCode: TOPIC_AUTHORIZATION_FAILED,
    errorMessage,
    partitions: partitions?.map(({ partitionIndex }) => ({ partitionIndex, errorCode: TOPIC_AUTHORIZATION_FAILED, errorMessage })),
  }),
})

export const GROUP_GUARDS: Readonly<Record<number, Guard>> = {
  8: both(
    whole<OffsetCommitRequest>(
      ({ groupId }, access) => access.may('read', 'group', groupId),
      ({ topics }) => ({ topics: topics.map((topic) => refusedTopic(topic, errorCode)) }),
    ),
    readTopics,
  ),
  9: offsetFetch,
  11: member,
  12: member,
  13: member,
  14: member,
  15: described('groups'),
  16: after((response, access) => {
    if (access.may('describe', 'cluster')) return response
    const groups = response.groups as readonly { readonly groupId: string }[]
    return { ...response, groups: groups.filter(({ groupId }) => access.may('describe', 'group', groupId)) }
  }),
  42: items<string>({
    list: 'groupsNames',
    into: 'results',
    allowed: (groupId, access) => access.may('delete', 'group', groupId),
    refused: (groupId) => ({ groupId, errorCode }),
  }),
  47: both(
    whole<OffsetDeleteRequest>(
      ({ groupId }, access) => access.may('delete', 'group', groupId),
      () => ({ errorCode }),
    ),
    readTopics,
  ),
  68: both(member, subscribed),
  69: described('groupIds'),
  76: both(member, subscribed),
  77: described('groupIds'),
  78: both(member, shared),
  79: both(member, shared),
  90: items<{ readonly groupId: string }>({
    list: 'groups',
    into: 'groups',
    allowed: ({ groupId }, access) => access.may('describe', 'group', groupId),
    refused: ({ groupId }) => ({ groupId, errorCode, errorMessage, topics: [] }),
  }),
  91: both(member, shareTopics),
  92: both(
    whole<OfGroup>(
      ({ groupId }, access) => access.may('delete', 'group', groupId ?? ''),
      () => ({ errorCode, errorMessage }),
    ),
    shareTopics,
  ),
}
