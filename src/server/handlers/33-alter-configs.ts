// AlterConfigs: replaces all configs of a topic at once, so what is not named goes back to its default. The older of two ways; clients
// such as kafkajs know only this one.

import { KafkaliteError } from '../../errors.js'
import { errorCodeOf, errorMessageOf } from '../../protocol/error-codes.js'
import { type AlterConfigsRequest, alterConfigsRequest, alterConfigsResponse } from '../../protocol/messages/33-alter-configs.js'
import type { BrokerView } from '../broker-view.js'
import { RESOURCE_TYPES } from '../config-resources.js'
import { handler } from '../handler.js'
import { describeTopicConfigs, parseTopicConfigs } from '../topic-configs.js'

type Resource = AlterConfigsRequest['resources'][number]

export const alterConfigs = handler({
  request: alterConfigsRequest,
  response: alterConfigsResponse,
  first: 0,
  last: 2,
  async handle({ resources, validateOnly }, { broker }) {
    const responses: { resourceType: number; resourceName: string; errorCode: number; errorMessage: string | null }[] = []
    for (const resource of resources) {
      const { resourceType, resourceName } = resource
      try {
        await replace(resource, validateOnly, broker)
        responses.push({ resourceType, resourceName, errorCode: 0, errorMessage: null })
      } catch (error) {
        responses.push({ resourceType, resourceName, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) })
      }
    }
    return { responses }
  },
})

async function replace(
  { resourceType, resourceName, configs }: Resource,
  validateOnly: boolean,
  { cluster, settings: { topicDefaults } }: BrokerView,
): Promise<void> {
  if (resourceType !== RESOURCE_TYPES.topic)
    throw new KafkaliteError('INVALID_REQUEST', `Configs of resources of type ${resourceType} cannot be changed here`)
  const { config } = await cluster.topic(resourceName)
  const given = new Map(configs.map(({ name, value }) => [name, value]))
  const others = describeTopicConfigs(config, topicDefaults).filter(({ name }) => !given.has(name))
  const all = [...others.map(({ name }) => ({ name, value: null })), ...configs]
  const parsed = parseTopicConfigs(all, topicDefaults, `topic "${resourceName}"`)
  if (!validateOnly) await cluster.alterTopic(resourceName, parsed)
}
