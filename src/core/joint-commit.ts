// Appends to several logs in one step, all or none: the markers of a transaction, the offsets of its groups, the acknowledgements of
// its messages and its own state, or the messages of a list. While it is under way the logs take nothing else. Everybody who holds
// more than one log takes them in the same order, so nobody waits in a circle.

import { type Awaitable, chain } from '../lib/awaitable.js'
import type { SerialQueue } from '../lib/serial-queue.js'
import type { LogAppend, Storage } from '../storage/storage.js'
import type { Flusher } from './flusher.js'
import type { Flush } from './topic-config.js'

/** What one log adds. No two parts of a commit are of the same log. */
export interface CommitPart {
  /** Logs are held in the order of these texts: see `orderOf`. */
  readonly order: string
  /** The appends of that log wait here for their turn. */
  readonly turns: SerialQueue
  /** Called when the log's turn is held: the batches with their places. Null when there is nothing to add after all. */
  place(): LogAppend | null
  /** The storage has all parts. Called in the same turn, before anything else is appended. */
  written(): void
  /** All parts are as safe as the flush level promises. */
  settled(): void
  /** The commit came to nothing. */
  failed?(): void
  /** What the log's owner promises, should it be stricter than what the others do. */
  readonly level?: Flush | undefined
}

/** Partitions come before the broker's own logs: an append to a partition may have to write to one of those first. */
export function orderOf(kind: 'partition' | 'own', name: string): string {
  return `${kind === 'partition' ? 1 : 2} ${name}`
}

/** Settles when all parts are written; the answer then settles the flush level. Split, so that the next commit need not wait for the sync. */
export function writeTogether(storage: Storage, parts: readonly CommitPart[]): Awaitable<void> {
  const ordered = parts.toSorted((one, other) => (one.order < other.order ? -1 : 1))
  return holdAll(ordered, 0, () => {
    const appends: LogAppend[] = []
    for (const part of ordered) {
      const append = part.place()
      if (append !== null) appends.push(append)
    }
    const done = (): void => {
      for (const part of ordered) part.written()
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
