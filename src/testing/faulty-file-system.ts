// A file system in memory that fails as disks do. It keeps what was synced apart from what was only written, so that a power cut can
// take what a real one takes: unsynced bytes, pages in any order, half a write, names whose folder was not synced. At run time it can
// fill up, fail, lie after a failed sync and be slow. Everything that chance decides comes from one seed.

import { KafkaliteError } from '../errors.js'
import type { FileSystem, FolderLock, OpenFile } from '../storage/file/file-system.js'
import { FaultPlan, type FaultPoint, type FaultRates, ProcessCrashed, systemError } from './faulty-file-system/fault-plan.js'
import { FaultyFile } from './faulty-file-system/faulty-file.js'
import { FaultyFolder, type FaultyNode } from './faulty-file-system/faulty-folder.js'
import { PAGE_BYTES } from './faulty-file-system/paged-bytes.js'
import { seededRandom } from './seeded-random.js'

export { type FaultPoint, type FaultRates, ProcessCrashed }

/** What a `FaultyFileSystem` is to be. */
export interface FaultyFileSystemOptions {
  /** The seed of everything that chance decides. Default 1. Not together with `random`. */
  readonly seed?: number
  /** Chance itself, from 0 up to 1. */
  readonly random?: () => number
  /** How often calls fail at run time. Default: never. */
  readonly faults?: FaultRates
  /** The room on the disk. Bytes; pages of 4096 are counted. Default: no limit. A write behind it fails with ENOSPC after a part. */
  readonly capacityBytes?: number
  /** More files cannot be open at a time: EMFILE. Default: no limit. */
  readonly maxOpenFiles?: number
}

/** 'process': the process was killed, the page cache stays. 'power': the machine went off, and what was not synced may be lost. */
export type Crash = 'process' | 'power'

/** A disk in memory for tests of what is kept in files: give it to `FileStorage` as `fileSystem`. */
export class FaultyFileSystem implements FileSystem {
  /** How many bytes a write puts down before it fails or crashes; chosen by chance when null. */
  partBytes: number | null = null
  /** While true, every sync waits for `settleSyncs`. */
  holdsSyncs = false
  /** Files that are open now: 0 after a close that left nothing behind. */
  openFiles = 0
  /** Bytes that the files take, in whole pages. */
  usedBytes = 0
  /** The room on the disk. Bytes. */
  capacityBytes: number
  private readonly random: () => number
  private readonly plan: FaultPlan
  private readonly locked = new Set<string>()
  private readonly slow: (() => void)[] = []
  private root = new FaultyFolder()

  constructor(private readonly options: FaultyFileSystemOptions = {}) {
    if (options.seed !== undefined && options.random !== undefined)
      throw new KafkaliteError('INVALID_ARGUMENT', 'FaultyFileSystem takes seed or random, not both')
    this.random = options.random ?? seededRandom(options.seed ?? 1)
    this.plan = new FaultPlan(options.faults ?? {}, this.random)
    this.capacityBytes = options.capacityBytes ?? Infinity
  }

  // ---------------------------------------------------------------- for tests

  /** Calls made so far, by kind. */
  get calls(): Readonly<Record<FaultPoint, number>> {
    return this.plan.calls
  }

  /** Whether the process that uses it is dead; each call then fails with `ProcessCrashed`, syncs under way too. */
  get crashed(): boolean {
    return this.plan.crashed
  }

  /** Syncs that wait for `settleSyncs`. */
  get slowSyncs(): number {
    return this.slow.length
  }

  /** The call of that kind after `skip` others, and `times - 1` more, fail with that code: 'EIO', 'ENOSPC', ... */
  failNext(point: FaultPoint, code: string, skip = 0, times = 1): void {
    this.plan.failNext(point, code, skip, times)
  }

  /** The process dies in the call after `calls` others that change something; in the middle of it when that is a write. */
  crashAfter(calls: number): void {
    this.plan.crashAfter(calls)
  }

  /** Lets slow syncs settle, in an order that chance chooses; all of them unless told how many. */
  settleSyncs(count = this.slow.length): void {
    for (let left = count; left > 0 && this.slow.length > 0; left--) {
      const [settle] = this.slow.splice(Math.floor(this.random() * this.slow.length), 1)
      settle?.()
    }
  }

  /**
   * Ends the process, and with 'power' the machine: the file system as the next start sees it. This one is dead from now on. Called
   * again it answers another outcome of the same moment. Chance goes on where it was; faults of the options hold for the next one too.
   */
  crash(kind: Crash, options: Partial<Pick<FaultyFileSystemOptions, 'faults' | 'capacityBytes'>> = {}): FaultyFileSystem {
    this.plan.crashed = true
    this.settleSyncs()
    const { seed: _, ...kept } = this.options
    const next = new FaultyFileSystem({ ...kept, capacityBytes: this.capacityBytes, ...options, random: this.random })
    next.root = kind === 'process' ? this.root.clone() : this.root.afterPowerCut(this.random)
    next.usedBytes = bytesOf(next.root)
    return next
  }

  // ---------------------------------------------------------------- the port

  makeFolder(path: string): boolean {
    let folder = this.root
    let made = false
    for (const name of partsOf(path)) {
      const there = folder.names.get(name)
      if (there?.kind === 'file') throw systemError('ENOTDIR', path)
      if (there === undefined) {
        this.plan.meet('names')
        folder.change([[name, new FaultyFolder()]])
        made = true
      }
      folder = folder.names.get(name) as FaultyFolder
    }
    return made
  }

  list(folder: string): readonly string[] {
    this.plan.meet('read')
    const node = this.find(folder)
    return node?.kind === 'folder' ? [...node.names.keys()] : []
  }

  sizeOf(path: string): number {
    this.plan.meet('read')
    const node = this.find(path)
    if (node === undefined) return -1
    return node.kind === 'file' ? node.cache.size : 0
  }

  open(path: string, mode: 'create' | 'open'): OpenFile {
    this.plan.meet('open')
    if (this.openFiles >= (this.options.maxOpenFiles ?? Infinity)) throw systemError('EMFILE', path)
    const { folder, name } = this.place(path)
    let node = folder.names.get(name)
    if (node?.kind === 'folder') throw systemError('EISDIR', path)
    if (node === undefined) {
      if (mode === 'open') throw systemError('ENOENT', path)
      node = new FaultyFile()
      folder.change([[name, node]])
    }
    this.openFiles++
    return this.handle(node, path)
  }

  readWhole(path: string): Uint8Array | null {
    this.plan.meet('read')
    const node = this.find(path)
    if (node?.kind === 'folder') throw systemError('EISDIR', path)
    return node?.cache.whole() ?? null
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const draft = `${path}.tmp`
    const file = this.open(draft, 'create')
    try {
      file.truncate(0)
      file.write(bytes, 0, bytes.length, 0)
      await file.sync()
    } finally {
      if (!this.crashed) file.close()
    }
    this.rename(draft, path)
    await this.syncFolder(path.slice(0, Math.max(0, path.lastIndexOf('/'))))
  }

  rename(from: string, to: string): void {
    this.plan.meet('names')
    const [source, target] = [this.place(from), this.place(to)]
    const node = source.folder.names.get(source.name)
    if (node === undefined) throw systemError('ENOENT', from)
    this.free(target.folder.names.get(target.name))
    if (source.folder === target.folder) {
      source.folder.change([
        [source.name, null],
        [target.name, node],
      ])
      return
    }
    target.folder.change([[target.name, node]])
    source.folder.change([[source.name, null]])
  }

  remove(path: string): void {
    const node = this.find(path)
    if (node === undefined) return
    if (node.kind === 'folder') throw systemError('EISDIR', path)
    this.unlink(path, node)
  }

  removeFolder(path: string): void {
    const node = this.find(path)
    if (node === undefined) return
    if (node.kind === 'folder') {
      for (const name of [...node.names.keys()]) this.removeFolder(`${path}/${name}`)
    }
    this.unlink(path, node)
  }

  syncFolder(path: string): Promise<void> {
    const folder = this.find(path)
    if (folder?.kind !== 'folder') return Promise.reject(systemError('ENOENT', path))
    return this.sync(folder, 'syncFolder')
  }

  freeBytes(_path: string): number {
    return Math.min(Number.MAX_SAFE_INTEGER, this.capacityBytes - this.usedBytes)
  }

  lock(folder: string, _nowMs?: number, _onLost?: (error: KafkaliteError) => void): FolderLock {
    this.plan.meet('names')
    const path = partsOf(folder).join('/')
    if (this.locked.has(path)) throw new KafkaliteError('STORAGE_LOCKED', `Folder ${folder} belongs to another broker of this process`)
    this.locked.add(path)
    // In one process nobody can take it away.
    const check = (): void => undefined
    return { check, checkIfLate: check, release: () => void this.locked.delete(path) }
  }

  allocate(bytes: number): Uint8Array {
    return new Uint8Array(bytes)
  }

  // ---------------------------------------------------------------- inside

  private handle(node: FaultyFile, path: string): OpenFile {
    let isOpen = true
    const use = (): FaultyFile => {
      if (!isOpen) throw systemError('EBADF', path)
      return node
    }
    return {
      size: () => use().cache.size,
      read: (into, start, end, position) => {
        this.plan.meet('read')
        return use().cache.read(into, start, end, position)
      },
      write: (bytes, start, end, position) => this.write(use(), bytes.subarray(start, end), position),
      truncate: (size) => {
        const before = use().cache.pageCount
        this.plan.meet('truncate')
        node.truncate(size)
        this.usedBytes += (node.cache.pageCount - before) * PAGE_BYTES
      },
      sync: () => this.sync(use(), 'sync'),
      close: () => {
        use()
        isOpen = false
        this.openFiles--
      },
    }
  }

  private write(file: FaultyFile, bytes: Uint8Array, position: number): void {
    const put = (length: number): void => {
      const before = file.cache.pageCount
      if (length > 0) file.write(bytes.subarray(0, length), position)
      this.usedBytes += (file.cache.pageCount - before) * PAGE_BYTES
    }
    this.plan.meet('write', () => put(Math.min(bytes.length, this.partBytes ?? Math.floor(this.random() * bytes.length))))
    const needed = file.cache.newPages(position, bytes.length) * PAGE_BYTES
    if (this.usedBytes + needed <= this.capacityBytes) return put(bytes.length)
    let fits = 0
    while (fits < bytes.length && this.usedBytes + file.cache.newPages(position, fits + 1) * PAGE_BYTES <= this.capacityBytes) {
      fits = Math.min(bytes.length, (Math.floor((position + fits) / PAGE_BYTES) + 1) * PAGE_BYTES - position)
    }
    put(fits)
    throw systemError('ENOSPC', 'write')
  }

  private async sync(node: FaultyNode, point: 'sync' | 'syncFolder'): Promise<void> {
    const { place } = node
    try {
      this.plan.meet(point)
    } catch (error) {
      if (!this.crashed) node.forget(place)
      throw error
    }
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        if (this.crashed) return reject(new ProcessCrashed())
        node.persist(place)
        resolve()
      }
      if (this.holdsSyncs || this.plan.isSlow()) this.slow.push(settle)
      else queueMicrotask(settle)
    })
  }

  private unlink(path: string, node: FaultyNode): void {
    this.plan.meet('names')
    const { folder, name } = this.place(path)
    folder.change([[name, null]])
    this.free(node)
  }

  private free(node: FaultyNode | undefined): void {
    if (node?.kind === 'file') this.usedBytes -= node.cache.pageCount * PAGE_BYTES
  }

  /** What lies at `path[0, end)`. Asked for with every call, so no array of its parts is made. */
  private find(path: string, end = path.length): FaultyNode | undefined {
    let node: FaultyNode | undefined = this.root
    for (let start = 0; start < end; ) {
      const slash = path.indexOf('/', start)
      const until = slash < 0 || slash > end ? end : slash
      const name = path.slice(start, until)
      if (name !== '' && name !== '.') node = node?.kind === 'folder' ? node.names.get(name) : undefined
      start = until + 1
    }
    return node
  }

  private place(path: string): { folder: FaultyFolder; name: string } {
    const slash = path.lastIndexOf('/')
    const name = path.slice(slash + 1)
    const folder = this.find(path, Math.max(0, slash))
    if (name === '' || name === '.' || folder?.kind !== 'folder') throw systemError('ENOENT', path)
    return { folder, name }
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function bytesOf(folder: FaultyFolder): number {
  let bytes = 0
  for (const node of folder.names.values()) bytes += node.kind === 'file' ? node.cache.pageCount * PAGE_BYTES : bytesOf(node)
  return bytes
}
