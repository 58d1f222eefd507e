// What a storage in files may be told, with its defaults. A wrong value fails at once and says what was expected.

import { KafkaliteError, describe } from '../../errors.js'
import type { FileSystem } from './file-system.js'
import { NodeFileSystem } from './node-file-system.js'

/** What a storage in files may be told. */
export interface FileStorageOptions {
  /** The most segment files that are open at a time. 128 by default. */
  readonly maxOpenFiles?: number
  /** The size of one file of the journal; it holds up to four of them. Bytes, from 65536. 16777216 by default. */
  readonly journalFileBytes?: number
  /** Where the files are; the machine's own disk by default. Tests give one that fails. */
  readonly fileSystem?: FileSystem
}

/** What `FileStorage.repair` may be told. */
export interface RepairOptions extends FileStorageOptions {
  /** Says what would be dropped and drops nothing. False by default. */
  readonly dryRun?: boolean
}

const MAX_OPEN_FILES = 128
const JOURNAL_FILE_BYTES = 16_777_216

/** @throws KafkaliteError `INVALID_ARGUMENT` */
export function withDefaults(options: FileStorageOptions): Required<FileStorageOptions> {
  const { maxOpenFiles = MAX_OPEN_FILES, journalFileBytes = JOURNAL_FILE_BYTES, fileSystem = new NodeFileSystem() } = options
  requireWhole('maxOpenFiles', maxOpenFiles, 1)
  requireWhole('journalFileBytes', journalFileBytes, 65_536)
  return { maxOpenFiles, journalFileBytes, fileSystem }
}

function requireWhole(name: string, value: number, from: number): void {
  if (Number.isInteger(value) && value >= from) return
  throw new KafkaliteError('INVALID_ARGUMENT', `${name} must be a whole number from ${from}, got ${describe(value)}`)
}
