// One owner per folder, without native code: a file LOCK says which process holds it. The process id alone would lie, since ids are
// used again, so the start of the process and the boot of the machine stand beside it. A dead owner's lock is moved aside, looked at
// once more and only then replaced, so that of two who find it stale one wins. Network file systems are not supported.

import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { KafkaliteError } from '../../errors.js'
import type { FolderLock } from './file-system.js'

interface LockOwner {
  readonly pid: number
  /** When the process began, in the kernel's ticks since boot; empty where the kernel does not tell. */
  readonly processStart: string
  /** Which boot of the machine; empty where the kernel does not tell. */
  readonly boot: string
  /** The number space that the pid belongs to: a container has its own. */
  readonly pidSpace: string
  readonly host: string
  /** When the lock was taken, ISO 8601. */
  readonly since: string
  readonly token: string
}

const LOCK_NAME = 'LOCK'
/** Of two that race for a dead owner's lock the loser looks once more and then sees the winner; more rounds than this mean a folder that misbehaves. */
const ROUNDS_MAX = 5

/** Folders that this process owns, by real path. On the global object, so that two copies of the package know of each other. */
const held: Map<string, LockOwner> = ownTable()

function ownTable(): Map<string, LockOwner> {
  const key = Symbol.for('kafkalite.held-folders')
  const place = globalThis as { [key]?: Map<string, LockOwner> }
  place[key] ??= new Map()
  return place[key]
}

/** Takes `folder`. @throws KafkaliteError `STORAGE_LOCKED` when a living process, this one too, holds it */
export function lockFolder(folder: string, nowMs: number): FolderLock {
  const real = fs.realpathSync(folder)
  const mine = held.get(real)
  if (mine !== undefined) throw locked(real, mine, 'another broker of this process')
  const owner = describeSelf(nowMs)
  const path = join(real, LOCK_NAME)
  for (let round = 0; !create(path, owner); round++) {
    const other = readOwner(path)
    if (other === 'gone') continue
    if (round >= ROUNDS_MAX)
      throw new KafkaliteError('STORAGE_LOCKED', `Folder ${real} could not be locked: ${path} comes back each time it is removed`)
    if (other !== 'unreadable' && isAlive(other)) throw locked(real, other, 'another process')
    moveAside(path, other)
  }
  held.set(real, owner)
  let released = false
  return {
    release: () => {
      if (released) return
      released = true
      held.delete(real)
      const now = readOwner(path)
      if (typeof now === 'object' && now.token === owner.token) fs.rmSync(path, { force: true })
    },
  }
}

function locked(folder: string, owner: LockOwner, who: string): KafkaliteError {
  return new KafkaliteError(
    'STORAGE_LOCKED',
    `Folder ${folder} belongs to ${who}: pid ${owner.pid} on host ${owner.host} since ${owner.since}. ` +
      `Close it there first; if that process is surely gone, remove ${join(folder, LOCK_NAME)}`,
  )
}

/** Writes the file aside and links it into place, so that nobody ever reads half of it. False when the lock is there already. */
function create(path: string, owner: LockOwner): boolean {
  const draft = `${path}.${owner.token}`
  const text = JSON.stringify(owner)
  try {
    fs.writeFileSync(draft, text)
    fs.linkSync(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(codeOf(error))) throw error
    return createWithoutLink(path, text)
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

function createWithoutLink(path: string, text: string): boolean {
  try {
    fs.writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function readOwner(path: string): LockOwner | 'gone' | 'unreadable' {
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone'
    throw error
  }
  try {
    const owner = JSON.parse(text) as Partial<LockOwner> | null
    return typeof owner?.pid === 'number' && typeof owner.token === 'string' ? (owner as LockOwner) : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** Whether the owner may still live. What cannot be judged from here (another host, another container) counts as alive. */
function isAlive(owner: LockOwner): boolean {
  if (owner.host !== hostname()) return true
  const boot = bootId()
  if (boot !== '' && owner.boot !== '' && boot !== owner.boot) return false
  if (owner.pidSpace !== pidSpace()) return true
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    if (codeOf(error) === 'ESRCH') return false
  }
  const start = processStart(owner.pid)
  return start === '' || owner.processStart === '' || start === owner.processStart
}

/** Moves a stale lock out of the way; when what was moved is not what was judged, another process was quicker and gets it back. */
function moveAside(path: string, judged: LockOwner | 'unreadable'): void {
  const aside = `${path}.stale.${randomUUID()}`
  try {
    fs.renameSync(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = readOwner(aside)
  const same = typeof moved === 'object' && typeof judged === 'object' ? moved.token === judged.token : moved === judged
  try {
    if (!same) fs.linkSync(aside, path)
  } finally {
    fs.rmSync(aside, { force: true })
  }
}

function describeSelf(nowMs: number): LockOwner {
  return {
    pid: process.pid,
    processStart: processStart(process.pid),
    boot: bootId(),
    pidSpace: pidSpace(),
    host: hostname(),
    since: new Date(nowMs).toISOString(),
    token: randomUUID(),
  }
}

/** Field 22 of /proc/<pid>/stat. The name in field 2 may hold spaces and brackets, so counting begins behind its last bracket. */
function processStart(pid: number): string {
  const stat = readSmall(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function bootId(): string {
  return readSmall('/proc/sys/kernel/random/boot_id').trim()
}

function pidSpace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function readSmall(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
