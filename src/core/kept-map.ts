// What the broker keeps for somebody above it: values in JSON by key, over openings, in a log of its own. The listener keeps its access
// rules there.

import type { Awaitable } from '../lib/awaitable.js'

/** Values by key that outlive the broker; `Cluster.kept()`. */
export interface KeptMap {
  /** What is kept now. */
  entries(): Iterable<readonly [key: string, value: unknown]>
  /** Writes the changes, all or none (null removes); synced when it resolves. */
  write(changes: readonly (readonly [key: string, value: unknown])[]): Awaitable<void>
}
