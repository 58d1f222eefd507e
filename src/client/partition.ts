// One partition seen by a user: where it begins and ends, how large it is, and cutting off its beginning.

import type { Cluster, Isolation, TopicPartition } from '../core/cluster.js'
import { describe } from '../errors.js'
import { checkOptions, invalid, oneOf } from './options-check.js'

const END_RULES = { isolation: oneOf('read_uncommitted', 'read_committed') }

export class Partition implements TopicPartition {
  /** @internal Made by the Topic. */
  constructor(
    private readonly cluster: Cluster,
    readonly topic: string,
    /** From 0. */
    readonly id: number,
  ) {}

  /** The same as `id`, so that a Partition can stand where a `{ topic, partition }` is asked for. */
  get partition(): number {
    return this.id
  }

  /** The offset of the first record that is kept, or that comes next when none is. */
  async startOffset(): Promise<number> {
    return (await this.cluster.offset(this, 'earliest'))?.offset ?? 0
  }

  /** The offset behind the last record; with 'read_committed' at most the first record of an open transaction. Default 'read_uncommitted'. */
  async endOffset(options?: { isolation?: Isolation | undefined }): Promise<number> {
    checkOptions('endOffset()', options, END_RULES)
    return (await this.cluster.offset(this, 'latest', options?.isolation))?.offset ?? 0
  }

  /** The offset of the first record stamped at or after the time (milliseconds since 1970 or a Date); null when there is none. */
  async offsetAt(timestamp: number | Date): Promise<number | null> {
    const ms = timestamp instanceof Date ? timestamp.getTime() : timestamp
    if (!Number.isSafeInteger(ms) || ms < 0)
      throw invalid(`offsetAt() takes whole milliseconds since 1970 or a valid Date, not ${describe(timestamp)}`)
    return (await this.cluster.offset(this, { timestamp: ms }))?.offset ?? null
  }

  /** Deletes the records before the offset (-1: all) and answers the new start. OFFSET_OUT_OF_RANGE. */
  async deleteRecords(beforeOffset: number): Promise<number> {
    if (!Number.isSafeInteger(beforeOffset) || beforeOffset < -1)
      throw invalid(`deleteRecords() takes an offset from 0, or -1, not ${describe(beforeOffset)}`)
    return this.cluster.deleteRecords(this, beforeOffset)
  }

  /** Bytes kept. */
  async size(): Promise<number> {
    return this.cluster.partitionSize(this)
  }
}
