// Kafka's RecordBatch v2, byte by byte: where each field of the 61-byte header lies. Big-endian throughout.
//
//   0 baseOffset i64 | 8 batchLength i32 | 12 partitionLeaderEpoch i32 | 16 magic i8 = 2 | 17 crc u32 of bytes 21..end
//  21 attributes i16 | 23 lastOffsetDelta i32 | 27 baseTimestamp i64 | 35 maxTimestamp i64 | 43 producerId i64
//  51 producerEpoch i16 | 53 baseSequence i32 | 57 recordsCount i32 | 61 records, one compressed block when a codec is set
//
// A record: varint length, i8 attributes, varlong timestampDelta, varint offsetDelta, varint keyLength (-1 null) key,
// varint valueLength (-1 null) value, varint headerCount, each header: varint nameLength name, varint valueLength (-1 null) value.
// docs/format.md draws it with a worked example.

export const BASE_OFFSET = 0
export const BATCH_LENGTH = 8
export const LEADER_EPOCH = 12
export const MAGIC = 16
export const CRC = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const RECORDS_COUNT = 57

/** Bytes before the first record. */
export const HEADER_BYTES = 61
/** Bytes that batchLength does not count: baseOffset and batchLength itself. */
export const LOG_OVERHEAD = 12
/** The only version of the format since Kafka 0.11. */
export const MAGIC_V2 = 2

/** Bits of the attributes. */
export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME_BIT = 0x08
export const TRANSACTIONAL_BIT = 0x10
export const CONTROL_BIT = 0x20
export const DELETE_HORIZON_BIT = 0x40

/** The compression codec in the attributes, by its number there. */
export const COMPRESSION_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
/** compression.type: how the records of a batch are packed. */
export type Compression = (typeof COMPRESSION_NAMES)[number]
