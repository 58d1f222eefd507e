// The current leader epoch of each log of a folder, in one file, so that opening a thousand logs after a crash costs one sync and not a
// thousand. An epoch is given away only when it is durable here: were it lost in a power cut with the records that carried it, the
// next opening would give it again to others at the same offsets.

import type { FileSystem } from './file-system.js'
import { isNoSpace } from './file-system.js'
import { CheckpointFile } from './checkpoint.js'
import type { EpochFile } from './epoch-file.js'
import type { Reserve } from './reserve.js'

export const CURRENT_EPOCHS_NAME = 'current-epoch-checkpoint'

/** How a log was found. */
export interface FoundLog {
  readonly name: string
  readonly isDamaged: boolean
  readonly epochs: EpochFile
}

export class CurrentEpochs {
  readonly checkpoint: CheckpointFile
  /** Logs whose epoch was looked at since the storage was opened. */
  private readonly seen = new Set<string>()
  private isDirty = false
  private writing: Promise<void> | null = null

  constructor(
    fileSystem: FileSystem,
    path: string,
    private readonly reserve: Reserve,
  ) {
    this.checkpoint = new CheckpointFile(fileSystem, path)
  }

  of(name: string): number {
    return this.checkpoint.offsets.get(name) ?? 0
  }

  /** A log was opened. @param isNew made just now @param isAsLeft a clean stop of ours vouches for every byte of it */
  opened({ name, epochs }: FoundLog, isNew: boolean, isAsLeft: boolean): void {
    if (this.seen.has(name)) return
    this.seen.add(name)
    if (isNew) epochs.create()
    else if (!isAsLeft) {
      this.checkpoint.offsets.set(name, epochs.advance(this.checkpoint.offsets.get(name)))
      this.isDirty = true
    }
  }

  /** The log was removed: another one of its name begins anew. */
  removed(name: string): void {
    this.seen.delete(name)
    if (this.checkpoint.offsets.delete(name)) this.isDirty = true
  }

  /** Settles when the epochs are durable; undefined when they are. */
  settle(): Promise<void> | undefined {
    if (!this.isDirty) return this.writing ?? undefined
    this.isDirty = false
    const mine = this.write()
    this.writing = mine
    return mine.finally(() => {
      if (this.writing === mine) this.writing = null
    })
  }

  private async write(): Promise<void> {
    try {
      await this.reserve.lend(() => this.checkpoint.write())
    } catch (error) {
      // A full disk must not keep the folder from opening; it is tried again with the next sync.
      this.isDirty = true
      if (!isNoSpace(error)) throw error
    }
  }
}
