// AlterConfigs: replaces all configs of a topic at once, so what is not named goes back to its default. The older of two ways; clients
// such as kafkajs know only this one.

import { KafkaliteError } from '../../errors.js'
import { alterConfigsRequest, alterConfigsResponse } from '../../protocol/messages/33-alter-configs.js'
import { alterConfigsOf } from '../config-alteration.js'
import { handler } from '../handler.js'
import type { DescribedConfig, GivenConfig } from '../topic-configs.js'

export const alterConfigs = handler({
  request: alterConfigsRequest,
  response: alterConfigsResponse,
  first: 0,
  last: 2,
  async handle({ resources, validateOnly }, { broker }) {
    return { responses: await alterConfigsOf({ resources, validateOnly, given: replaced }, broker) }
  },
})

function replaced(configs: readonly GivenConfig[], now: readonly DescribedConfig[]): readonly GivenConfig[] {
  const unset = configs.find(({ value }) => value === null)
  if (unset !== undefined) throw new KafkaliteError('INVALID_REQUEST', `${unset.name} is given no value`)
  const named = new Set(configs.map(({ name }) => name))
  const others = now.filter(({ name }) => !named.has(name))
  return [...others.map(({ name }) => ({ name, value: null })), ...configs]
}
