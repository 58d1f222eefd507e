// Goes over the batches of a range of a log in slices: after a few milliseconds timers, sockets and files of the program get their
// turn. The one place where the cleaner waits, so the one where it learns that it is to stop.

import { type Awaitable, isPromise } from '../../lib/awaitable.js'
import type { Clock } from '../../lib/clock.js'
import { EventLoopSlice } from '../../lib/event-loop-slice.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import type { LogStore } from '../../storage/storage.js'

/** A third of what the event loop may be held: a slice ends behind a batch, and a batch takes its time too. Milliseconds. */
const SLICE_MS = 3
/** Read at a time. Bytes. */
const READ_BYTES = 262_144

/** Thrown where the work is to stop; caught by who began it. */
export const STOPPED = Symbol('stopped')

export class BatchScan {
  private readonly slice: EventLoopSlice

  /** @param isStopped asked between slices; when it says so, `STOPPED` is thrown */
  constructor(
    clock: Clock,
    private readonly isStopped: () => boolean,
    /** Called when a slice is over. */
    private readonly onSlice: () => void,
  ) {
    this.slice = new EventLoopSlice(clock, SLICE_MS)
  }

  /** Visits each batch that begins in `[from, to)`, or holds `from`; a visit that answers false ends the scan. */
  async run(log: LogStore, from: number, to: number, visit: (batch: PackedBatch) => Awaitable<boolean>): Promise<void> {
    for (let offset = Math.max(from, log.startOffset); offset < to; ) {
      const read = log.read(offset, READ_BYTES)
      const batches = isPromise(read) ? await read : read
      if (batches.length === 0) return
      for (const batch of batches) {
        if (batch.baseOffset >= to) return
        const goesOn = visit(batch)
        if (!(isPromise(goesOn) ? await goesOn : goesOn)) return
        offset = batch.lastOffset + 1
        if (this.slice.isOver) await this.giveTurn()
      }
      // The start may have moved on while others had their turn.
      offset = Math.max(offset, log.startOffset)
    }
  }

  /** Between two batches others may have had their turn, or have it now. */
  private async giveTurn(): Promise<void> {
    this.onSlice()
    await this.slice.giveTurn()
    if (this.isStopped()) throw STOPPED
  }
}
