// The guards of the APIs whose things are the cluster, transactional ids, or resources of several kinds.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import type { FindCoordinatorRequest } from '../../protocol/messages/10-find-coordinator.js'
import type { InitProducerIdRequest } from '../../protocol/messages/22-init-producer-id.js'
import type { AddPartitionsToTxnRequest } from '../../protocol/messages/24-add-partitions-to-txn.js'
import type { AddOffsetsToTxnRequest } from '../../protocol/messages/25-add-offsets-to-txn.js'
import type { EndTxnRequest } from '../../protocol/messages/26-end-txn.js'
import type { TxnOffsetCommitRequest } from '../../protocol/messages/28-txn-offset-commit.js'
import type { AlterReplicaLogDirsRequest } from '../../protocol/messages/34-alter-replica-log-dirs.js'
import type { ElectLeadersRequest } from '../../protocol/messages/43-elect-leaders.js'
import type { AlterPartitionReassignmentsRequest } from '../../protocol/messages/45-alter-partition-reassignments.js'
import type { AlterUserScramCredentialsRequest } from '../../protocol/messages/51-alter-user-scram-credentials.js'
import { refusedElection } from '../handlers/43-elect-leaders.js'
import { RESOURCE_TYPES } from '../config-resources.js'
import type { Access } from './access-control.js'
import type { Operation } from './acl.js'
import { readTopics, refusedTopic } from './group-guards.js'
import { after, both, type Fields, type Guard, guard, items, open, whole } from './guard.js'

const {
  CLUSTER_AUTHORIZATION_FAILED,
  GROUP_AUTHORIZATION_FAILED,
  OPERATION_NOT_ATTEMPTED,
  TOPIC_AUTHORIZATION_FAILED,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
} = ERROR_CODES
const errorMessage = 'Authorization failed.'
/** What DescribeConfigs calls a group; a topic and a broker are RESOURCE_TYPES'. */
const GROUP_RESOURCE = 32

const onCluster = (operation: Operation): Guard =>
  whole<Fields>(
    (_request, access) => access.may(operation, 'cluster'),
    () => ({ errorCode: CLUSTER_AUTHORIZATION_FAILED, errorMessage }),
  )

interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

const ofResources = (operation: 'describeConfigs' | 'alterConfigs', into: string): Guard =>
  items<ConfigResource>({
    list: 'resources',
    into,
    allowed({ resourceType, resourceName }, access) {
      if (resourceType === RESOURCE_TYPES.topic) return access.may(operation, 'topic', resourceName)
      if (resourceType === GROUP_RESOURCE) return access.may(operation, 'group', resourceName)
      return access.may(operation, 'cluster')
    },
    refused: ({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      errorCode:
        resourceType === RESOURCE_TYPES.topic
          ? TOPIC_AUTHORIZATION_FAILED
          : resourceType === GROUP_RESOURCE
            ? GROUP_AUTHORIZATION_FAILED
            : CLUSTER_AUTHORIZATION_FAILED,
      errorMessage,
    }),
  })

const mayWriteAs = ({ transactionalId }: { readonly transactionalId: string }, access: Access): boolean =>
  access.may('write', 'transactionalId', transactionalId)
const refusedId = { errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED }

/** The kinds of coordinators; those of share partitions are asked for by brokers only. */
const COORDINATORS = [
  { resource: 'group', code: GROUP_AUTHORIZATION_FAILED },
  { resource: 'transactionalId', code: TRANSACTIONAL_ID_AUTHORIZATION_FAILED },
] as const

const findCoordinator = guard<FindCoordinatorRequest & Fields>(async (request, access, call) => {
  const { resource, code } = COORDINATORS[request.keyType] ?? {}
  const may = (key: string): boolean =>
    resource === undefined ? access.may('clusterAction', 'cluster') : access.may('describe', resource, key)
  const nowhere = { nodeId: -1, host: '', port: -1, errorCode: code ?? CLUSTER_AUTHORIZATION_FAILED, errorMessage }
  if (call.version < 4) return may(request.key) ? { request } : { request, answer: nowhere }
  return items<string>({
    list: 'coordinatorKeys',
    into: 'coordinators',
    allowed: may,
    refused: (key) => ({ key, ...nowhere }),
  })(request, access, call)
})

/** All partitions or none: with one refused the others are not attempted. */
const addPartitions = guard<AddPartitionsToTxnRequest & Fields>((request, access) => {
  const { v3AndBelowTransactionalId: transactionalId, v3AndBelowTopics: topics } = request
  const answer = (codeOf: (name: string) => number): Fields => ({
    resultsByTopicV3AndBelow: topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: codeOf(name) })),
    })),
  })
  if (!mayWriteAs({ transactionalId }, access)) return { request, answer: answer(() => TRANSACTIONAL_ID_AUTHORIZATION_FAILED) }
  const may = (name: string): boolean => access.may('write', 'topic', name)
  if (topics.every(({ name }) => may(name))) return { request }
  return { request, answer: answer((name) => (may(name) ? OPERATION_NOT_ATTEMPTED : TOPIC_AUTHORIZATION_FAILED)) }
})

const initProducerId = guard<InitProducerIdRequest & Fields>((request, access) => {
  const { transactionalId } = request
  const nobody = { producerId: -1, producerEpoch: -1 }
  if (transactionalId !== null)
    return mayWriteAs({ transactionalId }, access) ? { request } : { request, answer: { ...refusedId, ...nobody } }
  const may = access.may('idempotentWrite', 'cluster') || access.maySomewhere('write', 'topic')
  return may ? { request } : { request, answer: { errorCode: CLUSTER_AUTHORIZATION_FAILED, ...nobody } }
})

const commitOfTransaction = (code: number, allowed: (request: TxnOffsetCommitRequest, access: Access) => boolean): Guard =>
  whole<TxnOffsetCommitRequest>(allowed, ({ topics }) => ({ topics: topics.map((topic) => refusedTopic(topic, code)) }))

interface SeenState {
  readonly transactionalId: string
  readonly topics?: readonly Fields[]
}

/** Changes the states in an answer. */
const states = (change: (all: readonly SeenState[], access: Access) => readonly object[]): Guard =>
  after((response, access) => ({ ...response, transactionStates: change(response.transactionStates as readonly SeenState[], access) }))

export const CLUSTER_GUARDS: Readonly<Record<number, Guard>> = {
  10: findCoordinator,
  17: open,
  18: open,
  22: initProducerId,
  24: addPartitions,
  25: both(
    whole<AddOffsetsToTxnRequest>(mayWriteAs, () => refusedId),
    whole<AddOffsetsToTxnRequest>(
      ({ groupId }, access) => access.may('read', 'group', groupId),
      () => ({ errorCode: GROUP_AUTHORIZATION_FAILED }),
    ),
  ),
  26: whole<EndTxnRequest>(mayWriteAs, () => refusedId),
  28: both(
    commitOfTransaction(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, mayWriteAs),
    commitOfTransaction(GROUP_AUTHORIZATION_FAILED, ({ groupId }, access) => access.may('read', 'group', groupId)),
    readTopics,
  ),
  29: onCluster('describe'),
  30: whole<{ readonly creations: readonly unknown[] }>(
    (_request, access) => access.may('alter', 'cluster'),
    ({ creations }) => ({ results: creations.map(() => ({ errorCode: CLUSTER_AUTHORIZATION_FAILED, errorMessage })) }),
  ),
  31: whole<{ readonly filters: readonly unknown[] }>(
    (_request, access) => access.may('alter', 'cluster'),
    ({ filters }) => ({ filterResults: filters.map(() => ({ errorCode: CLUSTER_AUTHORIZATION_FAILED, errorMessage, matchingAcls: [] })) }),
  ),
  32: ofResources('describeConfigs', 'results'),
  33: ofResources('alterConfigs', 'responses'),
  34: whole<AlterReplicaLogDirsRequest>(
    (_request, access) => access.may('alter', 'cluster'),
    ({ dirs }) => ({
      results: dirs.flatMap(({ topics }) =>
        topics.map(({ name: topicName, partitions }) => ({
          topicName,
          partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode: CLUSTER_AUTHORIZATION_FAILED })),
        })),
      ),
    }),
  ),
  35: onCluster('describe'),
  36: open,
  43: whole<ElectLeadersRequest>(
    (_request, access) => access.may('alter', 'cluster'),
    (request, { version }) => refusedElection(request, CLUSTER_AUTHORIZATION_FAILED, version, errorMessage) as Fields,
  ),
  44: ofResources('alterConfigs', 'responses'),
  45: whole<AlterPartitionReassignmentsRequest>(
    (_request, access) => access.may('alter', 'cluster'),
    ({ topics }) => ({
      errorCode: CLUSTER_AUTHORIZATION_FAILED,
      errorMessage,
      responses: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: CLUSTER_AUTHORIZATION_FAILED, errorMessage })),
      })),
    }),
  ),
  46: onCluster('describe'),
  50: onCluster('describe'),
  51: whole<AlterUserScramCredentialsRequest>(
    (_request, access) => access.may('alter', 'cluster'),
    ({ deletions, upsertions }) => ({
      results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({
        user,
        errorCode: CLUSTER_AUTHORIZATION_FAILED,
        errorMessage,
      })),
    }),
  ),
  60: after((response, access) => {
    const { clusterAuthorizedOperations: bits } = response as { readonly clusterAuthorizedOperations?: number }
    return bits === undefined ? response : { ...response, clusterAuthorizedOperations: access.operations(bits, 'cluster') }
  }),
  65: both(
    items<string>({
      list: 'transactionalIds',
      into: 'transactionStates',
      allowed: (transactionalId, access) => access.may('describe', 'transactionalId', transactionalId),
      refused: (transactionalId) => ({ transactionalId, ...refusedId }),
    }),
    states((all, access) =>
      all.map((state) => ({ ...state, topics: state.topics?.filter(({ topic }) => access.may('describe', 'topic', topic as string)) })),
    ),
  ),
  66: states((all, access) => all.filter(({ transactionalId }) => access.may('describe', 'transactionalId', transactionalId))),
  71: open,
  72: open,
  74: onCluster('describeConfigs'),
}
