// Reads the journal that a crash left and gives the logs what their segments lack. The end of the last file may be torn: what stands
// there was promised to nobody. A record that does not check although a later one says that it had been synced is damage, and is
// reported with its place. Replaying twice changes nothing.

import { KafkaliteError } from '../../errors.js'
import { splitBatches } from '../../record/batch-check.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { FileSystem } from './file-system.js'
import { journalNumber, journalPath } from './journal.js'
import {
  FILE_HEADER_BYTES,
  JOURNAL_VERSION,
  RECORD_ALIGNMENT,
  RECORD_HEADER_BYTES,
  aligned,
  decodeFileHeader,
  decodeRecord,
  recordLength,
} from './journal-record.js'
import type { JournalFileHeader, JournalPart, JournalRecord } from './journal-record.js'
import type { OffsetSpan } from './recovery.js'

/** What a crash left of the journal. */
export interface JournalRemains {
  readonly numbers: readonly number[]
  /** Of each log with batches in it: which offsets. */
  readonly spans: ReadonlyMap<string, readonly OffsetSpan[]>
}

/** A log as replay needs it. */
export interface ReplayLog {
  readonly endOffset: number
  /** It is damaged and takes nothing. */
  readonly isDamaged: boolean
  append(batches: readonly PackedBatch[]): void
}

/** Looks through the journal without changing anything. @throws KafkaliteError `CORRUPT_MESSAGE`, `UNSUPPORTED_VERSION` */
export function inspectJournal(fileSystem: FileSystem, folder: string): JournalRemains {
  const numbers = journalNumbers(fileSystem, folder)
  const spans = new Map<string, OffsetSpan[]>()
  for (const { parts } of readJournal(fileSystem, folder, numbers)) for (const part of parts) noteSpan(spans, part)
  return { numbers, spans }
}

/**
 * Gives the logs what they lack. `logOf` answers null for a log that was removed.
 * @returns the logs that lack what had been promised and cannot be given back: up to which offset
 */
export function replayJournal(
  fileSystem: FileSystem,
  folder: string,
  remains: JournalRemains,
  logOf: (name: string) => ReplayLog | null,
): Map<string, number> {
  const lost = new Map<string, number>()
  for (const { parts } of readJournal(fileSystem, folder, remains.numbers)) {
    for (const part of parts) {
      const log = logOf(part.log)
      if (log === null) continue
      const end = Math.max(part.previousEnd, log.endOffset)
      if (log.isDamaged || log.endOffset < part.previousEnd || lost.has(part.log))
        lost.set(part.log, Math.max(end, lost.get(part.log) ?? 0))
      else if (part.batches.length > 0) replayPart(part, log, folder)
    }
  }
  return lost
}

function replayPart(part: JournalPart, log: ReplayLog, folder: string): void {
  const { batches, stopped } = splitBatches(part.batches)
  if (stopped !== undefined) {
    throw new KafkaliteError('CORRUPT_MESSAGE', `The journal in ${folder} holds a damaged batch of log ${part.log}: ${stopped.message}`)
  }
  const missing = batches.filter(({ baseOffset }) => baseOffset >= log.endOffset)
  if (missing.length > 0) log.append(missing)
}

function noteSpan(spans: Map<string, OffsetSpan[]>, { log, batches }: JournalPart): void {
  const split = splitBatches(batches).batches
  const [first, last] = [split[0], split[split.length - 1]]
  if (first === undefined || last === undefined) return
  const known = spans.get(log) ?? []
  const before = known[known.length - 1]
  if (before !== undefined && before.to === first.baseOffset) before.to = last.lastOffset + 1
  else known.push({ from: first.baseOffset, to: last.lastOffset + 1 })
  spans.set(log, known)
}

function* readJournal(fileSystem: FileSystem, folder: string, numbers: readonly number[]): Generator<JournalRecord> {
  let next = -1
  for (const [at, number] of numbers.entries()) {
    const path = journalPath(folder, number)
    const { header, records, damages } = scanJournalFile(fileSystem, path, number)
    if (header === null) {
      // The power went while the file was made: nothing was in it yet.
      if (at === numbers.length - 1) return
      throw damaged(path, 0, 'this is no header of a journal')
    }
    if (next >= 0 && header.firstRecord !== next) {
      throw damaged(path, 0, `the file begins with record ${header.firstRecord} where ${next} should stand: records before it are missing`)
    }
    const [damage] = damages
    if (damage !== undefined) throw damaged(path, damage.position, 'no good record stands here although it had been synced')
    yield* records
    next = header.firstRecord + records.length
  }
}

/** A stretch of a journal file that had been synced and is no good. */
interface JournalDamage {
  readonly position: number
  /** Where the next good record begins. */
  readonly end: number
  /** The number of the first record that is gone, and how many are. */
  readonly record: number
  readonly records: number
}

interface JournalFileScan {
  readonly header: JournalFileHeader | null
  readonly records: readonly JournalRecord[]
  readonly damages: readonly JournalDamage[]
}

/** The numbers of the journal files there, in order. */
export function journalNumbers(fileSystem: FileSystem, folder: string): number[] {
  return fileSystem
    .list(folder)
    .map(journalNumber)
    .filter((number) => number >= 0)
    .sort((a, b) => a - b)
}

/** Everything that can be read from one file. What lies behind the last good record is torn, unless a later one says that it was synced. */
export function scanJournalFile(fileSystem: FileSystem, path: string, number: number): JournalFileScan {
  const bytes = fileSystem.readWhole(path) ?? new Uint8Array(0)
  const header = decodeFileHeader(bytes)
  const records: JournalRecord[] = []
  const damages: JournalDamage[] = []
  if (header === null) return { header, records, damages }
  if (header.version !== JOURNAL_VERSION) {
    throw new KafkaliteError(
      'UNSUPPORTED_VERSION',
      `${path} is a journal of version ${header.version}; this kafkalite reads ${JOURNAL_VERSION}`,
    )
  }
  if (header.file !== number) throw damaged(path, 0, `the header says that this is file ${header.file}`)
  let next = header.firstRecord
  for (let position = FILE_HEADER_BYTES; ; ) {
    let record = recordAt(bytes, position)
    if (record === null || record.number !== next) {
      const end = nextSynced(bytes, position)
      if (end < 0) return { header, records, damages }
      record = recordAt(bytes, end) as JournalRecord
      damages.push({ position, end, record: next, records: record.number - next })
      position = end
    }
    records.push(record)
    next = record.number + 1
    position = aligned(position + record.lengthBytes)
  }
}

function recordAt(bytes: Uint8Array, position: number): JournalRecord | null {
  if (position + RECORD_HEADER_BYTES > bytes.length) return null
  const length = recordLength(bytes, position, position, bytes.length)
  return length < 0 ? null : decodeRecord(bytes, position, length)
}

/** Where the first good record behind `end` begins that says that more than `end` had been synced; -1 when there is none. */
function nextSynced(bytes: Uint8Array, end: number): number {
  let first = -1
  for (let position = end + RECORD_ALIGNMENT; position + RECORD_HEADER_BYTES <= bytes.length; position += RECORD_ALIGNMENT) {
    const record = recordAt(bytes, position)
    if (record === null) continue
    if (first < 0) first = position
    if (record.syncedBytes > end) return first
  }
  return -1
}

function damaged(path: string, position: number, reason: string): KafkaliteError {
  return new KafkaliteError('CORRUPT_MESSAGE', `The journal is damaged: file ${path}, position ${position}: ${reason}`)
}
