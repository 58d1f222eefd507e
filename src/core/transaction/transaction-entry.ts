// One transactional id, or one producer of this process without such an id: who the producer is now, and the state of its transaction.
// The edges between states are Kafka's and are kept here alone.

import type { KafkaliteError } from '../../errors.js'
import { assert } from '../../lib/assert.js'
import type { Timer } from '../../lib/clock.js'
import type { OffsetToCommit, TopicPartition } from '../cluster.js'
import type { TransactionDescription, TransactionState } from '../transaction-port.js'
import { type PackedSettlement, packSettlement, type SettlementWords, unpackSettlement } from './settlement-part.js'

/** The largest epoch that is given out; the one above it is kept for fencing. */
export const EPOCH_MAX = 32_766

type PackedOffset = readonly [
  group: string,
  topic: string,
  partition: number,
  offset: number,
  metadata?: string | null,
  leaderEpoch?: number,
]

/** An entry as the log keeps it. */
export interface TransactionRecord {
  readonly producerId: number
  readonly producerEpoch: number
  readonly state: TransactionState
  readonly timeoutMs: number
  readonly startMs: number
  readonly updatedMs: number
  readonly inProcess?: true | undefined
  readonly partitions?: readonly (readonly [topic: string, partition: number])[] | undefined
  readonly groups?: readonly string[] | undefined
  readonly offsets?: readonly PackedOffset[] | undefined
  /** Acknowledged messages of queues, once it is decided that they are. */
  readonly settlements?: readonly PackedSettlement[] | undefined
}

const EDGES: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  empty: ['ongoing', 'prepareAbort', 'dead'],
  ongoing: ['prepareCommit', 'prepareAbort', 'empty'],
  prepareCommit: ['completeCommit'],
  prepareAbort: ['completeAbort'],
  completeCommit: ['ongoing', 'prepareAbort', 'empty', 'dead'],
  completeAbort: ['ongoing', 'prepareAbort', 'empty', 'dead'],
  dead: [],
}

export class TransactionEntry {
  producerEpoch = 0
  state: TransactionState = 'empty'
  startMs = -1
  updatedMs = 0
  readonly partitions = new Map<string, TopicPartition>()
  /** Groups that take part, with the offsets that count once it is committed. */
  readonly groups = new Map<string, Map<string, OffsetToCommit>>()
  /** The members of these groups whose offsets they are, for a last look before the commit. */
  readonly members = new Map<string, string>()
  /** Acknowledgements of queues' messages that go with the commit: parts of it, or after a crash what they would have said. */
  settlements: readonly SettlementWords[] = []
  /** Aborts the transaction when it takes too long. */
  timer: Timer | null = null
  /** Hears when that happens. */
  onTimeout: ((error: KafkaliteError) => void) | undefined
  /** The end of the transaction while it is being written. */
  ending: PromiseLike<unknown> | null = null
  /** The identity that the coordinator took away because the transaction took too long; who had it may come back. */
  timedOutEpoch = -1
  /** How the transaction before this one ended, for who asks again. */
  lastEnd: { readonly epoch: number; readonly commit: boolean } | null = null

  constructor(
    /** null: a producer of this process without one. */
    readonly transactionalId: string | null,
    public producerId: number,
    public timeoutMs: number,
    public inProcess: boolean,
  ) {}

  static restore(transactionalId: string | null, record: TransactionRecord): TransactionEntry {
    const entry = new TransactionEntry(transactionalId, record.producerId, record.timeoutMs, record.inProcess === true)
    entry.producerEpoch = record.producerEpoch
    entry.state = record.state
    entry.startMs = record.startMs
    entry.updatedMs = record.updatedMs
    for (const [topic, partition] of record.partitions ?? []) entry.addPartition({ topic, partition })
    for (const group of record.groups ?? []) entry.groups.set(group, new Map())
    for (const [group, topic, partition, offset, metadata, leaderEpoch] of record.offsets ?? [])
      entry.addOffset(group, { topic, partition, offset, metadata: metadata ?? undefined, leaderEpoch })
    entry.settlements = (record.settlements ?? []).map(unpackSettlement)
    return entry
  }

  /** The name under which the log keeps it. */
  get key(): string {
    return this.transactionalId === null ? `#${this.producerId}` : `=${this.transactionalId}`
  }

  get isOpen(): boolean {
    return this.state === 'ongoing'
  }

  get isDecided(): boolean {
    return this.state === 'prepareCommit' || this.state === 'prepareAbort'
  }

  get isEmpty(): boolean {
    return this.partitions.size === 0 && this.groups.size === 0
  }

  get who(): string {
    return this.transactionalId === null ? `producer ${this.producerId}` : `transactional id "${this.transactionalId}"`
  }

  moveTo(state: TransactionState, now: number): void {
    assert(EDGES[this.state].includes(state), `a transaction does not go from ${this.state} to ${state}`)
    this.state = state
    this.updatedMs = now
  }

  /** The decision could not be written: there is none. */
  takeBack(state: TransactionState): void {
    assert(this.isDecided, 'only a decision is taken back')
    this.state = state
  }

  addPartition(place: TopicPartition): void {
    this.partitions.set(`${place.topic}-${place.partition}`, { topic: place.topic, partition: place.partition })
  }

  hasPartition(topic: string, partition: number): boolean {
    return this.partitions.has(`${topic}-${partition}`)
  }

  addOffset(group: string, { topic, partition, offset, metadata, leaderEpoch }: OffsetToCommit): void {
    let offsets = this.groups.get(group)
    if (offsets === undefined) {
      offsets = new Map()
      this.groups.set(group, offsets)
    }
    offsets.set(`${topic}-${partition}`, { topic, partition, offset, metadata, leaderEpoch })
  }

  /** Forgets what the ended transaction was about. */
  clear(): void {
    this.partitions.clear()
    this.groups.clear()
    this.members.clear()
    this.settlements = []
    this.startMs = -1
    this.onTimeout = undefined
    this.timer?.cancel()
    this.timer = null
  }

  /** As it stands now, or as it would stand in another state. */
  record(state: TransactionState, producerEpoch: number, now: number): TransactionRecord {
    const { producerId, timeoutMs, inProcess } = this
    const base = { producerId, producerEpoch, state, timeoutMs, startMs: this.startMs, updatedMs: now }
    const record: TransactionRecord = inProcess ? { ...base, inProcess: true } : base
    if (state !== 'ongoing' && state !== 'prepareCommit' && state !== 'prepareAbort') return { ...record, startMs: -1 }
    const offsets: PackedOffset[] = []
    for (const [group, places] of this.groups) {
      for (const { topic, partition, offset, metadata, leaderEpoch } of places.values()) {
        const place = [group, topic, partition, offset] as const
        if (leaderEpoch !== undefined) offsets.push([...place, metadata ?? null, leaderEpoch])
        else offsets.push(metadata === undefined ? place : [...place, metadata])
      }
    }
    return {
      ...record,
      partitions: [...this.partitions.values()].map(({ topic, partition }) => [topic, partition] as const),
      groups: [...this.groups.keys()],
      offsets,
      ...(this.settlements.length === 0 ? {} : { settlements: this.settlements.map(packSettlement) }),
    }
  }

  describe(now: number): TransactionDescription {
    const { transactionalId, producerId, producerEpoch, state, timeoutMs, startMs } = this
    const ageMs = startMs < 0 ? 0 : now - startMs
    const partitions = [...this.partitions.values()]
    return { transactionalId, producerId, producerEpoch, state, ageMs, startMs, timeoutMs, partitions, groups: [...this.groups.keys()] }
  }
}
