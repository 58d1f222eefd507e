// One RecordBatch v2 as bytes: the one form of data. It is a window on a larger buffer (a producer's slab, a block read from a
// file, a frame from the wire), so that packing, storing and serving copy nothing. Fields of the header are read when asked for.

import { readInt64, writeInt64 } from '../lib/bytes.js'
import { crc32c } from '../lib/crc32c.js'
import * as F from './format.js'

/** A batch of records in Kafka's own bytes (RecordBatch, magic 2): what is stored, sent and read. Its fields are read from the bytes when asked for. */
export class PackedBatch {
  /**
   * @param buffer holds the batch; whoever made the batch lets nobody change these bytes afterwards
   * @param start where the batch begins in it
   * @param end where it ends, exclusive
   * @param hasCrc whether the checksum field is filled in; a batch packed in this process gets it only when it leaves memory
   */
  constructor(
    readonly buffer: Uint8Array,
    readonly start: number,
    readonly end: number,
    private hasCrc: boolean,
  ) {}

  /** The length of the whole batch, header included. */
  get sizeBytes(): number {
    return this.end - this.start
  }
  /** The offset of the first record. */
  get baseOffset(): number {
    return readInt64(this.buffer, this.start + F.BASE_OFFSET)
  }
  /** The offset of the last record, or of the last one there was before compaction. */
  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }
  /** How far the last offset lies above the first. */
  get lastOffsetDelta(): number {
    return this.int32(F.LAST_OFFSET_DELTA)
  }
  /** The partition leader epoch; -1 before it was appended. */
  get leaderEpoch(): number {
    return this.int32(F.LEADER_EPOCH)
  }
  /** The attribute bits as they stand in the batch. */
  get attributes(): number {
    return (this.byte(F.ATTRIBUTES) << 8) | this.byte(F.ATTRIBUTES + 1)
  }
  /** How the records are packed. */
  get compression(): F.Compression | undefined {
    return F.COMPRESSION_NAMES[this.attributes & F.COMPRESSION_MASK]
  }
  /** Whether the broker stamped the time (message.timestamp.type). */
  get isLogAppendTime(): boolean {
    return (this.attributes & F.LOG_APPEND_TIME_BIT) !== 0
  }
  /** Whether it belongs to a transaction. */
  get isTransactional(): boolean {
    return (this.attributes & F.TRANSACTIONAL_BIT) !== 0
  }
  /** Whether it is a marker that ends a transaction; clients never hand one out. */
  get isControl(): boolean {
    return (this.attributes & F.CONTROL_BIT) !== 0
  }
  /** Whether the base timestamp is the time from which tombstones may go (KIP-534). */
  get hasDeleteHorizon(): boolean {
    return (this.attributes & F.DELETE_HORIZON_BIT) !== 0
  }
  /** The timestamp that the records' deltas count from; with a delete horizon it is that horizon. */
  get baseTimestamp(): number {
    return readInt64(this.buffer, this.start + F.BASE_TIMESTAMP)
  }
  /** The largest timestamp in it. Milliseconds since 1970. */
  get maxTimestamp(): number {
    return readInt64(this.buffer, this.start + F.MAX_TIMESTAMP)
  }
  /** -1 without an idempotent producer. */
  get producerId(): number {
    return readInt64(this.buffer, this.start + F.PRODUCER_ID)
  }
  /** -1 without an idempotent producer. */
  get producerEpoch(): number {
    return ((this.byte(F.PRODUCER_EPOCH) << 24) | (this.byte(F.PRODUCER_EPOCH + 1) << 16)) >> 16
  }
  /** The sequence number of the first record; -1 without an idempotent producer. */
  get baseSequence(): number {
    return this.int32(F.BASE_SEQUENCE)
  }
  /** How many records it holds; fewer than the offsets it spans after compaction. */
  get count(): number {
    return this.int32(F.RECORDS_COUNT)
  }

  /** The bytes of the batch with a valid checksum, as they go to a file or a socket. A view, not a copy. */
  get bytes(): Uint8Array {
    this.fillCrc()
    return this.buffer.subarray(this.start, this.end)
  }

  /** Computes the checksum if it is not there yet. */
  fillCrc(): void {
    if (this.hasCrc) return
    const crc = crc32c(this.buffer, this.start + F.ATTRIBUTES, this.end)
    this.setInt32(F.CRC, crc | 0)
    this.hasCrc = true
  }

  /** Gives the batch its place in the log. Both fields lie before the bytes under the checksum, so that stays valid. */
  place(baseOffset: number, leaderEpoch: number): void {
    writeInt64(this.buffer, this.start + F.BASE_OFFSET, baseOffset)
    this.setInt32(F.LEADER_EPOCH, leaderEpoch)
  }

  /** Stamps the broker's time on all records: message.timestamp.type=LogAppendTime. The checksum is computed anew when next needed. */
  stampLogAppendTime(now: number): void {
    this.buffer[this.start + F.ATTRIBUTES + 1] = this.byte(F.ATTRIBUTES + 1) | F.LOG_APPEND_TIME_BIT
    writeInt64(this.buffer, this.start + F.MAX_TIMESTAMP, now)
    this.hasCrc = false
  }

  /** Corrects what the header says of the latest record: message.timestamp.type=CreateTime. The checksum is computed anew when next needed. */
  stampCreateTime(timestamp: number): void {
    this.buffer[this.start + F.ATTRIBUTES + 1] = this.byte(F.ATTRIBUTES + 1) & ~F.LOG_APPEND_TIME_BIT
    writeInt64(this.buffer, this.start + F.MAX_TIMESTAMP, timestamp)
    this.hasCrc = false
  }

  /** The same batch in memory of its own, so that the larger buffer can be let go. */
  copy(): PackedBatch {
    // Not slice(): that of a Buffer, which slabs are in Node, is a view.
    return new PackedBatch(new Uint8Array(this.buffer.subarray(this.start, this.end)), 0, this.sizeBytes, this.hasCrc)
  }

  private byte(at: number): number {
    return this.buffer[this.start + at] as number
  }

  private int32(at: number): number {
    const { buffer } = this
    const p = this.start + at
    return ((buffer[p] as number) << 24) | ((buffer[p + 1] as number) << 16) | ((buffer[p + 2] as number) << 8) | (buffer[p + 3] as number)
  }

  private setInt32(at: number, value: number): void {
    const { buffer } = this
    const p = this.start + at
    buffer[p] = value >>> 24
    buffer[p + 1] = value >>> 16
    buffer[p + 2] = value >>> 8
    buffer[p + 3] = value
  }
}
