// Generated from src/protocol/schema by npm run tables: every API of the protocol that is known here, by its key.

import { produceRequest, produceResponse } from './messages/00-produce.js'
import { fetchRequest, fetchResponse } from './messages/01-fetch.js'
import { listOffsetsRequest, listOffsetsResponse } from './messages/02-list-offsets.js'
import { metadataRequest, metadataResponse } from './messages/03-metadata.js'
import { offsetCommitRequest, offsetCommitResponse } from './messages/08-offset-commit.js'
import { offsetFetchRequest, offsetFetchResponse } from './messages/09-offset-fetch.js'
import { findCoordinatorRequest, findCoordinatorResponse } from './messages/10-find-coordinator.js'
import { joinGroupRequest, joinGroupResponse } from './messages/11-join-group.js'
import { heartbeatRequest, heartbeatResponse } from './messages/12-heartbeat.js'
import { leaveGroupRequest, leaveGroupResponse } from './messages/13-leave-group.js'
import { syncGroupRequest, syncGroupResponse } from './messages/14-sync-group.js'
import { describeGroupsRequest, describeGroupsResponse } from './messages/15-describe-groups.js'
import { listGroupsRequest, listGroupsResponse } from './messages/16-list-groups.js'
import { saslHandshakeRequest, saslHandshakeResponse } from './messages/17-sasl-handshake.js'
import { apiVersionsRequest, apiVersionsResponse } from './messages/18-api-versions.js'
import { createTopicsRequest, createTopicsResponse } from './messages/19-create-topics.js'
import { deleteTopicsRequest, deleteTopicsResponse } from './messages/20-delete-topics.js'
import { deleteRecordsRequest, deleteRecordsResponse } from './messages/21-delete-records.js'
import { initProducerIdRequest, initProducerIdResponse } from './messages/22-init-producer-id.js'
import { offsetForLeaderEpochRequest, offsetForLeaderEpochResponse } from './messages/23-offset-for-leader-epoch.js'
import { addPartitionsToTxnRequest, addPartitionsToTxnResponse } from './messages/24-add-partitions-to-txn.js'
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from './messages/25-add-offsets-to-txn.js'
import { endTxnRequest, endTxnResponse } from './messages/26-end-txn.js'
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from './messages/28-txn-offset-commit.js'
import { describeAclsRequest, describeAclsResponse } from './messages/29-describe-acls.js'
import { createAclsRequest, createAclsResponse } from './messages/30-create-acls.js'
import { deleteAclsRequest, deleteAclsResponse } from './messages/31-delete-acls.js'
import { describeConfigsRequest, describeConfigsResponse } from './messages/32-describe-configs.js'
import { alterConfigsRequest, alterConfigsResponse } from './messages/33-alter-configs.js'
import { alterReplicaLogDirsRequest, alterReplicaLogDirsResponse } from './messages/34-alter-replica-log-dirs.js'
import { describeLogDirsRequest, describeLogDirsResponse } from './messages/35-describe-log-dirs.js'
import { saslAuthenticateRequest, saslAuthenticateResponse } from './messages/36-sasl-authenticate.js'
import { createPartitionsRequest, createPartitionsResponse } from './messages/37-create-partitions.js'
import { deleteGroupsRequest, deleteGroupsResponse } from './messages/42-delete-groups.js'
import { electLeadersRequest, electLeadersResponse } from './messages/43-elect-leaders.js'
import { incrementalAlterConfigsRequest, incrementalAlterConfigsResponse } from './messages/44-incremental-alter-configs.js'
import { alterPartitionReassignmentsRequest, alterPartitionReassignmentsResponse } from './messages/45-alter-partition-reassignments.js'
import { listPartitionReassignmentsRequest, listPartitionReassignmentsResponse } from './messages/46-list-partition-reassignments.js'
import { offsetDeleteRequest, offsetDeleteResponse } from './messages/47-offset-delete.js'
import { describeUserScramCredentialsRequest, describeUserScramCredentialsResponse } from './messages/50-describe-user-scram-credentials.js'
import { alterUserScramCredentialsRequest, alterUserScramCredentialsResponse } from './messages/51-alter-user-scram-credentials.js'
import { describeClusterRequest, describeClusterResponse } from './messages/60-describe-cluster.js'
import { describeProducersRequest, describeProducersResponse } from './messages/61-describe-producers.js'
import { describeTransactionsRequest, describeTransactionsResponse } from './messages/65-describe-transactions.js'
import { listTransactionsRequest, listTransactionsResponse } from './messages/66-list-transactions.js'
import { consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse } from './messages/68-consumer-group-heartbeat.js'
import { consumerGroupDescribeRequest, consumerGroupDescribeResponse } from './messages/69-consumer-group-describe.js'
import { getTelemetrySubscriptionsRequest, getTelemetrySubscriptionsResponse } from './messages/71-get-telemetry-subscriptions.js'
import { pushTelemetryRequest, pushTelemetryResponse } from './messages/72-push-telemetry.js'
import { listConfigResourcesRequest, listConfigResourcesResponse } from './messages/74-list-config-resources.js'
import { describeTopicPartitionsRequest, describeTopicPartitionsResponse } from './messages/75-describe-topic-partitions.js'
import { shareGroupHeartbeatRequest, shareGroupHeartbeatResponse } from './messages/76-share-group-heartbeat.js'
import { shareGroupDescribeRequest, shareGroupDescribeResponse } from './messages/77-share-group-describe.js'
import { shareFetchRequest, shareFetchResponse } from './messages/78-share-fetch.js'
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from './messages/79-share-acknowledge.js'
import { streamsGroupHeartbeatRequest, streamsGroupHeartbeatResponse } from './messages/88-streams-group-heartbeat.js'
import { streamsGroupDescribeRequest, streamsGroupDescribeResponse } from './messages/89-streams-group-describe.js'
import { describeShareGroupOffsetsRequest, describeShareGroupOffsetsResponse } from './messages/90-describe-share-group-offsets.js'
import { alterShareGroupOffsetsRequest, alterShareGroupOffsetsResponse } from './messages/91-alter-share-group-offsets.js'
import { deleteShareGroupOffsetsRequest, deleteShareGroupOffsetsResponse } from './messages/92-delete-share-group-offsets.js'
import { streamsGroupTopologyDescriptionUpdateRequest, streamsGroupTopologyDescriptionUpdateResponse } from './messages/93-streams-group-topology-description-update.js'
import type { Message } from './message.js'

export interface Api {
  /** Kafka's name of it. */
  readonly name: string
  readonly request: Message<unknown>
  readonly response: Message<unknown>
}

export const APIS: ReadonlyMap<number, Api> = new Map<number, Api>([
  [0, { name: 'Produce', request: produceRequest, response: produceResponse }],
  [1, { name: 'Fetch', request: fetchRequest, response: fetchResponse }],
  [2, { name: 'ListOffsets', request: listOffsetsRequest, response: listOffsetsResponse }],
  [3, { name: 'Metadata', request: metadataRequest, response: metadataResponse }],
  [8, { name: 'OffsetCommit', request: offsetCommitRequest, response: offsetCommitResponse }],
  [9, { name: 'OffsetFetch', request: offsetFetchRequest, response: offsetFetchResponse }],
  [10, { name: 'FindCoordinator', request: findCoordinatorRequest, response: findCoordinatorResponse }],
  [11, { name: 'JoinGroup', request: joinGroupRequest, response: joinGroupResponse }],
  [12, { name: 'Heartbeat', request: heartbeatRequest, response: heartbeatResponse }],
  [13, { name: 'LeaveGroup', request: leaveGroupRequest, response: leaveGroupResponse }],
  [14, { name: 'SyncGroup', request: syncGroupRequest, response: syncGroupResponse }],
  [15, { name: 'DescribeGroups', request: describeGroupsRequest, response: describeGroupsResponse }],
  [16, { name: 'ListGroups', request: listGroupsRequest, response: listGroupsResponse }],
  [17, { name: 'SaslHandshake', request: saslHandshakeRequest, response: saslHandshakeResponse }],
  [18, { name: 'ApiVersions', request: apiVersionsRequest, response: apiVersionsResponse }],
  [19, { name: 'CreateTopics', request: createTopicsRequest, response: createTopicsResponse }],
  [20, { name: 'DeleteTopics', request: deleteTopicsRequest, response: deleteTopicsResponse }],
  [21, { name: 'DeleteRecords', request: deleteRecordsRequest, response: deleteRecordsResponse }],
  [22, { name: 'InitProducerId', request: initProducerIdRequest, response: initProducerIdResponse }],
  [23, { name: 'OffsetForLeaderEpoch', request: offsetForLeaderEpochRequest, response: offsetForLeaderEpochResponse }],
  [24, { name: 'AddPartitionsToTxn', request: addPartitionsToTxnRequest, response: addPartitionsToTxnResponse }],
  [25, { name: 'AddOffsetsToTxn', request: addOffsetsToTxnRequest, response: addOffsetsToTxnResponse }],
  [26, { name: 'EndTxn', request: endTxnRequest, response: endTxnResponse }],
  [28, { name: 'TxnOffsetCommit', request: txnOffsetCommitRequest, response: txnOffsetCommitResponse }],
  [29, { name: 'DescribeAcls', request: describeAclsRequest, response: describeAclsResponse }],
  [30, { name: 'CreateAcls', request: createAclsRequest, response: createAclsResponse }],
  [31, { name: 'DeleteAcls', request: deleteAclsRequest, response: deleteAclsResponse }],
  [32, { name: 'DescribeConfigs', request: describeConfigsRequest, response: describeConfigsResponse }],
  [33, { name: 'AlterConfigs', request: alterConfigsRequest, response: alterConfigsResponse }],
  [34, { name: 'AlterReplicaLogDirs', request: alterReplicaLogDirsRequest, response: alterReplicaLogDirsResponse }],
  [35, { name: 'DescribeLogDirs', request: describeLogDirsRequest, response: describeLogDirsResponse }],
  [36, { name: 'SaslAuthenticate', request: saslAuthenticateRequest, response: saslAuthenticateResponse }],
  [37, { name: 'CreatePartitions', request: createPartitionsRequest, response: createPartitionsResponse }],
  [42, { name: 'DeleteGroups', request: deleteGroupsRequest, response: deleteGroupsResponse }],
  [43, { name: 'ElectLeaders', request: electLeadersRequest, response: electLeadersResponse }],
  [44, { name: 'IncrementalAlterConfigs', request: incrementalAlterConfigsRequest, response: incrementalAlterConfigsResponse }],
  [45, { name: 'AlterPartitionReassignments', request: alterPartitionReassignmentsRequest, response: alterPartitionReassignmentsResponse }],
  [46, { name: 'ListPartitionReassignments', request: listPartitionReassignmentsRequest, response: listPartitionReassignmentsResponse }],
  [47, { name: 'OffsetDelete', request: offsetDeleteRequest, response: offsetDeleteResponse }],
  [50, { name: 'DescribeUserScramCredentials', request: describeUserScramCredentialsRequest, response: describeUserScramCredentialsResponse }],
  [51, { name: 'AlterUserScramCredentials', request: alterUserScramCredentialsRequest, response: alterUserScramCredentialsResponse }],
  [60, { name: 'DescribeCluster', request: describeClusterRequest, response: describeClusterResponse }],
  [61, { name: 'DescribeProducers', request: describeProducersRequest, response: describeProducersResponse }],
  [65, { name: 'DescribeTransactions', request: describeTransactionsRequest, response: describeTransactionsResponse }],
  [66, { name: 'ListTransactions', request: listTransactionsRequest, response: listTransactionsResponse }],
  [68, { name: 'ConsumerGroupHeartbeat', request: consumerGroupHeartbeatRequest, response: consumerGroupHeartbeatResponse }],
  [69, { name: 'ConsumerGroupDescribe', request: consumerGroupDescribeRequest, response: consumerGroupDescribeResponse }],
  [71, { name: 'GetTelemetrySubscriptions', request: getTelemetrySubscriptionsRequest, response: getTelemetrySubscriptionsResponse }],
  [72, { name: 'PushTelemetry', request: pushTelemetryRequest, response: pushTelemetryResponse }],
  [74, { name: 'ListConfigResources', request: listConfigResourcesRequest, response: listConfigResourcesResponse }],
  [75, { name: 'DescribeTopicPartitions', request: describeTopicPartitionsRequest, response: describeTopicPartitionsResponse }],
  [76, { name: 'ShareGroupHeartbeat', request: shareGroupHeartbeatRequest, response: shareGroupHeartbeatResponse }],
  [77, { name: 'ShareGroupDescribe', request: shareGroupDescribeRequest, response: shareGroupDescribeResponse }],
  [78, { name: 'ShareFetch', request: shareFetchRequest, response: shareFetchResponse }],
  [79, { name: 'ShareAcknowledge', request: shareAcknowledgeRequest, response: shareAcknowledgeResponse }],
  [88, { name: 'StreamsGroupHeartbeat', request: streamsGroupHeartbeatRequest, response: streamsGroupHeartbeatResponse }],
  [89, { name: 'StreamsGroupDescribe', request: streamsGroupDescribeRequest, response: streamsGroupDescribeResponse }],
  [90, { name: 'DescribeShareGroupOffsets', request: describeShareGroupOffsetsRequest, response: describeShareGroupOffsetsResponse }],
  [91, { name: 'AlterShareGroupOffsets', request: alterShareGroupOffsetsRequest, response: alterShareGroupOffsetsResponse }],
  [92, { name: 'DeleteShareGroupOffsets', request: deleteShareGroupOffsetsRequest, response: deleteShareGroupOffsetsResponse }],
  [93, { name: 'StreamsGroupTopologyDescriptionUpdate', request: streamsGroupTopologyDescriptionUpdateRequest, response: streamsGroupTopologyDescriptionUpdateResponse }],
])
