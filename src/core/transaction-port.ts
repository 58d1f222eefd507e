// The part of the port that transactions need, in the words of Kafka's requests: producer ids, partitions and offsets of a transaction,
// its end, and the views of administrators. Producers in this process and remote ones use the same coordinator through it.

import type { KafkaliteError } from '../errors.js'
import type { Awaitable } from '../lib/awaitable.js'
import type { TransactionalAcknowledgement, TransactionalAcknowledger } from './queue-port.js'
import type { OffsetToCommit, TopicPartition } from './topic-partition.js'

/** empty: none so far; ongoing; prepare…: decided; complete…: the last one has ended so; dead: forgotten. */
export type TransactionState = 'empty' | 'ongoing' | 'prepareCommit' | 'prepareAbort' | 'completeCommit' | 'completeAbort' | 'dead'

/** Who a producer is. A higher epoch of the same id fences the lower ones. */
export interface ProducerIdentity {
  /** From 0, given out by the broker. */
  readonly producerId: number
  /** From 0 to 32767. */
  readonly producerEpoch: number
}

/** The producer of a transactional id, or one that has none. */
export interface TransactionalProducer extends ProducerIdentity {
  /** null: a producer in this process that has none; its transactions end with the broker. */
  readonly transactionalId: string | null
}

/** Who asks for a producer id. */
export interface InitProducerIdRequest {
  /** null: an id for idempotence alone, or for transactions of a producer in this process. */
  readonly transactionalId: string | null
  /** transaction.timeout.ms. Milliseconds. */
  readonly timeoutMs: number
  /** What the producer was before, if it comes back: it must not have been fenced since. */
  readonly current?: ProducerIdentity | undefined
  /** The producer lives in this process: what it left open is aborted when the broker is opened again. Remote ones may come back. */
  readonly inProcess?: boolean | undefined
}

/** The offsets that a consumer has done in a transaction, and who it is in its group. */
export interface TransactionOffsets {
  /** Whose offsets they are. */
  readonly groupId: string
  /** Absent: not checked, as old clients do it. */
  /** An epoch that is given must be the member's own; who holds the partitions is looked at in any case. */
  readonly member?: { readonly memberId: string; readonly epoch?: number | undefined } | undefined
  /** Of each partition the next to read. */
  readonly offsets: readonly OffsetToCommit[]
}

/** For a producer in this process. */
export interface BeginOptions {
  /** transaction.timeout.ms, of a producer without a transactional id. Milliseconds. */
  readonly timeoutMs?: number | undefined
  /** The transaction took too long and was aborted. */
  readonly onTimeout?: ((error: KafkaliteError) => void) | undefined
}

/** How a transaction ends. */
export interface EndTransactionRequest extends TransactionalProducer {
  /** false: abort. */
  readonly commit: boolean
  /** 1: the epoch stays. 2 (KIP-890): it grows with every end, so that nothing of this transaction can get into the next. */
  readonly version: 1 | 2
  /** Messages of queues of this process that are acknowledged if it is committed, by queue. */
  readonly acknowledgements?: ReadonlyMap<TransactionalAcknowledger, readonly TransactionalAcknowledgement[]> | undefined
}

/** A transaction as administrators see it. */
export interface TransactionDescription extends TransactionalProducer {
  /** Where it stands. */
  readonly state: TransactionState
  /** How long it has been open; 0 when none is. Milliseconds. */
  readonly ageMs: number
  /** When it began; -1 when none is open. Milliseconds since 1970. */
  readonly startMs: number
  /** How long it may take. Milliseconds. */
  readonly timeoutMs: number
  /** The partitions with records of it. */
  readonly partitions: readonly TopicPartition[]
  /** The groups whose offsets it commits. */
  readonly groups: readonly string[]
}

/** A producer id that a partition remembers. */
export interface ProducerDescription extends ProducerIdentity {
  /** Of its last record here; -1 when none is remembered. */
  readonly lastSequence: number
  /** Milliseconds since 1970. */
  readonly lastTimestamp: number
  /** Of its last marker here; -1 when there was none. */
  readonly coordinatorEpoch: number
  /** Where its open transaction begins; -1 when there is none. */
  readonly transactionStartOffset: number
}

/** Errors are thrown or rejected with Kafka's codes. */
export interface TransactionPort {
  /** A new epoch of the transactional id, which fences the producer before and aborts what it left open; without an id a fresh producer id.
   *  INVALID_REQUEST, INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED, INVALID_PRODUCER_ID_MAPPING. */
  initProducerId(request: InitProducerIdRequest): Awaitable<ProducerIdentity>
  /** Opens a transaction; adding a partition or a group does so too. Answers who the producer is now: another epoch than before when its
   *  last transaction took too long. INVALID_TXN_STATE when one is open. */
  begin(producer: TransactionalProducer, options?: BeginOptions): Awaitable<ProducerIdentity>
  /** INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED, CONCURRENT_TRANSACTIONS, UNKNOWN_TOPIC_OR_PARTITION: then none was added. */
  addPartitions(producer: TransactionalProducer, partitions: readonly TopicPartition[]): Awaitable<void>
  /** Takes a group into the transaction, whose offsets are to be committed with it. */
  addGroup(producer: TransactionalProducer, groupId: string): Awaitable<void>
  /** Offsets that count when the transaction is committed. UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH, OFFSET_METADATA_TOO_LARGE. */
  commitOffsets(producer: TransactionalProducer, offsets: TransactionOffsets): Awaitable<void>
  /** Resolves when the end is written and readers see it. Answers who the producer is from now on. INVALID_TXN_STATE, PRODUCER_FENCED;
   *  LOCK_LOST when a message is not held any more: then nothing has happened. */
  end(request: EndTransactionRequest): Awaitable<ProducerIdentity>
  /** Whether an open transaction is about to commit an offset of the group in that partition: UNSTABLE_OFFSET_COMMIT for who must not miss it. */
  hasPendingOffset(groupId: string, partition: TopicPartition): boolean
  /** Every transactional id, and every open transaction without one. */
  list(): readonly TransactionDescription[]
  /** TRANSACTIONAL_ID_NOT_FOUND. */
  describe(transactionalId: string): TransactionDescription
  /** UNKNOWN_TOPIC_OR_PARTITION. */
  producers(partition: TopicPartition): readonly ProducerDescription[]
  /** Writes a marker where a transaction hangs that no coordinator knows: for administrators. INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE. */
  abortHanging(partition: TopicPartition, producer: ProducerIdentity): Awaitable<void>
}
