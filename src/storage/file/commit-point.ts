// The one point through which everything becomes durable. Callers gather in rounds: while one round is at work the next one gathers,
// and all that gathered share one record in the journal and one sync, whatever number of logs they wrote to. A log with too much for
// the journal has its segments synced instead. When a journal file is full its logs are synced in the background and it goes. After a
// failure nothing is tried again: the kernel may have dropped the pages that it could not write and would answer the second sync with
// a lie.

import type { PackedBatch } from '../../record/packed-batch.js'
import type { Awaitable } from '../../lib/awaitable.js'
import { isNoSpace } from './file-system.js'
import type { Journal, JournalFile } from './journal.js'
import { FILE_HEADER_BYTES, RECORD_ALIGNMENT, RECORD_HEADER_BYTES } from './journal-record.js'
import type { JournalWriter } from './journal-record.js'
import type { TakenBatches, UnsyncedBatches } from './unsynced-batches.js'

/** One piece of durable work of a log. */
export interface SyncWork {
  run(): Promise<void>
}

/** What one log has to make durable, and what it does when that is done. */
export interface SyncJob {
  readonly work: readonly SyncWork[]
  done(): void
}

/** A log as the commit point sees it. */
export interface SyncLog {
  readonly endOffset: number
  /** Its name as it stands in the journal. */
  readonly nameBytes: Uint8Array
  readonly unsynced: UnsyncedBatches
  /** Takes what has to be synced: everything, or only segments that are not written any more. */
  takeSyncJob(all: boolean): SyncJob
}

/** Appends to several logs that must be there all or none. */
export interface CommitRequest {
  readonly appends: readonly { readonly log: SyncLog; readonly batches: readonly PackedBatch[] }[]
  /** Writes them to their logs. Called when the journal has them for good. Throws having undone what it did. */
  apply(): void
}

/** What the commit point asks of the storage around it. */
export interface CommitPlace {
  /** Called with what went wrong; later calls are refused by the storage. Returns what to tell the callers. */
  fail(error: unknown): Error
  diskFull(error: unknown): Error
  /** Makes the names of new logs durable; undefined when they are. */
  syncRoot(): Promise<void> | undefined
  /** Throws when the folder is not ours any more. */
  requireOwned(): void
  /** Why the storage takes nothing more; null while it does. */
  failed(): Error | null
  /** Keeps up to where logs are synced; called before a journal file is removed. */
  keepRecoveryPoints(): Promise<void>
}

/** How many syncs of segments may occupy the thread pool at once; its four threads also serve everybody else in the process. */
const LANES = 2
/** Journal files that may wait for their logs to be synced before writing waits for them. */
const WAITING_FILES_MAX = 2
/** What a round puts into the journal; logs beyond it have their segments synced. */
const ROUND_BYTES_MAX = 4_194_304
/** A round begins when nobody has joined it for so many steps of the microtask queue: long enough for those whom the last round answered. */
const QUIET_STEPS = 12

interface PendingCommit {
  readonly request: CommitRequest
  resolve(): void
  reject(error: unknown): void
}

interface Entry {
  readonly log: SyncLog
  readonly taken: TakenBatches
}

class Round {
  readonly logs = new Set<SyncLog>()
  readonly commits: PendingCommit[] = []
  all = false
  joined = 0
  resolve: () => void = () => {}
  reject: (error: unknown) => void = () => {}
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })
}

export class CommitPoint {
  /** Logs with something that is not durable. */
  private readonly dirty = new Set<SyncLog>()
  private readonly rolled = new Set<SyncLog>()
  private gathering: Round | null = null
  private running: Round | null = null
  /** Journal files that wait for their logs to be synced. */
  private waiting = 0
  private background: Promise<void> = Promise.resolve()
  /** Logs whose segments were synced since the journal was last written, with the end that they had. */
  private readonly marks = new Map<SyncLog, number>()
  private failure: Error | null = null

  constructor(
    private readonly place: CommitPlace,
    private readonly journal: Journal<SyncLog>,
  ) {}

  /** Notes that the log has something to sync. */
  note(log: SyncLog): void {
    this.dirty.add(log)
  }

  /** Syncs the finished segments of a log in the background. */
  noteRoll(log: SyncLog): void {
    if (this.rolled.size === 0) {
      this.inBackground(async () => {
        const logs = [...this.rolled]
        this.rolled.clear()
        await this.syncSegments(logs, false, 1)
      })
    }
    this.rolled.add(log)
  }

  forget(log: SyncLog): void {
    this.dirty.delete(log)
    this.rolled.delete(log)
    this.marks.delete(log)
  }

  /** Settles when all that was appended before the call is durable: to `log`, or to any log. */
  sync(log?: SyncLog): Awaitable<void> {
    if (log === undefined ? this.dirty.size === 0 : !this.dirty.has(log)) return this.running?.promise
    const round = this.join()
    if (log === undefined) round.all = true
    else round.logs.add(log)
    return round.promise
  }

  /** Settles when the appends are visible and durable. */
  commit(request: CommitRequest): Promise<void> {
    return new Promise((resolve, reject) => this.join().commits.push({ request, resolve, reject }))
  }

  /** Whether the journal may hold batches of these logs. */
  mayHold(logs: readonly SyncLog[]): boolean {
    return this.running !== null || this.waiting > 0 || logs.some((log) => this.journal.current?.logs.has(log))
  }

  /** Settles when the segments hold everything durably and the journal is gone. */
  async checkpoint(): Promise<void> {
    await this.idle()
    this.retire()
    await this.background
  }

  /** Settles when no round is at work, whatever came of it. */
  async idle(): Promise<void> {
    for (let round = this.running ?? this.gathering; round !== null; round = this.running ?? this.gathering) {
      await round.promise.catch(ignore)
      await null
    }
  }

  /** Settles when nothing is at work. */
  async quiet(): Promise<void> {
    await this.idle()
    await this.background
  }

  private join(): Round {
    if (this.gathering === null) {
      this.gathering = new Round()
      this.gathering.promise.catch(ignore)
      if (this.running === null) void this.work(this.gathering)
    }
    this.gathering.joined++
    return this.gathering
  }

  private async work(round: Round): Promise<void> {
    for (let joined = 0, quiet = 0; quiet < QUIET_STEPS; quiet++) {
      await null
      if (round.joined !== joined) quiet = 0
      joined = round.joined
    }
    this.gathering = null
    this.running = round
    this.failure ??= this.place.failed()
    try {
      if (this.failure === null) await this.run(round)
    } catch (error) {
      this.failure ??= this.place.fail(error)
    }
    const { failure } = this
    this.running = null
    if (failure === null) round.resolve()
    else {
      round.reject(failure)
      for (const commit of round.commits) commit.reject(failure)
    }
    if (this.gathering !== null) void this.work(this.gathering)
  }

  private async run(round: Round): Promise<void> {
    const logs = round.all ? new Set(this.dirty) : round.logs
    // A commit may only count when everything before it in its logs does.
    for (const { request } of round.commits) for (const { log } of request.appends) if (this.dirty.has(log)) logs.add(log)
    const journaled: Entry[] = []
    const direct: SyncLog[] = []
    let bytes = 0
    for (const log of logs) {
      this.dirty.delete(log)
      const taken = bytes < ROUND_BYTES_MAX ? log.unsynced.take() : null
      if (taken === null) direct.push(log)
      else if (taken.batches.length > 0) journaled.push({ log, taken })
      bytes += taken?.bytes ?? 0
    }
    const root = this.place.syncRoot()
    root?.catch(ignore)
    const segments = direct.length === 0 ? null : this.syncDirectly(direct)
    if (segments !== null && round.commits.length > 0) await segments
    const work = journaled.length === 0 && round.commits.length === 0 ? null : this.writeJournal(journaled, round.commits, root)
    await Promise.all([root, segments, work])
  }

  private async syncDirectly(logs: readonly SyncLog[]): Promise<void> {
    const ends = logs.map((log) => {
      log.unsynced.reset(log.endOffset)
      return log.endOffset
    })
    await this.syncSegments(logs, true, LANES)
    // The journal hears of it when it is written next: what was promised is then known, however old the recovery points are.
    if (this.journal.current !== null) for (const [at, log] of logs.entries()) this.marks.set(log, ends[at] as number)
  }

  private async writeJournal(entries: readonly Entry[], commits: readonly PendingCommit[], root: Promise<void> | undefined): Promise<void> {
    const places: number[] = []
    try {
      const bytes = journalBytes(entries, commits) + this.marks.size * 512
      if (!this.journal.hasRoom(bytes)) {
        this.place.requireOwned()
        this.retire()
        if (this.waiting > WAITING_FILES_MAX) await this.background
        await this.journal.create(bytes)
      }
      // A log that is not there when the journal is read was removed: its folder must not be missing for another reason.
      if (root !== undefined) await root
      this.writeRecords(entries, commits, places)
    } catch (error) {
      if (!isNoSpace(error)) throw error
      // What the journal has no room for lies in the segments already.
      const full = this.place.diskFull(error)
      for (const { reject } of commits) reject(full)
      const logs = entries.map(({ log }) => log)
      return logs.length === 0 ? undefined : this.syncSegments(logs, true, LANES)
    }
    await this.journal.sync()
    if (commits.length > 0) await this.applyAll(commits, places)
  }

  private writeRecords(entries: readonly Entry[], commits: readonly PendingCommit[], places: number[]): void {
    const { journal } = this
    const writer = journal.writer()
    let records = 0
    if (entries.length > 0 || this.marks.size > 0) {
      writer.begin()
      for (const [log, end] of this.marks) writer.part(log.nameBytes, end, 0)
      for (const { log, taken } of entries) putPart(writer, log, taken.previousEnd, taken.batches, taken.bytes)
      journal.endRecord(writer)
      records++
    }
    for (const { request } of commits) {
      writer.begin()
      for (const { log, batches } of request.appends) putPart(writer, log, log.endOffset, batches, sizeOf(batches))
      places.push(journal.endRecord(writer))
      records++
    }
    try {
      journal.write(writer)
    } catch (error) {
      journal.takeBack(records)
      throw error
    }
    const { logs } = journal.current as JournalFile<SyncLog>
    // A mark speaks of its log as batches do: it must be gone before another log gets the name.
    for (const log of this.marks.keys()) logs.add(log)
    this.marks.clear()
    for (const { log } of entries) logs.add(log)
    for (const { request } of commits) for (const { log } of request.appends) logs.add(log)
  }

  /** The journal has the commits: now the logs take them. One that they cannot take is made void before its caller hears of it. */
  private async applyAll(commits: readonly PendingCommit[], places: readonly number[]): Promise<void> {
    const undone: { readonly position: number; reject(): void }[] = []
    const touched: SyncLog[] = []
    for (const [at, { request, resolve, reject }] of commits.entries()) {
      try {
        request.apply()
        resolve()
      } catch (error) {
        if (!isDiskFull(error)) throw error
        undone.push({ position: places[at] as number, reject: () => reject(error) })
        for (const { log } of request.appends) touched.push(log)
      }
    }
    if (undone.length === 0) return
    // First the logs must be without it for good: a void record beside a part of the commit would be half a commit.
    await this.syncSegments(touched, true, LANES)
    for (const { position } of undone) this.journal.void(position)
    await this.journal.sync()
    for (const { reject } of undone) reject()
  }

  private retire(): void {
    const file = this.journal.retire()
    if (file === null) return
    this.waiting++
    this.marks.clear()
    this.inBackground(async () => {
      await this.syncSegments([...file.logs], true, 1)
      this.place.requireOwned()
      await this.place.keepRecoveryPoints()
      await this.journal.remove(file)
      this.waiting--
    })
  }

  private inBackground(work: () => Promise<void>): void {
    const run = (): Promise<void> | undefined => {
      this.failure ??= this.place.failed()
      return this.failure === null ? work() : undefined
    }
    this.background = this.background.then(run).catch((error: unknown) => {
      this.failure ??= this.place.fail(error)
    })
  }

  /** Makes durable what the segments of the logs hold. */
  async syncSegments(logs: readonly SyncLog[], all = true, lanes = LANES): Promise<void> {
    const jobs = logs.map((log) => log.takeSyncJob(all))
    const queue = jobs.flatMap((job) => job.work)
    const lane = async (): Promise<void> => {
      for (let work = queue.shift(); work !== undefined; work = queue.shift()) await work.run()
    }
    await Promise.all(Array.from({ length: Math.min(lanes, queue.length) }, lane))
    for (const job of jobs) job.done()
  }
}

function putPart(writer: JournalWriter, log: SyncLog, previousEnd: number, batches: readonly PackedBatch[], bytes: number): void {
  writer.part(log.nameBytes, previousEnd, bytes)
  for (const batch of batches) writer.batch(batch.buffer, batch.start, batch.end)
}

function sizeOf(batches: readonly PackedBatch[]): number {
  let bytes = 0
  for (const batch of batches) {
    batch.fillCrc()
    bytes += batch.sizeBytes
  }
  return bytes
}

/** A little more than the records will take. */
function journalBytes(entries: readonly Entry[], commits: readonly PendingCommit[]): number {
  const perRecord = RECORD_HEADER_BYTES + RECORD_ALIGNMENT
  let bytes = FILE_HEADER_BYTES + perRecord
  for (const { log, taken } of entries) bytes += taken.bytes + log.nameBytes.length + 16
  for (const { request } of commits) {
    bytes += perRecord
    for (const { log, batches } of request.appends) bytes += sizeOf(batches) + log.nameBytes.length + 16
  }
  return bytes
}

function isDiskFull(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'DISK_FULL'
}

function ignore(): void {
  // Whoever waits hears of it; the storage has taken note.
}
