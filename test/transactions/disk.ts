// What outlives the brokers of a history. A memory that dies in any write, or files on a file system that fails as disks do, whose
// processes are killed or whose power is cut.

import { FileStorage, type Storage } from '../../src/index.js'
import { FaultyFileSystem } from '../../src/testing/faulty-file-system.js'

/** A storage that dies when told. */
export interface Mortal {
  readonly storage: Storage
  readonly crashed: boolean
  /** Dies in one of the writes to come, after about so many others. */
  crashAfter(writes: number): void
  /** The process is gone: lets go of what it held. */
  die(): Promise<void>
}

export interface Disk {
  /** The storage as the next broker finds it. */
  next(): Mortal
}

/** A write of a broker is so many calls of the file system that change something. */
const CALLS_PER_WRITE = 4

/** Files. Half of the ends are power cuts, and half of the disks have a journal that turns over. */
export function fileDisk(random: () => number): Disk {
  let fileSystem = new FaultyFileSystem({ random })
  const journalFileBytes = random() < 0.5 ? 65_536 : 1_048_576
  const next = (): Mortal => {
    // Of a disk that nobody has used yet there is nothing to lose.
    fileSystem = fileSystem.crash(random() < 0.5 ? 'power' : 'process')
    const own = fileSystem
    return {
      storage: new FileStorage('/data', { fileSystem: own, journalFileBytes }),
      get crashed() {
        return own.crashed
      },
      crashAfter: (writes) => own.crashAfter(writes * CALLS_PER_WRITE),
      die: () => Promise.resolve(),
    }
  }
  return { next }
}
