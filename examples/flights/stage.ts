// How far one part of the program has come: what the progress bars show while it runs and the table of speeds at the end.

export interface StageWatcher {
  progressed(stage: Stage): void
}

export class Stage {
  readonly name: string
  /** What is to be done, all runs together. */
  readonly total: number
  /** What is done, all runs together. */
  done: number
  /** What this run has done of it. */
  records = 0
  #start = 0
  #end = 0
  readonly #watcher: StageWatcher

  constructor(name: string, total: number, watcher: StageWatcher, already = 0) {
    this.name = name
    this.total = total
    this.done = already
    this.#watcher = watcher
  }

  add(records: number): void {
    const now = performance.now()
    if (this.#start === 0) this.#start = now
    this.#end = now
    this.records += records
    this.done += records
    this.#watcher.progressed(this)
  }

  end(): void {
    this.#end = performance.now()
    this.#watcher.progressed(this)
  }

  /** From the first records to the last. */
  get seconds(): number {
    return (this.#end - this.#start) / 1000
  }
}
