// What one partition must hold. Each record that was ever sent is known here, with what is certain about it: nothing (it was on its
// way when the process died), that a dead process cannot take it (it was acknowledged), or that a power cut cannot either. After each
// start the whole partition is read and compared.

import type { Flush } from '../../src/core/topic-config.js'
import type { Crash } from '../../src/testing/faulty-file-system.js'
import { claim } from './violation.js'

/** What ended the life of a process: a crash, or a close that settled. */
export type End = Crash | 'close'

/** A record as it was read. */
export interface ReadRecord {
  readonly offset: number
  readonly value: string
  readonly timestamp: number
}

/** Everything of a partition, as a reader finds it. */
export interface Scan {
  readonly start: number
  readonly end: number
  readonly records: readonly ReadRecord[]
}

/** What cannot take a record away: nothing is certain, a process that dies, a power cut. */
type Safety = 0 | 1 | 2

interface Expected {
  readonly value: string
  readonly producer: number
  readonly sequence: number
  readonly timestamp: number
  offset: number | null
  safety: Safety
  ackedMs: number
  /** It was not there after a start, so it may never come back. */
  gone: boolean
}

export class LogModel {
  private readonly records = new Map<string, Expected>()
  private sequences = 0
  /** The start can not lie before it. */
  private startMin = 0
  /** No call has asked to move the start behind it. */
  private startMax = 0
  private lastStart = 0

  constructor(
    readonly name: string,
    readonly flush: Flush,
    private readonly retentionMs: number,
  ) {}

  /** A record is about to be sent. Answers its value, which no other record has. */
  sending(producer: number, timestamp: number, bytes: number): string {
    const sequence = this.sequences++
    const value = `${this.name}/${producer}/${sequence}/${'x'.repeat(bytes)}`
    this.records.set(value, { value, producer, sequence, timestamp, offset: null, safety: 0, ackedMs: 0, gone: false })
    return value
  }

  acknowledged(value: string, offset: number, nowMs: number): void {
    const record = this.get(value, offset)
    record.offset = offset
    record.ackedMs = nowMs
    record.safety = max(record.safety, this.flush === 'always' ? 2 : 1)
  }

  /** The interval has passed and its sync has settled: what was acknowledged before is safe from power cuts. */
  synced(beforeMs: number): void {
    if (this.flush !== 'interval') return
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
    claim(
      record.offset === null || record.offset === offset,
      () => `${this.name}: ${short(value)} moved from ${record.offset} to ${offset}`,
    )
    claim(record.timestamp === timestamp, () => `${this.name}: ${short(value)} was stamped ${record.timestamp} and has ${timestamp}`)
    claim(!record.gone, () => `${this.name}: ${short(value)} at ${offset} was gone after an earlier start and is back`)
    record.offset = offset
    record.safety = max(record.safety, this.flush === 'always' ? 2 : 1)
  }

  /** After a start: nothing lost, nothing invented, nothing twice, everything in order. */
  check(scan: Scan, end: End, nowMs: number): void {
    const { name } = this
    claim(scan.start >= this.startMin, () => `${name}: the start went back to ${scan.start}, records before ${this.startMin} were deleted`)
    claim(scan.start <= scan.end, () => `${name}: the start ${scan.start} lies behind the end ${scan.end}`)
    const found = this.checkOrder(scan)
    const needed: Safety = end === 'power' ? 2 : 1
    const last = scan.records[scan.records.length - 1]?.offset ?? -1
    for (const record of this.records.values()) {
      if (found.has(record.value) || record.gone) continue
      const { offset, value } = record
      if (record.safety >= needed && offset !== null) {
        claim(
          offset < scan.start,
          () => `${name}: lost ${short(value)} at ${offset}, which was ${this.words(record)}; it holds ${span(scan)}`,
        )
        claim(scan.end > offset, () => `${name}: offset ${offset} was given and can be given again: the end is ${scan.end}`)
        claim(
          offset < this.startMax || this.isExpired(record, nowMs),
          () =>
            `${name}: ${short(value)} at ${offset} was deleted, the start is ${scan.start} and nobody asked for more than ${this.startMax}`,
        )
      }
      // Below 'always' a power cut may take the end of one segment and leave the next, as it may in Kafka.
      const mayBeTorn = end === 'power' && this.flush !== 'always'
      claim(offset === null || offset < scan.start || offset > last || mayBeTorn, () => `${name}: a hole at ${offset}, ${last} is there`)
      // One whose place nobody was told may lie before a start that has moved.
      if (offset === null ? scan.start === this.lastStart : offset >= scan.start || this.isLost(record, nowMs)) record.gone = true
    }
    this.lastStart = scan.start
    for (const record of scan.records) this.seen(record)
    if (end === 'close') for (const record of scan.records) (this.records.get(record.value) as Expected).safety = 2
  }

  private checkOrder(scan: Scan): Set<string> {
    const { name } = this
    const found = new Set<string>()
    const sequences = new Map<number, number>()
    let before = scan.start - 1
    for (const { offset, value } of scan.records) {
      const { producer, sequence } = this.get(value, offset)
      claim(!found.has(value), () => `${name}: ${short(value)} is there twice, again at ${offset}`)
      claim(offset > before && offset < scan.end, () => `${name}: offset ${offset} follows ${before} in ${span(scan)}`)
      claim(
        sequence > (sequences.get(producer) ?? -1),
        () => `${name}: ${short(value)} at ${offset} follows ${sequences.get(producer)} of the same producer`,
      )
      sequences.set(producer, sequence)
      found.add(value)
      before = offset
    }
    return found
  }

  /** It lies before the start although nobody has moved that so far: a power cut took the first segment. */
  private isLost(record: Expected, nowMs: number): boolean {
    return record.offset !== null && record.offset >= this.startMax && !this.isExpired(record, nowMs)
  }

  private isExpired(record: Expected, nowMs: number): boolean {
    return this.retentionMs >= 0 && nowMs - record.timestamp > this.retentionMs
  }

  private get(value: string, offset: number): Expected {
    const record = this.records.get(value)
    claim(record !== undefined, () => `${this.name}: a record that nobody sent at ${offset}: ${short(value)}`)
    return record
  }

  private words(record: Expected): string {
    return record.safety === 2 ? `safe from power cuts (flush ${this.flush})` : `acknowledged (flush ${this.flush})`
  }
}

function max(a: Safety, b: Safety): Safety {
  return a > b ? a : b
}

function short(value: string): string {
  return value.replace(/x+$/, '')
}

function span({ start, end, records }: Scan): string {
  return `${start}..${end} with ${records.length} records`
}
