// What one partition must hold. Each record that was ever sent is known here, with what is certain about it: nothing (it was on its
// way when the process died), that a dead process cannot take it (it was acknowledged), or that a power cut cannot either. After each
// start the whole partition is read and compared.

import { supersede } from './compaction-model.js'
import { EpochsModel } from './epochs-model.js'
import type { End, Expected, LogOfRecords, ReadRecord, Scan, Sending } from './expectation.js'
import type { TermsModel } from './terms-model.js'
import { claim } from './violation.js'

export class LogModel implements LogOfRecords {
  private readonly records = new Map<string, Expected>()
  private sequences = 0
  /** The start can not lie before it. */
  private startMin = 0
  /** No call has asked to move the start behind it. */
  private startMax = 0
  private lastStart = 0
  private lookedMs = 0
  hasTransactions = false
  private readonly epochs: EpochsModel

  constructor(
    readonly name: string,
    private readonly terms: TermsModel,
  ) {
    this.epochs = new EpochsModel(name)
  }

  get isCompacted(): boolean {
    return this.terms.mayCompact
  }

  /** A record is about to be sent. Answers its value, which no other record has. */
  send(sending: Sending): string {
    const sequence = this.sequences++
    const value = `${this.name}/${sending.producer}/${sequence}/${'x'.repeat(sending.bytes)}`
    const nothing = { offset: null, safety: 0, ackedMs: 0, gone: false, there: false, superseded: false } as const
    this.records.set(value, { value, sending, sequence, startAsked: this.startMax, ...nothing })
    this.hasTransactions ||= sending.transaction !== undefined
    sending.transaction?.add(this, value)
    return value
  }

  acknowledged(value: string, offset: number, nowMs: number): void {
    const record = this.get(value, offset)
    record.offset = offset
    record.ackedMs = nowMs
    this.epochs.acknowledged(offset, value)
    this.secure(record)
  }

  /** The transaction that it belongs to was committed: that waits for the disk at each level. */
  committed(value: string): void {
    ;(this.records.get(value) as Expected).safety = 2
  }

  /** The interval has passed and its sync has settled: what was acknowledged before is safe from power cuts. */
  synced(beforeMs: number): void {
    if (this.terms.now.flush !== 'interval') return
    for (const record of this.records.values()) if (record.safety === 1 && record.ackedMs <= beforeMs) record.safety = 2
  }

  deleting(before: number): void {
    this.startMax = Math.max(this.startMax, before)
  }

  deleted(before: number): void {
    this.startMin = Math.max(this.startMin, before)
  }

  /** The start cannot be asked to move beyond what a reader sees. */
  get startAsked(): number {
    return this.startMax
  }

  /** A reader has seen it: at flush 'always' nothing may take it back. */
  seen({ offset, value, timestamp }: ReadRecord): void {
    const record = this.get(value, offset)
    const { sending } = record
    claim(
      record.offset === null || record.offset === offset,
      () => `${this.name}: ${short(value)} moved from ${record.offset} to ${offset}`,
    )
    claim(sending.timestamp === timestamp, () => `${this.name}: ${short(value)} was stamped ${sending.timestamp} and has ${timestamp}`)
    claim(!record.gone, () => `${this.name}: ${short(value)} at ${offset} was gone after an earlier start and is back`)
    const state = sending.transaction?.state
    claim(state !== 'open' && state !== 'aborted', () => `${this.name}: ${short(value)} at ${offset} is read, its transaction is ${state}`)
    record.offset = offset
    this.secure(record)
  }

  /** After a start: nothing lost, nothing invented, nothing twice, everything in order. */
  check(scan: Scan, end: End, nowMs: number, mayBeClean: boolean): void {
    const { name } = this
    claim(scan.start >= this.startMin, () => `${name}: the start went back to ${scan.start}, records before ${this.startMin} were deleted`)
    claim(scan.start <= scan.end, () => `${name}: the start ${scan.start} lies behind the end ${scan.end}`)
    this.lookedMs = nowMs
    this.epochs.check(scan, end, mayBeClean)
    const found = this.checkOrder(scan)
    for (const record of this.records.values()) {
      const offset = found.get(record.value)
      record.there = offset !== undefined
      record.offset ??= offset ?? null
    }
    if (this.isCompacted) {
      const { deleteRetentionMs } = this.terms
      supersede([...this.records.values()], { name, start: scan.start, needed: end === 'power' ? 2 : 1, deleteRetentionMs, nowMs })
    }
    const last = scan.records[scan.records.length - 1]?.offset ?? -1
    for (const record of this.records.values()) if (!record.there && !record.gone) this.checkMissing(record, scan, end, last)
    this.lastStart = scan.start
    for (const record of scan.records) this.seen(record)
    if (end === 'close') for (const record of scan.records) (this.records.get(record.value) as Expected).safety = 2
  }

  isThere(value: string): boolean {
    return (this.records.get(value) as Expected).there
  }

  /** Whether nothing but the outcome of its transaction, or a crash, says that it is there or is not. */
  isDecisive(value: string): boolean {
    const record = this.records.get(value) as Expected
    return record.there || !(record.superseded || this.isExpired(record) || this.startMax > record.startAsked)
  }

  private checkMissing(record: Expected, scan: Scan, end: End, last: number): void {
    const { name, startMax } = this
    const { offset, value, safety, superseded } = record
    const isExpired = this.isExpired(record)
    if (safety >= (end === 'power' ? 2 : 1) && !superseded) {
      const lost = (): string => `${name}: lost ${short(value)} at ${offset}, which was ${this.words(record)}; it holds ${span(scan)}`
      if (offset === null) claim(isExpired || startMax > record.startAsked, lost)
      else {
        claim(offset < scan.start, lost)
        claim(
          offset < startMax || isExpired,
          () => `${name}: ${short(value)} at ${offset} was deleted, the start is ${scan.start} and nobody asked for more than ${startMax}`,
        )
      }
    }
    if (safety >= (end === 'power' ? 2 : 1) && offset !== null)
      claim(scan.end > offset, () => `${name}: offset ${offset} was given and can be given again: the end is ${scan.end}`)
    // Below 'always' a power cut may take the end of one segment and leave the next, as it may in Kafka.
    const mayBeTorn = superseded || (end === 'power' && this.terms.mayBeTorn)
    claim(offset === null || offset < scan.start || offset > last || mayBeTorn, () => `${name}: a hole at ${offset}, ${last} is there`)
    // One whose place nobody was told may lie before a start that has moved.
    if (offset === null ? scan.start === this.lastStart : offset >= scan.start || this.isLost(record)) record.gone = true
  }

  /** Offsets by value. */
  private checkOrder(scan: Scan): Map<string, number> {
    const { name } = this
    const found = new Map<string, number>()
    const sequences = new Map<number, number>()
    let before = scan.start - 1
    for (const { offset, value } of scan.records) {
      const { sending, sequence } = this.get(value, offset)
      const { producer } = sending
      claim(!found.has(value), () => `${name}: ${short(value)} is there twice, again at ${offset}`)
      claim(offset > before && offset < scan.end, () => `${name}: offset ${offset} follows ${before} in ${span(scan)}`)
      claim(
        sequence > (sequences.get(producer) ?? -1),
        () => `${name}: ${short(value)} at ${offset} follows ${sequences.get(producer)} of the same producer`,
      )
      sequences.set(producer, sequence)
      found.set(value, offset)
      before = offset
    }
    return found
  }

  /** It was acknowledged or read. */
  private secure(record: Expected): void {
    const safety = this.terms.now.flush === 'always' ? 2 : 1
    if (record.safety < safety) record.safety = safety
  }

  /** It lies before the start although nobody has moved that so far: a power cut took the first segment. */
  private isLost(record: Expected): boolean {
    return record.offset !== null && record.offset >= this.startMax && !this.isExpired(record)
  }

  private isExpired({ sending }: Expected): boolean {
    return this.lookedMs - sending.timestamp > this.terms.shortestRetentionMs
  }

  private get(value: string, offset: number): Expected {
    const record = this.records.get(value)
    claim(record !== undefined, () => `${this.name}: a record that nobody sent at ${offset}: ${short(value)}`)
    return record
  }

  private words(record: Expected): string {
    return record.safety === 2 ? `safe from power cuts (flush ${this.terms.now.flush})` : `acknowledged (flush ${this.terms.now.flush})`
  }
}

function short(value: string): string {
  return value.replace(/x+$/, '')
}

function span({ start, end, records }: Scan): string {
  return `${start}..${end} with ${records.length} records`
}
