// Everything that both entries of the package export: the one for Node (index.ts) and the one for browsers (index.browser.ts). What is
// not named here is not public.

export { Broker, type BrokerEvents } from './broker.js'
export type { BrokerOptions, ClusterOptions, EmbeddedOptions, TopicOptions } from './broker-options.js'
export { Consumer, type Run, type TransactionalConsumer } from './client/consumer.js'
export type { ConsumerEvents } from './client/consumer-events.js'
export { ConsumerGroup, type GroupLag, type PartitionLag, type ResetTarget } from './client/consumer-group.js'
export type { ConsumerOptions, Done, PollOptions, RunOptions } from './client/consumer-options.js'
export type { ConsumerRecord } from './client/consumer-record.js'
export type { RecordMetadata } from './client/delivery.js'
export type { HandlerContext } from './client/handler-context.js'
export { json } from './client/json.js'
export type { BatchOptions, MessagesHandler } from './client/batch-receiver.js'
export type { Message } from './client/message.js'
export { Partition } from './client/partition.js'
export type { Partitioner } from './client/partitioner.js'
export { Producer } from './client/producer.js'
export type { ProducerOptions } from './client/producer-options.js'
export type { ProducerRecord } from './client/producer-record.js'
export { type MessageStatus, Queue } from './client/queue.js'
export type { QueueEvents } from './client/queue-events.js'
export type { NewMessage, QueueOptions, RateLimit } from './client/queue-options.js'
export type { CronParser, RepeatSchedule } from './client/queue-schedule.js'
export type { Reading } from './client/reading.js'
export type { ReadOptions } from './client/reading-options.js'
export type { Receipt } from './client/receipt.js'
export type { ProcessOptions, Receiver } from './client/receiver.js'
export { type AfterRetries, type Backoff, type ErrorPolicy, UnrecoverableError } from './client/retry-policy.js'
export { bytes, type Serde, type SerdeContext, string } from './client/serde.js'
export type { StandardSchema } from './client/standard-schema.js'
export type { StartPosition } from './client/start-position.js'
export { Topic } from './client/topic.js'
export type { Transaction } from './client/transaction.js'
export type { KeyOf, TypedTopic, ValueOf, WaitOptions } from './client/topic-types.js'
export type {
  AbortedTransaction,
  Appended,
  Cluster,
  ClusterEvents,
  FetchedPartition,
  FetchPosition,
  FetchRequest,
  GroupDescription,
  GroupMemberDescription,
  GroupState,
  Isolation,
  JoinRequest,
  MemberListener,
  Membership,
  NewTopic,
  OffsetQuery,
  OffsetToCommit,
  PartitionCleaned,
  ProduceOptions,
  TopicDescription,
  TopicPartition,
} from './core/cluster.js'
export type { BrokerSettings } from './core/broker-settings.js'
export type { KeptMap } from './core/kept-map.js'
export type { RecordState } from './core/queue-port.js'
export type { Flush, ResolvedTopicConfig, TopicConfig } from './core/topic-config.js'
export type {
  BeginOptions,
  EndTransactionRequest,
  InitProducerIdRequest,
  ProducerDescription,
  ProducerIdentity,
  TransactionalProducer,
  TransactionDescription,
  TransactionOffsets,
  TransactionPort,
  TransactionState,
} from './core/transaction-port.js'
export { type ErrorCode, KafkaliteError } from './errors.js'
export type { Awaitable } from './lib/awaitable.js'
export type { Clock, Timer, TimerOptions } from './lib/clock.js'
export type { StopSignal } from './lib/stopper.js'
export { type BadBatch, type BadBatchReason, type BatchVerdict, checkBatch, type GoodBatch } from './record/batch-check.js'
export { type Codec, registerCodec } from './record/compression.js'
export type { Compression } from './record/format.js'
export { PackedBatch } from './record/packed-batch.js'
export type { HeaderValue, RecordHeaders, RecordHeadersInit } from './record/record.js'
export type { AclsOptions, Listener, ListenOptions, PasswordOf, SaslMechanism, SaslOptions, TlsOptions } from './server/listen-options.js'
export type { AbortedRange, LogProducers, ProducerSnapshot, ProducerState, SentBatch } from './storage/log-producers.js'
export type { EpochStart, LogEpochs } from './storage/log-epochs.js'
export { MemoryStorage, type MemoryStorageOptions } from './storage/memory.js'
export type {
  LogAppend,
  LogCompaction,
  LogConfig,
  LogStore,
  SegmentInfo,
  SegmentRewrite,
  Storage,
  StorageContext,
  StorageFolder,
  StorageSupports,
} from './storage/storage.js'
