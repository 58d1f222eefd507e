// Where reading begins when no committed offset says so. A position is a word, a moment or an offset; here it is checked and
// looked up in the partition as it is now. What lies outside of the partition is brought to its nearest end.

import type { Cluster, Isolation, TopicPartition } from '../core/cluster.js'
import { describe } from '../errors.js'
import { invalid } from './options-check.js'

/** The earliest record there is, behind the latest, the first one at or after a moment, an offset, or so many milliseconds back. */
export type StartPosition =
  | 'earliest'
  | 'latest'
  | Date
  | {
      /** From 0. */
      offset: number
    }
  | {
      /** Milliseconds before now, by the time stamps of the records. */
      agoMs: number
    }

const EXPECTED = "'earliest', 'latest', a Date, { offset } or { agoMs }"

/** INVALID_ARGUMENT when `value` is no start position. */
export function checkStartPosition(value: unknown, where: string): asserts value is StartPosition {
  if (value === 'earliest' || value === 'latest') return
  if (value instanceof Date && !Number.isNaN(value.getTime())) return
  if (typeof value === 'object' && value !== null && !(value instanceof Date) && Object.keys(value).length === 1) {
    const { offset, agoMs } = value as { offset?: unknown; agoMs?: unknown }
    if (Number.isSafeInteger(offset) && (offset as number) >= 0) return
    if (typeof agoMs === 'number' && agoMs >= 0 && Number.isFinite(agoMs)) return
  }
  throw invalid(`${where} must be ${EXPECTED}, with numbers from 0; got ${describe(value)}`)
}

/** The offset of the position in the partition as it is now, never outside of the partition. */
export async function resolveStart(
  cluster: Cluster,
  place: TopicPartition,
  position: StartPosition,
  isolation: Isolation,
): Promise<number> {
  if (position === 'earliest' || position === 'latest') return endOf(cluster, place, position, isolation)
  if (!(position instanceof Date) && 'offset' in position) return clampOffset(cluster, place, position.offset, isolation)
  const timestamp = position instanceof Date ? position.getTime() : cluster.clock.now() - position.agoMs
  const found = await cluster.offset(place, { timestamp: Math.max(0, Math.floor(timestamp)) }, isolation)
  return found === null ? endOf(cluster, place, 'latest', isolation) : found.offset
}

/** `offset`, or the end of the partition that is nearest to it. */
export async function clampOffset(cluster: Cluster, place: TopicPartition, offset: number, isolation: Isolation): Promise<number> {
  const start = await endOf(cluster, place, 'earliest', isolation)
  const end = await endOf(cluster, place, 'latest', isolation)
  return Math.min(Math.max(offset, start), end)
}

async function endOf(cluster: Cluster, place: TopicPartition, end: 'earliest' | 'latest', isolation: Isolation): Promise<number> {
  // Both ends always have an answer.
  return (await cluster.offset(place, end, isolation))?.offset ?? 0
}
