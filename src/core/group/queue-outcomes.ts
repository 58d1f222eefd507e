// What became of the messages that finished last, for senders who ask later. A message that was simply acknowledged at its first
// delivery, without a result and without an id of its own, needs no entry: that it is finished says it all. The rest is kept for
// the last ten thousand messages and sixteen MiB of results; what is older is forgotten, oldest first.

import type { OpsWriter, OutcomeEntry } from './queue-ops.js'

const ENTRIES_MAX = 10_000
const RESULT_BYTES_MAX = 16 * 1024 * 1024

export class QueueOutcomes {
  /** In the order in which they finished, from `oldest` on. Taking the first out of a large Map again and again would be slow. */
  private order: OutcomeEntry[] = []
  private oldest = 0
  private readonly entries = new Map<string, OutcomeEntry>()
  private readonly byId = new Map<string, OutcomeEntry>()
  /** For each partition the offset below which an entry was forgotten. */
  private readonly below: number[] = []
  private resultBytes = 0

  /** A record finishes once; hearing of it again, as a replay may, changes nothing. */
  add(entry: OutcomeEntry): void {
    const key = keyOf(entry.partition, entry.offset)
    if (this.entries.has(key)) return
    this.entries.set(key, entry)
    this.order.push(entry)
    if (entry.id !== undefined) this.byId.set(entry.id, entry)
    this.resultBytes += entry.result?.length ?? 0
    while (this.entries.size > ENTRIES_MAX || this.resultBytes > RESULT_BYTES_MAX) this.forgetOldest()
  }

  at(partition: number, offset: number): OutcomeEntry | undefined {
    return this.entries.get(keyOf(partition, offset))
  }

  withId(id: string): OutcomeEntry | undefined {
    return this.byId.get(id)
  }

  /** Whether a finished record without an entry may have had one. */
  isForgotten(partition: number, offset: number): boolean {
    return offset < (this.below[partition] ?? 0)
  }

  forgetBelow(partition: number, offset: number): void {
    this.below[partition] = Math.max(this.below[partition] ?? 0, offset)
  }

  clear(): void {
    this.entries.clear()
    this.order = []
    this.oldest = 0
    this.byId.clear()
    this.below.length = 0
    this.resultBytes = 0
  }

  write(ops: OpsWriter): void {
    this.below.forEach((below, partition) => ops.forgotten(partition, below))
    for (let i = this.oldest; i < this.order.length; i++) ops.outcome(this.order[i] as OutcomeEntry)
  }

  private forgetOldest(): void {
    const entry = this.order[this.oldest++] as OutcomeEntry
    this.entries.delete(keyOf(entry.partition, entry.offset))
    if (entry.id !== undefined && this.byId.get(entry.id) === entry) this.byId.delete(entry.id)
    this.resultBytes -= entry.result?.length ?? 0
    this.forgetBelow(entry.partition, entry.offset + 1)
    if (this.oldest < ENTRIES_MAX) return
    this.order = this.order.slice(this.oldest)
    this.oldest = 0
  }
}

function keyOf(partition: number, offset: number): string {
  return `${partition}-${offset}`
}
