// What a transaction must leave: all of its records and acknowledgements once it was promised, none before its end was asked for, and
// never a part, whatever ended the process.

import type { LogOfRecords, TransactionOfRecord } from './expectation.js'
import { claim } from './violation.js'

export class TransactionModel implements TransactionOfRecord {
  /** 'ending': the end was asked for and nobody was told the outcome. */
  state: TransactionOfRecord['state'] = 'open'
  /** Messages of the queue that it acknowledges. */
  readonly messages: string[] = []
  private readonly records: { readonly log: LogOfRecords; readonly value: string }[] = []

  constructor(private readonly name: string) {}

  add(log: LogOfRecords, value: string): void {
    this.records.push({ log, value })
  }

  /** Its end was promised: that is durable at each flush level. */
  commit(): void {
    this.state = 'committed'
    for (const { log, value } of this.records) log.committed(value)
  }

  /** Its process is dead. */
  abandon(): void {
    if (this.state === 'open') this.state = 'aborted'
  }

  /** After a start, when all logs were looked at. `delivered` are the messages that the queue hands out. */
  check(logs: ReadonlySet<LogOfRecords>, delivered: ReadonlyMap<string, number>): void {
    const decisive = this.records.filter(({ log, value }) => logs.has(log) && log.isDecisive(value))
    const there = decisive.filter(({ log, value }) => log.isThere(value))
    if (decisive.length === 0) return
    const words = (): string =>
      decisive.map(({ log, value }) => `${value.slice(0, 30)} ${log.isThere(value) ? 'is there' : 'is not'}`).join()
    claim(there.length === 0 || there.length === decisive.length, () => `a part of transaction ${this.name} (${this.state}): ${words()}`)
    claim(there.length === 0 || this.state !== 'aborted', () => `transaction ${this.name} was aborted and is there: ${words()}`)
    if (this.state !== 'ending') return
    const isThere = there.length > 0
    for (const message of this.messages) {
      claim(
        delivered.has(message) !== isThere,
        () =>
          `transaction ${this.name} is ${isThere ? '' : 'not '}there and its message ${message.slice(0, 30)} is ${isThere ? '' : 'not '}delivered`,
      )
    }
    this.state = isThere ? 'committed' : 'aborted'
  }
}
