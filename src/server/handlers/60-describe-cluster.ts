// DescribeCluster: the cluster is one broker, which is its own controller.

import { ERROR_CODES } from '../../protocol/error-codes.js'
import { describeClusterRequest, describeClusterResponse } from '../../protocol/messages/60-describe-cluster.js'
import { CLUSTER_OPERATIONS } from '../authorized-operations.js'
import { NODE_ID } from '../broker-view.js'
import { handler } from '../handler.js'

/** Brokers are asked for, not controllers. */
const BROKERS = 1

export const describeCluster = handler({
  request: describeClusterRequest,
  response: describeClusterResponse,
  first: 0,
  last: 2,
  handle({ endpointType, includeClusterAuthorizedOperations }, { broker, advertised }) {
    if (endpointType !== BROKERS)
      return { errorCode: ERROR_CODES.UNSUPPORTED_ENDPOINT_TYPE, errorMessage: `This is a broker, not an endpoint of type ${endpointType}` }
    return {
      clusterId: broker.clusterId,
      controllerId: NODE_ID,
      brokers: [{ brokerId: NODE_ID, ...advertised }],
      ...(includeClusterAuthorizedOperations && { clusterAuthorizedOperations: CLUSTER_OPERATIONS }),
    }
  },
})
