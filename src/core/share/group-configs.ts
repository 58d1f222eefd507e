// The configs that a group can have (Kafka's resources of type group), with what they may be and what they are when nobody says.

import { KafkaliteError } from '../../errors.js'
import { nearestWord } from '../../lib/nearest-word.js'
import type { BrokerSettings } from '../broker-settings.js'
import type { GroupConfigPort, ShareSettings } from '../share-group-port.js'
import type { GroupRecords } from './group-records.js'

interface Rule {
  readonly type: 'int' | 'string' | 'boolean'
  readonly standard: (settings: BrokerSettings) => string
  /** Why the value is none; null when it is one. */
  readonly fault: (value: string) => string | null
}

const whole = (from: number, to: number, standard: Rule['standard']): Rule => ({
  type: 'int',
  standard,
  fault: (value) => (/^\d+$/.test(value) && Number(value) >= from && Number(value) <= to ? null : `a whole number from ${from} to ${to}`),
})
const oneOf = (type: 'string' | 'boolean', values: readonly string[], standard: string): Rule => ({
  type,
  standard: () => standard,
  fault: (value) => (values.includes(value) ? null : values.join(' or ')),
})

const HOUR = 3_600_000
const DURATION = /^by_duration:P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i

export const GROUP_CONFIGS: Readonly<Record<string, Rule>> = {
  'consumer.heartbeat.interval.ms': whole(1, HOUR, (settings) => String(settings.groupConsumerHeartbeatIntervalMs)),
  'consumer.session.timeout.ms': whole(1, HOUR, (settings) => String(settings.groupConsumerSessionTimeoutMs)),
  'share.auto.offset.reset': {
    type: 'string',
    standard: () => 'latest',
    fault: (value) =>
      value === 'earliest' || value === 'latest' || durationOf(value) !== null ? null : 'earliest, latest or by_duration:PnDTnHnMnS',
  },
  'share.delivery.count.limit': whole(2, 25, (settings) => String(settings.groupShareDeliveryCountLimit)),
  'share.heartbeat.interval.ms': whole(1, HOUR, (settings) => String(settings.groupShareHeartbeatIntervalMs)),
  'share.isolation.level': oneOf('string', ['read_uncommitted', 'read_committed'], 'read_uncommitted'),
  'share.partition.max.record.locks': whole(1, 10_000, (settings) => String(settings.groupSharePartitionMaxRecordLocks)),
  'share.record.lock.duration.ms': whole(1000, HOUR, (settings) => String(settings.groupShareRecordLockDurationMs)),
  'share.renew.acknowledge.enable': oneOf('boolean', ['true', 'false'], 'true'),
  'share.session.timeout.ms': whole(1, HOUR, (settings) => String(settings.groupShareSessionTimeoutMs)),
}

export class GroupConfigs implements GroupConfigPort {
  constructor(
    private readonly records: GroupRecords,
    private readonly broker: BrokerSettings,
    private readonly onChange: (groupId: string) => Promise<void>,
  ) {}

  of(groupId: string): Readonly<Record<string, string>> {
    return this.records.get(groupId).configs ?? {}
  }

  ids(): readonly string[] {
    return [...this.records.entries()].filter(([, { configs = {} }]) => Object.keys(configs).length > 0).map(([id]) => id)
  }

  async alter(groupId: string, changes: ReadonlyMap<string, string | null>, validateOnly: boolean): Promise<void> {
    if (groupId === '') throw new KafkaliteError('INVALID_REQUEST', 'The configs of a group without an id cannot be changed')
    const configs = { ...this.of(groupId) }
    for (const [name, value] of changes) {
      const rule = Object.hasOwn(GROUP_CONFIGS, name) ? GROUP_CONFIGS[name] : undefined
      if (rule === undefined) {
        const nearest = nearestWord(name, Object.keys(GROUP_CONFIGS))
        const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
        throw new KafkaliteError('INVALID_CONFIG', `There is no group config "${name}"${hint}`)
      }
      const expected = value === null ? null : rule.fault(value)
      if (expected !== null) throw new KafkaliteError('INVALID_CONFIG', `${name} of group "${groupId}" is ${expected}, not "${value}"`)
      if (value === null) delete configs[name]
      else configs[name] = value
    }
    if (validateOnly) return
    await this.records.write(groupId, { ...this.records.get(groupId), configs })
    await this.onChange(groupId)
  }

  /** What the group does, with the defaults filled in. */
  shareSettings(groupId: string): ShareSettings {
    const configs = this.of(groupId)
    const text = (name: string): string => configs[name] ?? (GROUP_CONFIGS[name] as Rule).standard(this.broker)
    const reset = text('share.auto.offset.reset')
    return {
      sessionTimeoutMs: Number(text('share.session.timeout.ms')),
      heartbeatIntervalMs: Number(text('share.heartbeat.interval.ms')),
      lockMs: Number(text('share.record.lock.duration.ms')),
      maxDeliveries: Number(text('share.delivery.count.limit')),
      maxLocks: Number(text('share.partition.max.record.locks')),
      mayRenew: text('share.renew.acknowledge.enable') === 'true',
      isolation: text('share.isolation.level') as ShareSettings['isolation'],
      beginAt: reset === 'earliest' || reset === 'latest' ? reset : (durationOf(reset) ?? 0),
    }
  }
}

/** Milliseconds; null when the text is none. */
function durationOf(text: string): number | null {
  const parts = DURATION.exec(text)
  if (parts === null || /P$/i.test(text)) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0))
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
}
