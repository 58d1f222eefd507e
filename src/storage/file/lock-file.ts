// The file LOCK of a folder and the claims beside it: who may change what LOCK says. LOCK is made where there is none by linking a
// finished file into place, so of several one wins and nobody reads half of it. What LOCK says is changed only by whoever holds the
// claim on its present token: a file named after that token, linked into place too. A claimant that died is itself claimed in the same
// way, so LOCK and the claims form a chain, and the last of it decides. Nobody ever moves a lock away to look at it: between moving and
// putting it back there would be none.

import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { ProcessIdentity } from './process-identity.js'

export interface LockOwner extends ProcessIdentity {
  /** When the lock was taken, ISO 8601. */
  readonly since: string
  readonly token: string
}

/** LOCK, or a claim. */
export interface LockLink {
  readonly path: string
  /** Of a file that is no lock (torn by a power cut) a name that nobody else has. */
  readonly token: string
  readonly owner: LockOwner | null
}

/** Longer than claimants can die in one another's place; longer means files that refer to each other. */
const CHAIN_MAX = 100
/** A file system without links shows a file before it is filled: what cannot be read is looked at again before it counts as torn. */
const TORN_LOOKS = 20
const TORN_LOOK_MS = 10

export class LockFile {
  readonly path: string

  constructor(folder: string) {
    this.path = join(folder, 'LOCK')
  }

  /** LOCK and the claims on it, the one that decides last; empty when there is no LOCK. */
  chain(): LockLink[] {
    const links: LockLink[] = []
    for (let link = read(this.path, 'torn'); link !== null && links.length < CHAIN_MAX; ) {
      links.push(link)
      link = read(this.claimOn(link.token), `${link.token}.torn`)
    }
    return links
  }

  /** The token that LOCK holds now; null when there is no LOCK. */
  token(): string | null {
    return read(this.path, 'torn')?.token ?? null
  }

  /** Makes LOCK where there is none. */
  create(owner: LockOwner): boolean {
    return this.withDraft(owner, (draft) => place(draft, this.path))
  }

  /** Puts `owner` in the place of a chain whose members are all dead. False when somebody else was quicker. */
  takeOver(chain: readonly LockLink[], owner: LockOwner): boolean {
    const last = chain[chain.length - 1]
    if (last === undefined) return false
    const claim = this.claimOn(last.token)
    return this.withDraft(owner, (draft) => {
      if (!place(draft, claim)) return false
      // From here on nobody but us changes LOCK, provided that it still belongs to this chain.
      const now = this.token()
      const ours = chain.some(({ token }) => token === now)
      if (ours) fs.renameSync(draft, this.path)
      fs.rmSync(claim, { force: true })
      if (ours) for (const { path } of chain.slice(1)) fs.rmSync(path, { force: true })
      return ours
    })
  }

  /** Removes LOCK when it is still `owner`'s. Never fails: what stays behind is judged by whoever comes next. */
  remove(owner: LockOwner): void {
    try {
      this.withDraft({ ...owner, token: randomUUID() }, (draft) => this.removeClaimed(draft, owner))
    } catch {
      this.removePlainly(owner)
    }
  }

  /** Clears away what others left half done. Only for the owner: to a LOCK that is alive no claim of the dead matters. */
  sweep(isDead: (owner: LockOwner) => boolean): void {
    const folder = dirname(this.path)
    for (const name of fs.readdirSync(folder)) {
      if (!name.startsWith('LOCK.')) continue
      const link = read(join(folder, name), 'torn')
      if (link?.owner != null && isDead(link.owner)) fs.rmSync(link.path, { force: true })
    }
  }

  /** Shows those who cannot see our process that it lives. */
  touch(nowMs: number): void {
    fs.utimesSync(this.path, nowMs / 1000, nowMs / 1000)
  }

  /** When that file was last touched; -1 when it is gone. */
  touchedMs(path: string): number {
    return fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1
  }

  private removeClaimed(draft: string, owner: LockOwner): void {
    const claim = this.claimOn(owner.token)
    if (!place(draft, claim)) return
    if (this.token() === owner.token) fs.rmSync(this.path, { force: true })
    fs.rmSync(claim, { force: true })
  }

  /** A full disk takes no claim. Then only somebody who took us for dead in this very moment could be robbed, and would notice. */
  private removePlainly(owner: LockOwner): void {
    try {
      if (this.token() === owner.token) fs.rmSync(this.path, { force: true })
    } catch {
      // The folder is gone, or its disk is.
    }
  }

  private claimOn(token: string): string {
    return `${this.path}.claim.${token}`
  }

  private withDraft<T>(owner: LockOwner, use: (draft: string) => T): T {
    const draft = `${this.path}.${owner.token}`
    try {
      fs.writeFileSync(draft, JSON.stringify(owner))
      return use(draft)
    } finally {
      fs.rmSync(draft, { force: true })
    }
  }
}

/** Puts the file under a name that is free, whole at once. False when the name is taken. */
function place(draft: string, path: string): boolean {
  try {
    fs.linkSync(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(codeOf(error))) throw error
  }
  try {
    fs.writeFileSync(path, fs.readFileSync(draft), { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function read(path: string, tornToken: string): LockLink | null {
  for (let look = 1; ; look++) {
    let text: string
    try {
      text = fs.readFileSync(path, 'utf8')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
    const owner = parse(text)
    if (owner !== null) return { path, token: owner.token, owner }
    if (look >= TORN_LOOKS) return { path, token: tornToken, owner: null }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TORN_LOOK_MS)
  }
}

function parse(text: string): LockOwner | null {
  try {
    const owner = JSON.parse(text) as Partial<Record<keyof LockOwner, unknown>> | null
    const { pid, token } = owner ?? {}
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return null
    if (typeof token !== 'string' || !/^[\w-]{1,64}$/.test(token)) return null
    const word = (name: keyof LockOwner): string => (typeof owner?.[name] === 'string' ? owner[name] : '')
    const where = { host: word('host'), machine: word('machine'), container: word('container') }
    return {
      pid,
      processStart: word('processStart'),
      boot: word('boot'),
      pidSpace: word('pidSpace'),
      ...where,
      since: word('since'),
      token,
    }
  } catch {
    return null
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
