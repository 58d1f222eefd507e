// DescribeConfigs: all configs of topics, and what is fixed about the broker.

import { KafkaliteError } from '../../errors.js'
import { errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import {
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  describeConfigsRequest,
  describeConfigsResponse,
} from '../../protocol/messages/32-describe-configs.js'
import { BROKER_CONFIGS } from '../broker-configs.js'
import { type BrokerView, NODE_ID } from '../broker-view.js'
import { RESOURCE_TYPES } from '../config-resources.js'
import { handler } from '../handler.js'
import { CONFIG_SOURCES, describeTopicConfigs } from '../topic-configs.js'

type Result = Outgoing<DescribeConfigsResponse['results'][number]>
type Config = Outgoing<DescribeConfigsResponse['results'][number]['configs'][number]>

export const describeConfigs = handler({
  request: describeConfigsRequest,
  response: describeConfigsResponse,
  first: 1,
  last: 4,
  async handle({ resources, includeSynonyms }, { broker }) {
    const results: Result[] = []
    for (const resource of resources) results.push(await describeResource(resource, includeSynonyms, broker))
    return { results }
  },
})

async function describeResource(
  { resourceType, resourceName, configurationKeys }: DescribeConfigsRequest['resources'][number],
  includeSynonyms: boolean,
  broker: BrokerView,
): Promise<Result> {
  try {
    const all = await configsOf(resourceType, resourceName, includeSynonyms, broker)
    const isAll = configurationKeys === null || configurationKeys.length === 0
    return {
      resourceType,
      resourceName,
      errorMessage: null,
      configs: isAll ? all : all.filter(({ name }) => name !== undefined && configurationKeys.includes(name)),
    }
  } catch (error) {
    return { resourceType, resourceName, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
  }
}

async function configsOf(type: number, name: string, includeSynonyms: boolean, broker: BrokerView): Promise<readonly Config[]> {
  if (type === RESOURCE_TYPES.topic) {
    const { config } = await broker.cluster.topic(name)
    return describeTopicConfigs(config).map((each) => {
      const synonyms: { name: string; value: string; source: number }[] = [
        { name: each.name, value: each.defaultValue, source: CONFIG_SOURCES.default },
      ]
      if (each.source !== CONFIG_SOURCES.default) synonyms.unshift({ name: each.name, value: each.value, source: each.source })
      return {
        name: each.name,
        value: each.value,
        configSource: each.source,
        configType: each.type,
        synonyms: includeSynonyms ? synonyms : [],
        documentation: null,
      }
    })
  }
  if (type === RESOURCE_TYPES.broker) {
    if (name !== String(NODE_ID) && name !== '') throw new KafkaliteError('INVALID_REQUEST', `The broker is ${NODE_ID}, not "${name}"`)
    return BROKER_CONFIGS.map(([config, value, configType]) => ({
      name: config,
      value,
      readOnly: true,
      configSource: CONFIG_SOURCES.default,
      configType,
      documentation: null,
    }))
  }
  throw new KafkaliteError('INVALID_REQUEST', `Resources of type ${type} have no configs here`)
}
