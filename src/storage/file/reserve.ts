// Room set aside for the day on which the disk is full: deleting records and acknowledging messages have to write a little
// before anything is freed. The reserve is a file of zeros; it goes when such a write finds no room, and comes back as soon as something
// was freed.

import { isNoSpace } from './file-system.js'
import type { FileSystem } from './file-system.js'

export const RESERVE_NAME = '.reserve'
const RESERVE_BYTES = 65_536

export class Reserve {
  private held = false

  constructor(
    private readonly fileSystem: FileSystem,
    private readonly path: string,
  ) {}

  /** Sets the room aside unless it is. On a full disk there is then no reserve. */
  hold(): void {
    if (this.held) return
    try {
      this.held = this.fileSystem.sizeOf(this.path) >= RESERVE_BYTES
      if (this.held) return
      const file = this.fileSystem.open(this.path, 'create')
      try {
        file.write(new Uint8Array(RESERVE_BYTES), 0, RESERVE_BYTES, 0)
        this.held = true
      } finally {
        file.close()
      }
    } catch {
      this.release()
    }
  }

  /** Gives the room back to the disk; false when there was none. */
  release(): boolean {
    this.held = false
    try {
      const bytes = this.fileSystem.sizeOf(this.path)
      if (bytes >= 0) this.fileSystem.remove(this.path)
      return bytes > 0
    } catch {
      return false
    }
  }

  /** Writes files, with the room in reserve if need be. An old file is untouched by a write that failed for want of room. */
  async lend(write: () => Promise<unknown>): Promise<void> {
    try {
      await write()
    } catch (error) {
      if (!isNoSpace(error) || !this.release()) throw error
      await write()
    }
  }
}
