// Where each record of a queue's partition stands. Records that nobody has touched need nothing but a cursor; those in between the
// first unfinished one and the cursor stand in pages of typed arrays, so a million records in flight are a few arrays and no objects.
// A page that is finished is dropped: below the cursor, no page means finished. The edges between states are checked here.

import { assert } from '../../lib/assert.js'
import {
  ACKNOWLEDGED,
  ACQUIRED,
  ARCHIVED,
  AVAILABLE,
  Columns,
  DELAYED,
  DYING,
  PAGE_RECORDS,
  Page,
  SETTLING,
  type State,
  UNTOUCHED,
} from './record-page.js'

export { ACKNOWLEDGED, ACQUIRED, ARCHIVED, AVAILABLE, DELAYED, DYING, SETTLING, type State, UNTOUCHED } from './record-page.js'

/** For each state the set of states that may follow, as bits. */
const EDGES: readonly number[] = [
  bits(AVAILABLE, DELAYED, ACQUIRED, ARCHIVED), // untouched; available: another of its key is in work; archived: no record is there
  bits(DELAYED, ACQUIRED, ARCHIVED, DYING), // available; dying: a restart found it delivered too often
  bits(AVAILABLE, ARCHIVED), // delayed
  bits(AVAILABLE, DELAYED, ARCHIVED, DYING, SETTLING), // acquired
  0, // acknowledged
  0, // archived
  bits(ARCHIVED), // dying
  bits(AVAILABLE, DELAYED, ACQUIRED, ACKNOWLEDGED, ARCHIVED, DYING), // settling
]

/** Columns of finished pages that are kept to be used again. */
const SPARE_COLUMNS = 8

/** Called for each record whose moment has come. */
export type Due = (offset: number, state: State) => void
/** Called for each stretch of records that stand alike. */
export type Run = (first: number, length: number, state: State, count: number, until: number) => void

export class RecordStates {
  /** The first record that is not finished. */
  start: number
  /** No record from here on was handed out in its turn; delayed ones may have been looked at. */
  cursor: number
  acquired = 0
  delayed = 0
  /** Those that are available again, below the cursor or after a delay. */
  ready = 0
  dying = 0
  private readonly pages = new Map<number, Page>()
  private readonly spare: Columns[] = []
  private lastPage: Page | null = null
  /** Records at or above the cursor that are not untouched: they are not counted as available. */
  private ahead = 0

  constructor(start: number) {
    this.start = start
    this.cursor = start
  }

  /** How many records from the cursor to `end` nobody has touched. */
  untouched(end: number): number {
    return Math.max(0, end - this.cursor) - this.ahead
  }

  get isQuiet(): boolean {
    return this.acquired + this.delayed + this.ready + this.dying === 0
  }

  state(offset: number): State {
    if (offset < this.start) return ACKNOWLEDGED
    const page = this.find(offset)
    if (page === null) return offset < this.cursor ? ACKNOWLEDGED : UNTOUCHED
    return page.state(offset - page.base)
  }

  isFinished(offset: number): boolean {
    const state = this.state(offset)
    return state === ACKNOWLEDGED || state === ARCHIVED
  }

  /** Whether nobody holds the record and it is not finished. */
  isLoose(offset: number): boolean {
    const state = this.state(offset)
    return state === UNTOUCHED || state === AVAILABLE || state === DELAYED
  }

  count(offset: number): number {
    const page = this.find(offset)
    return page === null ? 0 : page.count(offset - page.base)
  }

  lease(offset: number): number {
    const page = this.find(offset)
    return page === null ? -1 : page.lease(offset - page.base)
  }

  until(offset: number): number {
    const page = this.find(offset)
    return page === null ? 0 : page.until(offset - page.base)
  }

  /** Moves a record along an edge. `until` and `lease` belong to states that have them. */
  move(offset: number, to: State, count: number, until = 0, lease = 0): void {
    const from = this.state(offset)
    assert(((EDGES[from] as number) & (1 << to)) !== 0, `a record in state ${from} does not become ${to} (offset ${offset})`)
    this.put(offset, from, to, count, until, lease)
  }

  /** Sets what a replayed log says, whatever was there; finished records stay finished. */
  restore(offset: number, to: State, count: number, until = 0): void {
    const from = this.state(offset)
    if (from === ACKNOWLEDGED || from === ARCHIVED) return
    this.put(offset, from, to, count, until, 0)
  }

  /** Sets what a snapshot says: below its cursor a record is finished unless the snapshot names it. */
  reopen(offset: number, to: State, count: number, until = 0): void {
    this.put(offset, this.state(offset), to, count, until, 0)
  }

  /** A record ahead of the cursor whose delay is over has its place in the line again. */
  rejoin(offset: number): void {
    assert(offset >= this.cursor && this.state(offset) === DELAYED, 'who stands behind the cursor has no place in the line')
    this.ahead--
    this.put(offset, DELAYED, UNTOUCHED, 0, 0, 0)
  }

  /** Whether the record is held under the lease, and nothing was said of its end. */
  isHeld(offset: number, lease: number): boolean {
    const page = this.find(offset)
    if (page === null || offset < this.start) return false
    const at = offset - page.base
    return page.state(at) === ACQUIRED && page.lease(at) === lease
  }

  /** How an acquired record ended is on its way to the state log; what is known of it stays. */
  settling(offset: number): void {
    const page = this.find(offset)
    assert(page !== null && page.state(offset - page.base) === ACQUIRED, 'only what is acquired is settled')
    page.setState(offset - page.base, SETTLING)
  }

  /** Another end of the lock, or another moment to try again. */
  renew(offset: number, until: number): void {
    const page = this.find(offset)
    const state = page === null ? UNTOUCHED : page.state(offset - page.base)
    assert(page !== null && (state === ACQUIRED || state === DYING), 'only what is acquired or dying has a moment to move')
    page.setUntil(offset - page.base, until)
  }

  /** The records below `offset` have been seen. */
  moveCursor(offset: number): void {
    assert(offset >= this.cursor, 'the cursor never goes back')
    while (this.cursor < offset) {
      const index = Math.floor(this.cursor / PAGE_RECORDS)
      const pageEnd = Math.min(offset, (index + 1) * PAGE_RECORDS)
      const page = this.pages.get(index)
      if (page !== undefined && this.ahead > 0) {
        // What stood ahead of the cursor is now behind it.
        for (let at = this.cursor; at < pageEnd; at++) if (page.state(at - page.base) !== UNTOUCHED) this.ahead--
      }
      this.cursor = pageEnd
      if (page !== undefined) this.tidy(page)
    }
  }

  /** Moves the start over everything finished, and answers it. */
  advanceStart(): number {
    this.start = this.firstUnfinished(this.start)
    return this.start
  }

  /** The first record from `offset` on that is not finished; the cursor when all below it are. */
  firstUnfinished(offset: number): number {
    let at = offset
    while (at < this.cursor) {
      const page = this.find(at)
      const end = (Math.floor(at / PAGE_RECORDS) + 1) * PAGE_RECORDS
      at = page === null ? end : page.base + page.firstUnfinished(at - page.base)
      if (at < end) break
    }
    return Math.max(offset, Math.min(at, this.cursor))
  }

  /** How many records below the cursor are not finished, or stand ahead of it. */
  get inWork(): number {
    return this.acquired + this.delayed + this.ready + this.dying
  }

  /** The earliest moment at which `due` may have something to do; Infinity when there is none. */
  nextMs(): number {
    let next = Infinity
    // What pages remember may be of records that are finished, and a timer for those would keep the process alive.
    if (this.acquired + this.delayed + this.dying === 0) return next
    for (const page of this.pages.values()) if (page.nextMs < next) next = page.nextMs
    return next
  }

  /** Calls `visit` for each delayed, acquired or dying record whose moment has come, in the order of offsets within a page. */
  due(nowMs: number, visit: Due): void {
    for (const page of [...this.pages.values()]) {
      if (page.nextMs > nowMs) continue
      page.nextMs = Infinity
      page.forEach((at) => {
        const state = page.state(at)
        if (state !== DELAYED && state !== ACQUIRED && state !== DYING) return
        const until = page.until(at)
        if (until <= nowMs) visit(page.base + at, state)
        else if (until < page.nextMs) page.nextMs = until
      })
    }
  }

  /** Everything that is neither untouched nor finished, and what is finished ahead of the cursor: with start and cursor that is all there is. */
  runs(visit: Run): void {
    for (const page of this.pages.values()) {
      let first = -1
      let end = -1
      const tell = (): void => visit(page.base + first, end - first, page.state(first), page.count(first), page.until(first))
      page.forEach((at) => {
        if (!this.isNotable(page, at)) return
        if (first >= 0 && !(at === end && isAlike(page, first, at))) {
          tell()
          first = -1
        }
        if (first < 0) first = at
        end = at + 1
      })
      if (first >= 0) tell()
    }
  }

  private isNotable(page: Page, at: number): boolean {
    const state = page.state(at)
    if (state === UNTOUCHED) return false
    return (state !== ACKNOWLEDGED && state !== ARCHIVED) || page.base + at >= this.cursor
  }

  private put(offset: number, from: State, to: State, count: number, until: number, lease: number): void {
    const page = this.find(offset) ?? this.addPage(offset)
    this.tally(from, -1)
    this.tally(to, 1)
    if (from === UNTOUCHED && to !== UNTOUCHED && offset >= this.cursor) this.ahead++
    page.set(offset - page.base, to, count, until, lease)
    if (to === ACKNOWLEDGED || to === ARCHIVED) this.tidy(page)
  }

  private tally(state: State, by: number): void {
    if (state === AVAILABLE) this.ready += by
    else if (state === DELAYED) this.delayed += by
    else if (state === ACQUIRED || state === SETTLING) this.acquired += by
    else if (state === DYING) this.dying += by
  }

  private find(offset: number): Page | null {
    const last = this.lastPage
    if (last !== null && offset >= last.base && offset < last.base + PAGE_RECORDS) return last
    const page = this.pages.get(Math.floor(offset / PAGE_RECORDS))
    if (page === undefined) return null
    this.lastPage = page
    return page
  }

  private addPage(offset: number): Page {
    const index = Math.floor(offset / PAGE_RECORDS)
    const base = index * PAGE_RECORDS
    const isPassed = base + PAGE_RECORDS <= this.cursor
    const page = new Page(base, this.cursor, isPassed ? null : (this.spare.pop() ?? new Columns()))
    this.pages.set(index, page)
    this.lastPage = page
    return page
  }

  /** A page that the cursor has passed takes as much memory as it needs. Ahead of the cursor it stays, for there no page would mean untouched. */
  private tidy(page: Page): void {
    if (page.base + PAGE_RECORDS > this.cursor) return
    const columns = page.thin()
    if (columns !== null && this.spare.length < SPARE_COLUMNS) this.spare.push(columns)
    if (page.unfinished > 0) return
    this.pages.delete(page.base / PAGE_RECORDS)
    if (this.lastPage === page) this.lastPage = null
  }
}

function bits(...states: readonly number[]): number {
  return states.reduce((set, state) => set | (1 << state), 0)
}

function isAlike(page: Page, a: number, b: number): boolean {
  return (
    page.state(a) === page.state(b) && page.count(a) === page.count(b) && (page.state(a) !== DELAYED || page.until(a) === page.until(b))
  )
}
