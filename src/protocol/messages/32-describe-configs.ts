// Generated from src/protocol/schema by npm run tables: request and response of DescribeConfigs (key 32), all versions.
// The types hold every field of every version; one that a version lacks has its default.

import { Message } from '../message.js'

export interface DescribeConfigsRequest {
  readonly resources: readonly {
    readonly resourceType: number
    readonly resourceName: string
    readonly configurationKeys: readonly string[] | null
  }[]
  readonly includeSynonyms: boolean
  readonly includeDocumentation: boolean
}

export const describeConfigsRequest = new Message<DescribeConfigsRequest>('DescribeConfigsRequest', 32, '1-4', '4+', `
  resources []DescribeConfigsResource 0+
    resourceType int8 0+
    resourceName string 0+
    configurationKeys []string 0+ null:0+
  includeSynonyms bool 1+ default:false
  includeDocumentation bool 3+ default:false
`)

export interface DescribeConfigsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly resourceType: number
    readonly resourceName: string
    readonly configs: readonly {
      readonly name: string
      readonly value: string | null
      readonly readOnly: boolean
      readonly configSource: number
      readonly isSensitive: boolean
      readonly synonyms: readonly {
        readonly name: string
        readonly value: string | null
        readonly source: number
      }[]
      readonly configType: number
      readonly documentation: string | null
    }[]
  }[]
}

export const describeConfigsResponse = new Message<DescribeConfigsResponse>('DescribeConfigsResponse', 32, '1-4', '4+', `
  throttleTimeMs int32 0+
  results []DescribeConfigsResult 0+
    errorCode int16 0+
    errorMessage string 0+ null:0+
    resourceType int8 0+
    resourceName string 0+
    configs []DescribeConfigsResourceResult 0+
      name string 0+
      value string 0+ null:0+
      readOnly bool 0+
      configSource int8 1+ default:-1 ignorable
      isSensitive bool 0+
      synonyms []DescribeConfigsSynonym 1+ ignorable
        name string 1+
        value string 1+ null:0+
        source int8 1+
      configType int8 3+ default:0 ignorable
      documentation string 3+ null:0+ ignorable
`)
