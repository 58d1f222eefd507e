// IncrementalAlterConfigs: sets, resets, and changes lists of configs of topics, each topic all or nothing.

import { KafkaliteError } from '../../errors.js'
import { errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import {
  type IncrementalAlterConfigsRequest,
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '../../protocol/messages/44-incremental-alter-configs.js'
import type { BrokerView } from '../broker-view.js'
import { RESOURCE_TYPES } from '../config-resources.js'
import { handler } from '../handler.js'
import { describeTopicConfigs, type GivenConfig, parseTopicConfigs } from '../topic-configs.js'

type Resource = IncrementalAlterConfigsRequest['resources'][number]

const OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const
const LISTS: readonly string[] = ['cleanup.policy', 'follower.replication.throttled.replicas', 'leader.replication.throttled.replicas']

export const incrementalAlterConfigs = handler({
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse,
  first: 0,
  last: 1,
  async handle({ resources, validateOnly }, { broker }) {
    const responses: { resourceType: number; resourceName: string; errorCode: number; errorMessage: string | null }[] = []
    for (const resource of resources) {
      const { resourceType, resourceName } = resource
      try {
        await alter(resource, validateOnly, broker)
        responses.push({ resourceType, resourceName, errorCode: 0, errorMessage: null })
      } catch (error) {
        responses.push({ resourceType, resourceName, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) })
      }
    }
    return { responses }
  },
})

async function alter(
  { resourceType, resourceName, configs }: Resource,
  validateOnly: boolean,
  { cluster, settings: { topicDefaults } }: BrokerView,
): Promise<void> {
  if (resourceType !== RESOURCE_TYPES.topic)
    throw new KafkaliteError('INVALID_REQUEST', `Configs of resources of type ${resourceType} cannot be changed here`)
  const now = describeTopicConfigs((await cluster.topic(resourceName)).config, topicDefaults)
  const given = configs.map((config): GivenConfig => {
    const current = now.find(({ name }) => name === config.name)?.value ?? ''
    return { name: config.name, value: valueAfter(config, current) }
  })
  const parsed = parseTopicConfigs(given, topicDefaults, `topic "${resourceName}"`)
  if (!validateOnly) await cluster.alterTopic(resourceName, parsed)
}

/** What the config becomes; null: its default. */
function valueAfter({ name, configOperation, value }: Resource['configs'][number], current: string): string | null {
  if (configOperation === OPERATIONS.delete) return null
  if (configOperation === OPERATIONS.set) return value
  if (configOperation !== OPERATIONS.append && configOperation !== OPERATIONS.subtract)
    throw new KafkaliteError('INVALID_REQUEST', `There is no operation ${configOperation} on configs`)
  if (!LISTS.includes(name)) throw new KafkaliteError('INVALID_CONFIG', `${name} is no list that could be added to or taken from`)
  const changed = (value ?? '').split(',')
  const there = current.split(',').filter((each) => each !== '')
  if (configOperation === OPERATIONS.append) return [...new Set([...there, ...changed])].join(',')
  return there.filter((each) => !changed.includes(each)).join(',')
}
