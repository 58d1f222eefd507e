// Which names a topic may have: Kafka's rule, and the names that the broker's own logs use. A dot and an underscore look the same
// in the names of Kafka's metrics, so two topics that differ only there collide.

import { describe, KafkaliteError } from '../errors.js'

export const METADATA_LOG = '__cluster_metadata-0'
export const OFFSETS_LOG = '__consumer_offsets-0'
export const TRANSACTIONS_LOG = '__transaction_state-0'
export const KEPT_LOG = '__kafkalite_kept-0'

const LENGTH_MAX = 249
const LEGAL = /^[a-zA-Z0-9._-]+$/
const RESERVED = new Set(['__cluster_metadata', '__consumer_offsets', '__transaction_state', '__kafkalite_kept'])
const STATE_LOG_PREFIX = '__share_group_state'
/** What the longest name of a file leaves room for. */
const STATE_NAME_MAX = 220
/** The log with what is known of groups beyond their members and offsets. */
export const GROUPS_LOG = `${STATE_LOG_PREFIX}-0`

/** The log that keeps the state of the queue on this topic. It ends in a number, as the names of all logs do. */
export function stateLogName(topic: string): string {
  return `${STATE_LOG_PREFIX}-${topic}-0`
}

/**
 * What the state of a group of receivers on a topic that is not its own is named by: a topic created anew has another id, and no state.
 * It begins as no topic may, and has only letters that the name of a log may have.
 */
export function groupStateName(group: string, topicId: string): string {
  const name = `${STATE_LOG_PREFIX}.${group.replace(/[^a-zA-Z0-9.-]/gu, (letter) => `_${(letter.codePointAt(0) as number).toString(16)}_`)}.${topicId}`
  if (name.length <= STATE_NAME_MAX) return name
  throw new KafkaliteError('INVALID_GROUP_ID', `The group id ${describe(group)} is too long for a group that shares records`)
}

/** Whether the log keeps the state of such a group on the topic of that id. */
export function isGroupStateOf(log: string, topicId: string): boolean {
  return (
    log.startsWith(`${STATE_LOG_PREFIX}-${STATE_LOG_PREFIX}.`) && /^[01]$/.test(log.slice(-1)) && log.slice(0, -2).endsWith(`.${topicId}`)
  )
}

/** The log that keeps the bytes of this queue's messages that wait long among finished ones. */
export function parkingLogName(queue: string): string {
  return `${STATE_LOG_PREFIX}-${queue}-1`
}

/** Whether the name keeps the rule of the storage contract, which a storage in memory does not look at. */
export function isLogName(name: string): boolean {
  return /^[a-zA-Z0-9._-]+-\d+$/.test(name)
}

/** The log of one partition. */
export function partitionLogName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** The partition whose log has that name; null when the log is the broker's own or no topic may have such a name. */
export function partitionOfLog(log: string): { readonly topic: string; readonly partition: number } | null {
  const [, topic = '', partition = ''] = /^(.+)-(0|[1-9]\d*)$/.exec(log) ?? []
  return partition !== '' && isTopicName(topic) ? { topic, partition: Number(partition) } : null
}

/** INVALID_TOPIC_EXCEPTION unless a topic may have that name. */
export function checkTopicName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name.length === 0) throw illegal(name, 'it must be a text that is not empty')
  if (name === '.' || name === '..') throw illegal(name, "'.' and '..' are not allowed")
  if (name.length > LENGTH_MAX) throw illegal(name, `it has ${name.length} characters, at most ${LENGTH_MAX} are allowed`)
  if (!LEGAL.test(name)) throw illegal(name, 'only a-z, A-Z, 0-9, dot, underscore and hyphen are allowed')
  if (RESERVED.has(name) || name.startsWith(STATE_LOG_PREFIX)) throw illegal(name, 'the broker keeps it for itself')
}

function isTopicName(name: string): boolean {
  try {
    checkTopicName(name)
    return true
  } catch {
    return false
  }
}

/** What two colliding names have in common. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}

function illegal(name: unknown, why: string): KafkaliteError {
  return new KafkaliteError('INVALID_TOPIC_EXCEPTION', `${describe(name)} is no legal topic name: ${why}`)
}
