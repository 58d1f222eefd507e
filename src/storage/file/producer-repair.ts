// Repair of the files that say what a partition remembers of its producers. A damaged one is no loss, since opening makes it anew from
// the log; it is told of and taken away. What was remembered of batches that repair drops must go with them: a producer that sends
// one again must not be told that it is there.

import { decodeAborted } from './aborted-index.js'
import type { FileSystem } from './file-system.js'
import { producerFileNames } from './producer-files.js'
import { decodeMemory } from './producer-memory.js'
import { decodeSnapshot } from './producer-snapshot.js'
import type { RepairStep } from './repair-step.js'

const PRODUCER_FILE = /^(\d{20})\.(snapshot|producers|txnindex)$/

/** The files of a log that are not whole. */
export function findProducerDamage(fileSystem: FileSystem, folder: string, log: string): RepairStep[] {
  const steps: RepairStep[] = []
  for (const name of [...fileSystem.list(`${folder}/${log}`)].sort()) {
    const match = PRODUCER_FILE.exec(name)
    if (match === null) continue
    const path = `${folder}/${log}/${name}`
    const file = fileSystem.readWhole(path) ?? new Uint8Array(0)
    const offset = Number(match[1])
    if (isWhole(match[2] as string, file, offset)) continue
    const reason = 'this is not what was written; opening makes it anew from the log'
    steps.push({ action: 'drop', log, file: path, position: 0, offset, bytes: file.length, reason })
  }
  return steps
}

export function isProducerFile(path: string): boolean {
  return PRODUCER_FILE.test(path.slice(path.lastIndexOf('/') + 1))
}

/** Takes the file away and keeps it under another name. */
export function dropProducerFile(fileSystem: FileSystem, path: string): void {
  if (fileSystem.sizeOf(path) >= 0) fileSystem.rename(path, `${path}.dropped`)
}

/** Takes away what tells of batches at or above `offset`, and the indexes, which are made anew with the next opening. */
export function forgetProducersFrom(fileSystem: FileSystem, folder: string, offset: number): void {
  const { snapshots, indexes } = producerFileNames(fileSystem.list(folder))
  const remove = (at: number, ending: string): void => fileSystem.remove(`${folder}/${String(at).padStart(20, '0')}.${ending}`)
  for (const at of snapshots) {
    if (at <= offset) continue
    remove(at, 'snapshot')
    remove(at, 'producers')
  }
  for (const base of indexes) remove(base, 'txnindex')
}

function isWhole(ending: string, file: Uint8Array, base: number): boolean {
  if (ending === 'snapshot') return decodeSnapshot(file) !== null
  if (ending === 'producers') return decodeMemory(file) !== null
  return decodeAborted(file, base, Number.MAX_SAFE_INTEGER) !== null
}
