// Access rules over the wire: kept durably, asked for in every API, refused in Kafka's words, and not there unless they are asked for.

import { Kafka, AclOperationTypes, AclPermissionTypes, AclResourceTypes, logLevel, ResourcePatternTypes } from 'kafkajs'
import { Broker, type Listener, type ListenOptions, MemoryStorage } from 'kafkalite'
import { expect, onTestFinished, test } from 'vitest'
import { ERROR_CODES } from '../../src/protocol/error-codes.js'
import { fetchRequest, fetchResponse } from '../../src/protocol/messages/01-fetch.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { offsetCommitRequest, offsetCommitResponse } from '../../src/protocol/messages/08-offset-commit.js'
import { createTopicsRequest, createTopicsResponse } from '../../src/protocol/messages/19-create-topics.js'
import { initProducerIdRequest, initProducerIdResponse } from '../../src/protocol/messages/22-init-producer-id.js'
import { describeAclsRequest, describeAclsResponse } from '../../src/protocol/messages/29-describe-acls.js'
import { createAclsRequest, createAclsResponse } from '../../src/protocol/messages/30-create-acls.js'
import { deleteAclsRequest, deleteAclsResponse } from '../../src/protocol/messages/31-delete-acls.js'
import { saslHandshakeRequest, saslHandshakeResponse } from '../../src/protocol/messages/17-sasl-handshake.js'
import { alterReplicaLogDirsRequest, alterReplicaLogDirsResponse } from '../../src/protocol/messages/34-alter-replica-log-dirs.js'
import { describeLogDirsRequest, describeLogDirsResponse } from '../../src/protocol/messages/35-describe-log-dirs.js'
import { electLeadersRequest, electLeadersResponse } from '../../src/protocol/messages/43-elect-leaders.js'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '../../src/protocol/messages/45-alter-partition-reassignments.js'
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from '../../src/protocol/messages/46-list-partition-reassignments.js'
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '../../src/protocol/messages/75-describe-topic-partitions.js'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '../../src/protocol/messages/36-sasl-authenticate.js'
import { ZERO_UUID } from '../../src/protocol/uuid.js'
import { OPERATIONS, PATTERNS, PERMISSIONS, RESOURCES } from '../../src/server/access/acl.js'
import { batchOf, produceTo } from './server-fixture.js'
import { WireClient } from './wire-client.js'

const USERS = { admin: 'admin-secret', alice: 'alice-secret' }
const RULED: ListenOptions = { sasl: { users: USERS }, acls: { superUsers: ['User:admin'] } }
const EVERYTHING = {
  resourceTypeFilter: RESOURCES.any,
  resourceNameFilter: null,
  patternTypeFilter: PATTERNS.any,
  principalFilter: null,
  hostFilter: null,
  operation: OPERATIONS.any,
  permissionType: PERMISSIONS.any,
}

async function opened(options: ListenOptions = RULED, storage = new MemoryStorage()) {
  const broker = await Broker.open({ storage })
  onTestFinished(() => broker.close())
  return { broker, listener: await broker.listen(options) }
}

async function as(listener: Listener, user: keyof typeof USERS): Promise<WireClient> {
  const client = await WireClient.connect(listener)
  onTestFinished(() => client.close())
  await client.call(saslHandshakeRequest, saslHandshakeResponse, 1, { mechanism: 'PLAIN' })
  const authBytes = new TextEncoder().encode(`\0${user}\0${USERS[user]}`)
  const { errorCode } = await client.call(saslAuthenticateRequest, saslAuthenticateResponse, 2, { authBytes })
  expect(errorCode).toBe(0)
  return client
}

async function allow(
  admin: WireClient,
  operation: keyof typeof OPERATIONS,
  resource: keyof typeof RESOURCES,
  name: string,
  permission: 'allow' | 'deny' = 'allow',
): Promise<number | undefined> {
  const rule = {
    resourceType: RESOURCES[resource],
    resourceName: name,
    resourcePatternType: PATTERNS.literal,
    principal: 'User:alice',
    host: '*',
  }
  const { results } = await admin.call(createAclsRequest, createAclsResponse, 3, {
    creations: [{ ...rule, operation: OPERATIONS[operation], permissionType: PERMISSIONS[permission] }],
  })
  return results[0]?.errorCode
}

const fetchCode = async (client: WireClient, topic: string): Promise<number | undefined> => {
  const { responses } = await client.call(fetchRequest, fetchResponse, 11, {
    maxWaitMs: 0,
    maxBytes: 10_000,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }] }],
  })
  return responses[0]?.partitions[0]?.errorCode
}

test('nobody may do what no rule allows, and may from the answer to CreateAcls on', async () => {
  const { broker, listener } = await opened()
  await broker.topic('orders')
  const [admin, alice] = [await as(listener, 'admin'), await as(listener, 'alice')]
  const produced = async () => (await produceTo(alice, 'orders', batchOf('one'))).errorCode
  expect(await produced()).toBe(ERROR_CODES.TOPIC_AUTHORIZATION_FAILED)
  expect(await allow(admin, 'write', 'topic', 'orders')).toBe(0)
  expect(await produced()).toBe(0)
  expect(await fetchCode(alice, 'orders')).toBe(ERROR_CODES.TOPIC_AUTHORIZATION_FAILED)
  expect(await allow(admin, 'read', 'topic', 'orders')).toBe(0)
  expect(await fetchCode(alice, 'orders')).toBe(0)
  expect(await allow(admin, 'read', 'topic', 'orders', 'deny')).toBe(0)
  expect(await fetchCode(alice, 'orders')).toBe(ERROR_CODES.TOPIC_AUTHORIZATION_FAILED)
})

test('what may not be seen is not shown, and nothing comes into being by asking', async () => {
  const { broker, listener } = await opened()
  for (const name of ['mine', 'hidden']) await broker.topic(name)
  const [admin, alice] = [await as(listener, 'admin'), await as(listener, 'alice')]
  await allow(admin, 'describe', 'topic', 'mine')
  await allow(admin, 'describe', 'topic', 'new')
  const all = await alice.call(metadataRequest, metadataResponse, 9, { topics: null, includeTopicAuthorizedOperations: true })
  expect(all.topics.map(({ name, topicAuthorizedOperations }) => [name, topicAuthorizedOperations])).toEqual([
    ['mine', 1 << OPERATIONS.describe],
  ])
  const { topics } = await alice.call(metadataRequest, metadataResponse, 9, {
    topics: ['mine', 'hidden', 'new'].map((name) => ({ name })),
    allowAutoTopicCreation: true,
  })
  expect(Object.fromEntries(topics.map(({ name, errorCode }) => [name, errorCode]))).toEqual({ mine: 0, hidden: 29, new: 29 })
  expect((await broker.topics()).map(({ name }) => name).sort()).toEqual(['hidden', 'mine'])
  const created = await alice.call(createTopicsRequest, createTopicsResponse, 5, {
    topics: [{ name: 'made', numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: 1000,
  })
  expect(created.topics[0]?.errorCode).toBe(ERROR_CODES.TOPIC_AUTHORIZATION_FAILED)
})

test('groups and transactions have rights of their own', async () => {
  const { broker, listener } = await opened()
  await broker.topic('orders')
  const [admin, alice] = [await as(listener, 'admin'), await as(listener, 'alice')]
  const committed = async () => {
    const { topics } = await alice.call(offsetCommitRequest, offsetCommitResponse, 8, {
      groupId: 'billing',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 0 }] }],
    })
    return topics[0]?.partitions[0]?.errorCode
  }
  expect(await committed()).toBe(ERROR_CODES.GROUP_AUTHORIZATION_FAILED)
  await allow(admin, 'read', 'group', 'billing')
  expect(await committed()).toBe(ERROR_CODES.TOPIC_AUTHORIZATION_FAILED)
  await allow(admin, 'read', 'topic', 'orders')
  expect(await committed()).toBe(0)
  const producer = async (transactionalId: string | null) =>
    (await alice.call(initProducerIdRequest, initProducerIdResponse, 3, { transactionalId, transactionTimeoutMs: 1000 })).errorCode
  expect(await producer('till')).toBe(ERROR_CODES.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  expect(await producer(null)).toBe(ERROR_CODES.CLUSTER_AUTHORIZATION_FAILED)
  await allow(admin, 'write', 'transactionalId', 'till')
  await allow(admin, 'write', 'topic', 'orders')
  expect([await producer('till'), await producer(null)]).toEqual([0, 0])
})

test('rules are kept: a broker that is opened again has them, on all its listeners', async () => {
  const storage = new MemoryStorage()
  const first = await opened(RULED, storage)
  const admin = await as(first.listener, 'admin')
  await allow(admin, 'read', 'topic', 'orders')
  await allow(admin, 'write', 'topic', 'orders')
  const { filterResults } = await admin.call(deleteAclsRequest, deleteAclsResponse, 3, {
    filters: [{ ...EVERYTHING, operation: OPERATIONS.write }],
  })
  expect(filterResults[0]?.matchingAcls).toMatchObject([{ resourceName: 'orders', operation: OPERATIONS.write, principal: 'User:alice' }])
  await first.broker.close()
  const { listener } = await opened(RULED, storage)
  const described = await (await as(listener, 'admin')).call(describeAclsRequest, describeAclsResponse, 3, EVERYTHING)
  expect(described.resources).toMatchObject([{ resourceName: 'orders', acls: [{ operation: OPERATIONS.read, principal: 'User:alice' }] }])
})

test('only who may alter the cluster makes rules, and only who may describe it sees them', async () => {
  const { listener } = await opened()
  const alice = await as(listener, 'alice')
  expect(await allow(alice, 'all', 'topic', '*')).toBe(ERROR_CODES.CLUSTER_AUTHORIZATION_FAILED)
  const { errorCode } = await alice.call(describeAclsRequest, describeAclsResponse, 3, EVERYTHING)
  expect(errorCode).toBe(ERROR_CODES.CLUSTER_AUTHORIZATION_FAILED)
})

test('without acls a listener has no rules, and says so', async () => {
  const { listener } = await opened({ sasl: { users: USERS } })
  const alice = await as(listener, 'alice')
  expect(await allow(alice, 'all', 'topic', '*')).toBe(ERROR_CODES.SECURITY_DISABLED)
  const { errorCode } = await alice.call(describeAclsRequest, describeAclsResponse, 3, EVERYTHING)
  expect(errorCode).toBe(ERROR_CODES.SECURITY_DISABLED)
})

test('a rule that is none is refused', async () => {
  const { listener } = await opened()
  const admin = await as(listener, 'admin')
  expect(await allow(admin, 'any', 'topic', 't')).toBe(ERROR_CODES.INVALID_REQUEST)
  expect(await allow(admin, 'alter', 'cluster', 'my-cluster')).toBe(ERROR_CODES.INVALID_REQUEST)
  expect(await allow(admin, 'alter', 'cluster', 'kafka-cluster')).toBe(0)
})

test('kafkajs keeps rules, and works by them', async () => {
  const { broker, listener } = await opened()
  await broker.topic('orders')
  const kafka = (username: keyof typeof USERS): Kafka =>
    new Kafka({
      brokers: [listener.address],
      sasl: { mechanism: 'scram-sha-256', username, password: USERS[username] },
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    })
  const admin = kafka('admin').admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  const rule = {
    principal: 'User:alice',
    host: '*',
    permissionType: AclPermissionTypes.ALLOW,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
  }
  await admin.createAcls({
    acl: [
      { ...rule, resourceType: AclResourceTypes.TOPIC, resourceName: 'ord', operation: AclOperationTypes.ALL },
      { ...rule, resourceType: AclResourceTypes.GROUP, resourceName: 'bill', operation: AclOperationTypes.READ },
    ],
  })
  const producer = kafka('alice').producer()
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  await producer.send({ topic: 'orders', messages: [{ value: 'one' }] })
  await expect(producer.send({ topic: 'mails', messages: [{ value: 'one' }] })).rejects.toThrow(/authorized/i)
  const consumer = kafka('alice').consumer({ groupId: 'billing' })
  await consumer.connect()
  onTestFinished(() => consumer.disconnect())
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  const value = await new Promise((resolve, reject) => {
    consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) }).catch(reject)
  })
  expect(value).toBe('one')
})

test('descriptions of partitions page through what may be seen, and say of the rest only that it may not', async () => {
  const { broker, listener } = await opened()
  for (const name of ['a', 'b', 'c', 'd']) await broker.topic(name, { partitions: 2 })
  const [admin, alice] = [await as(listener, 'admin'), await as(listener, 'alice')]
  const described = async (topics: readonly string[], cursor: string | null, responsePartitionLimit = 2) => {
    const answer = await alice.call(describeTopicPartitionsRequest, describeTopicPartitionsResponse, 0, {
      topics: topics.map((name) => ({ name })),
      responsePartitionLimit,
      cursor: cursor === null ? null : { topicName: cursor, partitionIndex: 0 },
    })
    const seen = answer.topics.map(({ name, errorCode, partitions, topicId }) => [
      name,
      errorCode,
      partitions.length,
      topicId === ZERO_UUID,
    ])
    return [seen, answer.nextCursor?.topicName ?? null]
  }
  const refused = (name: string) => [name, ERROR_CODES.TOPIC_AUTHORIZATION_FAILED, 0, true]
  expect(await described([], null)).toEqual([[], null])
  expect(await described(['a', 'never'], null)).toEqual([[refused('a'), refused('never')], null])
  for (const name of ['b', 'd']) expect(await allow(admin, 'describe', 'topic', name)).toBe(0)
  expect(await described([], null)).toEqual([[['b', 0, 2, false]], 'd'])
  expect(await described([], 'c')).toEqual([[['d', 0, 2, false]], null])
  expect(await described(['a', 'b', 'c', 'd'], null, 3)).toEqual([
    [['b', 0, 2, false], ['d', 0, 1, false], refused('a'), refused('c')],
    'd',
  ])
  expect(await described(['a', 'b', 'c', 'd'], 'c')).toEqual([[['d', 0, 2, false], refused('c')], null])
  const [topic] = (await alice.call(describeTopicPartitionsRequest, describeTopicPartitionsResponse, 0, { topics: [{ name: 'b' }] })).topics
  expect(topic?.topicAuthorizedOperations).toBe(1 << OPERATIONS.describe)
})

test('folders, elections and reassignments are rights on the cluster', async () => {
  const { broker, listener } = await opened()
  await broker.topic('t')
  const [admin, alice] = [await as(listener, 'admin'), await as(listener, 'alice')]
  const { CLUSTER_AUTHORIZATION_FAILED: refused, ELECTION_NOT_NEEDED, NO_REASSIGNMENT_IN_PROGRESS, LOG_DIR_NOT_FOUND } = ERROR_CODES
  const codes = async (): Promise<unknown> => {
    const folders = await alice.call(describeLogDirsRequest, describeLogDirsResponse, 4, { topics: null })
    const topicPartitions = [{ topic: 't', partitions: [0] }]
    const oldElection = await alice.call(electLeadersRequest, electLeadersResponse, 0, { topicPartitions })
    const election = await alice.call(electLeadersRequest, electLeadersResponse, 2, { topicPartitions })
    const move = await alice.call(alterPartitionReassignmentsRequest, alterPartitionReassignmentsResponse, 1, {
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, replicas: null }] }],
    })
    const moves = await alice.call(listPartitionReassignmentsRequest, listPartitionReassignmentsResponse, 0, { topics: null })
    const dirs = [{ path: '/other', topics: [{ name: 't', partitions: [0] }] }]
    const folder = await alice.call(alterReplicaLogDirsRequest, alterReplicaLogDirsResponse, 2, { dirs })
    return {
      folders: [folders.errorCode, folders.results.length],
      oldElection: oldElection.replicaElectionResults[0]?.partitionResult[0]?.errorCode,
      election: [election.errorCode, election.replicaElectionResults[0]?.partitionResult[0]?.errorCode],
      move: [move.errorCode, move.responses[0]?.partitions[0]?.errorCode],
      moves: moves.errorCode,
      folder: folder.results[0]?.partitions[0]?.errorCode,
    }
  }
  expect(await codes()).toEqual({
    folders: [refused, 0],
    oldElection: refused,
    election: [refused, refused],
    move: [refused, refused],
    moves: refused,
    folder: refused,
  })
  for (const operation of ['describe', 'alter'] as const) expect(await allow(admin, operation, 'cluster', 'kafka-cluster')).toBe(0)
  expect(await codes()).toEqual({
    folders: [0, 1],
    oldElection: ELECTION_NOT_NEEDED,
    election: [0, ELECTION_NOT_NEEDED],
    move: [0, NO_REASSIGNMENT_IN_PROGRESS],
    moves: 0,
    folder: LOG_DIR_NOT_FOUND,
  })
})
