// The one error class and its closed list of codes. Kafka's names where Kafka has one, ours where it has none.
// docs/errors.md is generated from this table, so a code without a cause and a cure cannot exist.

interface ErrorKind {
  readonly retriable: boolean
  /** When it happens. */
  readonly cause: string
  /** What to do about it. */
  readonly cure: string
}

const kind = (retriable: boolean, cause: string, cure: string): ErrorKind => ({ retriable, cause, cure })

/** Every code with what causes it and what to do. Kafka's first, then those that only kafkalite has. */
export const ERROR_KINDS = {
  UNKNOWN_TOPIC_OR_PARTITION: kind(
    true,
    'The topic does not exist, or it has no partition of that number.',
    'Create the topic, or check the name and the partition.',
  ),
  TOPIC_ALREADY_EXISTS: kind(
    false,
    'A topic of that name was to be created and is there already.',
    'Open it instead, or choose another name.',
  ),
  INVALID_TOPIC_EXCEPTION: kind(
    false,
    'The name of the topic is not legal, or collides with another topic.',
    'Use 1 to 249 of the characters a-z, A-Z, 0-9, dot, underscore and hyphen.',
  ),
  INVALID_PARTITIONS: kind(
    false,
    'The number of partitions is not positive, or would shrink.',
    'Give a whole number from 1; a topic only grows.',
  ),
  INVALID_REPLICATION_FACTOR: kind(
    false,
    'More replicas were asked for than there are brokers.',
    'In process there is one copy: leave it out or give 1 or -1.',
  ),
  INVALID_REPLICA_ASSIGNMENT: kind(
    false,
    'Partitions were to be put on brokers that are not there.',
    'In process there is one broker: leave the assignment out.',
  ),
  INVALID_CONFIG: kind(
    false,
    'A topic config is unknown or its value is out of range.',
    'See docs/options.md for names, units and ranges.',
  ),
  OFFSET_OUT_OF_RANGE: kind(
    false,
    'The offset lies before the start or behind the end of the partition.',
    'Seek to an offset between startOffset() and endOffset().',
  ),
  CORRUPT_MESSAGE: kind(
    false,
    'A batch does not match its checksum or its own lengths.',
    'The bytes were damaged on the way or on disk; what lies before them can still be read.',
  ),
  INVALID_RECORD: kind(
    false,
    'A record breaks a rule of its topic, for instance no key on a compacted topic.',
    'Mend the record; the message says which rule.',
  ),
  INVALID_TIMESTAMP: kind(
    false,
    'A record is stamped further in the future or past than the topic allows.',
    'Stamp the record with its true time.',
  ),
  MESSAGE_TOO_LARGE: kind(
    false,
    'A record or its batch is larger than maxMessageBytes of the topic.',
    'Send smaller records or raise maxMessageBytes.',
  ),
  RECORD_LIST_TOO_LARGE: kind(false, 'A batch is larger than a segment may become.', 'Send smaller batches or raise segmentBytes.'),
  UNSUPPORTED_COMPRESSION_TYPE: kind(
    false,
    'The batch is compressed in a way that is not available here.',
    'Use another; zstd needs Node 22.15 or later to be packed. See registerCodec().',
  ),
  OFFSET_METADATA_TOO_LARGE: kind(false, 'The metadata text of a commit is longer than 4096 bytes.', 'Keep it shorter.'),
  REQUEST_TIMED_OUT: kind(true, 'The answer did not come in time.', 'Try again.'),
  NOT_ENOUGH_REPLICAS: kind(true, 'Fewer copies are in sync than the topic demands.', 'Try again when they are back.'),
  NOT_COORDINATOR: kind(true, 'Another node leads the group.', 'Try again.'),
  REBALANCE_IN_PROGRESS: kind(true, 'The group is being assigned anew.', 'Poll again, then commit.'),
  UNKNOWN_MEMBER_ID: kind(
    false,
    'The member left the group or was removed from it.',
    'Join again; the records since the last commit come again.',
  ),
  FENCED_MEMBER_EPOCH: kind(
    false,
    'The member was removed from the group, or the partition belongs to another member now.',
    'Join again; the records since the last commit come again.',
  ),
  STALE_MEMBER_EPOCH: kind(false, 'The member has another epoch by now.', 'Send a heartbeat, then try again with the new epoch.'),
  INVALID_REGULAR_EXPRESSION: kind(false, 'A pattern of topics is no regular expression.', 'Mend the pattern.'),
  FENCED_INSTANCE_ID: kind(false, 'Another member took over this groupInstanceId.', 'Give each running member an id of its own.'),
  ILLEGAL_GENERATION: kind(false, 'The group has gone on to another generation.', 'Join the group again.'),
  INCONSISTENT_GROUP_PROTOCOL: kind(
    false,
    'The group has members of another kind, or none of the ways of assigning that the member knows.',
    'Use another groupId, or the same kind of consumer.',
  ),
  GROUP_MAX_SIZE_REACHED: kind(false, 'The group has as many members as it may.', 'Use another groupId, or raise groupMaxSize.'),
  INVALID_SESSION_TIMEOUT: kind(false, 'The session timeout is shorter or longer than groups allow.', 'Use 100 to 1800000 ms.'),
  UNRELEASED_INSTANCE_ID: kind(true, 'A live member holds this groupInstanceId.', 'Close the other member first.'),
  UNSUPPORTED_ASSIGNOR: kind(false, 'The group knows no assignor of that name.', "Use 'uniform' or 'range'."),
  INVALID_GROUP_ID: kind(false, 'The group id is empty or missing where one is needed.', 'Give a groupId.'),
  NON_EMPTY_GROUP: kind(false, 'The group has members.', 'Close its consumers first.'),
  GROUP_ID_NOT_FOUND: kind(false, 'There is no group of that id.', 'Check the id; a group exists from its first member or commit on.'),
  INVALID_PRODUCER_EPOCH: kind(
    false,
    'A newer producer with the same id has taken over, or the transaction took too long and was aborted.',
    'After a transaction that took too long begin the next one; else close this producer.',
  ),
  OUT_OF_ORDER_SEQUENCE_NUMBER: kind(false, 'A batch is missing before this one.', 'Close the producer and open a new one.'),
  INVALID_PRODUCER_ID_MAPPING: kind(
    false,
    'The producer id is not the one of this transactional id.',
    'Ask for the producer id anew (InitProducerId).',
  ),
  INVALID_TRANSACTION_TIMEOUT: kind(
    false,
    'The timeout of transactions is not positive or longer than 15 minutes.',
    'Give 1 to 900000 milliseconds.',
  ),
  CONCURRENT_TRANSACTIONS: kind(true, 'Another transaction has to end first.', 'Try again.'),
  TRANSACTION_ABORTABLE: kind(false, 'The transaction cannot be committed any more.', 'Abort it and begin a new one.'),
  TRANSACTIONAL_ID_NOT_FOUND: kind(false, 'No transaction of that transactional id is known.', 'Check the id.'),
  PRODUCER_FENCED: kind(false, 'A newer producer with the same transactional id has taken over.', 'Close this producer.'),
  INVALID_TXN_STATE: kind(false, 'The transaction is not in a state that allows this.', 'Begin a new transaction.'),
  POLICY_VIOLATION: kind(false, 'The request is legal but a policy forbids it.', 'The message says which policy.'),
  TOPIC_AUTHORIZATION_FAILED: kind(false, 'The user may not do this with the topic.', 'Ask for the right.'),
  INVALID_REQUEST: kind(false, 'A message of the protocol is malformed, or says what its rules forbid.', 'The message says where and why.'),
  UNSUPPORTED_VERSION: kind(false, 'The other side does not know this version of the request.', 'Use a version that both know.'),

  INVALID_ARGUMENT: kind(false, 'A call was given something it does not take.', 'The message says what was expected and what came.'),
  INVALID_STATE: kind(
    false,
    'The call does not fit the state, for instance a second way of reading from one consumer.',
    'The message says which two exclude each other.',
  ),
  TOPIC_EXISTS_DIFFERENT: kind(
    false,
    'The topic is there with another number of partitions than the one asked for.',
    'Leave partitions out, or call addPartitions().',
  ),
  CLOSED: kind(false, 'The broker or the client was closed.', 'Open a new one.'),
  STORAGE_LOCKED: kind(false, 'Another broker owns the folder.', 'Close the other one; the message names it.'),
  STORAGE_FENCED: kind(
    false,
    'Another process took the folder over while this one stood still for half a minute, or its file LOCK was removed.',
    'Close the broker and open it again; what was acknowledged since may have been lost.',
  ),
  STORAGE_FAILED: kind(
    false,
    'The storage failed; nothing more is written until it is opened again.',
    'See the cause, mend it, open the broker again.',
  ),
  DISK_FULL: kind(
    true,
    'There is no room left where the storage writes.',
    'Make room and try again; nothing that was acknowledged is lost.',
  ),
  LISTEN_FAILED: kind(true, 'The port is taken, or may not be had.', 'Use another port, or 0 for any that is free.'),
  SERDE_FAILED: kind(
    false,
    'A key, a value or a header could not be encoded, or its bytes could not be decoded.',
    'See the cause; valueBytes of the record still holds the bytes.',
  ),
  BUFFER_FULL: kind(
    true,
    'The record does not fit into the memory that the producer may use.',
    'Raise bufferBytes or send smaller records.',
  ),
  LOCK_LOST: kind(
    false,
    'The lock on the message ran out before it was settled, or the message was settled already.',
    'Renew the lock in time; the message goes to another receiver.',
  ),
  DEAD_LETTERED: kind(false, 'The message was rejected or delivered too often.', 'See the dead-letter queue.'),
  MESSAGE_NOT_FOUND: kind(false, 'The queue knows no message of that id.', 'Check the id; the outcome of old messages is forgotten.'),
  TRANSACTION_TOO_LARGE: kind(
    false,
    'The records of one transaction take more than transactionMaxBytes.',
    'Send fewer records in one transaction, or raise transactionMaxBytes.',
  ),
  QUEUE_FULL: kind(true, 'The queue holds as many messages as it may.', 'Wait until messages were consumed.'),
  NOT_SUPPORTED: kind(false, 'This is not supported here.', 'See docs/not-done.md.'),
} as const satisfies Record<string, ErrorKind>

/** The closed list of codes: Kafka's names as they are, then those that only kafkalite has. */
export type ErrorCode = keyof typeof ERROR_KINDS

const BRAND = Symbol.for('kafkalite.error')

/** The only error kafkalite throws. Match on `code`, never on the class or the words. */
export class KafkaliteError extends Error {
  override readonly name = 'KafkaliteError'
  /** What went wrong, from the closed list. */
  readonly code: ErrorCode
  /** Whether the same call may succeed later. */
  readonly retriable: boolean

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.retriable = ERROR_KINDS[code].retriable
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether `error` is a KafkaliteError, of one of `codes` when some are given; also one of another copy of the package. */
  static is<C extends ErrorCode = ErrorCode>(error: unknown, ...codes: readonly C[]): error is KafkaliteError & { readonly code: C } {
    if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
    return codes.length === 0 || codes.includes((error as unknown as KafkaliteError).code as C)
  }
}

/** Any value as words for a message: short, never throwing, strings in quotes. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 80 ? `"${value.slice(0, 77)}..."` : `"${value}"`
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `a function${value.name ? ` (${value.name})` : ''}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (value instanceof Date) return `a Date (${Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()})`
  return typeof value === 'symbol' ? 'a symbol' : `an object (${Object.keys(value).slice(0, 5).join(', ')})`
}
