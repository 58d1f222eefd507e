// Configs of groups as clients read them: what was set for the group, laid over what the broker says.

import type { BrokerSettings } from '../core/broker-settings.js'
import { GROUP_CONFIGS } from '../core/group-config-rules.js'
import { CONFIG_SOURCES, CONFIG_TYPES } from './config-text.js'
import type { DescribedConfig } from './topic-configs.js'

/** Every config that a group can have. */
export function describeGroupConfigs(set: Readonly<Record<string, string>>, settings: BrokerSettings): readonly DescribedConfig[] {
  return Object.entries(GROUP_CONFIGS).map(([name, { type, standard }]) => {
    const defaultValue = standard(settings)
    const value = set[name] ?? defaultValue
    const source = set[name] === undefined ? CONFIG_SOURCES.default : CONFIG_SOURCES.group
    return { name, value, source, type: CONFIG_TYPES[type], defaultValue, isSensitive: false }
  })
}
