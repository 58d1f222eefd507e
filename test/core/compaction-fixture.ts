// What tests of compaction share: batches with keys, one round of the cleaner on a log, and all records that are left.

import { records } from '../../src/record/batch-reader.js'
import { BatchWriter, type FinishOptions } from '../../src/record/batch-writer.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { CleanRound } from '../../src/core/compaction/clean-round.js'
import { planCleaning } from '../../src/core/compaction/clean-plan.js'
import { BROKER_DEFAULTS } from '../../src/core/broker-settings.js'
import type { TransactionsOfPartition } from '../../src/core/compaction/transaction-state.js'
import { TOPIC_DEFAULTS, type TopicConfig } from '../../src/core/topic-config.js'
import type { LogStore } from '../../src/storage/storage.js'
import { readAll } from '../../src/testing/storage-suite/fixture.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

export type KeyValue = readonly [key: string | null, value: string | null]

/** A batch with a record for each pair. */
export function pairs(timestamp: number, all: readonly KeyValue[], options?: FinishOptions): PackedBatch {
  const writer = new BatchWriter()
  for (const [key, value] of all) writer.append(key, value, timestamp, null)
  return writer.finish(options)
}

/** Appends at the end and answers the first offset. */
export async function append(log: LogStore, batch: PackedBatch): Promise<number> {
  const offset = log.endOffset
  batch.place(offset, 0)
  await log.append([batch])
  return offset
}

export interface CleanOptions {
  readonly clock?: VirtualClock
  readonly config?: TopicConfig
  readonly transactions?: TransactionsOfPartition
  readonly dedupeBufferBytes?: number
  readonly onSlice?: () => void
}

/** One round over all that may be cleaned; answers the offset up to which the log is clean. */
export async function cleanOnce(log: LogStore, options: CleanOptions = {}): Promise<number | null> {
  const clock = options.clock ?? new VirtualClock()
  const config = { ...TOPIC_DEFAULTS, cleanupPolicy: 'compact', ...options.config } as typeof TOPIC_DEFAULTS
  const { compaction } = log
  if (compaction === undefined) throw new Error('the log has no compaction')
  const { startOffset, endOffset } = log
  const stableOffset = options.transactions?.lastStableOffset ?? endOffset
  const { cleanedOffset } = compaction
  const plan = planCleaning({ segments: log.segments(), startOffset, endOffset, cleanedOffset, stableOffset }, config, clock.now())
  return new CleanRound({
    log,
    compaction,
    config,
    plan,
    clock,
    transactions: options.transactions ?? null,
    random: () => 0.5,
    dedupeBufferBytes: options.dedupeBufferBytes ?? BROKER_DEFAULTS.cleanerDedupeBufferBytes,
    isStopped: () => false,
    onSlice: options.onSlice ?? ((): void => {}),
  }).run()
}

export interface Kept {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes))

/** Every data record of the log. */
export async function keptOf(log: LogStore): Promise<Kept[]> {
  return recordsOf(await readAll(log))
}

export function recordsOf(batches: readonly PackedBatch[]): Kept[] {
  return batches
    .filter((batch) => !batch.isControl)
    .flatMap((batch) =>
      records(batch).map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key: text(key), value: text(value) })),
    )
}
