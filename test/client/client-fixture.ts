// A cluster in memory and the context that clients get, for tests of one client alone. `slow` makes every append a promise that the
// test settles by hand, so that what happens while an append is under way can be looked at.
import { SerdeRegistry, WorkCount, type ClientContext } from '../../src/client/client-context.js'
import type { Appended, TopicPartition } from '../../src/core/cluster.js'
import { EmbeddedCluster } from '../../src/core/embedded-cluster.js'
import { records } from '../../src/record/batch-reader.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { MemoryStorage } from '../../src/storage/memory.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

export interface HeldAppend extends TopicPartition {
  readonly batch: PackedBatch
  /** Appends it after all. */
  go(): Promise<void>
  fail(error: Error): Promise<void>
}

export interface ClientFixture {
  readonly context: ClientContext
  readonly cluster: EmbeddedCluster
  readonly clock: VirtualClock
  /** Appends that wait, after `slow()`. */
  readonly held: HeldAppend[]
  /** Every batch that was appended, as the values in it. */
  readonly batches: { partition: number; values: (string | null)[] }[]
  slow(): void
}

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes))

/** Lets everything happen that promises alone make happen. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await undefined
}

export async function openFixture(options: { autoCreateTopics?: boolean; random?: () => number } = {}): Promise<ClientFixture> {
  const clock = new VirtualClock()
  const { autoCreateTopics = true, random = () => 0 } = options
  const cluster = new EmbeddedCluster({
    storage: new MemoryStorage(),
    clock,
    random,
    flush: 'os',
    flushIntervalMs: 1000,
    autoCreateTopics,
    topicDefaults: { retentionMs: -1 },
  })
  await cluster.open()
  const held: HeldAppend[] = []
  const batches: ClientFixture['batches'] = []
  const produce = cluster.produce.bind(cluster)
  let isSlow = false
  cluster.produce = (topic, partition, batch) => {
    batches.push({ partition, values: records(batch).map(({ value }) => text(value)) })
    if (!isSlow) return produce(topic, partition, batch)
    return new Promise<Appended>((resolve, reject) => {
      held.push({
        topic,
        partition,
        batch,
        go: async () => {
          resolve(await produce(topic, partition, batch))
          await turns()
        },
        fail: async (error) => {
          reject(error)
          await turns()
        },
      })
    })
  }
  const context: ClientContext = {
    cluster,
    clock,
    random,
    serdes: new SerdeRegistry(),
    work: new WorkCount(),
    track: () => () => undefined,
  }
  return {
    context,
    cluster,
    clock,
    held,
    batches,
    slow: () => {
      isSlow = true
    },
  }
}
