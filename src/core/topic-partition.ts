// Places in topics, in a file of their own because every part of the port speaks of them.

/** One partition of one topic. */
export interface TopicPartition {
  /** The name of the topic. */
  readonly topic: string
  /** From 0. */
  readonly partition: number
}

/** An offset of a group: the next to read, last done + 1. */
export interface OffsetToCommit extends TopicPartition {
  /** From 0. */
  readonly offset: number
  /** At most 4096 bytes. */
  readonly metadata?: string | undefined
  /** The leader's epoch of the last record done, if the member has told it. */
  readonly leaderEpoch?: number | undefined
  /** Keeps a record from being taken for an offset to commit: give records as they are. */
  readonly headers?: never
}
