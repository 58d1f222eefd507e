// What was appended to a log and is not durable yet. The batches themselves are remembered while they are few, so that a sync can put
// them into the journal without reading them back; a log that nobody syncs soon, or that is flooded, remembers only where it stood.

import type { PackedBatch } from '../../record/packed-batch.js'

/** Batches on their way into the journal. */
export interface TakenBatches {
  readonly previousEnd: number
  readonly batches: readonly PackedBatch[]
  readonly bytes: number
}

export class UnsyncedBatches {
  private batches: PackedBatch[] = []
  private bytes = 0
  /** Whether `batches` are all that was appended from `from` on. */
  private complete = true

  /**
   * @param from everything below is durable or on its way
   * @param to the end of the log
   */
  constructor(
    private from: number,
    private to: number,
  ) {
    this.complete = from >= to
  }

  get isEmpty(): boolean {
    return this.from >= this.to
  }

  /** @param bytesMax how much to hold on to for the journal */
  add(batches: readonly PackedBatch[], end: number, bytesMax: number): void {
    this.to = end
    if (!this.complete) return
    if (bytesMax === 0) return this.drop()
    for (const batch of batches) {
      this.batches.push(batch)
      this.bytes += batch.sizeBytes
    }
    if (this.bytes > bytesMax) this.drop()
  }

  /** Hands everything over to the journal; null when it was not remembered. */
  take(): TakenBatches | null {
    if (!this.complete) return null
    const taken = { previousEnd: this.from, batches: this.batches, bytes: this.bytes }
    this.reset(this.to)
    return taken
  }

  /** Everything below `end`, the end of the log, is durable or on its way. */
  reset(end: number): void {
    this.from = this.to = end
    this.complete = true
    this.batches = []
    this.bytes = 0
  }

  private drop(): void {
    this.complete = false
    this.batches = []
    this.bytes = 0
  }
}
