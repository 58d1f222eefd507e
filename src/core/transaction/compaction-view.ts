// What the cleaner of compacted topics asks about a partition's transactions and producers, answered from what the partition remembers.

import type { LastOfProducer, TransactionsOfPartition } from '../compaction/transaction-state.js'
import type { Partition } from '../partition.js'

export function transactionsOf(partition: Partition): TransactionsOfPartition {
  const { producers } = partition
  return {
    get lastStableOffset() {
      return partition.stableOffset
    },
    aborted: (from, to) => producers.abortedIn(from, to),
    lastOfProducers: () => {
      const last = new Map<number, LastOfProducer>()
      for (const { producerId, producerEpoch, batches } of producers.all)
        last.set(producerId, { producerEpoch, lastDataOffset: batches[batches.length - 1]?.lastOffset ?? null })
      return last
    },
    keep: () => partition.saveProducers(),
    forgetAborted: (gone) => partition.forgetAborted(gone),
  }
}
