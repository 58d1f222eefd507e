// What one producer knows of one topic: how many partitions it has, what it refuses, and where its records gather. Records that come
// before the topic is known (it may have to be created first) wait here in order, encoded.

import type { TopicDescription } from '../core/cluster.js'
import { KafkaliteError } from '../errors.js'
import type { EncodedHeader } from '../record/record.js'
import type { PartitionBuffer } from './accumulator.js'
import type { Delivery } from './delivery.js'
import type { PartitionChoice } from './partitioner.js'
import type { SerdePair } from './serde.js'

/** A record that is encoded and has no partition yet. */
export interface OutgoingRecord {
  readonly topic: OutgoingTopic
  readonly key: Uint8Array | string | null
  readonly value: Uint8Array | string | null
  readonly headers: readonly EncodedHeader[] | null
  /** undefined: the partitioner chooses. */
  readonly partition: number | undefined
  /** undefined: now. */
  readonly timestamp: number | undefined
  /** null: nobody waits. */
  readonly delivery: Delivery | null
  readonly resultIndex: number
  /** What it counts in the buffer while it waits. */
  readonly bytes: number
}

export class OutgoingTopic {
  /** undefined while the topic is being looked up. */
  description: TopicDescription | undefined
  /** The tick in which the description was last looked up. */
  freshIn = -1
  /** Resolves when what waits was packed or failed; undefined when nothing waits. Never rejects. */
  opening: Promise<void> | undefined
  waiting: OutgoingRecord[] = []
  readonly buffers: (PartitionBuffer | undefined)[] = []

  constructor(
    readonly name: string,
    public serdes: SerdePair,
    readonly choice: PartitionChoice,
  ) {}

  /** Takes what the cluster says. A topic that was deleted and made again starts anew. */
  adopt(description: TopicDescription): void {
    this.description = description
  }

  /** Refuses, record by record, what the broker would refuse a whole batch for. */
  check(key: unknown, timestamp: number | undefined, now: number): void {
    const { config } = this.description as TopicDescription
    if (key === null && config.cleanupPolicy.includes('compact')) {
      throw new KafkaliteError('INVALID_RECORD', `Topic ${this.name} is compacted, so its records need a key`)
    }
    if (timestamp === undefined || config.messageTimestampType === 'LogAppendTime') return
    if (timestamp > now + config.messageTimestampAfterMaxMs || timestamp < now - config.messageTimestampBeforeMaxMs) {
      const limits = `at most ${config.messageTimestampBeforeMaxMs} ms before and ${config.messageTimestampAfterMaxMs} ms after the broker's time ${now}`
      throw new KafkaliteError('INVALID_TIMESTAMP', `Topic ${this.name} takes timestamps ${limits}; got ${timestamp}`)
    }
  }
}
