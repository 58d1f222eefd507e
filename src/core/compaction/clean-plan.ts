// Says what of a partition may be cleaned now, whether it is worth it, and which segments go together: Kafka's LogCleanerManager in
// a few pure functions. The segment being written is never cleaned, nor what is not stable yet, nor what is younger than its topic
// allows.

import type { SegmentInfo } from '../../storage/storage.js'
import type { ResolvedTopicConfig } from '../topic-config.js'

/** A partition as the plan sees it. */
export interface Cleanable {
  readonly segments: readonly SegmentInfo[]
  readonly startOffset: number
  readonly endOffset: number
  /** As the cleaner's checkpoint says. */
  readonly cleanedOffset: number
  /** Nothing at or above it may be touched: the last stable offset. */
  readonly stableOffset: number
}

export interface CleanPlan {
  /** The first offset that was not cleaned yet. */
  readonly firstDirty: number
  /** What lies from here on stays as it is. Not below `firstDirty`. */
  readonly firstUncleanable: number
  readonly cleanBytes: number
  readonly dirtyBytes: number
}

/** Offsets of a segment are kept as 31-bit distances from its base. */
const SPAN_MAX = 2 ** 31 - 1
/** Between two entries of 8 bytes in an index lie at least so many bytes of its segment. */
const BYTES_PER_INDEX_BYTE = 4096 / 8
const INDEX_BYTES_MAX = 10_485_760

export function planCleaning(log: Cleanable, config: ResolvedTopicConfig, now: number): CleanPlan {
  const { segments, startOffset, endOffset, cleanedOffset, stableOffset } = log
  const firstDirty = cleanedOffset < startOffset || cleanedOffset > endOffset ? startOffset : cleanedOffset
  const closed = segments.slice(0, -1)
  const active = segments[segments.length - 1] as SegmentInfo
  let firstUncleanable = Math.min(stableOffset, active.baseOffset)
  if (config.minCompactionLagMs > 0) {
    const young = closed.find((segment) => segment.endOffset > firstDirty && timeOf(segment) > now - config.minCompactionLagMs)
    if (young !== undefined) firstUncleanable = Math.min(firstUncleanable, young.baseOffset)
  }
  firstUncleanable = Math.max(firstUncleanable, firstDirty)
  let [cleanBytes, dirtyBytes] = [0, 0]
  for (const { baseOffset, endOffset: end, sizeBytes } of closed) {
    if (baseOffset < firstDirty) cleanBytes += sizeBytes
    if (end > firstDirty && baseOffset < firstUncleanable) dirtyBytes += sizeBytes
  }
  return { firstDirty, firstUncleanable, cleanBytes, dirtyBytes }
}

/** The part of the log that is dirty, 0 to 1. */
export function dirtyRatio({ cleanBytes, dirtyBytes }: CleanPlan): number {
  return dirtyBytes === 0 ? 0 : dirtyBytes / (cleanBytes + dirtyBytes)
}

/** Segments that are rewritten as one: neighbours that fit together, in the order of their offsets. */
export function groupSegments(segments: readonly SegmentInfo[], config: ResolvedTopicConfig): readonly (readonly SegmentInfo[])[] {
  const bytesMax = Math.min(config.segmentBytes, (config.segmentIndexBytes ?? INDEX_BYTES_MAX) * BYTES_PER_INDEX_BYTE)
  const groups: SegmentInfo[][] = []
  let bytes = 0
  for (const segment of segments) {
    const group = groups[groups.length - 1]
    const first = group?.[0]
    const fits = first !== undefined && bytes + segment.sizeBytes <= bytesMax && segment.endOffset - 1 - first.baseOffset <= SPAN_MAX
    if (group !== undefined && fits) group.push(segment)
    else groups.push([segment])
    bytes = group !== undefined && fits ? bytes + segment.sizeBytes : segment.sizeBytes
  }
  return groups
}

function timeOf({ maxTimestamp, modifiedMs }: SegmentInfo): number {
  return maxTimestamp >= 0 ? maxTimestamp : (modifiedMs ?? -1)
}
