// The sync of a folder, which makes the names in it durable. Whoever asks while one is at work waits for it and for the one that is due.

import type { FileSystem } from './file-system.js'

export class FolderSync {
  /** The one at work; stays when it failed, so that whoever asks later fails too. */
  private running: Promise<void> | null = null

  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folder: string,
    /** A name was made, changed or removed since the last sync. Set by who does so. */
    public isDue: boolean,
  ) {}

  /** Whether there is something to wait for. */
  get isPending(): boolean {
    return this.isDue || this.running !== null
  }

  /** Settles when the names are durable; undefined when they are. */
  run(): Promise<void> | undefined {
    if (!this.isDue) return this.running ?? undefined
    this.isDue = false
    const sync = (): Promise<void> => this.fileSystem.syncFolder(this.folder)
    const mine = this.running === null ? sync() : this.running.then(sync)
    this.running = mine
    return mine.then(() => {
      if (this.running === mine) this.running = null
    })
  }
}
