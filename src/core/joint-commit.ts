// Appends to several logs in one step, all or none: the markers of a transaction, the offsets of its groups and its own state go
// through one commit of the storage and share one sync. While it is under way the logs take nothing else. Whoever calls sees to it
// that only one joint commit gathers its logs at a time; everybody else holds one log at most, so nobody waits in a circle.

import { type Awaitable, chain } from '../lib/awaitable.js'
import type { SerialQueue } from '../lib/serial-queue.js'
import type { LogAppend, Storage } from '../storage/storage.js'
import type { Flusher } from './flusher.js'
import type { Flush } from './topic-config.js'

/** What one log adds. No two parts of a commit are of the same log. */
export interface CommitPart {
  /** The appends of that log wait here for their turn. */
  readonly turns: SerialQueue
  /** Called when the log's turn is held: the batches with their places. Null when there is nothing to add after all. */
  place(): LogAppend | null
  /** The storage has all parts. Called in the same turn, before anything else is appended. */
  written(): void
  /** All parts are as safe as the flush level promises. */
  settled(): void
}

/** Settles when all parts are written; the answer then settles the flush level. Split, so that the next commit need not wait for the sync. */
export function writeTogether(storage: Storage, parts: readonly CommitPart[]): Awaitable<void> {
  return holdAll(parts, 0, () => {
    const appends: LogAppend[] = []
    for (const part of parts) {
      const append = part.place()
      if (append !== null) appends.push(append)
    }
    const done = (): void => {
      for (const part of parts) part.written()
    }
    return appends.length === 0 ? done() : chain(storage.commit(appends), done)
  })
}

export function settleTogether(flusher: Flusher, level: Flush, parts: readonly CommitPart[]): Awaitable<void> {
  return chain(flusher.settle(level), () => {
    for (const part of parts) part.settled()
  })
}

function holdAll(parts: readonly CommitPart[], at: number, task: () => Awaitable<void>): Awaitable<void> {
  const part = parts[at]
  return part === undefined ? task() : part.turns.run(() => holdAll(parts, at + 1, task))
}

/** The stricter of two levels. */
export function stricter(one: Flush, other: Flush): Flush {
  if (one === 'always' || other === 'always') return 'always'
  return one === 'interval' || other === 'interval' ? 'interval' : 'os'
}
