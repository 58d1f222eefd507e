// Order per key while records are worked on side by side. A key has a lane while one of its records is in work or waits for a
// retry; records of the same key queue up behind it in that lane. Records without a key have no lane and never wait.

import { assert } from '../lib/assert.js'
import { readUtf8 } from '../lib/text.js'

/** The name of a key's lane. Two keys whose bytes are no text may share a lane: they then wait for each other, no more. */
export function laneOf(key: Uint8Array | null): string | null {
  return key === null ? null : readUtf8(key, 0, key.length)
}

export class KeyLanes<T> {
  /** The queue behind the record in work; null while nothing waits, which is most of the time. */
  private readonly lanes = new Map<string, T[] | null>()

  /** How many keys are busy. */
  get size(): number {
    return this.lanes.size
  }

  isBusy(lane: string): boolean {
    return this.lanes.has(lane)
  }

  /** The first record of the key is in work now. */
  enter(lane: string): void {
    assert(!this.lanes.has(lane), 'a key has one record in work')
    this.lanes.set(lane, null)
  }

  /** Queues up behind the record in work. */
  wait(lane: string, item: T): void {
    const queue = this.lanes.get(lane)
    assert(queue !== undefined, 'a record waits only behind another of its key')
    if (queue === null) this.lanes.set(lane, [item])
    else queue.push(item)
  }

  /** The record in work is finished: the next of its key, which is in work from now on, or undefined when the lane is free. */
  leave(lane: string): T | undefined {
    const queue = this.lanes.get(lane)
    assert(queue !== undefined, 'a lane is left by the record in work')
    const next = queue?.shift()
    if (next === undefined) this.lanes.delete(lane)
    return next
  }

  /** Everything that waits; the lanes are free afterwards. */
  clear(): T[] {
    const waiting = [...this.lanes.values()].flatMap((queue) => queue ?? [])
    this.lanes.clear()
    return waiting
  }
}
