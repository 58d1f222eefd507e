// What a producer can be told, Kafka's names in camelCase with the unit last, checked when the producer is made.

import { checkCompress } from '../record/compression.js'
import { COMPRESSION_NAMES, type Compression } from '../record/format.js'
import { aBoolean, aFunction, checkOptions, type OptionRule, oneOf, someText, wholeNumber } from './options-check.js'
import type { Partitioner } from './partitioner.js'

/** How a producer batches, waits and packs. Names and defaults are those of Kafka's producer configs. */
export interface ProducerOptions {
  /** How long a batch waits for more records. Milliseconds. Default 0: the sends of one tick share a batch. Kafka: linger.ms */
  lingerMs?: number | undefined
  /** A batch that has grown to this is sent without waiting. Bytes. Default 65536. Kafka: batch.size */
  batchBytes?: number | undefined
  /** The memory for records that are not yet acknowledged; when it is full `send` waits and `write` says false. Bytes. Default 33554432. Kafka: buffer.memory */
  bufferBytes?: number | undefined
  /** How batches are compressed; 'zstd' needs Node 22.15 or later. Default 'none'. Kafka: compression.type */
  compression?: Compression | undefined
  /** Whose acknowledgement a send waits for. In process there is one copy, so all three mean the same. Default -1. Kafka: acks */
  acks?: -1 | 0 | 1 | undefined
  /** No record is stored twice by a retry. In process nothing is retried, so it always holds. Default true. Kafka: enable.idempotence */
  idempotent?: boolean | undefined
  /** Who the producer is over restarts: the next one of this id fences it and aborts what it left open. It sends in transactions alone. Kafka: transactional.id */
  transactionalId?: string | undefined
  /** How long a transaction may take before it is aborted; at most 15 minutes. Milliseconds. Default 60000. Kafka: transaction.timeout.ms */
  transactionTimeoutMs?: number | undefined
  /** How large the records of one transaction may be together. Bytes. Default 67108864. */
  transactionMaxBytes?: number | undefined
  /** How long a send may wait for room in the buffer before it fails with REQUEST_TIMED_OUT. Milliseconds. Default 120000. Kafka: delivery.timeout.ms */
  deliveryTimeoutMs?: number | undefined
  /** Chooses the partition of a record that names none. Default: Kafka's, a hash of the key; without a key a partition is kept for a batch. Kafka: partitioner.class */
  partitioner?: Partitioner | undefined
}

/** The options with their defaults filled in. */
export interface ResolvedProducerOptions {
  readonly lingerMs: number
  readonly batchBytes: number
  readonly bufferBytes: number
  readonly compression: Compression
  readonly deliveryTimeoutMs: number
  readonly partitioner: Partitioner | undefined
  readonly transactionalId: string | undefined
  readonly transactionTimeoutMs: number
  readonly transactionMaxBytes: number
}

/** The largest signed 32-bit integer: what Kafka's configs of that type take at most. */
const INT32_MAX = 2_147_483_647
/** transaction.max.timeout.ms of the broker. */
const TRANSACTION_TIMEOUT_MAX_MS = 900_000

const RULES: Readonly<Record<keyof ProducerOptions, OptionRule>> = {
  lingerMs: wholeNumber(0, INT32_MAX),
  batchBytes: wholeNumber(0, INT32_MAX),
  bufferBytes: wholeNumber(1),
  compression: oneOf(...COMPRESSION_NAMES),
  acks: oneOf(-1, 0, 1),
  idempotent: aBoolean,
  transactionalId: someText,
  transactionTimeoutMs: wholeNumber(1, TRANSACTION_TIMEOUT_MAX_MS),
  transactionMaxBytes: wholeNumber(1),
  deliveryTimeoutMs: wholeNumber(0, INT32_MAX),
  partitioner: aFunction,
}

/** INVALID_ARGUMENT, UNSUPPORTED_COMPRESSION_TYPE. */
export function resolveProducerOptions(options: ProducerOptions | undefined): ResolvedProducerOptions {
  checkOptions('producer()', options, RULES)
  const { lingerMs = 0, batchBytes = 65_536, bufferBytes = 33_554_432, compression = 'none', deliveryTimeoutMs = 120_000 } = options ?? {}
  checkCompress(compression)
  const { transactionalId, transactionTimeoutMs = 60_000, transactionMaxBytes = 67_108_864, partitioner } = options ?? {}
  const transactional = { transactionalId, transactionTimeoutMs, transactionMaxBytes }
  return { lingerMs, batchBytes, bufferBytes, compression, deliveryTimeoutMs, partitioner, ...transactional }
}
