// What must survive of transactions, in one log of keys: the transactional ids with their state, the producer ids that were given
// out, and the snapshots of what partitions remember of producers. The log is made when it is first written to, so a broker that
// knows no transactions has none.

import { type Awaitable, chain, isPromise } from '../../lib/awaitable.js'
import type { Storage } from '../../storage/storage.js'
import type { Flusher } from '../flusher.js'
import { INTERNAL_LOG_CONFIG, InternalLog } from '../internal-log.js'
import type { CommitPart } from '../joint-commit.js'
import { type Change, KeyedLog } from '../keyed-log.js'
import type { SnapshotRecord } from '../snapshot-record.js'
import type { Flush } from '../topic-config.js'
import { partitionLogName, TRANSACTIONS_LOG } from '../topic-name.js'
import type { TransactionRecord } from './transaction-entry.js'

type Value = TransactionRecord | SnapshotRecord | IdBlock

interface IdBlock {
  /** Producer ids below it may have been given out. */
  readonly below: number
}

const TRANSACTION = 'transaction:'
const SNAPSHOT = 'producers:'
const IDS = 'producer-ids'
/** So many producer ids are given out for one write. */
const ID_BLOCK = 1000

export interface TransactionLogOptions {
  readonly storage: Storage
  readonly flusher: Flusher
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

export class TransactionLog {
  private keyed: KeyedLog<Value> | null = null
  private opening: Promise<KeyedLog<Value>> | null = null
  private nextId = 0
  private idsBelow = 0
  private reserving: Promise<void> | null = null

  constructor(private readonly options: TransactionLogOptions) {}

  /** Reads the log if there is one. */
  async open(): Promise<void> {
    const names = await this.options.storage.list()
    if (!names.includes(TRANSACTIONS_LOG)) return
    const keyed = await this.openLog()
    const block = keyed.get(IDS) as IdBlock | undefined
    this.nextId = this.idsBelow = block?.below ?? 0
  }

  close(): Awaitable<void> {
    return this.keyed?.close()
  }

  /** A producer id that was never given out before. */
  newProducerId(): Awaitable<number> {
    if (this.nextId < this.idsBelow) return this.nextId++
    this.reserving ??= this.reserve().finally(() => {
      this.reserving = null
    })
    return this.reserving.then(() => this.newProducerId())
  }

  *transactions(): Generator<readonly [key: string, record: TransactionRecord]> {
    if (this.keyed === null) return
    for (const [key, value] of this.keyed.entries()) {
      if (key.startsWith(TRANSACTION)) yield [key.slice(TRANSACTION.length), value as TransactionRecord]
    }
  }

  writeTransaction(key: string, record: TransactionRecord | null, level: Flush): Awaitable<void> {
    return this.write([[TRANSACTION + key, record]], level)
  }

  /** The same as a part of a commit over several logs. */
  transactionPart(key: string, record: TransactionRecord | null): Awaitable<CommitPart> {
    return chain(this.ready(), (keyed) => keyed.part([[TRANSACTION + key, record]]))
  }

  snapshot(partition: string): SnapshotRecord | undefined {
    return this.keyed?.get(SNAPSHOT + partition) as SnapshotRecord | undefined
  }

  writeSnapshots(snapshots: readonly (readonly [partition: string, record: SnapshotRecord])[], level: Flush): Awaitable<void> {
    return this.write(
      snapshots.map(([partition, record]): Change<Value> => [SNAPSHOT + partition, record]),
      level,
    )
  }

  forgetSnapshots(topic: string, partitions: number): Awaitable<void> {
    const changes: Change<Value>[] = []
    for (let partition = 0; partition < partitions; partition++) {
      const key = SNAPSHOT + partitionLogName(topic, partition)
      if (this.keyed?.get(key) !== undefined) changes.push([key, null])
    }
    return changes.length === 0 ? undefined : this.write(changes, 'os')
  }

  /** Synced at every level: an id that is given out twice would make records vanish as duplicates. */
  private async reserve(): Promise<void> {
    const below = this.idsBelow + ID_BLOCK
    await this.write([[IDS, { below }]], 'always')
    this.idsBelow = below
  }

  private write(changes: readonly Change<Value>[], level: Flush): Awaitable<void> {
    return chain(this.ready(), (keyed) => keyed.write(changes, level))
  }

  private ready(): Awaitable<KeyedLog<Value>> {
    if (this.keyed !== null) return this.keyed
    this.opening ??= this.openLog().finally(() => {
      this.opening = null
    })
    return this.opening
  }

  private async openLog(): Promise<KeyedLog<Value>> {
    const { storage, flusher, now, onError } = this.options
    const log = storage.log(TRANSACTIONS_LOG, INTERNAL_LOG_CONFIG)
    const keyed = new KeyedLog<Value>(new InternalLog(isPromise(log) ? await log : log, storage, flusher), now, onError)
    await keyed.load()
    this.keyed = keyed
    return keyed
  }
}
