// Appends batches to several partitions of a queue in one step of the storage, so that a list of messages is there as a whole or not
// at all. The partitions are taken in the order of their numbers; two lists that meet wait for each other and never for ever.

import { type Awaitable, chain } from '../../lib/awaitable.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { Storage } from '../../storage/storage.js'
import type { Partition } from '../partition.js'

/** What goes to one partition. */
export interface PartitionAppend {
  readonly partition: Partition
  readonly batches: readonly PackedBatch[]
  /** Filled in: where the first record went. */
  baseOffset: number
}

/** All or none. Settles as the flush level promises. `parts` in the order of partitions. */
export function appendTogether(storage: Storage, parts: readonly PartitionAppend[]): Awaitable<void> {
  const [only] = parts
  const batch = only?.batches[0]
  if (parts.length === 1 && only?.batches.length === 1 && batch !== undefined) {
    return chain(only.partition.append(batch), ({ baseOffset }) => {
      only.baseOffset = baseOffset
    })
  }
  return chain(
    hold(parts, 0, () => {
      for (const part of parts) part.baseOffset = part.partition.place(part.batches)
      return storage.commit(parts.map(({ partition, batches }) => ({ log: partition.log, batches })))
    }),
    () => reveal(parts, 0),
  )
}

/** Holds the partitions one after the other, then does `step`. */
function hold(parts: readonly PartitionAppend[], at: number, step: () => Awaitable<void>): Awaitable<void> {
  const part = parts[at]
  return part === undefined ? step() : part.partition.exclusively(() => hold(parts, at + 1, step))
}

function reveal(parts: readonly PartitionAppend[], at: number): Awaitable<void> {
  const part = parts[at]
  return part === undefined ? undefined : chain(part.partition.placed(), () => reveal(parts, at + 1))
}
