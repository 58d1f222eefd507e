// A queue that is open already is opened once more: what both say about it must be the same, or one of them would be wrong silently.

import { describe, KafkaliteError } from '../../errors.js'
import type { QueuePortOptions } from '../queue-port.js'

const DEFAULTS: QueuePortOptions = {
  lockMs: 30_000,
  maxDeliveries: 5,
  deadLetter: false,
  order: 'none',
  priorities: 1,
  dedupWindowMs: 120_000,
  overflow: 'wait',
  maxInFlight: 2000,
}
const SAME = [
  'lockMs',
  'maxDeliveries',
  'deadLetter',
  'source',
  'order',
  'priorities',
  'dedupWindowMs',
  'rateLimit',
  'maxLength',
  'overflow',
  'maxInFlight',
] as const

/** INVALID_STATE, TOPIC_EXISTS_DIFFERENT. */
export function checkSameOptions(queue: string, open: QueuePortOptions, asked: QueuePortOptions, partitions: number): void {
  for (const name of SAME) {
    const [there, given] = [open[name] ?? DEFAULTS[name], asked[name] ?? DEFAULTS[name]]
    if (JSON.stringify(there) === JSON.stringify(given)) continue
    throw different(queue, name, there, given)
  }
  // These two are taken as they are by who does not ask for anything.
  if (asked.flush !== undefined && asked.flush !== open.flush) throw different(queue, 'flush', open.flush, asked.flush)
  if (asked.partitions !== undefined && asked.partitions * (asked.priorities ?? 1) !== partitions) {
    throw new KafkaliteError('TOPIC_EXISTS_DIFFERENT', `Queue ${queue} has ${partitions} partitions, not ${asked.partitions}`)
  }
}

function different(queue: string, name: string, there: unknown, given: unknown): KafkaliteError {
  return new KafkaliteError('INVALID_STATE', `Queue ${queue} is open with ${name} ${describe(there)}, not ${describe(given)}`)
}
