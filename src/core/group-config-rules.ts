// The configs that a group can have (Kafka's resources of type group): what they may be, and what they are when nobody says.

import type { BrokerSettings } from './broker-settings.js'

export interface GroupConfigRule {
  readonly type: 'int' | 'string' | 'boolean'
  readonly standard: (settings: BrokerSettings) => string
  /** Why the value is none; null when it is one. */
  readonly fault: (value: string) => string | null
}

const whole = (from: number, to: number, standard: GroupConfigRule['standard']): GroupConfigRule => ({
  type: 'int',
  standard,
  fault: (value) => (/^\d+$/.test(value) && Number(value) >= from && Number(value) <= to ? null : `a whole number from ${from} to ${to}`),
})
const oneOf = (type: 'string' | 'boolean', values: readonly string[], standard: string): GroupConfigRule => ({
  type,
  standard: () => standard,
  fault: (value) => (values.includes(value) ? null : values.join(' or ')),
})

const HOUR = 3_600_000
const DURATION = /^by_duration:P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i

export const GROUP_CONFIGS: Readonly<Record<string, GroupConfigRule>> = {
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

/** Milliseconds; null when the text is none. */
export function durationOf(text: string): number | null {
  const parts = DURATION.exec(text)
  if (parts === null || /P$/i.test(text)) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0))
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
}
