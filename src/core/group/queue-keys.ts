// Order per key: of the records of one key at most one is in work, from its first delivery until it is finished, its retries
// included; those behind it wait in the order of sending. Records without a key wait for nobody.

/** A key of which a record is in work. */
interface KeyLane {
  holder: number
  /** Ascending; null while nothing waits, which is most of the time. */
  waiting: number[] | null
}

/** How many records may wait behind others of their key before no more are looked at. */
const WAITING_MAX = 100_000

export class QueueKeys {
  private readonly lanes = new Map<string, KeyLane>()
  private readonly keyOf = new Map<number, string>()
  private waitingCount = 0

  /** Whether so many wait that looking for records of other keys has to stop. */
  get isCrowded(): boolean {
    return this.waitingCount >= WAITING_MAX
  }

  /** Whether the record may be handed out. If so its key is busy from now on, else it waits for its turn. */
  enter(key: string, offset: number): boolean {
    const lane = this.lanes.get(key)
    if (lane === undefined) {
      this.lanes.set(key, { holder: offset, waiting: null })
      this.keyOf.set(offset, key)
      return true
    }
    if (lane.holder === offset) return true
    this.wait(lane, offset)
    return false
  }

  /** The record is finished. Answers the next of its key, which is on its turn now; -1 when there is none. */
  leave(offset: number): number {
    const key = this.keyOf.get(offset)
    if (key === undefined) return -1
    this.keyOf.delete(offset)
    const lane = this.lanes.get(key) as KeyLane
    const next = lane.waiting?.shift()
    if (next === undefined) {
      this.lanes.delete(key)
      return -1
    }
    this.waitingCount--
    lane.holder = next
    this.keyOf.set(next, key)
    return next
  }

  private wait(lane: KeyLane, offset: number): void {
    const waiting = lane.waiting ?? []
    lane.waiting = waiting
    let at = waiting.length
    while (at > 0 && (waiting[at - 1] as number) > offset) at--
    if (at > 0 && waiting[at - 1] === offset) return
    waiting.splice(at, 0, offset)
    this.waitingCount++
  }
}
