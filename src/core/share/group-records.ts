// What is kept of groups beyond their members and offsets: the configs that were set for them, and the topics in which a share group
// stands somewhere. The log is made when there is something to keep.

import { KeyedLog } from '../keyed-log.js'
import type { InternalLog } from '../internal-log.js'

export interface GroupRecord {
  /** By Kafka's names. */
  readonly configs?: Readonly<Record<string, string>>
  /** The ids of topics that the group as a share group has fetched from, by their names. */
  readonly shares?: Readonly<Record<string, string>>
}

export interface GroupRecordsOptions {
  /** Opens the log, or makes it. */
  readonly open: () => Promise<InternalLog>
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

export class GroupRecords {
  private log: Promise<KeyedLog<GroupRecord>> | null = null
  private readonly records = new Map<string, GroupRecord>()

  constructor(private readonly given: GroupRecordsOptions) {}

  /** Reads what there is. */
  async load(): Promise<void> {
    for (const [id, record] of (await this.requireLog()).entries()) this.records.set(id, record)
  }

  get(id: string): GroupRecord {
    return this.records.get(id) ?? {}
  }

  entries(): Iterable<readonly [string, GroupRecord]> {
    return this.records
  }

  /** It counts at once and is durable when this resolves; a record that says nothing is removed. */
  async write(id: string, record: GroupRecord): Promise<void> {
    const says = Object.keys(record.configs ?? {}).length + Object.keys(record.shares ?? {}).length > 0
    if (says) this.records.set(id, record)
    else this.records.delete(id)
    const log = await this.requireLog()
    await log.write([[id, says ? record : null]], 'always')
  }

  async close(): Promise<void> {
    if (this.log !== null) await (await this.log).close()
  }

  private requireLog(): Promise<KeyedLog<GroupRecord>> {
    this.log ??= this.open()
    return this.log
  }

  private async open(): Promise<KeyedLog<GroupRecord>> {
    const { open, now, onError } = this.given
    const log = new KeyedLog<GroupRecord>(await open(), now, onError)
    await log.load()
    return log
  }
}
