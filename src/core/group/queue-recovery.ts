// Brings a queue's state back from its log. What was acquired is available again, for its receiver is gone, and its count stays. The
// log of the records decides: state about records that are not there (a power cut took them) is dropped, lest a record that gets the
// same offset later is taken for finished.

import type { DeathEntry, OpsReader, OutcomeEntry, SentEntry } from './queue-ops.js'
import { GoneOffsets } from './gone-offsets.js'
import type { ExpiryMoments } from './queue-expiry.js'
import { QueueOutcomes } from './queue-outcomes.js'
import type { Delivery } from './queue-rate.js'
import { AnnouncedReturns } from './queue-returns.js'
import { ACKNOWLEDGED, ARCHIVED, AVAILABLE, DELAYED, DYING, RecordStates, UNTOUCHED } from './record-state.js'

/** The ends of a partition's log. */
export interface LogEnds {
  readonly startOffset: number
  readonly endOffset: number
}

export class QueueRecovery implements OpsReader {
  states: RecordStates[]
  readonly outcomes = new QueueOutcomes()
  /** The topic that the state is about; '' when the log is new. */
  topicId = ''
  /** Records on their way to the dead letters. */
  readonly deaths = new Map<string, DeathEntry>()
  /** Ids that senders gave, of messages that may have left the log. */
  readonly sentEntries: SentEntry[] = []
  readonly repeats = new Map<string, Uint8Array>()
  /** For each partition of the dead letters what has left it. */
  readonly gone: GoneOffsets[] = []
  /** Dead letters that may have gone back. */
  readonly returns = new AnnouncedReturns()
  readonly expiries: ExpiryMoments = []
  /** What was handed out lately, in the order of time. */
  readonly deliveries: Delivery[] = []
  /** For each partition where the bytes of its parked records are. */
  readonly places: Map<number, number>[]
  /** For each partition up to where all delays are known. */
  readonly lookedTo: number[] = []
  private inSnapshot = false
  private entries: OutcomeEntry[] = []

  constructor(private readonly logs: readonly LogEnds[]) {
    this.states = this.fresh()
    this.places = logs.map(() => new Map<number, number>())
  }

  /** A snapshot begins: nothing that was told before counts. */
  begin(): void {
    this.states = this.fresh()
    this.outcomes.clear()
    this.entries = []
    this.deaths.clear()
    this.sentEntries.length = 0
    this.repeats.clear()
    this.gone.length = 0
    this.returns.clear()
    this.expiries.length = 0
    this.deliveries.length = 0
    this.lookedTo.length = 0
    for (const places of this.places) places.clear()
    this.topicId = ''
    this.inSnapshot = true
  }

  /** The snapshot ends: what follows happened later, or just before, in which case saying it again changes nothing. */
  endSnapshot(): void {
    this.inSnapshot = false
  }

  /** The state is about another topic that had the name before. */
  discard(): void {
    this.begin()
    this.endSnapshot()
  }

  topic(id: string): void {
    this.topicId = id
  }

  place(partition: number, start: number, cursor: number): void {
    const states = new RecordStates(start)
    states.moveCursor(cursor)
    this.states[partition] = states
  }

  acquired(partition: number, first: number, length: number, count: number): void {
    this.span(partition, first, length, (states, offset) => states.restore(offset, AVAILABLE, count))
    this.passTo(partition, first + length)
  }

  acknowledged(partition: number, first: number, length: number): void {
    this.span(partition, first, length, (states, offset) => this.end(states, offset, ACKNOWLEDGED))
  }

  outcome(entry: OutcomeEntry): void {
    this.span(entry.partition, entry.offset, 1, (states, offset) => this.end(states, offset, entry.state))
    this.entries.push(entry)
    const { id, partition, offset, sentMs } = entry
    if (id !== undefined) this.sentEntries.push({ id, partition, offset, sentMs })
  }

  available(partition: number, first: number, length: number, count: number, notBefore: number): void {
    const state = notBefore > 0 ? DELAYED : AVAILABLE
    this.span(partition, first, length, (states, offset) => {
      if (this.inSnapshot) states.reopen(offset, state, count, notBefore)
      else states.restore(offset, state, count, notBefore)
    })
  }

  gap(partition: number, first: number, length: number): void {
    this.span(partition, first, length, (states, offset) => this.end(states, offset, ARCHIVED))
    this.passTo(partition, first + length)
  }

  forgotten(partition: number, below: number): void {
    this.outcomes.forgetBelow(partition, below)
  }

  dying(entry: DeathEntry): void {
    const states = this.states[entry.partition]
    if (states === undefined || entry.offset < states.start) return
    states.restore(entry.offset, DYING, entry.deliveryCount, Infinity)
    this.deaths.set(`${entry.partition}-${entry.offset}`, entry)
    this.passTo(entry.partition, entry.offset + 1)
  }

  sent(entry: SentEntry): void {
    this.sentEntries.push(entry)
  }

  repeat(id: string, content: Uint8Array | undefined): void {
    if (content === undefined) this.repeats.delete(id)
    else this.repeats.set(id, content)
  }

  redriven(partition: number, first: number, length: number): void {
    const gone = this.gone[partition] ?? new GoneOffsets()
    this.gone[partition] = gone
    if (first === 0) gone.raise(length)
    else for (let offset = first; offset < first + length; offset++) gone.add(offset)
    for (const place of this.returns.places.values()) {
      if (place.partition === partition && gone.has(place.offset)) this.returns.delete(place)
    }
  }

  returning(partition: number, first: number, length: number): void {
    for (let offset = first; offset < first + length; offset++) this.returns.add({ partition, offset })
  }

  returnsFrom(partition: number, offset: number): void {
    this.returns.from[partition] = offset
  }

  expires(partition: number, first: number, atMs: number): void {
    const moments = this.expiries[partition] ?? new Map<number, number>()
    this.expiries[partition] = moments.set(first, Math.min(moments.get(first) ?? Infinity, atMs))
  }

  delivered(atMs: number, count: number, key: string | undefined): void {
    this.deliveries.push({ key, atMs, count })
  }

  looked(partition: number, below: number): void {
    // Records that a power cut took leave their offsets to others.
    this.lookedTo[partition] = Math.min(below, this.logs[partition]?.endOffset ?? 0)
  }

  parked(partition: number, offset: number, place: number): void {
    this.places[partition]?.set(offset, place)
  }

  /** After the last word: fits the state to the logs. Answers whether something had to be dropped. */
  finish(): boolean {
    let dropped = false
    this.states = this.states.map((states, partition) => {
      const ends = this.logs[partition]
      if (ends === undefined || states.cursor <= ends.endOffset) return states
      dropped = true
      return clip(states, ends.endOffset)
    })
    for (const entry of this.entries) {
      if (entry.offset < (this.logs[entry.partition]?.endOffset ?? 0)) this.outcomes.add(entry)
      else dropped = true
    }
    this.entries = []
    for (const [key, { partition, offset }] of this.deaths) if (this.states[partition]?.state(offset) !== DYING) this.deaths.delete(key)
    this.places.forEach((places, partition) => {
      const states = this.states[partition] as RecordStates
      for (const offset of places.keys()) if (isFinished(states, offset)) places.delete(offset)
    })
    return dropped
  }

  private fresh(): RecordStates[] {
    return this.logs.map(({ startOffset }) => new RecordStates(startOffset))
  }

  private end(states: RecordStates, offset: number, state: typeof ACKNOWLEDGED | typeof ARCHIVED): void {
    if (states.state(offset) !== ACKNOWLEDGED && states.state(offset) !== ARCHIVED) states.restore(offset, state, states.count(offset))
  }

  /** The cursor moves on; a record on the way that nothing was said about has not been handed out, so it is available. */
  private passTo(partition: number, offset: number): void {
    const states = this.states[partition]
    if (states === undefined || offset <= states.cursor) return
    for (let at = states.cursor; at < offset; at++) if (states.state(at) === UNTOUCHED) states.restore(at, AVAILABLE, 0)
    states.moveCursor(offset)
  }

  private span(partition: number, first: number, length: number, visit: (states: RecordStates, offset: number) => void): void {
    const states = this.states[partition]
    if (states === undefined) return
    for (let offset = Math.max(first, states.start); offset < first + length; offset++) visit(states, offset)
  }
}

function isFinished(states: RecordStates, offset: number): boolean {
  const state = states.state(offset)
  return state === ACKNOWLEDGED || state === ARCHIVED
}

function clip(states: RecordStates, end: number): RecordStates {
  const clipped = new RecordStates(Math.min(states.start, end))
  clipped.moveCursor(end)
  states.runs((first, length, state, count, until) => {
    for (let offset = first; offset < Math.min(first + length, end); offset++) {
      if (state !== ACKNOWLEDGED && state !== ARCHIVED) clipped.reopen(offset, state, count, until)
    }
  })
  return clipped
}
