// Finding a way past a batch that cannot be read. The storage says only that a read from an offset fails, so offsets further on
// are tried: first in growing steps, then back to the earliest that can be read.

import { KafkaliteError } from '../../errors.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { Partition } from '../partition.js'

/** Whether the bytes are at fault, not the moment. */
export function isDamage(error: unknown): boolean {
  return KafkaliteError.is(error, 'CORRUPT_MESSAGE', 'UNSUPPORTED_COMPRESSION_TYPE')
}

/** What users hear of it. */
export function damageOf(queue: string, partition: number, first: number, end: number, cause: unknown): KafkaliteError {
  const which = `Messages ${first} to ${end - 1} in partition ${partition} of queue ${queue}`
  return new KafkaliteError('CORRUPT_MESSAGE', `${which} cannot be read and are passed over; their bytes stay`, { cause })
}

/** The first offset above `damaged` from which the log can be read again; the end of what is committed when there is none. */
export async function nextReadable(partition: Partition, damaged: number): Promise<number> {
  const end = partition.stableOffset
  let bad = damaged
  let good = end
  for (let step = 1; bad + step < end; step *= 2) {
    const batch = await tryRead(partition, bad + step)
    if (batch === null) {
      bad += step
      continue
    }
    good = bad + step
    break
  }
  while (good - bad > 1) {
    const middle = Math.floor((good + bad) / 2)
    if ((await tryRead(partition, middle)) === null) bad = middle
    else good = middle
  }
  return good
}

/** The first batch from `offset` on, unless it holds what was damaged. */
async function tryRead(partition: Partition, offset: number): Promise<PackedBatch | null> {
  try {
    return (await partition.read(offset, 1))[0] ?? null
  } catch (error) {
    if (isDamage(error)) return null
    throw error
  }
}
