// Kafka's leader-epoch-checkpoint: a version line `0`, the number of entries, then `<epoch> <start offset>` a line, epochs and offsets
// growing. What becomes of the entries when a log is cut at either end, or when the file has to be made anew from the batches.

import { decodeUtf8Strict, encodeUtf8 } from '../../lib/text.js'
import type { EpochStart } from '../log-epochs.js'

/** Batches carry it in 32 bits. */
const EPOCH_MAX = 2_147_483_647

export type Epochs = readonly EpochStart[]

/** What the file says; null when it is missing or damaged. */
export function parseEpochs(file: Uint8Array | null): Epochs | null {
  if (file === null) return null
  const lines = linesOf(file)
  if (lines[0] !== '0' || lines[1] !== String(lines.length - 3) || lines.at(-1) !== '') return null
  const entries: EpochStart[] = []
  for (const line of lines.slice(2, -1)) {
    const match = /^(\d{1,10}) (\d{1,16})$/.exec(line)
    const entry = { epoch: Number(match?.[1]), startOffset: Number(match?.[2]) }
    const before = entries.at(-1)
    const isNext = before === undefined || (entry.epoch > before.epoch && entry.startOffset >= before.startOffset)
    if (!(entry.epoch <= EPOCH_MAX) || !Number.isSafeInteger(entry.startOffset) || !isNext) return null
    entries.push(entry)
  }
  return entries
}

export function formatEpochs(entries: Epochs): Uint8Array {
  return encodeUtf8(`0\n${entries.length}\n${entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`).join('')}`)
}

/** The log ends at `endOffset`: epochs that begin there or later have nothing in it. */
export function cutEpochs(entries: Epochs, endOffset: number): Epochs {
  return entries.filter((entry) => entry.startOffset < endOffset)
}

/** The log starts at `startOffset`: epochs that ended before it go, and the one that holds it begins there. */
export function raiseEpochs(entries: Epochs, startOffset: number): Epochs {
  const holder = entries.findLastIndex((entry) => entry.startOffset <= startOffset)
  const first = entries[holder]
  return first === undefined ? entries : [{ ...first, startOffset }, ...entries.slice(holder + 1)]
}

/** The epoch begins at `startOffset`. One that began there already, or later, has nothing in the log. */
export function beginEpoch(entries: Epochs, epoch: number, startOffset: number): Epochs {
  return [...cutEpochs(entries, startOffset), { epoch, startOffset }]
}

/** A batch as the search sees it. */
export interface EpochProbe {
  readonly epoch: number
  readonly baseOffset: number
}

/** The log that is searched: the batch that holds `offset` or, when none does, the next one; null behind the last. */
export interface EpochSearch {
  readonly startOffset: number
  readonly endOffset: number
  probe(offset: number): EpochProbe | null
}

/**
 * The entries without those at their end that the batches contradict: where the log was cut and went on in a later epoch, a file from before
 * may have come back.
 */
function agreeing(log: EpochSearch, entries: Epochs, limit: number): EpochStart[] {
  const kept = [...entries]
  for (let entry = kept.at(-1); entry !== undefined && kept.length > 1; entry = kept.at(-1)) {
    const { epoch, startOffset } = entry
    const there = startOffset < log.endOffset ? log.probe(startOffset) : null
    const before = startOffset > log.startOffset ? log.probe(startOffset - 1) : null
    const isOther = there !== null && there.baseOffset <= startOffset && there.epoch !== epoch && there.epoch <= limit
    const isLate = before !== null && before.baseOffset < startOffset && before.epoch >= epoch && before.epoch <= limit
    if (!isOther && !isLate) break
    kept.pop()
  }
  return kept
}

/**
 * Adds the epochs that the batches tell and `entries` do not. Epochs grow along a log, so a few looks find where each begins. The epoch
 * of a batch is not under its checksum: one above `limit` counts for nothing.
 */
export function completeEpochs(log: EpochSearch, entries: Epochs, limit: number): Epochs {
  const found = agreeing(log, entries, limit)
  const isNewer = ({ epoch }: EpochProbe, than: number): boolean => epoch > than && epoch <= limit
  for (let from = found.at(-1)?.startOffset ?? log.startOffset; from < log.endOffset; ) {
    const epoch = found.at(-1)?.epoch ?? -1
    const last = log.probe(log.endOffset - 1)
    if (last !== null && !isNewer(last, epoch)) break
    let low = from
    let high = log.endOffset
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const there = log.probe(middle)
      if (there === null || isNewer(there, epoch)) high = middle
      else low = middle + 1
    }
    const first = high < log.endOffset ? log.probe(high) : null
    if (first === null) break
    from = Math.max(first.baseOffset, log.startOffset)
    found.push({ epoch: first.epoch, startOffset: found.length === 0 ? log.startOffset : from })
  }
  return found
}

function linesOf(file: Uint8Array): string[] {
  try {
    return decodeUtf8Strict(file).split('\n')
  } catch {
    return []
  }
}
