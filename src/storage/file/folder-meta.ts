// What a data folder is: a small file in it names the format, so that a kafkalite which is older than the folder refuses it instead of
// misreading it. A folder without that file is taken only when nothing stands in it that kafkalite or Kafka would not have put there.
// Nothing is written before all that is known.

import { KafkaliteError } from '../../errors.js'
import { decodeUtf8Strict, encodeUtf8 } from '../../lib/text.js'
import { splitLogName } from './checkpoint.js'
import type { FileSystem } from './file-system.js'
import { journalNumber } from './journal.js'

export const META_NAME = 'kafkalite.json'
/** Raised when an older kafkalite would misread the folder. */
export const FORMAT_VERSION = 1

/** What stands beside the logs: ours, Kafka's, and what operating systems leave everywhere. */
const KNOWN_NAME =
  /^(LOCK(\..*)?|\..*|lost\+found|.*\.tmp|.*\.kept|.*-delete|(recovery-point|log-start|replication|cleaner)-offset-checkpoint|current-epoch-checkpoint|meta\.properties|bootstrap\.checkpoint)$/
const KNOWN_IN_LOG = /^(\d{20}\..*|\..*|leader-epoch-checkpoint|partition\.metadata|.*\.tmp)$/

export interface FolderMeta {
  /** Whether the file has to be written. */
  readonly isNew: boolean
}

/** Looks at the folder, which may be missing. @throws KafkaliteError `INVALID_ARGUMENT`, `UNSUPPORTED_VERSION`, `CORRUPT_MESSAGE` */
export function readFolderMeta(fileSystem: FileSystem, folder: string): FolderMeta {
  const path = `${folder}/${META_NAME}`
  const file = fileSystem.readWhole(path)
  if (file === null) {
    requireDataFolder(fileSystem, folder)
    return { isNew: true }
  }
  const version = parseVersion(file)
  if (version === null)
    throw new KafkaliteError('CORRUPT_MESSAGE', `${path} should be JSON with the number "formatVersion"; restore it or remove it`)
  if (version > FORMAT_VERSION) {
    throw new KafkaliteError(
      'UNSUPPORTED_VERSION',
      `${folder} has format version ${version}, this kafkalite knows ${FORMAT_VERSION}: open it with a newer kafkalite. Nothing was changed`,
    )
  }
  return { isNew: false }
}

/** What the file says. */
export function encodeFolderMeta(): Uint8Array {
  return encodeUtf8(`${JSON.stringify({ formatVersion: FORMAT_VERSION })}\n`)
}

function parseVersion(file: Uint8Array): number | null {
  try {
    const meta = JSON.parse(decodeUtf8Strict(file)) as { formatVersion?: unknown } | null
    const version = meta?.formatVersion
    return typeof version === 'number' && Number.isInteger(version) && version >= 1 ? version : null
  } catch {
    return null
  }
}

function requireDataFolder(fileSystem: FileSystem, folder: string): void {
  for (const name of fileSystem.list(folder)) {
    const foreign =
      splitLogName(name) === null ? !KNOWN_NAME.test(name) && journalNumber(name) < 0 : holdsForeign(fileSystem, `${folder}/${name}`)
    if (!foreign) continue
    throw new KafkaliteError(
      'INVALID_ARGUMENT',
      `${folder} is no data folder of kafkalite: "${name}" is in it. Give a folder of its own, which may be missing. Nothing was changed`,
    )
  }
}

/** A folder that is merely named like a log. */
function holdsForeign(fileSystem: FileSystem, path: string): boolean {
  return fileSystem.list(path).some((name) => !KNOWN_IN_LOG.test(name))
}
