// The states of a thousand neighbouring records. While many of them are in work they stand in typed arrays; when the cursor has passed the
// page and hardly any are left, those stand in a short list, so that a message which stays for a month among finished ones costs a
// hundred bytes and not twenty kilobytes.

import { assert } from '../../lib/assert.js'

/** Never handed out, never looked at. */
export const UNTOUCHED = 0
export const AVAILABLE = 1
/** Available from the moment in `until` on. */
export const DELAYED = 2
/** Locked by the lease until the moment in `until`. */
export const ACQUIRED = 3
export const ACKNOWLEDGED = 4
export const ARCHIVED = 5
/** Being copied to the dead letters; `until` is when a copy that failed is tried again. */
export const DYING = 6
/** Acquired, and how it ended is on its way to the state log; acquired again should the write fail. */
export const SETTLING = 7

export type State =
  | typeof UNTOUCHED
  | typeof AVAILABLE
  | typeof DELAYED
  | typeof ACQUIRED
  | typeof ACKNOWLEDGED
  | typeof ARCHIVED
  | typeof DYING
  | typeof SETTLING

const PAGE_BITS = 10
export const PAGE_RECORDS = 1 << PAGE_BITS
/** With so many unfinished records or less a page that was passed becomes a list, and with more than twice as many it is none any more. */
const FEW = 8

/** For each record of a page. */
export class Columns {
  readonly state = new Uint8Array(PAGE_RECORDS)
  readonly count = new Uint16Array(PAGE_RECORDS)
  readonly lease = new Float64Array(PAGE_RECORDS)
  readonly until = new Float64Array(PAGE_RECORDS)
}

/** An unfinished record among finished ones. */
interface Single {
  readonly at: number
  state: State
  count: number
  lease: number
  until: number
}

export class Page {
  /** Null when `few` says it all. */
  private columns: Columns | null
  /** In the order of their places; what is not in here is finished. */
  private few: Single[] = []
  /** How many of the records are not finished. */
  unfinished: number
  /** At or before the earliest `until` that matters. */
  nextMs = Infinity

  /** Finished below the cursor, untouched from there on; without columns: all finished. */
  constructor(
    readonly base: number,
    cursor: number,
    columns: Columns | null,
  ) {
    this.columns = columns
    const finished = columns === null ? PAGE_RECORDS : Math.min(Math.max(cursor - base, 0), PAGE_RECORDS)
    this.unfinished = PAGE_RECORDS - finished
    columns?.state.fill(ACKNOWLEDGED, 0, finished).fill(UNTOUCHED, finished)
    columns?.count.fill(0)
  }

  state(at: number): State {
    return this.columns === null ? (this.single(at)?.state ?? ACKNOWLEDGED) : (this.columns.state[at] as State)
  }

  count(at: number): number {
    return this.columns === null ? (this.single(at)?.count ?? 0) : (this.columns.count[at] as number)
  }

  lease(at: number): number {
    return this.columns === null ? (this.single(at)?.lease ?? -1) : (this.columns.lease[at] as number)
  }

  until(at: number): number {
    return this.columns === null ? (this.single(at)?.until ?? 0) : (this.columns.until[at] as number)
  }

  set(at: number, to: State, count: number, until: number, lease: number): void {
    const isOver = isEnd(to)
    if (isEnd(this.state(at)) !== isOver) this.unfinished += isOver ? -1 : 1
    if (this.columns === null) this.setSingle(at, to, count, until, lease)
    else write(this.columns, at, to, count, until, lease)
    if (until < this.nextMs && (to === DELAYED || to === ACQUIRED || to === DYING)) this.nextMs = until
  }

  setState(at: number, to: State): void {
    if (this.columns !== null) this.columns.state[at] = to
    else (this.single(at) as Single).state = to
  }

  setUntil(at: number, until: number): void {
    if (this.columns !== null) this.columns.until[at] = until
    else (this.single(at) as Single).until = until
    this.nextMs = Math.min(this.nextMs, until)
  }

  /** The first place from `at` on whose record is not finished; PAGE_RECORDS when there is none. */
  firstUnfinished(at: number): number {
    if (this.columns === null) return this.few.find((single) => single.at >= at)?.at ?? PAGE_RECORDS
    const { state } = this.columns
    while (at < PAGE_RECORDS && isEnd(state[at] as State)) at++
    return at
  }

  /** Calls `visit` for each place whose state may be anything but finished, and for all places of a page with columns. */
  forEach(visit: (at: number) => void): void {
    if (this.columns === null) for (const { at } of [...this.few]) visit(at)
    else for (let at = 0; at < PAGE_RECORDS; at++) visit(at)
  }

  /** The cursor has passed the page: gives its columns back when few records need them. */
  thin(): Columns | null {
    const { columns } = this
    if (columns === null || this.unfinished > FEW) return null
    for (let at = this.firstUnfinished(0); at < PAGE_RECORDS; at = this.firstUnfinished(at + 1)) {
      this.few.push({ at, state: this.state(at), count: this.count(at), lease: this.lease(at), until: this.until(at) })
    }
    this.columns = null
    return columns
  }

  private setSingle(at: number, state: State, count: number, until: number, lease: number): void {
    const { few } = this
    const place = few.findIndex((single) => single.at >= at)
    const found = few[place]
    if (found?.at === at) {
      if (isEnd(state)) few.splice(place, 1)
      else Object.assign(found, { state, count, until, lease })
    } else if (!isEnd(state)) {
      few.splice(place < 0 ? few.length : place, 0, { at, state, count, until, lease })
      if (few.length > FEW * 2) this.thicken()
    }
  }

  private thicken(): void {
    const columns = new Columns()
    columns.state.fill(ACKNOWLEDGED)
    for (const { at, state, count, until, lease } of this.few) write(columns, at, state, count, until, lease)
    this.columns = columns
    this.few = []
    assert(this.unfinished > FEW, 'columns are for many')
  }

  private single(at: number): Single | undefined {
    for (const single of this.few) if (single.at === at) return single
    return undefined
  }
}

function write(columns: Columns, at: number, state: State, count: number, until: number, lease: number): void {
  columns.state[at] = state
  columns.count[at] = count
  columns.until[at] = until
  columns.lease[at] = lease
}

function isEnd(state: State): boolean {
  return state === ACKNOWLEDGED || state === ARCHIVED
}
