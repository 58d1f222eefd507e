// Changing configs of resources, for both of Kafka's requests that do: each resource all or nothing and answered on its own, whether the
// request says all configs (AlterConfigs) or what becomes of some (IncrementalAlterConfigs).

import { KafkaliteError } from '../errors.js'
import { errorCodeOf, errorMessageOf } from '../protocol/error-codes.js'
import { type BrokerView, NODE_ID } from './broker-view.js'
import { RESOURCE_TYPES } from './config-resources.js'
import { describeGroupConfigs } from './group-configs.js'
import { repeatedIn } from './repeated.js'
import { type DescribedConfig, describeTopicConfigs, type GivenConfig, parseTopicConfigs } from './topic-configs.js'

interface AlteredResource<C> {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly C[]
}

interface Alteration<C> {
  readonly resources: readonly AlteredResource<C>[]
  readonly validateOnly: boolean
  /** What the request makes of the configs as they are now. */
  given(configs: readonly C[], now: readonly DescribedConfig[]): readonly GivenConfig[]
}

interface AlterationResult {
  readonly resourceType: number
  readonly resourceName: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** One after the other, as named. */
export async function alterConfigsOf<C>(alteration: Alteration<C>, broker: BrokerView): Promise<AlterationResult[]> {
  const keyOf = ({ resourceType, resourceName }: AlteredResource<C>): string => `${resourceType} ${resourceName}`
  const repeated = repeatedIn(alteration.resources.map(keyOf))
  const results: AlterationResult[] = []
  for (const resource of alteration.resources) {
    const { resourceType, resourceName } = resource
    try {
      if (repeated.has(keyOf(resource))) throw new KafkaliteError('INVALID_REQUEST', `"${resourceName}" is in the request twice`)
      await alterResource(resource, alteration, broker)
      results.push({ resourceType, resourceName, errorCode: 0, errorMessage: null })
    } catch (error) {
      results.push({ resourceType, resourceName, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) })
    }
  }
  return results
}

/** INVALID_REQUEST, INVALID_CONFIG, UNKNOWN_TOPIC_OR_PARTITION. */
async function alterResource<C>(
  { resourceType, resourceName, configs }: AlteredResource<C>,
  { validateOnly, given }: Alteration<C>,
  { cluster, groupConfigs, settings }: BrokerView,
): Promise<void> {
  if (resourceType === RESOURCE_TYPES.group) {
    const named = given(configs, describeGroupConfigs(groupConfigs.of(resourceName), settings))
    return groupConfigs.alter(resourceName, new Map(named.map(({ name, value }) => [name, value])), validateOnly)
  }
  if (resourceType === RESOURCE_TYPES.broker) return refuseChanges(resourceName, given(configs, []))
  if (resourceType !== RESOURCE_TYPES.topic)
    throw new KafkaliteError('INVALID_REQUEST', `Configs of resources of type ${resourceType} cannot be changed here`)
  const { topicDefaults } = settings
  const now = describeTopicConfigs((await cluster.topic(resourceName)).config, topicDefaults)
  const parsed = parseTopicConfigs(given(configs, now), topicDefaults, `topic "${resourceName}"`)
  if (!validateOnly) await cluster.alterTopic(resourceName, parsed)
}

/** A broker's configs are fixed when it starts. Taking away what is not set changes nothing: Kafka's tools do so after a reassignment. */
function refuseChanges(resourceName: string, [config]: readonly GivenConfig[]): void {
  // The empty name stands for all brokers.
  if (resourceName !== '' && resourceName !== String(NODE_ID))
    throw new KafkaliteError('INVALID_REQUEST', `There is no broker "${resourceName}", only ${NODE_ID}`)
  if (config !== undefined) throw new KafkaliteError('INVALID_REQUEST', `${config.name} of a broker cannot be changed while it runs`)
}
