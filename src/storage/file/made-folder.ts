// The name of a new data folder survives a power cut only when the folder above it was synced, and that one's name in turn. A process
// may have died between making a folder and syncing its name, so this is done until the folder says that it is complete.

import type { FileSystem } from './file-system.js'

/** Makes the names of the folder and of those above it durable. */
export async function keepFolderName(fileSystem: FileSystem, folder: string): Promise<void> {
  for (let path = parentOf(folder); path !== null; path = parentOf(path)) {
    try {
      await fileSystem.syncFolder(path)
    } catch (error) {
      // What this process may not even open, it has not made.
      if (!isForbidden(error)) throw error
    }
  }
}

/** The folder above; null when there is none to be named. */
function parentOf(path: string): string | null {
  const trimmed = path.replace(/[/\\]+$/, '')
  const cut = Math.max(trimmed.lastIndexOf('/'), trimmed.lastIndexOf('\\'))
  if (trimmed === '' || trimmed === '.') return null
  if (cut < 0) return '.'
  return cut === 0 ? trimmed.slice(0, 1) : trimmed.slice(0, cut)
}

function isForbidden(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return code === 'EACCES' || code === 'EPERM'
}
