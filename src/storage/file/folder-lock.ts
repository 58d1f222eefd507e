// One owner per folder, without native code. A second broker is told who the first is; a dead owner's lock is taken over, at once when
// it can be seen from here that it is dead, else when its heartbeat stopped. An owner that lost its folder, because it stood still for
// so long that another took it for dead, learns that from the token in LOCK and writes no more. Network file systems are not supported.

import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { KafkaliteError } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'
import { SystemClock } from '../../lib/clock.js'
import type { Clock, Timer } from '../../lib/clock.js'
import type { FolderLock } from './file-system.js'
import { LockFile } from './lock-file.js'
import type { LockOwner } from './lock-file.js'
import { SystemProcesses, judge } from './process-identity.js'
import type { ProcessTable, Verdict } from './process-identity.js'

export interface LockSettings {
  /** The machine's own time: others watch the heartbeat in theirs. */
  readonly clock?: Clock
  readonly processes?: ProcessTable
  /** Told once when the folder went to another. */
  readonly onLost?: (error: KafkaliteError) => void
}

/** How often an owner shows that it lives, and a watcher looks. */
export const BEAT_MS = 2000
/** As many looks in a row without a beat say that an owner is dead. Looks and not time, so that a machine that slept counts nothing. */
export const LOOKS = 15
/** A beat that is this late is a reason to look whether the folder is still ours. */
const LATE_MS = 10_000
/** Each round somebody else got ahead; more of them than this mean a folder that misbehaves. */
const ROUNDS_MAX = 1000

/** Folders that this process owns, by real path. On the global object, so that two copies of the package know of each other. */
const held: Map<string, LockOwner> = ownTable()

function ownTable(): Map<string, LockOwner> {
  const key = Symbol.for('kafkalite.held-folders')
  const place = globalThis as { [key]?: Map<string, LockOwner> }
  place[key] ??= new Map()
  return place[key]
}

/**
 * Takes `folder`; at once, unless a lock is there whose owner can only be judged by its heartbeat.
 * @param nowMs said in the lock as the time it was taken
 * @throws KafkaliteError `STORAGE_LOCKED` when a living process, this one too, holds it
 */
export function lockFolder(folder: string, nowMs: number, settings: LockSettings = {}): Awaitable<FolderLock> {
  const { clock = new SystemClock(), processes = new SystemProcesses(), onLost = () => {} } = settings
  const owner = { ...processes.self(), since: new Date(nowMs).toISOString(), token: randomUUID() }
  const real = fs.realpathSync(folder)
  const lock = new HeldFolder(real, new LockFile(real), owner, clock, onLost)
  return new Taking(lock, processes, clock).run()
}

/** One attempt to become the owner. */
class Taking {
  private readonly file: LockFile

  constructor(
    private readonly lock: HeldFolder,
    private readonly processes: ProcessTable,
    private readonly clock: Clock,
  ) {
    this.file = lock.file
  }

  run(): Awaitable<FolderLock> {
    const doubtful = this.attempt(null)
    return doubtful === null ? this.lock : this.watch(doubtful)
  }

  /** Null when the folder is ours; else the owner of whom nobody here knows whether it lives. `presumedDead` is the token of one that showed no beat. */
  private attempt(presumedDead: string | null): LockOwner | null {
    const { file, lock } = this
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const mine = held.get(lock.folder)
      if (mine !== undefined) throw lockedBy(lock.folder, mine, 'another broker of this process')
      if (file.create(lock.owner)) return this.taken()
      const chain = file.chain()
      const last = chain[chain.length - 1]
      if (last === undefined) continue
      const verdict = last.owner === null || last.token === presumedDead ? 'dead' : judge(last.owner, this.processes)
      if (verdict === 'alive') throw lockedBy(lock.folder, last.owner as LockOwner, 'another process')
      if (verdict === 'unknown') return last.owner
      if (file.takeOver(chain, lock.owner)) return this.taken()
    }
    throw new KafkaliteError('STORAGE_LOCKED', `Folder ${lock.folder} could not be locked: ${file.path} changes each time it is looked at`)
  }

  private taken(): null {
    this.lock.begin()
    this.file.sweep((owner) => this.verdictOn(owner) === 'dead')
    return null
  }

  private verdictOn(owner: LockOwner): Verdict {
    return owner.token === this.lock.owner.token ? 'alive' : judge(owner, this.processes)
  }

  /** Waits for a beat of the owner, which settles that it lives, or for the time in which there must have been one. */
  private async watch(doubtful: LockOwner): Promise<FolderLock> {
    let owner = doubtful
    let seen = this.trace()
    for (let look = 1; ; look++) {
      await new Promise<void>((resolve) => void this.clock.setTimer(this.clock.now() + BEAT_MS, resolve, { holds: true }))
      const now = this.trace()
      const changed = now !== seen
      if (changed && now.startsWith(`${owner.token} `)) throw lockedBy(this.lock.folder, owner, 'a process elsewhere that is alive')
      if (!changed && look < LOOKS) continue
      const next = this.attempt(changed ? null : owner.token)
      if (next === null) return this.lock
      if (next.token !== owner.token) look = 0
      owner = next
      seen = this.trace()
    }
  }

  /** Changes with every beat and every new owner. */
  private trace(): string {
    const last = this.file.chain().at(-1)
    return last === undefined ? '' : `${last.token} ${this.file.touchedMs(last.path)}`
  }
}

/** The folder in the hands of its owner. */
class HeldFolder implements FolderLock {
  private timer: Timer | null = null
  private beatMs = 0
  private lost: KafkaliteError | null = null
  private isHeld = false

  constructor(
    readonly folder: string,
    readonly file: LockFile,
    readonly owner: LockOwner,
    private readonly clock: Clock,
    private readonly onLost: (error: KafkaliteError) => void,
  ) {}

  begin(): void {
    held.set(this.folder, this.owner)
    this.isHeld = true
    this.arm()
  }

  check(): void {
    if (this.lost === null && this.isHeld && this.file.token() !== this.owner.token) this.lose()
    if (this.lost !== null) throw this.lost
  }

  checkIfLate(): void {
    if (this.lost !== null) throw this.lost
    if (this.clock.now() - this.beatMs > LATE_MS) this.check()
  }

  release(): void {
    if (!this.isHeld) return
    this.isHeld = false
    this.timer?.cancel()
    held.delete(this.folder)
    // Whoever took it keeps it.
    if (this.lost === null) this.file.remove(this.owner)
  }

  private arm(): void {
    this.beatMs = this.clock.now()
    this.timer = this.clock.setTimer(this.beatMs + BEAT_MS, () => this.beat())
  }

  private beat(): void {
    try {
      this.check()
      this.file.touch(this.clock.now())
    } catch {
      // A disk that cannot be read now says nothing about who owns the folder; the next beat asks again.
    }
    if (this.lost === null && this.isHeld) this.arm()
  }

  private lose(): void {
    this.lost = new KafkaliteError(
      'STORAGE_FENCED',
      `Folder ${this.folder} went to another process while this one stood still, or its file LOCK was removed; nothing more is written here`,
    )
    this.timer?.cancel()
    this.onLost(this.lost)
  }
}

function lockedBy(folder: string, owner: LockOwner, who: string): KafkaliteError {
  return new KafkaliteError(
    'STORAGE_LOCKED',
    `Folder ${folder} belongs to ${who}: pid ${owner.pid} on host ${owner.host} since ${owner.since}. ` +
      `Close it there first; if that process is surely gone, remove ${new LockFile(folder).path}`,
  )
}
