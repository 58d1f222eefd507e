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
import { type DescribedBrokerConfig, describeBrokerConfigs } from '../broker-configs.js'
import { NODE_ID } from '../broker-view.js'
import { CONFIG_SOURCES } from '../config-text.js'
import { RESOURCE_TYPES } from '../config-resources.js'
import { type Call, handler } from '../handler.js'
import { describeGroupConfigs } from '../group-configs.js'
import { describeTopicConfigs } from '../topic-configs.js'

type Result = Outgoing<DescribeConfigsResponse['results'][number]>
type Config = Outgoing<DescribeConfigsResponse['results'][number]['configs'][number]>

export const describeConfigs = handler({
  request: describeConfigsRequest,
  response: describeConfigsResponse,
  first: 1,
  last: 4,
  async handle({ resources, includeSynonyms }, call) {
    const results: Result[] = []
    for (const resource of resources) results.push(await describeResource(resource, includeSynonyms, call))
    return { results }
  },
})

async function describeResource(
  { resourceType, resourceName, configurationKeys }: DescribeConfigsRequest['resources'][number],
  includeSynonyms: boolean,
  call: Call,
): Promise<Result> {
  try {
    const all = await configsOf(resourceType, resourceName, includeSynonyms, call)
    const isAll = configurationKeys === null || configurationKeys.length === 0
    return {
      resourceType,
      resourceName,
      errorMessage: '',
      configs: isAll ? all : all.filter(({ name }) => name !== undefined && configurationKeys.includes(name)),
    }
  } catch (error) {
    return { resourceType, resourceName, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
  }
}

async function configsOf(type: number, name: string, includeSynonyms: boolean, { broker, listening }: Call): Promise<readonly Config[]> {
  if (type === RESOURCE_TYPES.topic) {
    const { config } = await broker.cluster.topic(name)
    const described = describeTopicConfigs(config, broker.settings.topicDefaults)
    return described.map((each) => ({ ...configOf(each, includeSynonyms), readOnly: false }))
  }
  if (type === RESOURCE_TYPES.broker) {
    if (name !== String(NODE_ID) && name !== '') throw new KafkaliteError('INVALID_REQUEST', `The broker is ${NODE_ID}, not "${name}"`)
    return describeBrokerConfigs(broker.settings, listening).map((each) => ({ ...configOf(each, includeSynonyms), readOnly: true }))
  }
  if (type === RESOURCE_TYPES.group) {
    const described = describeGroupConfigs(broker.groupConfigs.of(name), broker.settings)
    return described.map((each) => ({ ...configOf(each, includeSynonyms), readOnly: false }))
  }
  throw new KafkaliteError('INVALID_REQUEST', `Resources of type ${type} have no configs here`)
}

/** Synonyms are the values that were laid over each other, the one that counts first. */
function configOf(
  { name, value, source, type, defaultValue }: Omit<DescribedBrokerConfig, 'isSensitive'>,
  includeSynonyms: boolean,
): Config {
  const synonyms = [{ name, value: defaultValue, source: CONFIG_SOURCES.default as number }]
  if (source !== CONFIG_SOURCES.default) synonyms.unshift({ name, value, source })
  return { name, value, configSource: source, configType: type, synonyms: includeSynonyms ? synonyms : [], documentation: null }
}
