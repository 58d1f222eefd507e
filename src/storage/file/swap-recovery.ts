// Finishes what compaction was doing when the process died. A `.log.swap` is complete, since it was synced before it got that name: the
// segments that it covers go, and it takes their place. A `.cleaned` never got so far and counts for nothing; it is removed when its
// log is opened. Kafka leaves the same names behind, so a folder of Kafka's is finished too.

import { BatchWalk } from './batch-walk.js'
import type { FileSystem } from './file-system.js'

const SWAP_NAME = /^(\d{20})\.log\.swap$/
const SEGMENT_FILE = /^(\d{20})\.(log|index|timeindex|txnindex)$/

/** Settles when no swap is left half done in the folder of a log, also over a power cut. */
export async function finishSwaps(fileSystem: FileSystem, folder: string): Promise<void> {
  const names = fileSystem.list(folder)
  const bases = names.flatMap((name) => SWAP_NAME.exec(name)?.[1] ?? []).sort()
  // Indexes of Kafka's on their way; ours are built anew.
  const indexes = names.filter((name) => name.endsWith('index.swap'))
  if (bases.length === 0 && indexes.length === 0) return
  for (const name of indexes) fileSystem.remove(`${folder}/${name}`)
  const complete: string[] = []
  for (const base of bases) {
    const swap = `${folder}/${base}.log.swap`
    const end = endOf(fileSystem, swap, Number(base))
    if (end === null && fileSystem.sizeOf(`${folder}/${base}.log`) >= 0) {
      // Not what was synced once, and the original is still there.
      fileSystem.remove(swap)
      continue
    }
    for (const name of names) {
      const offset = SEGMENT_FILE.exec(name)?.[1]
      if (offset !== undefined && offset >= base && (offset === base || Number(offset) < (end ?? 0))) fileSystem.remove(`${folder}/${name}`)
    }
    complete.push(base)
  }
  await fileSystem.syncFolder(folder)
  for (const base of complete) fileSystem.rename(`${folder}/${base}.log.swap`, `${folder}/${base}.log`)
  await fileSystem.syncFolder(folder)
}

/** The offset behind the last batch of the file, null when something in it is no batch. */
function endOf(fileSystem: FileSystem, path: string, base: number): number | null {
  const file = fileSystem.open(path, 'open')
  try {
    const walk = new BatchWalk(file, 0, file.size(), base, (bytes) => fileSystem.allocate(bytes))
    let end = base
    for (let batch = walk.nextBatch(); batch !== null; batch = walk.nextBatch()) end = batch.lastOffset + 1
    return walk.damage === null ? end : null
  } finally {
    file.close()
  }
}
