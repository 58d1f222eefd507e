// How a topic is read without a group, and the checks of it.

import type { Isolation } from '../core/cluster.js'
import { describe } from '../errors.js'
import { anAbortSignal, anything, checkOptions, invalid, oneOf, wholeNumber } from './options-check.js'
import { checkStartPosition, type StartPosition } from './start-position.js'

/** From where to where, and for how long, `read` goes. */
export interface ReadOptions {
  /** Where to begin. Default 'latest', or 'earliest' when `to` or `limit` is given. */
  from?: StartPosition | undefined
  /** Where to end: at the end as it is when the read begins, before the first record at or after a moment, or before an offset. Absent: never. */
  to?: 'end' | Date | { offset: number } | undefined
  /** How many records at most. Absent: no limit. */
  limit?: number | undefined
  /** Which partitions. Absent: all there are when the read begins. */
  partitions?: readonly number[] | undefined
  /** Whether records of open and aborted transactions are read. Default 'read_uncommitted'. Kafka: isolation.level */
  isolation?: Isolation | undefined
  /** Ends the reading: whoever waits for the next record gets `signal.reason`. */
  signal?: AbortSignal | undefined
}

const READ_RULES = {
  from: anything,
  to: anything,
  limit: wholeNumber(0),
  partitions: anything,
  isolation: oneOf('read_uncommitted', 'read_committed'),
  signal: anAbortSignal,
}

/** INVALID_ARGUMENT unless they are options of a read of a topic with `count` partitions. */
export function checkReadOptions(options: ReadOptions | undefined): void {
  checkOptions('read()', options, READ_RULES)
  if (options?.from !== undefined) checkStartPosition(options.from, 'from of read()')
  const { to, partitions } = options ?? {}
  if (to !== undefined && !isEnd(to)) throw invalid(`to of read() must be 'end', a valid Date or { offset } from 0, not ${describe(to)}`)
  if (partitions === undefined) return
  if (
    !Array.isArray(partitions) ||
    partitions.length === 0 ||
    !partitions.every((id) => Number.isSafeInteger(id) && id >= 0) ||
    new Set(partitions).size !== partitions.length
  ) {
    throw invalid(`partitions of read() must be a list of different numbers from 0, not ${describe(partitions)}`)
  }
}

function isEnd(to: unknown): boolean {
  if (to instanceof Date) return !Number.isNaN(to.getTime())
  if (typeof to === 'object' && to !== null) {
    const { offset } = to as { offset?: unknown }
    return Number.isSafeInteger(offset) && (offset as number) >= 0
  }
  return to === 'end'
}
