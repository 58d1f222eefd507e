// Which records of a refused batch are to blame (KIP-467): those without a key on a compacted topic, and those whose time is too far from
// now. The partition stops at the first; a client is told all of them, so that it can leave them out.

import { isCompacted, type ResolvedTopicConfig } from '../core/topic-config.js'
import { KafkaliteError } from '../errors.js'
import { RecordCursor } from '../record/batch-reader.js'
import type { PackedBatch } from '../record/packed-batch.js'

export interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

const cursor = new RecordCursor()

/** The records for which the batch was refused with that error; none when it was something about the batch as a whole. */
export function recordErrorsOf(error: unknown, batch: PackedBatch, config: ResolvedTopicConfig, now: number): readonly RecordError[] {
  const blame = blameFor(error, config, now)
  const found: RecordError[] = []
  if (blame === null) return found
  try {
    cursor.open(batch)
    for (let batchIndex = 0; cursor.next(); batchIndex++) {
      if (blame(cursor)) found.push({ batchIndex, batchIndexErrorMessage: error instanceof Error ? error.message : '' })
    }
  } catch {
    // The batch could not be read, which the error says.
    return []
  }
  return found
}

function blameFor(error: unknown, config: ResolvedTopicConfig, now: number): ((at: RecordCursor) => boolean) | null {
  if (KafkaliteError.is(error, 'INVALID_RECORD')) return isCompacted(config) ? ({ keyStart }) => keyStart < 0 : null
  if (!KafkaliteError.is(error, 'INVALID_TIMESTAMP')) return null
  const latest = now + config.messageTimestampAfterMaxMs
  const earliest = now - config.messageTimestampBeforeMaxMs
  return ({ timestamp }) => timestamp > latest || (timestamp < earliest && timestamp !== -1)
}
