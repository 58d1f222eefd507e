// Leader epochs (KIP-320): clients tell which leader they think to speak to, and ask where the epoch ended that they read last. By the
// answer they see that records which they have read are not in the log any more.

import type { Cluster, EpochStart, TopicPartition } from '../core/cluster.js'
import { ERROR_CODES } from '../protocol/error-codes.js'

/** An epoch and the offset behind its last record. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/** No epoch is known that is as old as what was asked for, or it has not begun yet. */
export const UNKNOWN_END: EpochEnd = { epoch: -1, endOffset: -1 }

/** The current epoch of the partition; a cluster that cannot tell has had one leader since it was made. */
export function leaderEpochOf(cluster: Cluster, place: TopicPartition): number {
  return cluster.leaderEpoch?.(place) ?? 0
}

/** The error for a client that takes `told` for the leader's epoch, which is `current`; -1: it does not say. */
export function leaderEpochError(told: number, current: number): number {
  if (told < 0 || told === current) return ERROR_CODES.NONE
  return told < current ? ERROR_CODES.FENCED_LEADER_EPOCH : ERROR_CODES.UNKNOWN_LEADER_EPOCH
}

/** In which epoch the record at `offset` was written; -1 when that is not known. */
export async function epochAt(cluster: Cluster, place: TopicPartition, offset: number): Promise<number> {
  const starts = await startsOf(cluster, place)
  return starts.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
}

/** The largest epoch up to `asked` that the partition has, and where it ends. UNKNOWN_TOPIC_OR_PARTITION. */
export async function endOfEpoch(cluster: Cluster, place: TopicPartition, asked: number): Promise<EpochEnd> {
  const current = leaderEpochOf(cluster, place)
  if (asked < 0 || asked > current) return UNKNOWN_END
  if (asked === current) return { epoch: asked, endOffset: (await cluster.offset(place, 'latest'))?.offset ?? -1 }
  const starts = await startsOf(cluster, place)
  const next = starts.find(({ epoch }) => epoch > asked)
  const floor = starts.findLast(({ epoch }) => epoch <= asked)
  // What came before the oldest epoch that is kept ended where that begins.
  return next === undefined ? UNKNOWN_END : { epoch: floor?.epoch ?? asked, endOffset: next.startOffset }
}

/** Of a commit: -1 says nothing. */
export function toldEpoch(epoch: number): number | undefined {
  return epoch < 0 ? undefined : epoch
}

async function startsOf(cluster: Cluster, place: TopicPartition): Promise<readonly EpochStart[]> {
  return (await cluster.epochStarts?.(place)) ?? [{ epoch: 0, startOffset: 0 }]
}
