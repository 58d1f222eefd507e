// Logs in a folder of files, in Kafka's own format: one folder a log, `<topic>-<partition>`, with segments of .log, .index and
// .timeindex, which Kafka's tools read. One process owns the folder. Appends go to the page cache at once and survive the death of
// the process; `sync` makes them survive a power cut. Names of logs are looked up lazily: opening costs nothing per log.

import { KafkaliteError, describe } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { encodeUtf8 } from '../../lib/text.js'
import type { LogAppend, LogConfig, LogStore, Storage, StorageContext } from '../storage.js'
import {
  CLEANER_OFFSET_NAME,
  CLEAN_MARK_NAME,
  CheckpointFile,
  LOG_START_NAME,
  RECOVERY_POINT_NAME,
  formatCleanMark,
  parseCleanMark,
  splitLogName,
} from './checkpoint.js'
import type { CleanLog } from './checkpoint.js'
import { FileLog } from './file-log.js'
import type { FileLogOwner } from './file-log.js'
import { isNoSpace } from './file-system.js'
import type { FileSystem, FolderLock } from './file-system.js'
import { GroupSync } from './group-sync.js'
import type { LogMark } from './log-writer.js'
import { NodeFileSystem } from './node-file-system.js'
import { OpenFiles } from './open-files.js'
import { openLog } from './recovery.js'
import { finishSwaps } from './swap-recovery.js'
import type { TornTail } from './recovery.js'
import type { SegmentPlace } from './segment.js'

/** What a storage in files may be told. */
export interface FileStorageOptions {
  /** The most files that are open at a time. 512 by default. */
  readonly maxOpenFiles?: number
  /** Where the files are; the machine's own disk by default. Tests give one that fails. */
  readonly fileSystem?: FileSystem
}

const MAX_OPEN_FILES = 512
/** Recovery points are written at most this often: they only save work after a crash, and each write costs two syncs. */
const CHECKPOINT_INTERVAL_MS = 5000
const DELETED_NAME = /\.[0-9a-f]+-delete$/

/** Everything that exists between open and close. */
interface Opened {
  readonly clock: Clock
  readonly lock: FolderLock
  readonly recoveryPoints: CheckpointFile
  readonly starts: CheckpointFile
  readonly cleaned: CheckpointFile
  /** How logs that are not open were left by a clean stop, or by a close in this session. */
  readonly clean: Map<string, CleanLog>
  checkpointMs: number
}

/** Keeps logs in the files of a folder. */
export class FileStorage implements Storage, FileLogOwner {
  readonly supports = { persistent: true, durable: true, atomicCommit: false, compaction: true, exclusive: true } as const
  /** What was cut off behind the last whole batch of logs opened after a crash, oldest first. Nothing of it had been synced. */
  readonly tornTails: TornTail[] = []
  readonly place: SegmentPlace
  private readonly fileSystem: FileSystem
  private readonly logs = new Map<string, FileLog>()
  private readonly group: GroupSync
  private readonly background = new Set<Promise<void>>()
  private opened: Opened | null = null
  private failure: KafkaliteError | null = null
  private closing: Promise<void> | null = null
  private rootDirty = false
  private removals = 0

  /**
   * @param folder made when it is missing
   * @throws KafkaliteError `INVALID_ARGUMENT`
   */
  constructor(
    readonly folder: string,
    options: FileStorageOptions = {},
  ) {
    if (typeof folder !== 'string' || folder === '')
      throw new KafkaliteError('INVALID_ARGUMENT', `folder must be a path, got ${describe(folder)}`)
    const { maxOpenFiles = MAX_OPEN_FILES, fileSystem = new NodeFileSystem() } = options
    if (!Number.isInteger(maxOpenFiles) || maxOpenFiles < 1) {
      throw new KafkaliteError('INVALID_ARGUMENT', `maxOpenFiles must be a whole number from 1, got ${describe(maxOpenFiles)}`)
    }
    this.fileSystem = fileSystem
    this.place = { fileSystem, files: new OpenFiles(fileSystem, maxOpenFiles) }
    this.group = new GroupSync(
      (error) => this.fail(error),
      () => this.syncRoot(),
    )
  }

  async open({ clock }: StorageContext): Promise<void> {
    if (this.opened !== null) throw new KafkaliteError('STORAGE_LOCKED', `Folder ${this.folder} is open already in this storage`)
    this.guard(`make the folder ${this.folder}`, () => this.fileSystem.makeFolder(this.folder))
    const lock = await this.lockFolder(clock)
    try {
      this.clearLeftovers()
      const mark = this.fileSystem.readWhole(this.path(CLEAN_MARK_NAME))
      const clean = parseCleanMark(mark)
      if (mark === null) for (const name of this.logNames()) await finishSwaps(this.fileSystem, this.path(name))
      // From now on a crash must be seen as one.
      this.fileSystem.remove(this.path(CLEAN_MARK_NAME))
      await this.fileSystem.syncFolder(this.folder)
      const recoveryPoints = new CheckpointFile(this.fileSystem, this.path(RECOVERY_POINT_NAME))
      const starts = new CheckpointFile(this.fileSystem, this.path(LOG_START_NAME))
      const cleaned = new CheckpointFile(this.fileSystem, this.path(CLEANER_OFFSET_NAME))
      this.opened = { clock, lock, recoveryPoints, starts, cleaned, clean, checkpointMs: clock.now() }
      this.failure = this.closing = null
    } catch (error) {
      lock.release()
      throw this.wrapped('open', error)
    }
  }

  list(): readonly string[] {
    this.requireOpen()
    return this.logNames()
  }

  log(name: string, config: LogConfig): LogStore {
    const { clean, recoveryPoints, starts, clock } = this.requireOpen()
    if (splitLogName(name) === null)
      throw new KafkaliteError('INVALID_ARGUMENT', `The name of a log is <topic>-<partition>, got ${describe(name)}`)
    if (this.logs.has(name)) throw new KafkaliteError('INVALID_STATE', `Log ${name} is open already`)
    const folder = this.path(name)
    const place = this.place
    const isNew = this.guard(`make the folder of log ${name}`, () => this.makeLogFolder(name))
    if (isNew) this.rootDirty = true
    const opening = { name, folder, place, now: clock.now(), clean: clean.get(name) }
    const opened = this.guard(`open log ${name}`, () =>
      openLog({ ...opening, recoveryPoint: recoveryPoints.offsets.get(name) ?? 0, startOffset: starts.offsets.get(name) ?? 0 }),
    )
    clean.delete(name)
    if (opened.tornTail !== null) this.tornTails.push(opened.tornTail)
    const log = new FileLog(name, folder, config, opened, this)
    this.logs.set(name, log)
    return log
  }

  async remove(name: string): Promise<void> {
    const { clean, cleaned, recoveryPoints, starts } = this.requireOpen()
    if (this.logs.has(name)) throw new KafkaliteError('INVALID_STATE', `Log ${name} is open: close it before removing it`)
    if (splitLogName(name) === null || this.fileSystem.sizeOf(this.path(name)) < 0) return
    await this.group.idle()
    this.lookWhoseItIs(this.requireOpen())
    if (this.isFenced) throw this.failure
    for (const log of this.closedLogs) if (log.name === name) this.forget(log)
    // Once renamed it is gone for good, whatever stops the rest: leftovers are cleared at the next open.
    const grave = this.path(`${name}.${(++this.removals).toString(16)}-delete`)
    this.guard(`remove log ${name}`, () => this.fileSystem.rename(this.path(name), grave))
    clean.delete(name)
    recoveryPoints.offsets.delete(name)
    starts.offsets.delete(name)
    cleaned.offsets.delete(name)
    await this.durably(Promise.all([recoveryPoints.write(), starts.write(), cleaned.write()]))
    await this.durably(this.fileSystem.syncFolder(this.folder))
    this.guard(`remove log ${name}`, () => this.fileSystem.removeFolder(grave))
  }

  commit(appends: readonly LogAppend[]): void {
    this.requireWritable()
    const marks: { readonly log: FileLog; readonly mark: LogMark }[] = []
    for (const { log, batches } of appends) {
      if (!(log instanceof FileLog) || log.owner !== this)
        throw new KafkaliteError('INVALID_ARGUMENT', `Log ${log.name} belongs to another storage`)
      if (!marks.some((entry) => entry.log === log)) marks.push({ log, mark: log.mark() })
      log.requireOrder(batches)
    }
    try {
      for (const { log, batches } of appends) (log as FileLog).write(batches)
    } catch (error) {
      const told = this.failedWrite(error)
      for (const { log, mark } of marks) log.takeBack(mark, told)
      throw told
    }
  }

  sync(): Awaitable<void> {
    this.requireWritable()
    return this.group.sync()
  }

  close(): Promise<void> {
    if (this.opened === null) return this.closing ?? Promise.resolve()
    this.closing ??= this.finish(this.opened)
    return this.closing
  }

  // What the logs ask for.

  now(): number {
    return this.opened?.clock.now() ?? 0
  }

  requireWritable(): void {
    const { lock } = this.requireOpen()
    if (this.failure !== null) throw this.failure
    lock.checkIfLate()
  }

  requireOwned(): void {
    const { lock } = this.requireOpen()
    if (this.failure !== null) throw this.failure
    lock.check()
  }

  get isFenced(): boolean {
    return this.failure?.code === 'STORAGE_FENCED'
  }

  failedWrite(error: unknown): KafkaliteError {
    if (KafkaliteError.is(error, 'DISK_FULL')) return error
    const cause = KafkaliteError.is(error, 'STORAGE_FAILED') ? error.cause : error
    if (isNoSpace(error) || isNoSpace(cause))
      return new KafkaliteError('DISK_FULL', `There is no room left in ${this.folder}`, { cause: error })
    return this.fail(error)
  }

  written(log: FileLog): void {
    this.group.note(log)
  }

  rolled(log: FileLog): void {
    this.group.note(log)
    this.group.noteRoll(log)
  }

  synced(log: FileLog, offset: number): void {
    const { opened } = this
    if (opened === null || (this.logs.get(log.name) ?? log) !== log || (!this.logs.has(log.name) && !this.closedLogs.has(log))) return
    opened.recoveryPoints.offsets.set(log.name, offset)
    const now = opened.clock.now()
    if (now - opened.checkpointMs < CHECKPOINT_INTERVAL_MS) return
    opened.checkpointMs = now
    this.lookWhoseItIs(opened)
    if (this.isFenced) return
    const written = this.durably(opened.recoveryPoints.write()).then(
      () => {},
      () => {},
    )
    this.background.add(written)
    void written.then(() => this.background.delete(written))
  }

  async lowerRecoveryPoint(log: FileLog, offset: number): Promise<void> {
    const { recoveryPoints } = this.requireOpen()
    // A sync under way would raise it again.
    await this.group.idle()
    recoveryPoints.offsets.set(log.name, Math.min(offset, recoveryPoints.offsets.get(log.name) ?? 0))
    await this.durably(recoveryPoints.write())
  }

  async raiseRecoveryPoint(log: FileLog, offset: number): Promise<void> {
    const { recoveryPoints } = this.requireOpen()
    const reached = (): number => recoveryPoints.offsets.get(log.name) ?? 0
    if (reached() < offset) await this.group.sync()
    // A log that a clean stop left, and in which nothing was written since, had nothing to sync.
    recoveryPoints.offsets.set(log.name, Math.max(offset, reached()))
    await this.durably(recoveryPoints.write())
  }

  keepStart(log: FileLog, offset: number): Promise<void> {
    const { starts } = this.requireOpen()
    starts.offsets.set(log.name, offset)
    return this.durably(starts.write())
  }

  closed(log: FileLog, state: CleanLog | null): void {
    this.logs.delete(log.name)
    this.closedLogs.add(log)
    if (state !== null) this.opened?.clean.set(log.name, state)
  }

  cleanedOffset(name: string): number {
    return this.opened?.cleaned.offsets.get(name) ?? 0
  }

  keepCleanedOffset(name: string, offset: number): Promise<void> {
    const { cleaned } = this.requireOpen()
    cleaned.offsets.set(name, offset)
    return this.durably(cleaned.write())
  }

  fail(error: unknown): KafkaliteError {
    this.failure ??= KafkaliteError.is(error, 'STORAGE_FAILED', 'STORAGE_FENCED')
      ? error
      : new KafkaliteError('STORAGE_FAILED', `The storage in ${this.folder} failed and takes nothing more until it is opened again`, {
          cause: error,
        })
    return this.failure
  }

  // Inside.

  private logNames(): readonly string[] {
    return this.fileSystem.list(this.folder).filter((name) => splitLogName(name) !== null)
  }

  /** Closed logs that may still have something to sync. */
  private readonly closedLogs = new Set<FileLog>()

  private forget(log: FileLog): void {
    this.closedLogs.delete(log)
    this.group.forget(log)
  }

  private async finish(opened: Opened): Promise<void> {
    let failed: unknown = null
    try {
      this.lookWhoseItIs(opened)
      for (const log of [...this.logs.values()]) await log.close()
      await this.group.idle()
      if (this.failure === null) {
        await this.group.sync()
        await Promise.all(this.background)
        await opened.recoveryPoints.write()
        await this.fileSystem.replace(this.path(CLEAN_MARK_NAME), encodeUtf8(formatCleanMark(opened.clean)))
      }
    } catch (error) {
      failed = error
    }
    await Promise.all(this.background)
    this.place.files.closeAll()
    this.logs.clear()
    this.closedLogs.clear()
    this.opened = null
    opened.lock.release()
    if (failed !== null) throw this.fail(failed)
  }

  private path(name: string): string {
    return `${this.folder}/${name}`
  }

  private clearLeftovers(): void {
    for (const name of this.fileSystem.list(this.folder)) {
      if (DELETED_NAME.test(name)) this.fileSystem.removeFolder(this.path(name))
      else if (name.endsWith('.tmp')) this.fileSystem.remove(this.path(name))
    }
  }

  /** When the folder is not ours any more, the storage has failed after this. */
  private lookWhoseItIs({ lock }: Opened): void {
    try {
      lock.check()
    } catch (error) {
      this.fail(error)
    }
  }

  private async lockFolder(clock: Clock): Promise<FolderLock> {
    try {
      return await this.fileSystem.lock(this.folder, clock.now(), (error) => this.fail(error))
    } catch (error) {
      throw this.wrapped(`lock the folder ${this.folder}`, error)
    }
  }

  private makeLogFolder(name: string): boolean {
    if (this.fileSystem.makeFolder(this.path(name))) return true
    if (this.fileSystem.list(this.folder).includes(name)) return false
    throw new KafkaliteError(
      'INVALID_TOPIC_EXCEPTION',
      `The disk takes upper and lower case for the same, and ${name} is there already in another case`,
    )
  }

  private async syncRoot(): Promise<void> {
    if (!this.rootDirty) return
    this.rootDirty = false
    await this.fileSystem.syncFolder(this.folder)
  }

  private async durably(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      throw this.fail(error)
    }
  }

  private guard<T>(what: string, run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw this.wrapped(what, error)
    }
  }

  private wrapped(what: string, error: unknown): KafkaliteError {
    if (KafkaliteError.is(error)) return error
    const code = isNoSpace(error) ? 'DISK_FULL' : 'STORAGE_FAILED'
    return new KafkaliteError(code, `Could not ${what}`, { cause: error })
  }

  private requireOpen(): Opened {
    if (this.opened === null || this.closing !== null) throw new KafkaliteError('CLOSED', `The storage in ${this.folder} is not open`)
    return this.opened
  }
}
