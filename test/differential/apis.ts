// The two messages of each API that the cases speak, tied together, so that a case names one thing and gets the types of both.
import type { Message } from '../../src/protocol/message.js'
import { produceRequest, produceResponse } from '../../src/protocol/messages/00-produce.js'
import { fetchRequest, fetchResponse } from '../../src/protocol/messages/01-fetch.js'
import { listOffsetsRequest, listOffsetsResponse } from '../../src/protocol/messages/02-list-offsets.js'
import { metadataRequest, metadataResponse } from '../../src/protocol/messages/03-metadata.js'
import { offsetCommitRequest, offsetCommitResponse } from '../../src/protocol/messages/08-offset-commit.js'
import { offsetFetchRequest, offsetFetchResponse } from '../../src/protocol/messages/09-offset-fetch.js'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../src/protocol/messages/10-find-coordinator.js'
import { joinGroupRequest, joinGroupResponse } from '../../src/protocol/messages/11-join-group.js'
import { heartbeatRequest, heartbeatResponse } from '../../src/protocol/messages/12-heartbeat.js'
import { leaveGroupRequest, leaveGroupResponse } from '../../src/protocol/messages/13-leave-group.js'
import { syncGroupRequest, syncGroupResponse } from '../../src/protocol/messages/14-sync-group.js'
import { describeGroupsRequest, describeGroupsResponse } from '../../src/protocol/messages/15-describe-groups.js'
import { listGroupsRequest, listGroupsResponse } from '../../src/protocol/messages/16-list-groups.js'
import { saslHandshakeRequest, saslHandshakeResponse } from '../../src/protocol/messages/17-sasl-handshake.js'
import { apiVersionsRequest, apiVersionsResponse } from '../../src/protocol/messages/18-api-versions.js'
import { createTopicsRequest, createTopicsResponse } from '../../src/protocol/messages/19-create-topics.js'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../src/protocol/messages/20-delete-topics.js'
import { deleteRecordsRequest, deleteRecordsResponse } from '../../src/protocol/messages/21-delete-records.js'
import { initProducerIdRequest, initProducerIdResponse } from '../../src/protocol/messages/22-init-producer-id.js'
import { offsetForLeaderEpochRequest, offsetForLeaderEpochResponse } from '../../src/protocol/messages/23-offset-for-leader-epoch.js'
import { addPartitionsToTxnRequest, addPartitionsToTxnResponse } from '../../src/protocol/messages/24-add-partitions-to-txn.js'
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from '../../src/protocol/messages/25-add-offsets-to-txn.js'
import { endTxnRequest, endTxnResponse } from '../../src/protocol/messages/26-end-txn.js'
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from '../../src/protocol/messages/28-txn-offset-commit.js'
import { describeAclsRequest, describeAclsResponse } from '../../src/protocol/messages/29-describe-acls.js'
import { describeConfigsRequest, describeConfigsResponse } from '../../src/protocol/messages/32-describe-configs.js'
import { alterConfigsRequest, alterConfigsResponse } from '../../src/protocol/messages/33-alter-configs.js'
import { alterReplicaLogDirsRequest, alterReplicaLogDirsResponse } from '../../src/protocol/messages/34-alter-replica-log-dirs.js'
import { describeLogDirsRequest, describeLogDirsResponse } from '../../src/protocol/messages/35-describe-log-dirs.js'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '../../src/protocol/messages/36-sasl-authenticate.js'
import { createPartitionsRequest, createPartitionsResponse } from '../../src/protocol/messages/37-create-partitions.js'
import { deleteGroupsRequest, deleteGroupsResponse } from '../../src/protocol/messages/42-delete-groups.js'
import { electLeadersRequest, electLeadersResponse } from '../../src/protocol/messages/43-elect-leaders.js'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '../../src/protocol/messages/44-incremental-alter-configs.js'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '../../src/protocol/messages/45-alter-partition-reassignments.js'
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from '../../src/protocol/messages/46-list-partition-reassignments.js'
import { offsetDeleteRequest, offsetDeleteResponse } from '../../src/protocol/messages/47-offset-delete.js'
import { describeClusterRequest, describeClusterResponse } from '../../src/protocol/messages/60-describe-cluster.js'
import { describeProducersRequest, describeProducersResponse } from '../../src/protocol/messages/61-describe-producers.js'
import { describeTransactionsRequest, describeTransactionsResponse } from '../../src/protocol/messages/65-describe-transactions.js'
import { listTransactionsRequest, listTransactionsResponse } from '../../src/protocol/messages/66-list-transactions.js'
import { consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse } from '../../src/protocol/messages/68-consumer-group-heartbeat.js'
import { consumerGroupDescribeRequest, consumerGroupDescribeResponse } from '../../src/protocol/messages/69-consumer-group-describe.js'
import { listConfigResourcesRequest, listConfigResourcesResponse } from '../../src/protocol/messages/74-list-config-resources.js'
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '../../src/protocol/messages/75-describe-topic-partitions.js'
import { shareGroupHeartbeatRequest, shareGroupHeartbeatResponse } from '../../src/protocol/messages/76-share-group-heartbeat.js'
import { shareGroupDescribeRequest, shareGroupDescribeResponse } from '../../src/protocol/messages/77-share-group-describe.js'
import { shareFetchRequest, shareFetchResponse } from '../../src/protocol/messages/78-share-fetch.js'
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from '../../src/protocol/messages/79-share-acknowledge.js'
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
} from '../../src/protocol/messages/90-describe-share-group-offsets.js'
import { alterShareGroupOffsetsRequest, alterShareGroupOffsetsResponse } from '../../src/protocol/messages/91-alter-share-group-offsets.js'
import {
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
} from '../../src/protocol/messages/92-delete-share-group-offsets.js'

export interface Api<Q, R> {
  readonly request: Message<Q>
  readonly response: Message<R>
}

export const produce = { request: produceRequest, response: produceResponse }
export const fetch = { request: fetchRequest, response: fetchResponse }
export const listOffsets = { request: listOffsetsRequest, response: listOffsetsResponse }
export const metadata = { request: metadataRequest, response: metadataResponse }
export const offsetCommit = { request: offsetCommitRequest, response: offsetCommitResponse }
export const offsetFetch = { request: offsetFetchRequest, response: offsetFetchResponse }
export const findCoordinator = { request: findCoordinatorRequest, response: findCoordinatorResponse }
export const joinGroup = { request: joinGroupRequest, response: joinGroupResponse }
export const heartbeat = { request: heartbeatRequest, response: heartbeatResponse }
export const leaveGroup = { request: leaveGroupRequest, response: leaveGroupResponse }
export const syncGroup = { request: syncGroupRequest, response: syncGroupResponse }
export const describeGroups = { request: describeGroupsRequest, response: describeGroupsResponse }
export const listGroups = { request: listGroupsRequest, response: listGroupsResponse }
export const saslHandshake = { request: saslHandshakeRequest, response: saslHandshakeResponse }
export const apiVersions = { request: apiVersionsRequest, response: apiVersionsResponse }
export const createTopics = { request: createTopicsRequest, response: createTopicsResponse }
export const deleteTopics = { request: deleteTopicsRequest, response: deleteTopicsResponse }
export const deleteRecords = { request: deleteRecordsRequest, response: deleteRecordsResponse }
export const initProducerId = { request: initProducerIdRequest, response: initProducerIdResponse }
export const offsetForLeaderEpoch = { request: offsetForLeaderEpochRequest, response: offsetForLeaderEpochResponse }
export const addPartitionsToTxn = { request: addPartitionsToTxnRequest, response: addPartitionsToTxnResponse }
export const addOffsetsToTxn = { request: addOffsetsToTxnRequest, response: addOffsetsToTxnResponse }
export const endTxn = { request: endTxnRequest, response: endTxnResponse }
export const txnOffsetCommit = { request: txnOffsetCommitRequest, response: txnOffsetCommitResponse }
export const describeAcls = { request: describeAclsRequest, response: describeAclsResponse }
export const describeConfigs = { request: describeConfigsRequest, response: describeConfigsResponse }
export const alterConfigs = { request: alterConfigsRequest, response: alterConfigsResponse }
export const alterReplicaLogDirs = { request: alterReplicaLogDirsRequest, response: alterReplicaLogDirsResponse }
export const describeLogDirs = { request: describeLogDirsRequest, response: describeLogDirsResponse }
export const saslAuthenticate = { request: saslAuthenticateRequest, response: saslAuthenticateResponse }
export const createPartitions = { request: createPartitionsRequest, response: createPartitionsResponse }
export const deleteGroups = { request: deleteGroupsRequest, response: deleteGroupsResponse }
export const electLeaders = { request: electLeadersRequest, response: electLeadersResponse }
export const incrementalAlterConfigs = { request: incrementalAlterConfigsRequest, response: incrementalAlterConfigsResponse }
export const alterPartitionReassignments = { request: alterPartitionReassignmentsRequest, response: alterPartitionReassignmentsResponse }
export const listPartitionReassignments = { request: listPartitionReassignmentsRequest, response: listPartitionReassignmentsResponse }
export const offsetDelete = { request: offsetDeleteRequest, response: offsetDeleteResponse }
export const describeCluster = { request: describeClusterRequest, response: describeClusterResponse }
export const describeProducers = { request: describeProducersRequest, response: describeProducersResponse }
export const describeTransactions = { request: describeTransactionsRequest, response: describeTransactionsResponse }
export const listTransactions = { request: listTransactionsRequest, response: listTransactionsResponse }
export const consumerGroupHeartbeat = { request: consumerGroupHeartbeatRequest, response: consumerGroupHeartbeatResponse }
export const consumerGroupDescribe = { request: consumerGroupDescribeRequest, response: consumerGroupDescribeResponse }
export const listConfigResources = { request: listConfigResourcesRequest, response: listConfigResourcesResponse }
export const describeTopicPartitions = { request: describeTopicPartitionsRequest, response: describeTopicPartitionsResponse }
export const shareGroupHeartbeat = { request: shareGroupHeartbeatRequest, response: shareGroupHeartbeatResponse }
export const shareGroupDescribe = { request: shareGroupDescribeRequest, response: shareGroupDescribeResponse }
export const shareFetch = { request: shareFetchRequest, response: shareFetchResponse }
export const shareAcknowledge = { request: shareAcknowledgeRequest, response: shareAcknowledgeResponse }
export const describeShareGroupOffsets = { request: describeShareGroupOffsetsRequest, response: describeShareGroupOffsetsResponse }
export const alterShareGroupOffsets = { request: alterShareGroupOffsetsRequest, response: alterShareGroupOffsetsResponse }
export const deleteShareGroupOffsets = { request: deleteShareGroupOffsetsRequest, response: deleteShareGroupOffsetsResponse }
