// Reads the primitive types of Kafka's wire protocol from a frame. Nothing the frame announces is believed: every length is held
// against the bytes that are left before anything is made for it, and how many elements one frame may hold is limited, so that a
// hostile frame costs no more memory than its own size suggests. Whatever is malformed becomes INVALID_REQUEST, nothing else.

import { KafkaliteError } from '../errors.js'
import { readInt16, readInt32, readInt64 } from '../lib/bytes.js'
import { readUtf8 } from '../lib/text.js'
import { formatUuid } from './uuid.js'

/** Array elements in one message, nested ones included. Small elements cost far more as objects than as bytes. */
const ELEMENTS_MAX = 1_000_000

export class WireReader {
  /** How many more array elements the message may hold. */
  private elementsLeft = ELEMENTS_MAX

  /**
   * @param bytes holds the frame
   * @param at where the next read begins
   * @param end where the frame ends
   */
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    readonly end = bytes.length,
  ) {}

  get remaining(): number {
    return this.end - this.at
  }

  int8(): number {
    const at = this.take(1)
    return ((this.bytes[at] as number) << 24) >> 24
  }

  bool(): boolean {
    return this.bytes[this.take(1)] !== 0
  }

  int16(): number {
    return readInt16(this.bytes, this.take(2))
  }

  uint16(): number {
    return readInt16(this.bytes, this.take(2)) & 0xffff
  }

  int32(): number {
    return readInt32(this.bytes, this.take(4))
  }

  /** Beyond 2^53 the nearest number, which is not a safe integer: whoever uses it refuses it with an error of its own. */
  int64(): number {
    return readInt64(this.bytes, this.take(8))
  }

  float64(): number {
    const at = this.take(8)
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8).getFloat64(0)
  }

  uuid(): string {
    return formatUuid(this.bytes, this.take(16))
  }

  /** Seven bits a byte, the lowest first, at most 32 bits. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.take(1)] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break
        return value >>> 0
      }
    }
    throw malformed('a variable-length integer of more than 32 bits', this.at)
  }

  /** The length of a string: -1 stands for null. */
  stringLength(compact: boolean): number {
    return this.checkLength(compact ? this.uvarint() - 1 : this.int16(), 'string')
  }

  /** The length of bytes: -1 stands for null. */
  bytesLength(compact: boolean): number {
    return this.checkLength(compact ? this.uvarint() - 1 : this.int32(), 'byte array')
  }

  /** The number of elements of an array, each of which takes at least `elementBytes`: -1 stands for null. */
  arrayLength(compact: boolean, elementBytes: number): number {
    const length = compact ? this.uvarint() - 1 : this.int32()
    if (length < -1 || length * elementBytes > this.remaining) {
      throw malformed(`an array of ${length} elements with ${this.remaining} bytes left`, this.at)
    }
    this.elementsLeft -= Math.max(length, 0)
    if (this.elementsLeft < 0) throw malformed(`more than ${ELEMENTS_MAX} array elements in one message`, this.at)
    return length
  }

  text(length: number): string {
    const at = this.take(length)
    return readUtf8(this.bytes, at, at + length)
  }

  /** A view on the frame, not a copy. */
  view(length: number): Uint8Array {
    const at = this.take(length)
    return this.bytes.subarray(at, at + length)
  }

  skip(length: number): void {
    this.take(length)
  }

  private checkLength(length: number, what: string): number {
    if (length < -1 || length > this.remaining) throw malformed(`a ${what} of ${length} bytes with ${this.remaining} bytes left`, this.at)
    return length
  }

  private take(length: number): number {
    const { at } = this
    if (at + length > this.end) throw malformed(`an end in the middle of a field`, at)
    this.at = at + length
    return at
  }
}

export function malformed(what: string, at: number): KafkaliteError {
  return new KafkaliteError('INVALID_REQUEST', `The message is malformed: ${what}, at byte ${at}`)
}
