// The small text files of a data folder: up to where each log is synced, where it starts, up to where it was cleaned, and the mark of a clean stop. The
// format of the checkpoints is Kafka's: a version line `0`, the number of entries, then `<topic> <partition> <offset>` a line.
// Each is replaced as a whole, so that a crash leaves the old one or the new one. Changes that come while one is being
// written share the next write.

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

export function formatCheckpoint(offsets: ReadonlyMap<string, number>): string {
  let text = `0\n${offsets.size}\n`
  for (const [name, offset] of offsets) {
    const parts = splitLogName(name)
    text += `${parts?.topic ?? name} ${parts?.partition ?? 0} ${offset}\n`
  }
  return text
}

/** The entries of a checkpoint. A file that is damaged says nothing: each log then stands as if it had no entry, which is the careful side. */
export function parseCheckpoint(text: string): Map<string, number> {
  const offsets = new Map<string, number>()
  const lines = text.split('\n')
  if (lines[0] !== '0') return offsets
  for (const line of lines.slice(2)) {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line)
    if (match !== null) offsets.set(`${match[1]}-${match[2]}`, Number(match[3]))
  }
  return lines[1] === String(offsets.size) ? offsets : new Map()
}

export class CheckpointFile {
  readonly offsets: Map<string, number>
  private running: Promise<void> | null = null
  private next: Promise<void> | null = null

  constructor(
    private readonly fileSystem: FileSystem,
    private readonly path: string,
  ) {
    this.offsets = parseCheckpoint(textOf(fileSystem.readWhole(path)))
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
    const done = this.fileSystem.replace(this.path, encodeUtf8(formatCheckpoint(this.offsets))).finally(() => {
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

/** The mark as Kafka writes it; `logs` is ours, and Kafka passes over it. */
export function formatCleanMark(logs: ReadonlyMap<string, CleanLog>): string {
  return JSON.stringify({ version: 0, brokerEpoch: 0, logs: Object.fromEntries(logs) })
}

/** What the last clean stop left; empty when there was none. A mark that Kafka wrote names no sizes, so its logs are looked at. */
export function parseCleanMark(file: Uint8Array | null): Map<string, CleanLog> {
  const logs = new Map<string, CleanLog>()
  try {
    const mark = JSON.parse(textOf(file)) as { logs?: Record<string, Partial<CleanLog>> } | null
    for (const [name, { base, size, end }] of Object.entries(mark?.logs ?? {})) {
      if (typeof base === 'number' && typeof size === 'number' && typeof end === 'number') logs.set(name, { base, size, end })
    }
  } catch {
    logs.clear()
  }
  return logs
}

function textOf(file: Uint8Array | null): string {
  if (file === null) return ''
  try {
    return decodeUtf8Strict(file)
  } catch {
    return ''
  }
}
