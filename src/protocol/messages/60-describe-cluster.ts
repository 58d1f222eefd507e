// Generated from src/protocol/schema by npm run tables: request and response of DescribeCluster (key 60), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeClusterRequest {
  readonly includeClusterAuthorizedOperations: boolean
  readonly endpointType: number
  readonly includeFencedBrokers: boolean
}

export const describeClusterRequest = new Message<DescribeClusterRequest>('DescribeClusterRequest', 60, '0-2', '0+', `
  includeClusterAuthorizedOperations bool 0+
  endpointType int8 1+ default:1
  includeFencedBrokers bool 2+
`)

export interface DescribeClusterResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly endpointType: number
  readonly clusterId: string
  readonly controllerId: number
  readonly brokers: readonly {
    readonly brokerId: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
    readonly isFenced: boolean
  }[]
  readonly clusterAuthorizedOperations: number
}

export const describeClusterResponse = new Message<DescribeClusterResponse>('DescribeClusterResponse', 60, '0-2', '0+', `
  throttleTimeMs int32 0+
  errorCode int16 0+
  errorMessage string 0+ null:0+ default:null
  endpointType int8 1+ default:1
  clusterId string 0+
  controllerId int32 0+ default:-1
  brokers []DescribeClusterBroker 0+
    brokerId int32 0+
    host string 0+
    port int32 0+
    rack string 0+ null:0+ default:null
    isFenced bool 2+
  clusterAuthorizedOperations int32 0+ default:-2147483648
`)
