// Appends batches to several partitions of a queue in one step of the storage, so that a list of messages is there as a whole or not
// at all.

import { type Awaitable, chain } from '../../lib/awaitable.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { Storage } from '../../storage/storage.js'
import { writeTogether } from '../joint-commit.js'
import type { Partition } from '../partition.js'

/** What goes to one partition. */
export interface PartitionAppend {
  readonly partition: Partition
  readonly batches: readonly PackedBatch[]
  /** Filled in: where the first record went. */
  baseOffset: number
}

/** All or none. Settles as the flush level promises. */
export function appendTogether(storage: Storage, parts: readonly PartitionAppend[]): Awaitable<void> {
  const [only] = parts
  const batch = only?.batches[0]
  if (parts.length === 1 && only?.batches.length === 1 && batch !== undefined) {
    return chain(only.partition.append(batch), ({ baseOffset }) => {
      only.baseOffset = baseOffset
    })
  }
  const commit = parts.map((part) =>
    part.partition.part(part.batches, (baseOffset) => {
      part.baseOffset = baseOffset
    }),
  )
  return chain(writeTogether(storage, commit), () => reveal(parts, 0))
}

function reveal(parts: readonly PartitionAppend[], at: number): Awaitable<void> {
  const part = parts[at]
  return part === undefined ? undefined : chain(part.partition.placed(), () => reveal(parts, at + 1))
}
