// When a log begins a new segment: Kafka's rule, the same for memory and files, so that retention frees the same pieces on both.

import type { PackedBatch } from '../record/packed-batch.js'
import type { LogConfig } from './storage.js'

/** What the rule needs to know about the segment being written. */
export interface RollState {
  readonly baseOffset: number
  readonly sizeBytes: number
  /** The `maxTimestamp` of its first batch, -1 when that has none. */
  readonly firstTimestamp: number
  /** When it was begun, by the clock. Counts only when the first batch has no timestamp. */
  readonly createdMs: number
}

/** Offsets of a segment are kept as 31-bit distances from its base. */
const SPAN_MAX = 2 ** 31 - 1

/** Whether `batch` must open a new segment instead of going into `segment`. An empty segment takes any batch within reach of its base. */
export function mustRoll(segment: RollState, batch: PackedBatch, config: LogConfig, now: number): boolean {
  if (batch.lastOffset - segment.baseOffset > SPAN_MAX) return true
  if (segment.sizeBytes === 0) return false
  if (segment.sizeBytes > config.segmentBytes - batch.sizeBytes) return true
  if (segment.firstTimestamp < 0) return now - segment.createdMs > config.segmentMs
  return batch.maxTimestamp - segment.firstTimestamp > config.segmentMs
}
