// The port over node:fs. The only file of the storage, beside the lock, that touches Node. A short write is written on; a short read
// is read on until the end of the file. On Windows a folder cannot be synced: there the file system orders its own journal.

import fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { KafkaliteError } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'
import { lockFolder } from './folder-lock.js'
import type { FileSystem, FolderLock, OpenFile } from './file-system.js'

/** A single write call: what it copies into the page cache holds the event loop for some fifty microseconds. */
const WRITE_BYTES_MAX = 262_144

class NodeFile implements OpenFile {
  constructor(private readonly fd: number) {}

  size(): number {
    return fs.fstatSync(this.fd).size
  }

  write(bytes: Uint8Array, start: number, end: number, position: number): void {
    let at = start
    while (at < end) at += fs.writeSync(this.fd, bytes, at, Math.min(end - at, WRITE_BYTES_MAX), position + at - start)
  }

  read(into: Uint8Array, start: number, end: number, position: number): number {
    let at = start
    while (at < end) {
      const got = fs.readSync(this.fd, into, at, end - at, position + at - start)
      if (got === 0) break
      at += got
    }
    return at - start
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.fd, size)
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => fs.fdatasync(this.fd, (error) => (error ? reject(error) : resolve())))
  }

  close(): void {
    fs.closeSync(this.fd)
  }
}

export class NodeFileSystem implements FileSystem {
  absolute(path: string): string {
    return resolve(path)
  }

  makeFolder(path: string): boolean {
    if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false
    const parent = dirname(path)
    if (parent !== path) this.makeFolder(parent)
    // Not `recursive`: where nothing can be made, as below /proc, Node tries again for ever.
    try {
      fs.mkdirSync(path)
      return true
    } catch (error) {
      // Somebody else was faster.
      if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false
      throw error
    }
  }

  list(folder: string): readonly string[] {
    return fs.existsSync(folder) ? fs.readdirSync(folder) : []
  }

  sizeOf(path: string): number {
    const stat = fs.statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return -1
    return stat.isDirectory() ? 0 : stat.size
  }

  modifiedMs(path: string): number {
    return Math.round(fs.statSync(path).mtimeMs)
  }

  setModifiedMs(path: string, ms: number): void {
    fs.utimesSync(path, ms / 1000, ms / 1000)
  }

  open(path: string, mode: 'create' | 'open'): OpenFile {
    const { O_RDWR, O_CREAT } = fs.constants
    return new NodeFile(fs.openSync(path, mode === 'create' ? O_RDWR | O_CREAT : O_RDWR, 0o644))
  }

  readWhole(path: string): Uint8Array | null {
    return fs.existsSync(path) ? fs.readFileSync(path) : null
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const draft = `${path}.tmp`
    const file = new NodeFile(fs.openSync(draft, 'w', 0o644))
    try {
      file.write(bytes, 0, bytes.length, 0)
      await file.sync()
    } finally {
      file.close()
    }
    fs.renameSync(draft, path)
    await this.syncFolder(dirname(path))
  }

  rename(from: string, to: string): void {
    fs.renameSync(from, to)
  }

  remove(path: string): void {
    fs.rmSync(path, { force: true })
  }

  /** The blocks of a gigabyte take the kernel a tenth of a second and more to let go. */
  removeAside(path: string): Promise<void> {
    return fs.promises.rm(path, { recursive: true, force: true })
  }

  removeFolder(path: string): void {
    fs.rmSync(path, { recursive: true, force: true })
  }

  async syncFolder(path: string): Promise<void> {
    if (process.platform === 'win32') return
    const fd = fs.openSync(path, 'r')
    try {
      await new Promise<void>((resolve, reject) => fs.fsync(fd, (error) => (error ? reject(error) : resolve())))
    } finally {
      fs.closeSync(fd)
    }
  }

  freeBytes(path: string): number {
    const { bavail, bsize } = fs.statfsSync(path)
    return bavail * bsize
  }

  totalBytes(path: string): number {
    const { blocks, bsize } = fs.statfsSync(path)
    return blocks * bsize
  }

  lock(folder: string, nowMs: number, onLost: (error: KafkaliteError) => void): Awaitable<FolderLock> {
    return lockFolder(folder, nowMs, { onLost })
  }

  allocate(bytes: number): Uint8Array {
    // Zeroing a megabyte that is overwritten at once costs as much as reading it.
    return Buffer.allocUnsafeSlow(bytes)
  }
}
