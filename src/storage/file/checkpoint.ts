// The small text files of a data folder: up to where each log is synced, where it starts, up to where it was cleaned, and the mark of a clean stop. The
// format of the checkpoints is Kafka's: a version line `0`, the number of entries, then `<topic> <partition> <offset>` a line.
// Each is replaced as a whole, so that a crash leaves the old one or the new one. Changes that come while one is being
// written share the next write. What a reader could not notice has a checksum: a start that is not where it was moved to would bring
// records back or take them away, and a clean stop is what all sizes are trusted for.

import { KafkaliteError } from '../../errors.js'
import { crc32c } from '../../lib/crc32c.js'
import { decodeUtf8Strict, encodeUtf8 } from '../../lib/text.js'
import type { FileSystem } from './file-system.js'

export const RECOVERY_POINT_NAME = 'recovery-point-offset-checkpoint'
export const LOG_START_NAME = 'log-start-offset-checkpoint'
export const CLEANER_OFFSET_NAME = 'cleaner-offset-checkpoint'
export const CLEAN_MARK_NAME = '.kafka_cleanshutdown'

/** `<topic>-<partition>` as its two parts, null when the name is not of that form. */
export function splitLogName(name: string): { readonly topic: string; readonly partition: string } | null {
  const match = /^([A-Za-z0-9._-]+)-(\d+)$/.exec(name)
  return match === null ? null : { topic: match[1] as string, partition: match[2] as string }
}

/** A log that cannot be: topics have no such names, and Kafka passes over what it has no log for. The checksum is of the lines before. */
const CHECKSUM_ENTRY = '#crc32c 0 '

/** Lines as Kafka reads them. */
export function formatCheckpoint(offsets: ReadonlyMap<string, number>, isChecked = false): string {
  let text = `0\n${offsets.size + (isChecked ? 1 : 0)}\n`
  for (const [name, offset] of offsets) {
    const parts = splitLogName(name)
    text += `${parts?.topic ?? name} ${parts?.partition ?? 0} ${offset}\n`
  }
  return isChecked ? `${text}${CHECKSUM_ENTRY}${crc32c(encodeUtf8(text)) >>> 0}\n` : text
}

/** The entries of a checkpoint; null when it is damaged. Kafka writes no checksum, and nothing at all while it has nothing to say. */
export function parseCheckpoint(text: string): Map<string, number> | null {
  const offsets = new Map<string, number>()
  if (text === '') return offsets
  const [version, count, ...lines] = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  if (version !== '0' || count !== String(lines.length)) return null
  for (const line of lines) {
    if (line.startsWith(CHECKSUM_ENTRY)) {
      const checked = encodeUtf8(text.slice(0, text.indexOf(CHECKSUM_ENTRY)))
      if (line !== `${CHECKSUM_ENTRY}${crc32c(checked) >>> 0}`) return null
      continue
    }
    const match = /^(\S+) (\d+) (\d+)$/.exec(line)
    if (match === null) return null
    offsets.set(`${match[1]}-${match[2]}`, Number(match[3]))
  }
  return offsets
}

export class CheckpointFile {
  readonly offsets: Map<string, number>
  private running: Promise<void> | null = null
  private next: Promise<void> | null = null

  constructor(
    private readonly fileSystem: FileSystem,
    private readonly path: string,
    /** A checked file that is damaged is refused; of the others each log then stands as if it had no entry, which is the careful side. */
    private readonly isChecked = false,
  ) {
    const text = textOf(fileSystem.readWhole(path) ?? new Uint8Array(0))
    const offsets = text === null ? null : parseCheckpoint(text)
    if (offsets === null && isChecked) {
      throw new KafkaliteError(
        'CORRUPT_MESSAGE',
        `${path} is damaged: it says where logs start, and does not check. Restore it, or remove it: deleted records may then come back`,
      )
    }
    this.offsets = offsets ?? new Map()
  }

  /** Settles when the offsets as they are now are on disk. */
  write(): Promise<void> {
    if (this.running === null) return this.begin()
    // The write under way may have taken its picture before the latest change.
    this.next ??= this.running.then(
      () => this.begin(),
      () => this.begin(),
    )
    return this.next
  }

  private begin(): Promise<void> {
    this.next = null
    const done = this.fileSystem.replace(this.path, encodeUtf8(formatCheckpoint(this.offsets, this.isChecked))).finally(() => {
      if (this.running === done) this.running = null
    })
    this.running = done
    return done
  }
}

/** What is said of logs that a crash took away in the midst of their removal must not be taken for a later log of the name. */
export async function forgetRemoved(names: readonly string[], ...checkpoints: readonly CheckpointFile[]): Promise<void> {
  const there = new Set(names)
  for (const checkpoint of checkpoints) {
    const gone = [...checkpoint.offsets.keys()].filter((name) => !there.has(name))
    for (const name of gone) checkpoint.offsets.delete(name)
    if (gone.length > 0) await checkpoint.write()
  }
}

/** How a log stood when the storage was closed cleanly: enough to trust it without reading it. */
export interface CleanLog {
  /** The base offset of the last segment. */
  readonly base: number
  /** The size of its .log. Bytes. */
  readonly size: number
  readonly end: number
}

/** The mark as Kafka writes it; `logs` and its checksum are ours, and Kafka passes over them. */
export function formatCleanMark(logs: ReadonlyMap<string, CleanLog>): string {
  const ours = Object.fromEntries(logs)
  return JSON.stringify({ version: 0, brokerEpoch: 0, logs: ours, crc32c: checksumOf(ours) })
}

/** What the last clean stop left; empty when there was none. A mark that Kafka wrote, or that is damaged, names no sizes, so its logs are looked at. */
export function parseCleanMark(file: Uint8Array | null): Map<string, CleanLog> {
  const logs = new Map<string, CleanLog>()
  try {
    const mark = JSON.parse(textOf(file ?? new Uint8Array(0)) ?? '') as { logs?: Record<string, CleanLog>; crc32c?: number } | null
    const ours = mark?.logs ?? {}
    if (mark?.crc32c === checksumOf(ours)) for (const [name, log] of Object.entries(ours)) logs.set(name, log)
  } catch {
    logs.clear()
  }
  return logs
}

function checksumOf(logs: Readonly<Record<string, CleanLog>>): number {
  return crc32c(encodeUtf8(JSON.stringify(logs))) >>> 0
}

function textOf(file: Uint8Array): string | null {
  try {
    return decodeUtf8Strict(file)
  } catch {
    return null
  }
}
