// What the models of the simulation say to each other: how a process ended, how a topic was made, what was sent and what was read.

import type { Flush } from '../../src/core/topic-config.js'
import type { EpochStart } from '../../src/storage/storage.js'
import type { Crash } from '../../src/testing/faulty-file-system.js'

/** What ended the life of a process: a crash, or a close that settled. */
export type End = Crash | 'close'

/** A record as it was read; a tombstone has the value that it has in the model. */
export interface ReadRecord {
  readonly offset: number
  readonly value: string
  readonly timestamp: number
}

/** Everything of a partition, as a reader finds it. */
export interface Scan {
  readonly start: number
  readonly end: number
  readonly records: readonly ReadRecord[]
  /** Where leader epochs begin; the last one is current. */
  readonly epochs: readonly EpochStart[]
}

/** What cannot take a record away: nothing is certain, a process that dies, a power cut. */
export type Safety = 0 | 1 | 2

/** A transaction as the log of one of its records sees it. */
export interface TransactionOfRecord {
  readonly state: 'open' | 'ending' | 'committed' | 'aborted'
  add(log: LogOfRecords, value: string): void
}

/** A log as a transaction with records in it sees it. */
export interface LogOfRecords {
  committed(value: string): void
  isThere(value: string): boolean
  isDecisive(value: string): boolean
}

/** A record that is about to be sent. */
export interface Sending {
  readonly producer: number
  readonly timestamp: number
  readonly bytes: number
  readonly key: string
  readonly isTombstone?: boolean
  readonly transaction?: TransactionOfRecord
}

export interface Expected {
  readonly value: string
  readonly sending: Sending
  readonly sequence: number
  /** How far the start was asked to move when it was sent: what was sent later does not lie before that. */
  readonly startAsked: number
  offset: number | null
  safety: Safety
  ackedMs: number
  /** It was not there after a start, so it may never come back. */
  gone: boolean
  /** It was there at the last look. */
  there: boolean
  /** Compaction may have taken it, for the sake of a later record of its key. */
  superseded: boolean
}

/** What of a topic can be changed. */
export interface TopicTerms {
  readonly flush: Flush
  readonly retentionMs: number
  readonly cleanupPolicy: 'delete' | 'compact' | 'compact,delete'
}

/** How a topic is created. */
export interface TopicShape extends TopicTerms {
  readonly partitions: number
  readonly segmentMs: number
  readonly deleteRetentionMs: number
  readonly segmentIndexBytes: number
}
