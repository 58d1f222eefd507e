// Those who wait until nothing is left in a queue. While nobody waits it costs one comparison.

import type { SharePartition } from './share-partition.js'

export class QueueDrain {
  private waiting: (() => void)[] = []

  private isLooking = false

  constructor(
    private readonly shares: readonly SharePartition[],
    /** Looks at what nobody has looked at; calls `looked` in the end. */
    private readonly look: () => void,
  ) {}

  /** Calls `run` once when nothing is left, at once when that is so. Answers how to stop waiting. */
  wait(run: () => void): () => void {
    this.waiting.push(run)
    this.tell()
    return () => {
      this.waiting = this.waiting.filter((other) => other !== run)
    }
  }

  tell(): void {
    if (this.waiting.length === 0) return
    if (!this.isDrained) return this.lookForHidden()
    const told = this.waiting
    this.waiting = []
    for (const tell of told) tell()
  }

  /** What is left may have been markers and what was aborted. */
  looked(): void {
    this.isLooking = false
    if (this.isDrained) this.tell()
  }

  private get isDrained(): boolean {
    return this.shares.every((share) => share.isDrained)
  }

  /** What is left may be markers and what was aborted, which nobody has met yet. */
  private lookForHidden(): void {
    if (this.isLooking || !this.shares.some((share) => share.mayHide && share.states.isQuiet)) return
    this.isLooking = true
    this.look()
  }

  clear(): void {
    this.waiting = []
  }
}
