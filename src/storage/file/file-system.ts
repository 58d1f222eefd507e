// The few disk operations that FileStorage needs, as a port: Node's file system is one implementation, a faulty one for tests
// another. Writing and reading are synchronous, since up to some hundred kilobytes of page cache cost less than one trip through the
// thread pool; making data durable waits for the device and is therefore a promise.

import type { KafkaliteError } from '../../errors.js'
import type { Awaitable } from '../../lib/awaitable.js'

/** One open file. Reads and writes name their position; there is no cursor. */
export interface OpenFile {
  /** Bytes in the file. */
  size(): number
  /** Writes all of `bytes[start, end)` at `position`, or throws having written a part. */
  write(bytes: Uint8Array, start: number, end: number, position: number): void
  /** Fills `into[start, end)` from `position`; returns how many bytes there were, fewer only at the end of the file. */
  read(into: Uint8Array, start: number, end: number, position: number): number
  /** Cuts the file off at `size`, or fills it with zeros up to there. */
  truncate(size: number): void
  /** Settles when what was written before survives a power cut (fdatasync). */
  sync(): Promise<void>
  /** Lets the file go. Nothing is made durable by it. */
  close(): void
}

/** A lock on a folder that is held. */
export interface FolderLock {
  /** Looks whether the folder is still ours; before whatever cannot be taken back. @throws KafkaliteError `STORAGE_FENCED` when another took it */
  check(): void
  /** The same for every append: looks only when this process stood still for so long that another may have taken it for dead. */
  checkIfLate(): void
  /** Lets the folder go. Idempotent. */
  release(): void
}

/** The file operations under a `FileStorage`. Failures are thrown as the errors of Node, with their `code`. */
export interface FileSystem {
  /** The path from the root, whatever the working directory becomes later. Without it paths are taken as they are. */
  absolute?(path: string): string
  /** Makes the folder and those above it; returns whether it was missing. */
  makeFolder(path: string): boolean
  /** The names in a folder; none when it is not there. */
  list(folder: string): readonly string[]
  /** Bytes in a file, -1 when there is none; a folder has 0. */
  sizeOf(path: string): number
  /** When the file was last written. Milliseconds. A file system without such times leaves it out. */
  modifiedMs?(path: string): number
  /** Makes that time what it is to be, as far as the file system allows. */
  setModifiedMs?(path: string, ms: number): void
  /** 'create' makes the file when it is missing and keeps what is in it; 'open' fails when it is missing. */
  open(path: string, mode: 'create' | 'open'): OpenFile
  /** The whole file, null when it is not there. */
  readWhole(path: string): Uint8Array | null
  /** Puts a whole new file in place of the old: after a crash there is the old one or the new one. Durable when it settles. */
  replace(path: string, bytes: Uint8Array): Promise<void>
  /** Gives a file or folder another name, in place of what has it; after a crash it has the old name or the new one. */
  rename(from: string, to: string): void
  /** Removes a file; nothing happens when it is not there. */
  remove(path: string): void
  /** Removes a file, or a folder with all that is in it, without holding the thread meanwhile. Without it `remove` and `removeFolder` do. */
  removeAside?(path: string): Promise<void>
  /** Removes a folder and all that is in it. */
  removeFolder(path: string): void
  /** Makes names that were created, renamed or removed in the folder durable. */
  syncFolder(path: string): Promise<void>
  /** Bytes free for this process where `path` lies. */
  freeBytes(path: string): number
  /** Bytes of the whole disk that `path` lies on. A file system that does not know leaves it out. */
  totalBytes?(path: string): number
  /**
   * Takes the folder for this process; at once, unless only time can tell whether its owner lives. `onLost` is called when another took it.
   * @throws KafkaliteError `STORAGE_LOCKED` naming the owner
   */
  lock(folder: string, nowMs: number, onLost: (error: KafkaliteError) => void): Awaitable<FolderLock>
  /** Memory for reading into; what is in it before is undefined. */
  allocate(bytes: number): Uint8Array
}

/** Whether a failed operation says that there is no room, which passes when room is made. */
export function isNoSpace(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT'
}
