// IncrementalAlterConfigs: sets, resets, and changes lists of configs of topics, each topic all or nothing.

import { KafkaliteError } from '../../errors.js'
import {
  type IncrementalAlterConfigsRequest,
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '../../protocol/messages/44-incremental-alter-configs.js'
import { alterConfigsOf } from '../config-alteration.js'
import { handler } from '../handler.js'
import { repeatedIn } from '../repeated.js'
import type { DescribedConfig, GivenConfig } from '../topic-configs.js'

type AlteredConfig = IncrementalAlterConfigsRequest['resources'][number]['configs'][number]

const OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const
const LISTS: readonly string[] = ['cleanup.policy', 'follower.replication.throttled.replicas', 'leader.replication.throttled.replicas']

export const incrementalAlterConfigs = handler({
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse,
  first: 0,
  last: 1,
  async handle({ resources, validateOnly }, { broker }) {
    return { responses: await alterConfigsOf({ resources, validateOnly, given: changed }, broker) }
  },
})

function changed(configs: readonly AlteredConfig[], now: readonly DescribedConfig[]): readonly GivenConfig[] {
  const [twice] = repeatedIn(configs.map(({ name }) => name))
  if (twice !== undefined) throw new KafkaliteError('INVALID_REQUEST', `${twice} is in the request twice`)
  const isKnown = ({ name, configOperation }: AlteredConfig): boolean =>
    configOperation !== OPERATIONS.delete || now.some((config) => config.name === name)
  return configs.filter(isKnown).map((config) => {
    const current = now.find(({ name }) => name === config.name)?.value ?? ''
    return { name: config.name, value: valueAfter(config, current) }
  })
}

/** What the config becomes; null: its default. */
function valueAfter({ name, configOperation, value }: AlteredConfig, current: string): string | null {
  if (configOperation === OPERATIONS.delete) return null
  if (value === null) throw new KafkaliteError('INVALID_REQUEST', `${name} is given no value`)
  if (configOperation === OPERATIONS.set) return value
  if (configOperation !== OPERATIONS.append && configOperation !== OPERATIONS.subtract)
    throw new KafkaliteError('INVALID_REQUEST', `There is no operation ${configOperation} on configs`)
  if (!LISTS.includes(name)) throw new KafkaliteError('INVALID_CONFIG', `${name} is no list that could be added to or taken from`)
  const named = value.split(',')
  const there = current.split(',').filter((each) => each !== '')
  if (configOperation === OPERATIONS.append) return [...new Set([...there, ...named])].join(',')
  return there.filter((each) => !named.includes(each)).join(',')
}
