// Puts back what a journal holds that could not be replayed: a log was damaged or had lost what stood before these batches, so taking
// them in would have hidden the loss. Once the loss is accepted they go behind the end of the log, at their own offsets, with a hole before them. A
// log that was made anew under the name of a removed one lacks nothing, and gets nothing.

import { splitBatches } from '../../record/batch-check.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { FileSystem } from './file-system.js'
import { scanJournalFile } from './journal-replay.js'
import type { RepairStep } from './repair-step.js'

const KEPT_NAME = /^(\d{20})\.journal\.kept$/
/** Positions in a segment are 32 bits wide. */
const SEGMENT_BYTES_MAX = 2_147_483_647

/** A log that is damaged. */
export interface LackingLog {
  readonly log: string
  /** The last segment that is left. */
  readonly file: string
  /** Where its offsets end. */
  readonly end: number
}

/** What the journals that were kept hold of these logs. */
export function findKept(fileSystem: FileSystem, folder: string, lacking: readonly LackingLog[]): RepairStep[] {
  const ends = new Map(lacking.map(({ log, end }) => [log, end]))
  const steps: RepairStep[] = []
  for (const file of keptFiles(fileSystem, folder)) {
    for (const [log, batches] of batchesIn(fileSystem, file, ends)) {
      let bytes = 0
      for (const batch of batches) bytes += batch.sizeBytes
      const offset = (batches[0] as PackedBatch).baseOffset
      const reason = 'these batches were synced, and the log could not take them while it lacked what stood before them'
      steps.push({ action: 'restore', log, file, position: 0, offset, bytes, reason })
    }
  }
  return steps
}

/** Appends them to the segments, then gives the journals another name: nothing in them is missing any more. */
export async function restoreKept(fileSystem: FileSystem, folder: string, lacking: readonly LackingLog[]): Promise<void> {
  const segments = new Map(lacking.map((one) => [one.log, one.file]))
  const ends = new Map(lacking.map(({ log, end }) => [log, end]))
  const files = keptFiles(fileSystem, folder)
  for (const file of files) {
    for (const [log, batches] of batchesIn(fileSystem, file, ends)) await appendTo(fileSystem, segments, log, batches)
  }
  for (const file of files) fileSystem.rename(file, file.replace(/\.kept$/, '.restored'))
  await fileSystem.syncFolder(folder)
}

function keptFiles(fileSystem: FileSystem, folder: string): string[] {
  const names = fileSystem.list(folder).filter((name) => KEPT_NAME.test(name))
  return names.sort().map((name) => `${folder}/${name}`)
}

/** By log, the batches at or above its end, in order; the ends move on behind them. */
function batchesIn(fileSystem: FileSystem, file: string, ends: Map<string, number>): Map<string, PackedBatch[]> {
  const found = new Map<string, PackedBatch[]>()
  const number = Number(/(\d{20})\.journal/.exec(file)?.[1])
  for (const { parts } of scanJournalFile(fileSystem, file, number).records) {
    for (const part of parts) {
      let end = ends.get(part.log)
      if (end === undefined) continue
      for (const batch of splitBatches(part.batches).batches) {
        if (batch.baseOffset < end) continue
        end = batch.lastOffset + 1
        const of = found.get(part.log)
        if (of === undefined) found.set(part.log, [batch])
        else of.push(batch)
      }
      ends.set(part.log, end)
    }
  }
  return found
}

async function appendTo(
  fileSystem: FileSystem,
  segments: Map<string, string>,
  log: string,
  batches: readonly PackedBatch[],
): Promise<void> {
  let path = segments.get(log) as string
  let bytes = 0
  for (const batch of batches) bytes += batch.sizeBytes
  const folder = path.slice(0, path.lastIndexOf('/'))
  if (fileSystem.sizeOf(path) + bytes > SEGMENT_BYTES_MAX) {
    path = `${folder}/${String((batches[0] as PackedBatch).baseOffset).padStart(20, '0')}.log`
    segments.set(log, path)
  }
  const file = fileSystem.open(path, 'create')
  try {
    let position = file.size()
    for (const batch of batches) {
      file.write(batch.buffer, batch.start, batch.end, position)
      position += batch.sizeBytes
    }
    await file.sync()
  } finally {
    file.close()
  }
  const stem = path.slice(0, -'.log'.length)
  for (const ending of ['index', 'timeindex']) fileSystem.remove(`${stem}.${ending}`)
  await fileSystem.syncFolder(folder)
}
