// The folders of the logs inside the folder of a storage: which there are, making one, and taking one away for good. Removing begins
// with another name, so that whatever stops it half way leaves no half of a log; what stays behind is cleared at the next opening.

import { KafkaliteError } from '../../errors.js'
import { splitLogName } from './checkpoint.js'
import type { FileSystem } from './file-system.js'

const DELETED_NAME = /\.[0-9a-f]+-delete$/

export class LogFolders {
  /** What stands in the folder, by the case in which it was written. */
  private readonly names = new Set<string>()
  private removals = 0

  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folder: string,
  ) {}

  /** Clears away what was left half done and learns what is there. */
  tidy(): void {
    this.names.clear()
    for (const name of this.fileSystem.list(this.folder)) {
      this.names.add(name)
      if (DELETED_NAME.test(name)) this.fileSystem.removeFolder(this.path(name))
      else if (name.endsWith('.tmp')) this.fileSystem.remove(this.path(name))
    }
  }

  /** The names of all logs. */
  list(): readonly string[] {
    return this.fileSystem.list(this.folder).filter((name) => splitLogName(name) !== null)
  }

  has(name: string): boolean {
    return this.fileSystem.sizeOf(this.path(name)) >= 0
  }

  /** Makes the folder of a log unless it is there; answers whether it was missing. `INVALID_TOPIC_EXCEPTION` */
  make(name: string): boolean {
    if (this.fileSystem.makeFolder(this.path(name))) {
      this.names.add(name)
      return true
    }
    if (this.names.has(name)) return false
    throw new KafkaliteError(
      'INVALID_TOPIC_EXCEPTION',
      `The disk takes upper and lower case for the same, and ${name} is there already in another case`,
    )
  }

  /** Gives the folder of a log a name that is no log's, and answers its path. From then on the log is gone, whatever stops the rest. */
  bury(name: string): string {
    const grave = this.path(`${name}.${(++this.removals).toString(16)}-delete`)
    this.fileSystem.rename(this.path(name), grave)
    this.names.delete(name)
    return grave
  }

  private path(name: string): string {
    return `${this.folder}/${name}`
  }
}
