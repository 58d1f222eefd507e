// Logs in a folder of files, in Kafka's own format: one folder a log, `<topic>-<partition>`, with segments of .log, .index and
// .timeindex, which Kafka's tools read. One process owns the folder. Appends go to the page cache at once and survive the death of
// the process; `sync` makes them survive a power cut. Names of logs are looked up lazily: opening costs nothing per log.

import { KafkaliteError, describe } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { assert } from '../../lib/assert.js'
import { encodeUtf8 } from '../../lib/text.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { LogAppend, LogConfig, LogStore, Storage, StorageContext, StorageFolder } from '../storage.js'
import {
  CLEANER_OFFSET_NAME,
  CLEAN_MARK_NAME,
  CheckpointFile,
  LOG_START_NAME,
  RECOVERY_POINT_NAME,
  forgetRemoved,
  formatCleanMark,
  parseCleanMark,
  splitLogName,
} from './checkpoint.js'
import type { CleanLog } from './checkpoint.js'
import { CURRENT_EPOCHS_NAME, CurrentEpochs } from './current-epochs.js'
import { FileLog } from './file-log.js'
import type { FileLogOwner } from './file-log.js'
import { FolderSync } from './folder-sync.js'
import { META_NAME, encodeFolderMeta, readFolderMeta } from './folder-meta.js'
import { isNoSpace } from './file-system.js'
import type { FileSystem, FolderLock } from './file-system.js'
import { CommitPoint } from './commit-point.js'
import type { SyncLog } from './commit-point.js'
import { Journal, journalPath } from './journal.js'
import { inspectJournal, replayJournal } from './journal-replay.js'
import type { JournalRemains } from './journal-replay.js'
import { LogFolders } from './log-folders.js'
import type { LogMark } from './log-writer.js'
import { withDefaults } from './file-storage-options.js'
import type { FileStorageOptions, RepairOptions } from './file-storage-options.js'
import { OpenFiles } from './open-files.js'
import { applyRepair, inspectFolder } from './repair.js'
import type { RepairStep } from './repair-step.js'
import { openLog } from './recovery.js'
import { finishSwaps } from './swap-recovery.js'
import { keepFolderName } from './made-folder.js'
import type { OffsetSpan, TornTail } from './recovery.js'
import { RESERVE_NAME, Reserve } from './reserve.js'
import type { SegmentPlace } from './segment.js'

/** Nobody else waits for the thread pool any more. */
const CLOSING_LANES = 4
/** What the journal gives back goes to the segments that are there. */
const REPLAY_CONFIG: LogConfig = { segmentBytes: 1_073_741_824, segmentMs: Number.MAX_SAFE_INTEGER }
/** Recovery points are written at most this often: they only save work after a crash, and each write costs two syncs. */
const CHECKPOINT_INTERVAL_MS = 5000

/** Everything that exists between open and close. */
interface Opened {
  readonly clock: Clock
  readonly lock: FolderLock
  readonly recoveryPoints: CheckpointFile
  readonly starts: CheckpointFile
  readonly cleaned: CheckpointFile
  readonly epochs: CurrentEpochs
  /** Whether the last stop was a clean one of ours. */
  readonly isCleanStop: boolean
  /** How logs that are not open were left by a clean stop, or by a close in this session. */
  readonly clean: Map<string, CleanLog>
  checkpointMs: number
}

/** Keeps logs in the files of a folder. */
export class FileStorage implements Storage, FileLogOwner {
  readonly supports = { persistent: true, durable: true, atomicCommit: true, compaction: true, exclusive: true } as const
  /** What was cut off behind the last whole batch of logs opened after a crash, oldest first. Nothing of it had been synced. */
  readonly tornTails: TornTail[] = []
  readonly place: SegmentPlace
  /** Where the files are: the path from the root, also when it was given relative to the working directory of that moment. */
  readonly folder: string
  private readonly fileSystem: FileSystem
  private readonly logs = new Map<string, FileLog>()
  private readonly journal: Journal<SyncLog>
  private group: CommitPoint
  private readonly background = new Set<Promise<void>>()
  private readonly reserve: Reserve
  private opened: Opened | null = null
  private failure: KafkaliteError | null = null
  private closing: Promise<void> | null = null
  private readonly folders: LogFolders
  private root: FolderSync

  /**
   * @param folder made when it is missing
   * @throws KafkaliteError `INVALID_ARGUMENT`
   */
  constructor(folder: string, options: FileStorageOptions = {}) {
    if (typeof folder !== 'string' || folder === '')
      throw new KafkaliteError('INVALID_ARGUMENT', `folder must be a path, got ${describe(folder)}`)
    const { maxOpenFiles, journalFileBytes, fileSystem } = withDefaults(options)
    this.fileSystem = fileSystem
    this.folder = fileSystem.absolute?.(folder) ?? folder
    this.folders = new LogFolders(fileSystem, this.folder)
    this.place = { fileSystem, files: new OpenFiles(fileSystem, maxOpenFiles) }
    this.reserve = new Reserve(fileSystem, this.path(RESERVE_NAME))
    this.root = new FolderSync(fileSystem, this.folder, false)
    this.journal = new Journal(fileSystem, this.folder, journalFileBytes)
    this.group = this.newCommitPoint()
  }

  /**
   * What `repair` would drop from a folder that no broker has open. Changes nothing.
   * @throws KafkaliteError `STORAGE_LOCKED`, `UNSUPPORTED_VERSION`
   */
  static inspect(folder: string, options: RepairOptions = {}): Promise<readonly RepairStep[]> {
    return FileStorage.repair(folder, { ...options, dryRun: true })
  }

  /**
   * Drops from a folder that no broker has open what is damaged below the synced end, which opening reports as `CORRUPT_MESSAGE` and
   * never drops by itself. Answers what was dropped; a copy of it stays beside each file, ending in `.dropped`.
   * @throws KafkaliteError `STORAGE_LOCKED`, `UNSUPPORTED_VERSION`
   */
  static async repair(folder: string, options: RepairOptions = {}): Promise<readonly RepairStep[]> {
    const { dryRun = false, ...rest } = options
    const storage = new FileStorage(folder, rest)
    const { fileSystem } = storage
    storage.guard(`read the folder ${storage.folder}`, () => readFolderMeta(fileSystem, storage.folder))
    if (fileSystem.sizeOf(storage.folder) < 0) return []
    const lock = await storage.lockFolder(0)
    try {
      const steps = inspectFolder(fileSystem, storage.folder)
      if (!dryRun) await applyRepair(fileSystem, storage.folder, steps)
      return steps
    } catch (error) {
      throw storage.wrapped(`repair the folder ${storage.folder}`, error)
    } finally {
      lock.release()
    }
  }

  async open({ clock }: StorageContext): Promise<void> {
    if (this.opened !== null) throw new KafkaliteError('STORAGE_LOCKED', `Folder ${this.folder} is open already in this storage`)
    const meta = this.guard(`read the folder ${this.folder}`, () => readFolderMeta(this.fileSystem, this.folder))
    this.guard(`make the folder ${this.folder}`, () => this.fileSystem.makeFolder(this.folder))
    const lock = await this.lockFolder(clock.now())
    try {
      if (meta.isNew) await keepFolderName(this.fileSystem, this.folder)
      if (meta.isNew) await this.fileSystem.replace(this.path(META_NAME), encodeFolderMeta())
      this.folders.tidy()
      const mark = this.fileSystem.readWhole(this.path(CLEAN_MARK_NAME))
      const clean = parseCleanMark(mark)
      if (mark === null) for (const name of this.folders.list()) await finishSwaps(this.fileSystem, this.path(name))
      // From now on a crash must be seen as one.
      this.fileSystem.remove(this.path(CLEAN_MARK_NAME))
      await this.fileSystem.syncFolder(this.folder)
      const recoveryPoints = new CheckpointFile(this.fileSystem, this.path(RECOVERY_POINT_NAME))
      const starts = new CheckpointFile(this.fileSystem, this.path(LOG_START_NAME), true)
      const cleaned = new CheckpointFile(this.fileSystem, this.path(CLEANER_OFFSET_NAME))
      const epochs = new CurrentEpochs(this.fileSystem, this.path(CURRENT_EPOCHS_NAME), this.reserve)
      await forgetRemoved(this.fileSystem.list(this.folder), recoveryPoints, starts, cleaned, epochs.checkpoint)
      this.reserve.hold()
      const kept = { recoveryPoints, starts, cleaned, epochs }
      this.opened = { clock, lock, ...kept, clean, isCleanStop: clean.size > 0, checkpointMs: clock.now() }
      this.failure = this.closing = null
      // A process that died may have made folders whose names are not on the disk yet.
      this.root = new FolderSync(this.fileSystem, this.folder, true)
      this.group = this.newCommitPoint()
      await this.replay(inspectJournal(this.fileSystem, this.folder))
    } catch (error) {
      this.forgetAll()
      lock.release()
      throw this.wrapped(`open the folder ${this.folder}`, error)
    }
  }

  list(): readonly string[] {
    this.requireOpen()
    return this.folders.list()
  }

  log(name: string, config: LogConfig): LogStore {
    return this.openLog(name, config, null)
  }

  /** @param journaled what the journal holds of it, which is about to be replayed; null afterwards */
  private openLog(name: string, config: LogConfig, journaled: readonly OffsetSpan[] | null): FileLog {
    const { clean, recoveryPoints, starts, clock, epochs, isCleanStop } = this.requireOpen()
    if (splitLogName(name) === null)
      throw new KafkaliteError('INVALID_ARGUMENT', `The name of a log is <topic>-<partition>, got ${describe(name)}`)
    if (this.logs.has(name)) throw new KafkaliteError('INVALID_STATE', `Log ${name} is open already`)
    const folder = this.path(name)
    const place = this.place
    const isNew = this.guard(`make the folder ${folder}`, () => this.folders.make(name))
    if (isNew) this.root.isDue = true
    const opening = { name, folder, place, now: clock.now(), clean: clean.get(name), journaled: journaled ?? undefined }
    const opened = this.guard(`open log ${name}`, () =>
      openLog({ ...opening, recoveryPoint: recoveryPoints.offsets.get(name) ?? 0, startOffset: starts.offsets.get(name) ?? 0 }),
    )
    clean.delete(name)
    if (opened.tornTail !== null) this.tornTails.push(opened.tornTail)
    const before = [...this.closedLogs].filter((log) => log.name === name)
    for (const log of before) this.forget(log)
    if (before.length > 0) for (const segment of opened.segments) segment.dirty = true
    const log = new FileLog(name, folder, config, before.length > 0 ? { ...opened, isClean: false } : opened, this)
    this.logs.set(name, log)
    // What the journal brings back belongs to the epochs before.
    if (journaled === null) this.guard(`open log ${name}`, () => epochs.opened(log, isNew, isCleanStop && opened.isClean))
    return log
  }

  async remove(name: string): Promise<void> {
    const { clean, cleaned, recoveryPoints, starts, epochs } = this.requireOpen()
    if (this.logs.has(name)) throw new KafkaliteError('INVALID_STATE', `Log ${name} is open: close it before removing it`)
    if (splitLogName(name) === null || !this.folders.has(name)) return
    const closed = [...this.closedLogs].filter((log) => log.name === name)
    // What the journal holds of it must not come back in another log of that name.
    if (this.group.mayHold(closed)) await this.checkpoint()
    else await this.group.quiet()
    this.lookWhoseItIs(this.requireOpen())
    if (this.isFenced) throw this.failure
    for (const log of closed) this.forget(log)
    const grave = this.guard(`remove log ${name}`, () => this.folders.bury(name))
    clean.delete(name)
    recoveryPoints.offsets.delete(name)
    starts.offsets.delete(name)
    cleaned.offsets.delete(name)
    epochs.removed(name)
    await this.durably(this.fileSystem.syncFolder(this.folder))
    try {
      // On a full disk it makes the room that the rest needs.
      await (this.fileSystem.removeAside?.(grave) ?? this.fileSystem.removeFolder(grave))
    } catch (error) {
      throw this.wrapped(`remove log ${name}`, error)
    }
    await this.durably(this.reserve.lend(() => Promise.all([recoveryPoints.write(), starts.write(), cleaned.write()])))
    await this.durably(Promise.resolve(epochs.settle()))
    this.freed()
  }

  commit(appends: readonly LogAppend[]): Awaitable<void> {
    this.requireWritable()
    const parts = appends.filter(({ batches }) => batches.length > 0).map(({ log, batches }) => ({ log: this.own(log), batches }))
    for (const { log, batches } of parts) {
      log.mark()
      log.requireOrder(batches)
    }
    const [first, second] = parts
    if (first === undefined) return undefined
    if (second === undefined) return first.log.append(first.batches)
    assert(new Set(parts.map(({ log }) => log)).size === parts.length, 'a log stands once in a commit')
    const setInCommit = (inCommit: boolean): void => {
      for (const { log } of parts) log.inCommit = inCommit
    }
    setInCommit(true)
    const apply = (): void => this.applyCommit(parts)
    return this.group.commit({ appends: parts, apply }).finally(() => setInCommit(false))
  }

  sync(log?: LogStore): Awaitable<void> {
    this.requireWritable()
    const synced = this.group.sync(log === undefined ? undefined : this.own(log))
    const epochs = this.opened?.epochs.settle()
    return epochs === undefined ? synced : Promise.all([synced, this.durably(epochs)]).then(() => undefined)
  }

  whereabouts(): StorageFolder {
    const { folder: path, fileSystem } = this
    return { path, totalBytes: fileSystem.totalBytes?.(path) ?? -1, usableBytes: fileSystem.freeBytes(path) }
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
    // A sync under way would raise it again, and what the journal holds must not come back.
    await this.checkpoint()
    recoveryPoints.offsets.set(log.name, Math.min(offset, recoveryPoints.offsets.get(log.name) ?? 0))
    await this.durably(recoveryPoints.write())
  }

  async raiseRecoveryPoint(log: FileLog, offset: number): Promise<void> {
    const { recoveryPoints } = this.requireOpen()
    const reached = (): number => recoveryPoints.offsets.get(log.name) ?? 0
    // What the journal holds must not be laid over what compaction leaves.
    await this.checkpoint()
    if (reached() < offset) await this.syncNow(log)
    // A log that a clean stop left, and in which nothing was written since, had nothing to sync.
    recoveryPoints.offsets.set(log.name, Math.max(offset, reached()))
    await this.durably(recoveryPoints.write())
  }

  async keepStart(log: FileLog, offset: number): Promise<void> {
    const { starts } = this.requireOpen()
    const before = starts.offsets.get(log.name)
    starts.offsets.set(log.name, offset)
    try {
      // Moving a start is how room is made.
      await this.reserve.lend(() => starts.write())
    } catch (error) {
      if (before === undefined) starts.offsets.delete(log.name)
      else starts.offsets.set(log.name, before)
      throw this.failedWrite(error)
    }
  }

  useReserve(): boolean {
    return this.reserve.release()
  }

  freed(): void {
    if (this.opened !== null) this.reserve.hold()
  }

  syncNow(log: FileLog): Promise<void> {
    return this.durably(this.group.syncSegments([log]))
  }

  closed(log: FileLog, state: CleanLog | null): void {
    this.logs.delete(log.name)
    this.closedLogs.add(log)
    if (state !== null) this.opened?.clean.set(log.name, state)
  }

  epochOf(name: string): number {
    return this.opened?.epochs.of(name) ?? 0
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

  /** Closed logs that may still have something to sync. */
  private readonly closedLogs = new Set<FileLog>()

  /** Everything is synced, so where there is no room for the mark the next opening takes longer and nothing is lost. */
  private async markClean({ recoveryPoints, clean }: Opened): Promise<void> {
    try {
      await this.reserve.lend(async () => {
        await recoveryPoints.write()
        await this.fileSystem.replace(this.path(CLEAN_MARK_NAME), encodeUtf8(formatCleanMark(clean)))
      })
    } catch (error) {
      if (!isNoSpace(error)) throw error
    }
  }

  private forget(log: FileLog): void {
    this.closedLogs.delete(log)
    this.group.forget(log)
  }

  private async finish(opened: Opened): Promise<void> {
    let failed: unknown = null
    try {
      this.lookWhoseItIs(opened)
      const { failure } = this
      await this.group.idle()
      for (const log of [...this.logs.values()]) await log.close()
      await this.group.checkpoint()
      // Whoever asked before knows of it; what failed only now nobody has heard of.
      if (failure === null && this.failure !== null) throw this.failure
      if (this.failure === null) {
        await this.group.syncSegments([...this.closedLogs], true, CLOSING_LANES)
        await this.root.run()
        await Promise.all(this.background)
        await opened.epochs.settle()
        await this.markClean(opened)
      }
    } catch (error) {
      failed = error
    }
    await Promise.all(this.background)
    this.forgetAll()
    opened.lock.release()
    if (failed !== null) throw this.fail(failed)
  }

  private newCommitPoint(): CommitPoint {
    return new CommitPoint(
      {
        fail: (error) => this.fail(error),
        diskFull: (error) => this.failedWrite(error),
        syncRoot: () => this.root.run(),
        keepRecoveryPoints: () => this.keepRecoveryPoints(),
        requireOwned: () => {
          if (this.failure !== null) throw this.failure
          this.opened?.lock.check()
        },
        failed: () => this.failure,
      },
      this.journal,
    )
  }

  /** Nothing is open and nothing is remembered any more. */
  private forgetAll(): void {
    this.journal.retire()
    this.place.files.closeAll()
    this.logs.clear()
    this.closedLogs.clear()
    this.opened = null
  }

  private own(log: LogStore): FileLog {
    if (log instanceof FileLog && log.owner === this) return log
    throw new KafkaliteError('INVALID_ARGUMENT', `Log ${log.name} belongs to another storage`)
  }

  /** The journal has the commit: writes it to the logs. */
  private applyCommit(parts: readonly { readonly log: FileLog; readonly batches: readonly PackedBatch[] }[]): void {
    const marks: { readonly log: FileLog; readonly mark: LogMark }[] = []
    try {
      for (const { log, batches } of parts) {
        marks.push({ log, mark: log.markInCommit() })
        log.write(batches)
      }
    } catch (error) {
      const told = this.failedWrite(error)
      for (const { log, mark } of marks) log.takeBack(mark, told)
      throw told
    }
    for (const { log } of parts) log.unsynced.reset(log.endOffset)
  }

  private async checkpoint(): Promise<void> {
    await this.group.checkpoint()
    if (this.failure !== null) throw this.failure
  }

  /** Gives the logs what a crash kept from their segments, and removes the journal. */
  private async replay(remains: JournalRemains): Promise<void> {
    const { recoveryPoints, clean } = this.requireOpen()
    const { numbers, spans } = remains
    await this.journal.beginBehind(numbers[numbers.length - 1] ?? 0)
    if (numbers.length === 0) return
    const logs = new Map<string, FileLog | null>()
    const logOf = (name: string): FileLog | null => {
      let log = logs.get(name)
      if (log === undefined) {
        log = this.folders.has(name) ? this.openLog(name, REPLAY_CONFIG, spans.get(name) ?? []) : null
        logs.set(name, log)
      }
      return log
    }
    const lost = replayJournal(this.fileSystem, this.folder, remains, logOf)
    for (const log of logs.values()) await log?.close()
    await this.group.syncSegments([...this.closedLogs])
    for (const log of [...this.closedLogs]) this.forget(log)
    for (const [name, end] of lost) {
      // It shows when the log is opened: its end lies below what was synced.
      clean.delete(name)
      recoveryPoints.offsets.set(name, end)
    }
    await recoveryPoints.write()
    for (const number of numbers) {
      if (lost.size === 0) this.fileSystem.remove(journalPath(this.folder, number))
      else this.fileSystem.rename(journalPath(this.folder, number), `${journalPath(this.folder, number)}.kept`)
    }
    await this.fileSystem.syncFolder(this.folder)
  }

  private async keepRecoveryPoints(): Promise<void> {
    try {
      await this.opened?.recoveryPoints.write()
    } catch (error) {
      // They save work after a crash and nothing else; there will be room for the next ones.
      if (!isNoSpace(error)) throw error
    }
  }

  private path(name: string): string {
    return `${this.folder}/${name}`
  }

  /** When the folder is not ours any more, the storage has failed after this. */
  private lookWhoseItIs({ lock }: Opened): void {
    try {
      lock.check()
    } catch (error) {
      this.fail(error)
    }
  }

  private async lockFolder(nowMs: number): Promise<FolderLock> {
    try {
      return await this.fileSystem.lock(this.folder, nowMs, (error) => this.fail(error))
    } catch (error) {
      throw this.wrapped(`lock the folder ${this.folder}`, error)
    }
  }

  private async durably(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      throw isNoSpace(error) ? this.failedWrite(error) : this.fail(error)
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
    const reason = error instanceof Error ? `: ${error.message}` : ''
    return new KafkaliteError(code, `Could not ${what}${reason}`, { cause: error })
  }

  private requireOpen(): Opened {
    if (this.opened === null || this.closing !== null) throw new KafkaliteError('CLOSED', `The storage in ${this.folder} is not open`)
    return this.opened
  }
}
