// Produce: appends the batches as they came, one to each partition. What a batch must be is judged here as far as it concerns what a
// client may send, and in the partition as far as it concerns the topic.

import type { Cluster, TopicPartition } from '../../core/cluster.js'
import { type ErrorCode, KafkaliteError } from '../../errors.js'
import { type BatchVerdict, checkBatch } from '../../record/batch-check.js'
import { RecordCursor } from '../../record/batch-reader.js'
import * as F from '../../record/format.js'
import type { PackedBatch } from '../../record/packed-batch.js'
import { ERROR_CODES, errorMessageOf } from '../../protocol/error-codes.js'
import type { Outgoing } from '../../protocol/message.js'
import { type ProduceRequest, type ProduceResponse, produceRequest, produceResponse } from '../../protocol/messages/00-produce.js'
import { type Call, handler, type NoResponse } from '../handler.js'
import { producerErrorCode } from '../producer-errors.js'
import { recordErrorsOf } from '../record-errors.js'

type PartitionAnswer = Outgoing<ProduceResponse['responses'][number]['partitionResponses'][number]>

const ZSTD = F.COMPRESSION_NAMES.indexOf('zstd')
/** From here on zstd may be sent. */
const ZSTD_VERSION = 7
/** From here on a producer can be told to abort its transaction and go on. */
const ABORTABLE_VERSION = 11
/** From here on a partition comes into a transaction with its first batch (transaction.version 2). */
const ADDING_VERSION = 12
/** From here on topics are named by their ids. */
const IDS_VERSION = 13
/** With these a batch does not get as far as the log, and the answer does not say where that begins. */
const BEFORE_THE_LOG: readonly ErrorCode[] = [
  'CORRUPT_MESSAGE',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'STORAGE_FAILED',
  'DISK_FULL',
  'CLOSED',
]
const OF_TRANSACTIONS: readonly ErrorCode[] = ['INVALID_PRODUCER_EPOCH', 'INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE']
const cursor = new RecordCursor()

export const produce = handler({
  request: produceRequest,
  response: produceResponse,
  first: 3,
  last: 13,
  // Old clients take version 0 for the sign that batches may be compressed.
  named: 0,
  async handle(request, call) {
    const responses: Outgoing<ProduceResponse>['responses'] = await Promise.all(
      request.topicData.map(async ({ name, topicId, partitionData }) => {
        const topic = call.version >= IDS_VERSION ? ((await call.broker.topicById(topicId))?.name ?? null) : name
        return {
          name,
          topicId,
          partitionResponses: await Promise.all(partitionData.map((partition) => append(request, topic, partition, call))),
        }
      }),
    )
    if (request.acks !== 0) return { responses }
    return withoutAnswer(responses)
  },
})

/** Closing the connection is the only way to tell somebody who wants no answer. */
function withoutAnswer(responses: Outgoing<ProduceResponse>['responses']): NoResponse {
  const failed = responses?.some(({ partitionResponses }) => partitionResponses?.some(({ errorCode = 0 }) => errorCode !== 0))
  return failed ? 'disconnect' : 'nothing'
}

async function append(
  { acks, transactionalId }: ProduceRequest,
  topic: string | null,
  { index, records }: { readonly index: number; readonly records: Uint8Array | null },
  { broker, version }: Call,
): Promise<PartitionAnswer> {
  if (acks < -1 || acks > 1) return failure(index, ERROR_CODES.INVALID_REQUIRED_ACKS, `acks is -1, 0 or 1, not ${acks}`)
  if (topic === null) return failure(index, ERROR_CODES.UNKNOWN_TOPIC_ID, 'There is no topic of that id')
  const { cluster } = broker
  let judged: BatchVerdict | undefined
  try {
    judged = oneBatch(records)
    if (judged.ok && judged.batch.isTransactional && transactionalId === null)
      return failure(index, ERROR_CODES.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 'A batch of a transaction came without a transactional id')
    if ((await broker.topicNamed(topic)) === undefined)
      return failure(index, ERROR_CODES.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic "${topic}"`)
    if (!judged.ok) throw new KafkaliteError('INVALID_RECORD', judged.message)
    const batch = owned(judged.batch)
    checkSent(batch, version)
    const { baseOffset, logAppendTime } = await cluster.produce(topic, index, batch, { addToTransaction: version >= ADDING_VERSION })
    return { index, baseOffset, logAppendTimeMs: logAppendTime, logStartOffset: await startOf(cluster, { topic, partition: index }) }
  } catch (error) {
    const failed = failure(index, codeOf(error, version), errorMessageOf(error))
    if (judged === undefined || KafkaliteError.is(error, ...BEFORE_THE_LOG)) return failed
    // What is wrong with a transaction is found out before the log is asked.
    if (judged.ok && judged.batch.isTransactional && KafkaliteError.is(error, ...OF_TRANSACTIONS)) return failed
    return { ...failed, ...(await refusal(error, judged, cluster, { topic, partition: index })) }
  }
}

/** What a client is told of a batch that got as far as the log. */
async function refusal(
  error: unknown,
  judged: BatchVerdict,
  cluster: Cluster,
  place: TopicPartition,
): Promise<Omit<PartitionAnswer, 'index'>> {
  try {
    const { config } = await cluster.topic(place.topic)
    const recordErrors = judged.ok ? recordErrorsOf(error, judged.batch, config, cluster.clock.now()) : []
    return { logStartOffset: await startOf(cluster, place), recordErrors }
  } catch {
    // The topic is gone by now.
    return {}
  }
}

async function startOf(cluster: Cluster, place: TopicPartition): Promise<number> {
  return (await cluster.offset(place, 'earliest'))?.offset ?? 0
}

/** Producers are told that their epoch is over, never that they were fenced. */
function codeOf(error: unknown, version: number): number {
  return producerErrorCode(error, version, { fencedFrom: Number.POSITIVE_INFINITY, abortableFrom: ABORTABLE_VERSION })
}

function failure(index: number, errorCode: number, errorMessage: string): PartitionAnswer {
  return { index, errorCode, errorMessage, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 }
}

/** The one batch that a partition is sent, or why its count cannot be. CORRUPT_MESSAGE, INVALID_RECORD. */
function oneBatch(records: Uint8Array | null): BatchVerdict {
  if (records === null || records.length === 0) throw invalidRecord('no batch was sent')
  const magic = records[F.MAGIC]
  if (magic === 0 || magic === 1) throw invalidRecord(`a batch has magic ${magic}; only 2 is taken`)
  const verdict = checkBatch(records, 0, records.length)
  if (verdict.ok) {
    if (records.length - verdict.end >= F.HEADER_BYTES) throw invalidRecord('more than one batch was sent to a partition')
  } else if (verdict.reason === 'truncated') throw invalidRecord(verdict.message)
  else if (verdict.reason !== 'count') throw new KafkaliteError('CORRUPT_MESSAGE', verdict.message)
  return verdict
}

function checkSent(batch: PackedBatch, version: number): void {
  if (batch.baseOffset !== 0) throw invalidRecord(`the base offset is ${batch.baseOffset}, not 0`)
  if (batch.isControl) throw invalidRecord('the control bit is set, which is the broker’s')
  if (batch.producerId >= 0 && (batch.producerEpoch < 0 || batch.baseSequence < 0))
    throw invalidRecord('a producer id needs an epoch and a sequence')
  if (batch.compression === undefined) throw new Error(`A batch has compression ${batch.attributes & F.COMPRESSION_MASK}`)
  if ((batch.attributes & F.COMPRESSION_MASK) === ZSTD && version < ZSTD_VERSION)
    throw new KafkaliteError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `zstd may be sent from version ${ZSTD_VERSION} of Produce on, not in ${version}`,
    )
  checkRecords(batch)
}

/** Records that nobody could read must not get into the log, and what the header says of their times is made true, as Kafka does it. */
function checkRecords(batch: PackedBatch): void {
  let count = 0
  let latest = -1
  // Whose time a record carries is the topic's choice.
  if (batch.isLogAppendTime) batch.stampCreateTime(batch.maxTimestamp)
  // What does not unpack is answered with UNKNOWN_SERVER_ERROR by Kafka too.
  try {
    cursor.open(batch)
  } catch (cause) {
    throw new Error(`The records are refused: ${errorMessageOf(cause)}`, { cause })
  }
  try {
    for (; cursor.next(); count++) if (cursor.timestamp > latest) latest = cursor.timestamp
  } catch (error) {
    throw invalidRecord(`record ${count} cannot be read: ${errorMessageOf(error)}`)
  }
  if (count !== batch.count) throw invalidRecord(`the batch announces ${batch.count} records and has ${count}`)
  if (latest !== batch.maxTimestamp) batch.stampCreateTime(latest)
}

/** The log keeps the bytes, so a batch that is a small part of what its memory holds moves to memory of its own. */
function owned(batch: PackedBatch): PackedBatch {
  return batch.sizeBytes * 2 < batch.buffer.buffer.byteLength ? batch.copy() : batch
}

function invalidRecord(why: string): KafkaliteError {
  return new KafkaliteError('INVALID_RECORD', `The records are refused: ${why}`)
}
