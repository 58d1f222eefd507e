// A log for the broker's own bookkeeping: appends run one at a time and get their offsets here, so that whoever keeps a state in a
// log writes batches and nothing else. A snapshot replaces all that was written before it.

import { type Awaitable, chain, isPromise } from '../lib/awaitable.js'
import { SerialQueue } from '../lib/serial-queue.js'
import type { PackedBatch } from '../record/packed-batch.js'
import type { LogAppend, LogConfig, LogStore, Storage } from '../storage/storage.js'
import type { Flusher } from './flusher.js'
import type { Flush } from './topic-config.js'

/** offsets.topic.segment.bytes of Kafka; one week. */
export const INTERNAL_LOG_CONFIG: LogConfig = { segmentBytes: 104_857_600, segmentMs: 604_800_000, essential: true }

const READ_BYTES = 1 << 20

export class InternalLog {
  /** Appends wait here for their turn. */
  readonly writes = new SerialQueue()

  constructor(
    readonly log: LogStore,
    private readonly storage: Storage,
    private readonly flusher: Flusher,
  ) {}

  /** Appends the batches, all or none, after all that came before. Settles as `level` promises. */
  append(batches: readonly PackedBatch[], level: Flush): Awaitable<void> {
    return chain(
      this.writes.run(() => this.write(batches)),
      () => this.flusher.settle(level, this.log),
    )
  }

  /** Every batch from the start, in order. */
  async forEach(visit: (batch: PackedBatch) => void): Promise<void> {
    for (let offset = this.log.startOffset; offset < this.log.endOffset; ) {
      const read = this.log.read(offset, READ_BYTES)
      const batches = isPromise(read) ? await read : read
      const last = batches[batches.length - 1]
      if (last === undefined) return
      for (const batch of batches) visit(batch)
      offset = last.lastOffset + 1
    }
  }

  /** Appends what `snapshot` packs when its turn comes and removes all that was there before: that state replaces everything. */
  replace(snapshot: () => readonly PackedBatch[]): Awaitable<void> {
    return this.writes.run(async () => {
      await this.log.roll()
      const from = this.log.endOffset
      await this.write(snapshot())
      // The old state may go only when the new one survives a power cut.
      await this.storage.sync(this.log)
      await this.log.truncateBefore(from)
    })
  }

  /** Lets the log go when the last append is done. */
  close(): Awaitable<void> {
    return this.writes.run(() => this.log.close())
  }

  /** Gives the batches their places at the end. Whoever calls holds the turn. */
  place(batches: readonly PackedBatch[]): LogAppend {
    let offset = this.log.endOffset
    const epoch = this.log.epochs?.current ?? 0
    for (const batch of batches) {
      batch.place(offset, epoch)
      offset += batch.lastOffsetDelta + 1
    }
    return { log: this.log, batches }
  }

  private write(batches: readonly PackedBatch[]): Awaitable<void> {
    return batches.length === 0 ? undefined : this.log.append(this.place(batches).batches)
  }
}
