// What tests of producer ids and transactions share: batches as a remote producer sends them, and what a reader of either isolation sees.

import type { Isolation, TopicPartition } from '../../src/core/cluster.js'
import type { EmbeddedCluster } from '../../src/core/embedded-cluster.js'
import type { ProducerIdentity } from '../../src/core/transaction-port.js'
import { BatchWriter } from '../../src/record/batch-writer.js'
import type { PackedBatch } from '../../src/record/packed-batch.js'
import { readAll, valuesOf } from './cluster-fixture.js'

export interface Sent extends ProducerIdentity {
  readonly baseSequence: number
  readonly transactional?: boolean
}

/** A batch of these values under a producer id. */
export function sentBy(
  { producerId, producerEpoch, baseSequence, transactional = false }: Sent,
  ...values: readonly string[]
): PackedBatch {
  const writer = new BatchWriter()
  for (const value of values) writer.append(null, value, 1_735_689_600_000, null)
  return writer.finish({ producerId, producerEpoch, baseSequence, transactional })
}

/** What a reader gets that honours what the fetch says of aborted transactions. */
export async function visible(cluster: EmbeddedCluster, place: TopicPartition, isolation: Isolation): Promise<string[]> {
  const answers = await cluster.fetch({ ...readAll(place.topic, place.partition), isolation })
  const found: string[] = []
  for (const answer of answers) {
    const aborting = new Map<number, number[]>()
    for (const { producerId, firstOffset } of answer.aborted) aborting.set(producerId, [...(aborting.get(producerId) ?? []), firstOffset])
    const inAbort = new Set<number>()
    for (const batch of answer.batches) {
      const starts = aborting.get(batch.producerId) ?? []
      while (starts[0] !== undefined && starts[0] <= batch.lastOffset) {
        inAbort.add(batch.producerId)
        starts.shift()
      }
      if (batch.isControl) inAbort.delete(batch.producerId)
      else if (!(batch.isTransactional && inAbort.has(batch.producerId))) found.push(...valuesOf([{ ...answer, batches: [batch] }]))
    }
  }
  return found
}

export async function stableEnd(cluster: EmbeddedCluster, place: TopicPartition): Promise<number> {
  return (await cluster.offset(place, 'latest', 'read_committed'))?.offset ?? -1
}
