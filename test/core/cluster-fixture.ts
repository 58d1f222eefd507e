// What tests of the broker's core share: an open cluster on a storage and a virtual clock, and short ways to pack and to read.

import { EmbeddedCluster, type EmbeddedClusterOptions } from '../../src/core/embedded-cluster.js'
import type { FetchedPartition, FetchRequest } from '../../src/core/cluster.js'
import { records } from '../../src/record/batch-reader.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

export interface OpenCluster {
  readonly cluster: EmbeddedCluster
  readonly clock: VirtualClock
  readonly storage: EmbeddedClusterOptions['storage']
}

/** Numbers between 0 and 1 that are the same in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export async function openCluster(given: Partial<EmbeddedClusterOptions> & { clock?: VirtualClock } = {}): Promise<OpenCluster> {
  const clock = given.clock ?? new VirtualClock()
  const storage = given.storage ?? new MemoryStorage()
  const cluster = new EmbeddedCluster({
    random: seededRandom(1),
    flush: 'os',
    flushIntervalMs: 1000,
    autoCreateTopics: false,
    topicDefaults: {},
    ...given,
    clock,
    storage,
  })
  await cluster.open()
  return { cluster, clock, storage }
}

/** A batch with one record per value. */
export function batchOf(timestamp: number, ...values: readonly string[]): PackedBatch {
  const writer = new BatchWriter()
  for (const value of values) writer.append(null, value, timestamp, null)
  return writer.finish()
}

/** One record with a value of that many bytes. */
export function largeBatch(timestamp: number, bytes: number): PackedBatch {
  return batchOf(timestamp, 'x'.repeat(bytes))
}

export function readAll(topic: string, partition = 0, offset = 0): FetchRequest {
  return {
    positions: [{ topic, partition, offset }],
    maxWaitMs: 0,
    maxBytes: 1 << 26,
    maxPartitionBytes: 1 << 26,
    isolation: 'read_uncommitted',
  }
}

/** The values in an answer, batch after batch. */
export function valuesOf(answers: readonly FetchedPartition[]): string[] {
  return answers.flatMap(({ batches }) =>
    batches.flatMap((batch) => records(batch).map(({ value }) => new TextDecoder().decode(value ?? undefined))),
  )
}
