// The configs that a group can have (Kafka's resources of type group), with what they may be and what they are when nobody says.

import { KafkaliteError } from '../../errors.js'
import { nearestWord } from '../../lib/nearest-word.js'
import type { BrokerSettings } from '../broker-settings.js'
import type { ConsumerGroupSettings, GroupConfigPort, ShareSettings } from '../share-group-port.js'
import { durationOf, GROUP_CONFIGS, type GroupConfigRule } from '../group-config-rules.js'
import type { GroupRecords } from './group-records.js'

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
    for (const kind of ['consumer', 'share'] as const)
      if ([...changes.keys()].some((name) => name.startsWith(kind))) this.checkTimeouts(groupId, configs, kind)
    if (validateOnly) return
    await this.records.write(groupId, { ...this.records.get(groupId), configs })
    await this.onChange(groupId)
  }

  /** A member that is heard of no sooner than it is given up could not stay. */
  private checkTimeouts(groupId: string, configs: Readonly<Record<string, string>>, kind: 'consumer' | 'share'): void {
    const text = this.reader(configs)
    const [session, heartbeat] = [`${kind}.session.timeout.ms`, `${kind}.heartbeat.interval.ms`]
    if (Number(text(session)) > Number(text(heartbeat))) return
    throw new KafkaliteError(
      'INVALID_CONFIG',
      `${session} (${text(session)}) of group "${groupId}" has to be greater than ${heartbeat} (${text(heartbeat)})`,
    )
  }

  consumerSettings(groupId: string): ConsumerGroupSettings {
    const text = this.reader(this.of(groupId))
    return {
      sessionTimeoutMs: Number(text('consumer.session.timeout.ms')),
      heartbeatIntervalMs: Number(text('consumer.heartbeat.interval.ms')),
    }
  }

  /** What was set, else the default. */
  private reader(configs: Readonly<Record<string, string>>): (name: string) => string {
    return (name) => configs[name] ?? (GROUP_CONFIGS[name] as GroupConfigRule).standard(this.broker)
  }

  /** What the group does, with the defaults filled in. */
  shareSettings(groupId: string): ShareSettings {
    const text = this.reader(this.of(groupId))
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
