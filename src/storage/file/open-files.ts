// A bound on open descriptors. A folder may hold more segments than a process may open files, so a file that was not used for a while
// is closed and opened again when it is needed. Who is chosen: second chance, which costs the append path one assignment.

import { isNoSpace } from './file-system.js'
import type { FileSystem, OpenFile } from './file-system.js'
import { KafkaliteError } from '../../errors.js'

/** A file by its path, open or not. */
export class FileHandle {
  file: OpenFile | null = null
  used = false
  /** Called when the file makes way for another: what was kept in memory beside it may go too. */
  onMakeWay: (() => void) | null = null
  private closeWhenFree = false
  /** How many syncs are at work on it: those must not lose their descriptor. */
  pins = 0

  constructor(
    public path: string,
    private readonly files: OpenFiles,
  ) {}

  /** The open file, opened again when it had to make way. */
  get(): OpenFile {
    this.used = true
    return this.file ?? this.files.open(this, 'open')
  }

  /** Closes the descriptor, or has it closed when the last sync on it has ended. */
  close(): void {
    if (this.pins > 0) this.closeWhenFree = true
    else this.files.close(this)
  }

  /** Gives the file another name. The descriptor is opened again under it, since some systems rename no open file. */
  renameTo(path: string): void {
    this.files.close(this)
    this.files.rename(this.path, path)
    this.path = path
  }

  /** Gives a file that nobody reads or writes any more another name. A sync may still be at work on it. */
  moveAside(path: string): void {
    this.close()
    this.files.rename(this.path, path)
    this.path = path
  }

  /** Makes what was written durable. */
  async sync(): Promise<void> {
    const file = this.get()
    this.pins++
    try {
      await file.sync()
    } finally {
      this.pins--
      if (this.pins === 0 && this.closeWhenFree) {
        this.closeWhenFree = false
        this.files.close(this)
      }
    }
  }
}

export class OpenFiles {
  private readonly open_ = new Set<FileHandle>()

  constructor(
    private readonly fileSystem: FileSystem,
    private readonly maxOpen: number,
  ) {}

  /** How many descriptors are open. */
  get count(): number {
    return this.open_.size
  }

  create(path: string): FileHandle {
    const handle = new FileHandle(path, this)
    this.open(handle, 'create')
    return handle
  }

  existing(path: string): FileHandle {
    return new FileHandle(path, this)
  }

  open(handle: FileHandle, mode: 'create' | 'open'): OpenFile {
    if (this.open_.size >= this.maxOpen) this.makeWay()
    try {
      handle.file = this.fileSystem.open(handle.path, mode)
    } catch (error) {
      if (isNoSpace(error)) throw error
      throw new KafkaliteError('STORAGE_FAILED', `Could not open ${handle.path}`, { cause: error })
    }
    handle.used = true
    this.open_.add(handle)
    return handle.file
  }

  rename(from: string, to: string): void {
    this.fileSystem.rename(from, to)
  }

  close(handle: FileHandle): void {
    const { file } = handle
    if (file === null) return
    handle.file = null
    this.open_.delete(handle)
    file.close()
  }

  closeAll(): void {
    for (const handle of [...this.open_]) this.close(handle)
  }

  private makeWay(): void {
    // A Set walks in the order of adding; what was used meanwhile goes to the back once before it is its turn.
    for (const handle of [...this.open_]) {
      if (handle.pins > 0) continue
      if (!handle.used) {
        this.close(handle)
        handle.onMakeWay?.()
        return
      }
      handle.used = false
      this.open_.delete(handle)
      this.open_.add(handle)
    }
    for (const handle of this.open_) {
      if (handle.pins > 0) continue
      this.close(handle)
      handle.onMakeWay?.()
      return
    }
  }
}
