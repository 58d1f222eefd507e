// Walks through the batches of a .log file, reading large blocks. A step either looks at the header alone (skipping, searching,
// building an index) or takes the whole batch and checks it against its checksum. Blocks are never used again, so a batch that was
// taken stays valid as a window on its block.

import { readInt32, readInt64 } from '../../lib/bytes.js'
import { checkBatch } from '../../record/batch-check.js'
import * as F from '../../record/format.js'
import { PackedBatch } from '../../record/packed-batch.js'
import type { OpenFile } from './file-system.js'

/** The most that one read call asks for. */
export const BLOCK_BYTES_MAX = 1_048_576

/** Where and why the bytes of a file are no batches. */
export interface Damage {
  readonly position: number
  /** The batch that was expected there begins at or above this offset. */
  readonly offset: number
  readonly reason: string
}

export class BatchWalk {
  /** Why the walk ended before the end of the file; null while all is well. */
  damage: Damage | null = null
  /** The position of the batch returned last. */
  batchPosition = 0
  private block: Uint8Array = new Uint8Array(0)
  private blockPosition = 0
  private blockEnd = 0
  /** What `nextOffset` was before the batch returned last. */
  private previousOffset: number
  /** How many offsets the batch returned last takes. */
  private previousCount = 0

  /**
   * @param file read from
   * @param position of the batch to begin with
   * @param size bytes of the file that count
   * @param nextOffset no batch may begin below it
   * @param blockBytes how much to read at a time
   */
  constructor(
    private readonly file: OpenFile,
    private position: number,
    private readonly size: number,
    private nextOffset: number,
    private readonly allocate: (bytes: number) => Uint8Array,
    /** May be changed on the way, when less is wanted. */
    public blockBytes: number = BLOCK_BYTES_MAX,
  ) {
    this.previousOffset = nextOffset
  }

  /** The next batch, of which only the header may be looked at; null at the end or at damage. */
  nextHeader(): PackedBatch | null {
    const total = this.peek()
    return total < 0 ? null : this.step(new PackedBatch(this.block, this.at, this.at + total, true))
  }

  /** The size of the next batch, by its header; -1 at the end or at damage. */
  nextSize(): number {
    return this.peek()
  }

  /** The next batch, whole and checked; null at the end or at damage. */
  nextBatch(): PackedBatch | null {
    const total = this.peek()
    if (total < 0) return null
    this.load(total)
    return this.checked(this.at, total)
  }

  /**
   * Whether the batch returned last claims offsets that belong to the next one, or lie at or above `endOffset` behind the last one. Its
   * base offset is outside the bytes under the checksum, so the neighbours are the only witnesses.
   */
  collides(endOffset: number): boolean {
    if (this.position + F.LOG_OVERHEAD > this.size || !this.load(F.LOG_OVERHEAD)) {
      if (this.nextOffset <= endOffset) return false
      this.stepBack()
      this.refuse(`the batch there reaches beyond ${endOffset}, where the segment ends`)
      return true
    }
    if (readInt64(this.block, this.at + F.BASE_OFFSET) >= this.nextOffset) return false
    this.stepBack()
    this.refuse('its base offset runs into the next batch')
    return true
  }

  /** The batch whose header was returned last, whole and checked; null at damage. */
  wholeBatch(): PackedBatch | null {
    this.stepBack()
    return this.nextBatch()
  }

  /** Goes back to before the batch returned last. */
  stepBack(): void {
    this.position = this.batchPosition
    this.nextOffset = this.previousOffset
  }

  private get at(): number {
    return this.position - this.blockPosition
  }

  private checked(at: number, total: number): PackedBatch | null {
    const result = checkBatch(this.block, at, total)
    if (result.ok) return this.step(result.batch)
    return this.fail(result.message)
  }

  private step(batch: PackedBatch): PackedBatch {
    this.batchPosition = this.position
    this.previousOffset = this.nextOffset
    this.previousCount = batch.lastOffsetDelta + 1
    this.position += batch.sizeBytes
    this.nextOffset = batch.lastOffset + 1
    return batch
  }

  /** The size of the batch at the position, after a look at its header; -1 when there is none. */
  private peek(): number {
    const left = this.size - this.position
    if (left <= 0 || this.damage !== null) return -1
    if (left < F.HEADER_BYTES) return this.refuse(`only ${left} bytes are left where a header of ${F.HEADER_BYTES} should stand`)
    if (!this.load(F.HEADER_BYTES)) return this.refuse(`the file is shorter than the ${this.size} bytes it should hold`)
    const { block, at } = this
    const length = readInt32(block, at + F.BATCH_LENGTH)
    const total = length + F.LOG_OVERHEAD
    if (total < F.HEADER_BYTES) return this.refuse(`a batch cannot be ${length} bytes long`)
    const magic = block[at + F.MAGIC]
    if (magic !== F.MAGIC_V2) return this.refuse(`magic ${magic} was found where ${F.MAGIC_V2} should stand`)
    if (total > left) return this.refuse(`a batch of ${total} bytes was begun and ${left} are there`)
    const base = readInt64(block, at + F.BASE_OFFSET)
    if (base < this.nextOffset) {
      // It may be right, and the batch before it claim too much, when that one had room below it: then that is what may be lost.
      const mayBeRight = base >= this.previousOffset + this.previousCount
      return this.refuse(`base offset ${base} was found where ${this.nextOffset} or more should stand`, mayBeRight ? base : this.nextOffset)
    }
    if (readInt32(block, at + F.LAST_OFFSET_DELTA) < 0) return this.refuse('the last offset lies before the first')
    return total
  }

  /** Sees to it that `bytes` from the position on are in the block; false when the file ends before. */
  private load(bytes: number): boolean {
    if (this.position >= this.blockPosition && this.position + bytes <= this.blockEnd) return true
    const wanted = Math.min(Math.max(bytes, this.blockBytes), this.size - this.position)
    this.block = this.allocate(wanted)
    this.blockPosition = this.position
    this.blockEnd = this.position + this.file.read(this.block, 0, wanted, this.position)
    return this.position + bytes <= this.blockEnd
  }

  private refuse(reason: string, offset = this.nextOffset): -1 {
    this.fail(reason, offset)
    return -1
  }

  private fail(reason: string, offset = this.nextOffset): null {
    this.damage = { position: this.position, offset, reason }
    return null
  }
}
