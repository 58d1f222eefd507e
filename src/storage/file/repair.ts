// Mends a folder whose damage kafkalite will not pass over by itself. First it says what it would drop, byte by byte; then, when told to,
// it drops exactly that and keeps a copy beside it, ending in `.dropped`. Good batches behind a damaged one stay: their log gets a
// hole where the damaged ones were. What a kept journal holds behind such a loss comes back.

import { checkBatch } from '../../record/batch-check.js'
import { BLOCK_BYTES_MAX, BatchWalk } from './batch-walk.js'
import { CLEAN_MARK_NAME, CheckpointFile, RECOVERY_POINT_NAME, splitLogName } from './checkpoint.js'
import type { FileSystem, OpenFile } from './file-system.js'
import { findJournalDamage, mendJournal } from './journal-repair.js'
import { findKept, restoreKept } from './journal-restore.js'
import type { LackingLog } from './journal-restore.js'
import { dropProducerFile, findProducerDamage, forgetProducersFrom, isProducerFile } from './producer-repair.js'
import type { RepairStep } from './repair-step.js'

const SEGMENT_NAME = /^(\d{20})\.log$/

/** What `repair` would drop: everything in the segments that is no good batch, and what is damaged in the journal. Changes nothing. */
export function inspectFolder(fileSystem: FileSystem, folder: string): RepairStep[] {
  const steps = findJournalDamage(fileSystem, folder)
  const lacking = inspectLogs(fileSystem, folder, steps)
  const logs = fileSystem.list(folder).filter((name) => splitLogName(name) !== null)
  const producers = logs.flatMap((log) => findProducerDamage(fileSystem, folder, log))
  return [...steps, ...producers, ...findKept(fileSystem, folder, lacking)]
}

/** Notes what is bad in the segments, and answers which logs are damaged. */
function inspectLogs(fileSystem: FileSystem, folder: string, steps: RepairStep[]): LackingLog[] {
  const { offsets } = new CheckpointFile(fileSystem, `${folder}/${RECOVERY_POINT_NAME}`)
  const lacking: LackingLog[] = []
  for (const name of fileSystem.list(folder)) {
    if (splitLogName(name) === null) continue
    const found = inspectLog(fileSystem, folder, name, offsets.get(name) ?? 0, steps)
    if (found !== null) lacking.push(found)
  }
  return lacking
}

/** Drops what the steps say, and then puts back what they say. */
export async function applyRepair(fileSystem: FileSystem, folder: string, steps: readonly RepairStep[]): Promise<void> {
  const files = new Map<string, RepairStep[]>()
  const drops = steps.filter(({ action }) => action === 'drop')
  for (const step of drops) files.set(step.file, [...(files.get(step.file) ?? []), step])
  const points = new CheckpointFile(fileSystem, `${folder}/${RECOVERY_POINT_NAME}`)
  for (const [file, drops] of files) {
    const { log, offset } = drops[0] as RepairStep
    if (isProducerFile(file)) {
      dropProducerFile(fileSystem, file)
      continue
    }
    if (log !== '') forgetProducersFrom(fileSystem, `${folder}/${log}`, offset)
    if (log === '') await mendJournal(fileSystem, file, drops)
    else if (drops.some(({ bytes }) => bytes > 0)) await dropFrom(fileSystem, file, drops)
    // The loss is accepted: what is there now is all that counts.
    if (log !== '') points.offsets.delete(log)
  }
  if (drops.length < steps.length) await restoreKept(fileSystem, folder, inspectLogs(fileSystem, folder, []))
  if (steps.length === 0) return
  fileSystem.remove(`${folder}/${CLEAN_MARK_NAME}`)
  await points.write()
}

function inspectLog(fileSystem: FileSystem, folder: string, name: string, recoveryPoint: number, steps: RepairStep[]): LackingLog | null {
  const bases: number[] = []
  for (const file of fileSystem.list(`${folder}/${name}`)) {
    const match = SEGMENT_NAME.exec(file)
    if (match !== null) bases.push(Number(match[1]))
  }
  bases.sort((a, b) => a - b)
  const before = steps.length
  let end = 0
  let last = ''
  for (const base of bases) {
    last = `${folder}/${name}/${String(base).padStart(20, '0')}.log`
    end = inspectSegment(fileSystem, name, last, Math.max(base, end), steps)
  }
  if (end < recoveryPoint && last !== '' && steps.length === before) {
    const reason = `the file ends here, and offsets below ${recoveryPoint} had been synced`
    steps.push({ action: 'drop', log: name, file: last, position: fileSystem.sizeOf(last), offset: end, bytes: 0, reason })
  }
  return steps.length === before ? null : { log: name, file: last, end }
}

/** Notes the bad stretches of a segment and answers where its offsets end. */
function inspectSegment(fileSystem: FileSystem, log: string, path: string, from: number, steps: RepairStep[]): number {
  const file = fileSystem.open(path, 'open')
  const size = file.size()
  const allocate = (bytes: number): Uint8Array => fileSystem.allocate(bytes)
  let end = from
  try {
    for (let position = 0; position < size; ) {
      const walk = new BatchWalk(file, position, size, end, allocate)
      for (let batch = walk.nextBatch(); batch !== null; batch = walk.nextBatch()) end = batch.lastOffset + 1
      if (walk.damage === null) break
      const next = findBatch(file, walk.damage.position + 1, size, end, allocate)
      steps.push({
        action: 'drop',
        log,
        file: path,
        position: walk.damage.position,
        offset: end,
        bytes: next - walk.damage.position,
        reason: walk.damage.reason,
      })
      position = next
    }
  } finally {
    file.close()
  }
  return end
}

/** The position of the first good batch at or behind `from`; the size of the file when there is none. */
function findBatch(file: OpenFile, from: number, size: number, offsetMin: number, allocate: (bytes: number) => Uint8Array): number {
  for (let blockAt = from; blockAt < size; blockAt += BLOCK_BYTES_MAX) {
    // Twice as much as is looked at, so that most batches that begin in the first half lie in the block as a whole.
    const block = allocate(Math.min(BLOCK_BYTES_MAX * 2, size - blockAt))
    file.read(block, 0, block.length, blockAt)
    const end = Math.min(BLOCK_BYTES_MAX, block.length)
    for (let at = 0; at < end; at++) {
      if (block[at + 16] !== 2) continue
      let verdict = checkBatch(block, at, block.length - at)
      if (!verdict.ok && verdict.reason === 'truncated' && blockAt + block.length < size) {
        const rest = allocate(size - blockAt - at)
        file.read(rest, 0, rest.length, blockAt + at)
        verdict = checkBatch(rest, 0, rest.length)
      }
      if (verdict.ok && verdict.batch.baseOffset >= offsetMin) return blockAt + at
    }
  }
  return size
}

/** Writes the segment anew without the bad stretches, and puts it in place of the old one. */
async function dropFrom(fileSystem: FileSystem, path: string, drops: readonly RepairStep[]): Promise<void> {
  const old = fileSystem.open(path, 'open')
  const kept = fileSystem.open(`${path}.cleaned`, 'create')
  const dropped = fileSystem.open(`${path}.dropped`, 'create')
  try {
    kept.truncate(0)
    let [from, written, droppedAt] = [0, 0, dropped.size()]
    for (const { position, bytes } of [...drops, { position: old.size(), bytes: 0 }]) {
      written = copy(fileSystem, old, kept, from, position, written)
      droppedAt = copy(fileSystem, old, dropped, position, position + bytes, droppedAt)
      from = position + bytes
    }
    await dropped.sync()
    await kept.sync()
  } finally {
    for (const file of [old, kept, dropped]) file.close()
  }
  const stem = path.slice(0, -'.log'.length)
  fileSystem.remove(`${stem}.index`)
  fileSystem.remove(`${stem}.timeindex`)
  fileSystem.rename(`${path}.cleaned`, path)
  await fileSystem.syncFolder(path.slice(0, path.lastIndexOf('/')))
}

function copy(fileSystem: FileSystem, source: OpenFile, target: OpenFile, from: number, to: number, at: number): number {
  for (let position = from; position < to; ) {
    const block = fileSystem.allocate(Math.min(BLOCK_BYTES_MAX, to - position))
    const got = source.read(block, 0, block.length, position)
    if (got === 0) break
    target.write(block, 0, got, at)
    at += got
    position += got
  }
  return at
}
