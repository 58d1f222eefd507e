// Logs in memory: the default storage, and the fastest. It keeps the very batches it was given, copies nothing and computes no
// checksum, since the bytes never leave the process. What it keeps lives as long as the MemoryStorage object: a second broker that
// opens the same object after the first has closed finds everything there, so tests of reopening run on memory too.

import { KafkaliteError } from '../errors.js'
import type { Clock } from '../lib/clock.js'
import { isPromise } from '../lib/awaitable.js'
import { MemoryLog, newMemoryLogState } from './memory-log.js'
import type { MemoryLogState, MemoryOwner } from './memory-log.js'
import type { LogAppend, LogConfig, LogStore, Storage, StorageContext } from './storage.js'

/** What a storage in memory may be told. */
export interface MemoryStorageOptions {
  /** The most bytes of batches that all logs together may keep; an append beyond it fails with `DISK_FULL`. Without limit by default. */
  readonly maxBytes?: number
}

interface Kept {
  readonly state: MemoryLogState
  open: MemoryLog | null
}

/** Keeps logs in memory. */
export class MemoryStorage implements Storage, MemoryOwner {
  readonly supports = { persistent: true, durable: false, atomicCommit: true, compaction: true, exclusive: true } as const
  /** The most bytes that may be kept. */
  readonly maxBytes: number
  /** Bytes of batches kept at the moment, of all logs. */
  usedBytes = 0
  private readonly logs = new Map<string, Kept>()
  private clock: Clock | null = null

  /** @throws KafkaliteError `INVALID_ARGUMENT` when `maxBytes` is not positive */
  constructor(options: MemoryStorageOptions = {}) {
    this.maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY
    if (!(this.maxBytes > 0))
      throw new KafkaliteError('INVALID_ARGUMENT', `maxBytes must be a positive number of bytes, got ${this.maxBytes}`)
  }

  open(context: StorageContext): void {
    if (this.clock !== null) {
      throw new KafkaliteError('STORAGE_LOCKED', 'This MemoryStorage is in use by another broker of this process; close that one first')
    }
    this.clock = context.clock
  }

  list(): readonly string[] {
    this.requireOpen()
    return [...this.logs.keys()]
  }

  log(name: string, config: LogConfig): LogStore {
    this.requireOpen()
    let kept = this.logs.get(name)
    if (kept === undefined) {
      kept = { state: newMemoryLogState(this.now()), open: null }
      this.logs.set(name, kept)
    }
    if (kept.open !== null && !kept.open.isClosed) throw new KafkaliteError('INVALID_STATE', `Log ${name} is open already`)
    kept.open = new MemoryLog(name, kept.state, config, this)
    return kept.open
  }

  remove(name: string): void {
    this.requireOpen()
    const kept = this.logs.get(name)
    if (kept === undefined) return
    if (kept.open !== null && !kept.open.isClosed)
      throw new KafkaliteError('INVALID_STATE', `Log ${name} is open: close it before removing it`)
    for (const segment of kept.state.segments) this.usedBytes -= segment.sizeBytes
    this.logs.delete(name)
  }

  commit(appends: readonly LogAppend[]): void {
    this.requireOpen()
    let bytes = 0
    for (const { log, batches } of appends) {
      if (!(log instanceof MemoryLog) || log.owner !== this)
        throw new KafkaliteError('INVALID_ARGUMENT', `Log ${log.name} belongs to another storage`)
      log.requireOpen()
      for (const batch of batches) bytes += batch.sizeBytes
    }
    // The room is the only thing that can be refused, so that asking for all of it first makes the commit all or none.
    this.requireRoom(bytes)
    for (const { log, batches } of appends) {
      const done = log.append(batches)
      if (isPromise(done)) throw new KafkaliteError('INVALID_STATE', 'An append in memory settles at once')
    }
  }

  sync(): void {
    this.requireOpen()
  }

  close(): void {
    if (this.clock === null) return
    for (const kept of this.logs.values()) {
      kept.open?.close()
      kept.open = null
    }
    this.clock = null
  }

  now(): number {
    return this.clock?.now() ?? 0
  }

  requireRoom(bytes: number): void {
    if (this.usedBytes + bytes <= this.maxBytes) return
    throw new KafkaliteError(
      'DISK_FULL',
      `Memory for ${bytes} more bytes is wanted, ${this.usedBytes} of maxBytes ${this.maxBytes} are in use`,
    )
  }

  private requireOpen(): void {
    if (this.clock === null) throw new KafkaliteError('CLOSED', 'The storage is not open')
  }
}
